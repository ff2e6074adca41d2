import Chassis
import Contracts
import Deciding
import Foundation
import GovernanceDomain
import Kafka
import Pipeline
import Postgres
import ScoringDomain
import Vocabulary
import Wire

extension Command {
    static let explain = Command(
        "explain", usage: "loan|application|score|record ID [--institution ID] [--messages] [--limit N] [--packs DIR] [--raw FILE]",
        summary: "walk from a loan or a score to the imported lines it rests on, and check each of them",
        valued: ["limit", "institution", "packs", "raw"], flags: ["messages"],
        details: """
            loan ID         loan, application, match, consent and release, score, then as below. Institutions number their loans themselves:
                            --institution bank-a says whose it is
            application ID  the same from an application, whether it was paid out or not
            score ID        a score id such as 91430102PDY…#7, or a subject's code for its latest score: the decision with the versions it
                            used, the official grade beside it, what was under dispute, its reasons, the indicators behind them and the record types they read, the facts known by then, and for
                            each the topic, partition, offset and SHA-256 of the original message. Facts of a code that had gone into this
                            one by then are among them, each with that code
            record ID       one record, writer/id as in governance.fact: where its message lies. --raw FILE writes the message's bytes as
                            they came into a new file (`-` is stdout), when their SHA-256 is the one that was written down

            Every fact is checked against the seal that was made when it was taken in, and against what ingestion wrote down of its message;
            with --messages, the messages that the broker still has are read again and checked too. What was altered is named, and the exit
            status is 2; a fact that was deleted from the database is found by `xinqiao verify log`. The same walk in SQL is the view operator.lineage.
              --limit N      facts to show, the latest first (default 200); all of them are checked, and what was altered is always shown
              --packs DIR    take the catalogue, which says what an indicator reads, from packs instead of its topic
            """
    ) { options in
        guard let what = options.words.first, options.words.count == 2 else {
            throw Failure("say `explain loan ID`, `explain application ID`, `explain score ID` or `explain record ID`", code: .usage)
        }
        let raw = options.text("raw")
        let isRecord = what == "record"
        guard isRecord || raw == nil else {
            throw Failure("--raw writes the bytes of one record: say `explain record ID --raw FILE`", code: .usage)
        }
        let limit = try options.int("limit", default: 200, in: 1...100_000)
        let readsMessages = options.has("messages") || raw != nil
        let explaining = Explaining(
            connection: try Connections.postgres(), catalog: try isRecord ? nil : Explaining.catalog(options),
            messages: readsMessages ? try SourceMessages(try Connections.kafka()) : nil, limit: limit)
        switch what {
        case "loan": try explaining.application(loan: options.words[1], institution: options.text("institution"))
        case "application": try explaining.application(options.words[1])
        case "score": try explaining.score(options.words[1])
        case "record": try explaining.record(options.words[1], raw: raw)
        default: throw Failure("`\(what)` can not be explained: say loan, application, score or record", code: .usage)
        }
    }
}

private struct Explaining {
    let connection: Connection
    /// Nil when it can not be read: then it is not said what an indicator reads.
    let catalog: Catalog?
    let messages: SourceMessages?
    /// Facts that are shown; all are checked.
    let limit: Int

    static func catalog(_ options: Options) throws -> Catalog? {
        // Where nobody names a broker, the walk through the database is to be had all the same.
        guard options.text("packs") != nil || (try? Connections.kafka()) != nil else { return nil }
        return try CatalogPublishing.catalog(packs: options.text("packs"))
    }

    // MARK: from a loan

    func application(loan: String, institution: String?) throws {
        let found = try connection.execute(
            """
            SELECT application_id, institution FROM matchmaking.application
             WHERE loan_id = $1 AND ($2 = '' OR institution = $2) ORDER BY institution, application_id
            """, [.text(loan), .text(institution ?? "")])
        guard let row = found.first else {
            throw Failure("there is no loan `\(loan)`" + (institution.map { " of \($0)" } ?? "") + "; `explain application ID` needs none")
        }
        guard found.count == 1 else {
            let whose = try found.map { "\(try $0.text(1)) (application \(try $0.text(0)))" }.joined(separator: ", ")
            throw Failure("`\(loan)` is a loan of \(whose): say --institution, or explain the application", code: .usage)
        }
        try application(row.text(0))
    }

    func application(_ id: String) throws {
        let found = try connection.execute(
            """
            SELECT subject, institution, status, amount_fen, credited_fen, disbursed_fen, annual_rate_bp, coalesce(loan_id, ''), score_id,
                   product_id, requested_at
              FROM matchmaking.application WHERE application_id = $1
            """, [.text(id)])
        guard let row = found.first else { throw Failure("there is no application `\(id)`") }
        let subject = try row.text(0)
        if case let loan = try row.text(7), !loan.isEmpty {
            print("loan \(loan) of \(try row.text(1)): \(try yuan(row, 5)) yuan paid out at \(try percent(row, 6))")
        }
        print("application \(id) of \(subject): \(try row.text(2)), \(try yuan(row, 3)) yuan asked for on \(try row.instant(10).rfc3339)")
        try match(subject, id, product: row.text(9))
        try releases(subject, id)
        guard case let score = try row.text(8), !score.isEmpty else { return print("no score: no model applied to this firm") }
        try self.score(score)
    }

    private func match(_ subject: String, _ application: String, product: String) throws {
        for row in try connection.execute(
            """
            SELECT product_id, rank, total, success, cost, speed, service, annual_rate_bp, conditions, portrait_revision
              FROM matchmaking.match WHERE subject = $1 AND application_id = $2 ORDER BY product_id <> $3, rank, product_id
            """, [.text(subject), .text(application), .text(product)])
        {
            let isChosen = try row.text(0) == product
            print(
                "  \(isChosen ? "match" : "  beside it") \(try row.text(0)): rank \(try row.int64(1)), total \(try row.int64(2)) of success "
                    + "\(try row.int64(3)), cost \(try row.int64(4)), speed \(try row.int64(5)), service \(try row.int64(6)); portrait "
                    + "\(try row.int64(9))")
            guard isChosen, let conditions = try? JSONDocument(parsing: Array(try row.text(8).utf8)) else { continue }
            for condition in conditions.root.elements { print("    " + String(decoding: condition.rawBytes, as: UTF8.self)) }
        }
    }

    private func releases(_ subject: String, _ application: String) throws {
        for row in try connection.execute(
            """
            SELECT release_id, receiver, message_type, purpose, consent_id, status, fields, decided_at FROM exchange.release
             WHERE subject = $1 AND position($2 in release_id) > 0 ORDER BY decided_at, release_id
            """, [.text(subject), .text(application)])
        {
            print(
                "  \(try row.text(5)) to \(try row.text(1)): \(try row.text(2)), \(try row.int64(6)) values, for \(try row.text(3)), consent "
                    + "\(try row.text(4)), \(try row.instant(7).rfc3339)")
        }
    }

    private func yuan(_ row: Row, _ column: Int) throws -> String {
        try row.int64OrNil(column).map { Money(fen: $0).text } ?? "-"
    }

    private func percent(_ row: Row, _ column: Int) throws -> String {
        try row.int64OrNil(column).map { String(percentOf: $0) } ?? "a rate not told"
    }

    // MARK: from a score

    func score(_ wanted: String) throws {
        let rows = try connection.execute(
            """
            SELECT score_id, subject, points, grade, model, model_version, as_of, reasons, indicators, catalog_version, computed_at,
                   public_grade, public_grade_on, public_grade_source, public_grade_stale, disputes
              FROM scoring.score_history WHERE score_id = $1 OR subject = $1
             ORDER BY computed_at DESC, score_id DESC LIMIT 1
            """, [.text(wanted)])
        guard let row = rows.first else { throw Failure("there is no score `\(wanted)`") }
        print("score \(try row.text(0)): \(try row.int64(2)) points, grade \(try row.text(3))")
        print("  model \(try row.text(4)) version \(try row.int64(5)), catalogue \(try row.int64(9)), as of \(try row.instant(6).rfc3339)")
        try marks(row)
        if let document = try? JSONDocument(parsing: Array(try row.text(7).utf8)) {
            for reason in document.root.elements {
                let text = reason["text"]?["en"]?.string ?? ""
                print("  -\(reason["pointsLost"]?.int ?? 0) \(reason["code"]?.string ?? "") \(reason["feature"]?.string ?? ""): \(text)")
            }
        }
        if let document = try? JSONDocument(parsing: Array(try row.text(8).utf8)) {
            print(
                "indicators" + (catalog == nil ? " (what they read is in the catalogue: say --packs or set XINQIAO_KAFKA_BOOTSTRAP)" : ""))
            let book = catalog?.view(ScoringCatalog.self).book(at: try row.instant(10))
            for (name, value) in document.root.members {
                let types = book?.recordTypes(of: name).sorted() ?? []
                let origin = types.isEmpty ? "" : "  from " + types.joined(separator: ", ")
                print("  \(name.padding(to: 32)) " + String(decoding: value.rawBytes, as: UTF8.self).padding(to: 14) + origin)
            }
        }
        try facts(of: row.text(1), knownBy: row.instant(10))
    }

    /// What goes with the score: the official grade, and what was under dispute.
    private func marks(_ row: Row) throws {
        if let grade = try row.textOrNil(11) {
            let age = try row.bool(14) ? ", out of date" : ""
            print("  official public credit grade \(grade), evaluated on \(try row.day(12).text), from \(try row.text(13))\(age)")
        } else {
            print("  no official public credit grade")
        }
        guard let document = try? JSONDocument(parsing: Array(try row.text(15).utf8)) else { return }
        for dispute in document.root.elements {
            let resting = dispute["indicators"]?.elements.compactMap(\.string).joined(separator: ", ") ?? ""
            print(
                "  under dispute: \(dispute["recordType"]?.string ?? "") \(dispute["recordId"]?.string ?? ""), objection of "
                    + "\(dispute["openedOn"]?.string ?? ""), to be answered by \(dispute["dueOn"]?.string ?? ""); rests on it: "
                    + (resting.isEmpty ? "nothing" : resting))
        }
    }

    /// Read and checked at once; each may be of 384 KiB, and so may its message.
    private static let factsAtOnce = 200

    private func facts(of subject: String, knownBy moment: Instant) throws {
        try announceFacts(of: subject, knownBy: moment)
        var checked = CheckedFacts()
        var before: (at: Instant, id: String)?
        var count = 0
        repeat {
            let page = try connection.execute(
                """
                SELECT f.record_type, f.fact_id, f.occurred_at, f.topic, f.partition, f."offset", f.sha256, f.data::text, f.content_sha256,
                       r.record_id IS NULL OR (r.topic, r.partition, r."offset", r.sha256) = (f.topic, f.partition, f."offset", f.sha256),
                       f.subject
                  FROM governance.fact f LEFT JOIN ingestion.accepted_record r ON r.record_id = f.fact_id
                 WHERE f.subject IN (SELECT operator.subjects_within($1, $2)) AND f.known_at <= $2
                   AND ($3 OR (f.occurred_at, f.fact_id) < ($4, $5))
                 ORDER BY f.occurred_at DESC, f.fact_id DESC LIMIT $6
                """,
                [
                    .text(subject), .instant(moment), .bool(before == nil), .instant(before?.at ?? moment), .text(before?.id ?? ""),
                    .int64(Int64(Self.factsAtOnce)),
                ])
            let values = try messages?.values(at: page.map { try Self.place(of: $0, from: 3) })
            for fact in page { try check(fact, of: subject, values, into: &checked) }
            count = page.count
            if let last = page.last { before = (at: try last.instant(2), id: try last.text(1)) }
        } while count == Self.factsAtOnce
        if checked.count > limit { print("  … \(checked.count - limit) more, all checked (--limit shows them)") }
        guard checked.altered.isEmpty else {
            throw Failure(
                "\(checked.altered.count) of \(checked.count) facts were altered: \(checked.altered.joined(separator: ", ")); keep the "
                    + "database as it is and run `xinqiao verify log`")
        }
        guard checked.count > 0 else {
            throw Failure(
                "a score rests on facts, and there are none of \(subject): they were deleted; run `xinqiao verify log`, which names them")
        }
        let gone = checked.messagesGone > 0 ? ", \(checked.messagesGone) no longer in the broker" : ""
        print(
            "\(checked.count) facts, none altered"
                + (messages == nil ? "" : "; the messages of \(checked.messagesRead) read again\(gone)")
                + "; whether one was deleted is for `xinqiao verify log` to say")
    }

    /// Whose facts these are: after a merger, those of the codes that had gone into the subject count too.
    private func announceFacts(of subject: String, knownBy moment: Instant) throws {
        let merged = try connection.execute(
            "SELECT code FROM operator.subjects_within($1, $2) AS code WHERE code <> $1 ORDER BY code", [.text(subject), .instant(moment)]
        ).map { try $0.text(0) }
        let others = merged.isEmpty ? "" : " and of \(merged.joined(separator: ", ")), merged into it by then"
        print("facts of \(subject)\(others), latest first")
        let words = try connection.execute(
            """
            SELECT status = 'merged', into_subject FROM governance.subject_merger
             WHERE subject = $1 AND known_at <= $2 ORDER BY occurred_at DESC, record_id DESC LIMIT 1
            """, [.text(subject), .instant(moment)])
        if let word = words.first, try word.bool(0) {
            print("  it had itself gone into \(try word.text(1)) by then: what it says of the world counted there")
        }
    }

    private func check(
        _ fact: Row, of subject: String, _ values: [TopicPosition: [UInt8]]?, into checked: inout CheckedFacts
    ) throws {
        let id = try fact.text(1)
        let place = try Self.place(of: fact, from: 3)
        var mark = "whole"
        switch FactSeal.check(.init(factID: id, data: Array(try fact.text(7).utf8), seal: try fact.textOrNil(8))) {
        case .whole: break
        case .unsealed: mark = "unsealed"
        case .altered: mark = "ALTERED: its data are not those that were taken in"
        }
        if try !fact.bool(9) { mark = "ALTERED: ingestion wrote down another message for it" }
        if let values {
            switch values[place] {
            case nil:
                mark += ", the broker no longer has its message"
                checked.messagesGone += 1
            case let bytes? where FactSeal.isMessageWhole(bytes, sha256: try fact.text(6)): checked.messagesRead += 1
            case _?: mark = "ALTERED: its message in the broker has another hash"
            }
        }
        checked.count += 1
        let isAltered = mark.hasPrefix("ALTERED")
        if isAltered { checked.altered.append(id) }
        guard isAltered || checked.count <= limit else { return }
        let code = try fact.text(10)
        print(
            "  \(try fact.text(0).padding(to: 24)) \(try fact.instant(2).rfc3339)  \(Self.text(place))  sha256 \(try fact.text(6))  \(id)"
                + (code == subject ? "" : "  of \(code)") + "  \(mark)")
    }

    private static func place(of row: Row, from column: Int) throws -> TopicPosition {
        try TopicPosition(
            topic: row.text(column), partition: Int32(clamping: row.int64(column + 1)), offset: row.int64(column + 2))
    }

    private static func text(_ place: TopicPosition) -> String { "\(place.topic)/\(place.partition)@\(place.offset)" }

    // MARK: from a record

    /// Where the record's message lies and whether it is as it came. With `raw`, its bytes go there when they are.
    func record(_ id: String, raw: String?) throws {
        let rows = try connection.execute(
            """
            SELECT r.record_type, r.subject, r.occurred_at, r.topic, r.partition, r."offset", r.sha256, r.received_at, r.writer,
                   f.fact_id IS NULL OR (r.topic, r.partition, r."offset", r.sha256) = (f.topic, f.partition, f."offset", f.sha256)
              FROM ingestion.accepted_record r LEFT JOIN governance.fact f ON f.fact_id = r.record_id
             WHERE r.record_id = $1
            """, [.text(id)])
        guard let row = rows.first else {
            throw Failure(
                "no record `\(id)` was let in: its id is writer/id, as in governance.fact; what was set aside is in `xinqiao dead-letters`")
        }
        let place = try Self.place(of: row, from: 3)
        let hash = try row.text(6)
        let found =
            "\(id): \(try row.text(0)) of \(try row.text(1)), \(try row.instant(2).rfc3339), let in \(try row.instant(7).rfc3339)  "
            + "\(Self.text(place))  sha256 \(hash)"
        if raw == "-" { Terminal.say(found) } else { print(found) }
        guard try row.bool(9) else {
            throw Failure("\(id) was altered: its fact names another message than ingestion wrote down; run `xinqiao verify log`")
        }
        guard let messages else { return }
        guard let bytes = try messages.values(at: [place])[place] else {
            throw Failure(try Self.gone(place, received: row.instant(7), writer: row.text(8), sha256: hash))
        }
        guard FactSeal.isMessageWhole(bytes, sha256: hash) else {
            throw Failure("\(id) was altered: its message in the broker has another hash; nothing was written")
        }
        if let raw {
            try Self.write(bytes, to: raw)
            Terminal.say("\(bytes.count) bytes, as they came")
        } else {
            print("its message is whole, \(bytes.count) bytes")
        }
    }

    private static func gone(_ place: TopicPosition, received: Instant, writer: String, sha256: String) -> String {
        let until = TopicPlan.daysKept(place.topic).map { days in
            ": it keeps this topic for \(days) days (ops/retention.md), so this one until \((received.dayInChina + days).text)"
        }
        return "the broker no longer has \(text(place))\(until ?? ""). Ask whoever keeps your archive of the source topics, else "
            + "\(writer) itself: the SHA-256 of the right bytes is \(sha256)"
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        guard path != "-" else {
            return try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        }
        // What a source says may be personal: for nobody else's eyes.
        let usual = umask(0o077)
        defer { _ = umask(usual) }
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
        } catch CocoaError.fileWriteFileExists {
            throw Failure("\(path) is there already; name a new file")
        } catch {
            throw Failure("\(path) can not be written")
        }
    }
}

/// What checking the facts of one score came to.
private struct CheckedFacts {
    var count = 0
    /// Ids.
    var altered: [String] = []
    /// Messages that were read again and are whole, and those that the broker no longer has.
    var messagesRead = 0
    var messagesGone = 0
}

/// The sources' own messages, as the broker still has them.
private final class SourceMessages {
    private let consumer: KafkaConsumer
    /// So many messages in between are read over; for more, the broker is asked anew.
    private static let gapMax: Int64 = 2_000

    init(_ settings: KafkaSettings) throws { consumer = try KafkaConsumer(settings, groupID: "xinqiao.operator") }

    deinit { consumer.close() }

    /// The values of these messages, without those that are no longer kept, or never were there.
    func values(at places: [TopicPosition]) throws -> [TopicPosition: [UInt8]] {
        var values: [TopicPosition: [UInt8]] = [:]
        for (partition, wanted) in Dictionary(grouping: places, by: { TopicPartition(topic: $0.topic, partition: $0.partition) }) {
            let marks = try whileTransient { () throws(KafkaFault) in
                try consumer.watermarks(topic: partition.topic, partition: partition.partition, timeout: .seconds(10))
            }
            var left = Set(wanted.map { $0.offset }).filter { marks.low <= $0 && $0 < marks.high }.sorted()[...]
            while let first = left.first {
                try consumer.assign([TopicPosition(topic: partition.topic, partition: partition.partition, offset: first)])
                try read(partition, &left, into: &values)
            }
        }
        return values
    }

    /// Reads on from the first wanted offset, until none is left or the next one is far.
    private func read(_ partition: TopicPartition, _ left: inout ArraySlice<Int64>, into values: inout [TopicPosition: [UInt8]]) throws {
        let deadline = MonotonicClock.now + .seconds(30)
        while let next = left.first {
            guard MonotonicClock.now < deadline else {
                throw Failure("\(partition.topic)/\(partition.partition) could not be read at \(next) in 30 s")
            }
            var batch: [RawMessage] = []
            var errors: [PartitionError] = []
            try consumer.poll(into: &batch, errors: &errors, countMax: 1_000, bytesMax: 16 << 20, wait: .milliseconds(500))
            if let error = errors.first(where: { !$0.fault.isTransient }) {
                throw Failure(
                    "the messages of \(error.topic) can not be read: \(error.fault); leave --messages out, or name a certificate that may",
                    code: .configuration)
            }
            for message in batch {
                // A hole in the log: what was wanted there is gone.
                while let wanted = left.first, wanted < message.offset { left.removeFirst() }
                guard left.first == message.offset else { continue }
                left.removeFirst()
                values[TopicPosition(topic: partition.topic, partition: partition.partition, offset: message.offset)] = message.value ?? []
            }
            if let last = batch.last, let wanted = left.first, wanted - last.offset > Self.gapMax { return }
        }
    }
}
