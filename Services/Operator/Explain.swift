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
        "explain", usage: "loan|application|score ID [--institution ID] [--messages] [--limit N] [--packs DIR]",
        summary: "walk from a loan or a score to the imported lines it rests on, and check each of them",
        valued: ["limit", "institution", "packs"], flags: ["messages"],
        details: """
            loan ID         loan, application, match, consent and release, score, then as below. Institutions number their loans themselves:
                            --institution bank-a says whose it is
            application ID  the same from an application, whether it was paid out or not
            score ID        a score id such as 91430102PDY…#7, or a subject's code for its latest score: the decision with the versions it
                            used, the official grade beside it, what was under dispute, its reasons, the indicators behind them and the record types they read, the facts known by then, and for
                            each the topic, partition, offset and SHA-256 of the original message. Facts of a code that had gone into this
                            one by then are among them, each with that code

            Every fact is checked against the seal that was made when it was taken in, and against what ingestion wrote down of its message;
            with --messages, the messages that the broker still has are read again and checked too. What was altered is named, and the exit
            status is 2; a fact that was deleted from the database is found by `xinqiao verify log`. The same walk in SQL is the view operator.lineage.
              --limit N      facts to show, the latest first (default 200); all of them are shown if there are fewer
              --packs DIR    take the catalogue, which says what an indicator reads, from packs instead of its topic
            """
    ) { options in
        guard let what = options.words.first, options.words.count == 2 else {
            throw Failure("say `explain loan ID`, `explain application ID` or `explain score ID`", code: .usage)
        }
        let limit = try options.int("limit", default: 200, in: 1...100_000)
        let explaining = Explaining(
            connection: try Connections.postgres(), catalog: try Explaining.catalog(options),
            messages: options.has("messages") ? try SourceMessages(try Connections.kafka()) : nil, limit: limit)
        switch what {
        case "loan": try explaining.application(loan: options.words[1], institution: options.text("institution"))
        case "application": try explaining.application(options.words[1])
        case "score": try explaining.score(options.words[1])
        default: throw Failure("`\(what)` can not be explained: say loan, application or score", code: .usage)
        }
    }
}

private struct Explaining {
    let connection: Connection
    /// Nil when it can not be read: then it is not said what an indicator reads.
    let catalog: Catalog?
    let messages: SourceMessages?
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

    private func facts(of subject: String, knownBy moment: Instant) throws {
        try announceFacts(of: subject, knownBy: moment)
        let facts = try connection.execute(
            """
            SELECT f.record_type, f.fact_id, f.occurred_at, f.topic, f.partition, f."offset", f.sha256, f.data::text, f.content_sha256,
                   r.record_id IS NULL OR (r.topic, r.partition, r."offset", r.sha256) = (f.topic, f.partition, f."offset", f.sha256),
                   f.subject
              FROM governance.fact f LEFT JOIN ingestion.accepted_record r ON r.record_id = f.fact_id
             WHERE f.subject IN (SELECT operator.subjects_within($1, $2)) AND f.known_at <= $2
             ORDER BY f.occurred_at DESC, f.fact_id LIMIT $3
            """, [.text(subject), .instant(moment), .int64(Int64(limit))])
        func place(_ fact: Row) throws -> TopicPosition {
            try TopicPosition(topic: fact.text(3), partition: Int32(clamping: fact.int64(4)), offset: fact.int64(5))
        }
        let values = try messages?.values(at: facts.map(place))
        var altered: [String] = []
        var read = 0
        for fact in facts {
            let id = try fact.text(1)
            var mark = "whole"
            switch FactSeal.check(.init(factID: id, data: Array(try fact.text(7).utf8), seal: try fact.textOrNil(8))) {
            case .whole: break
            case .unsealed: mark = "unsealed"
            case .altered: mark = "ALTERED: its data are not those that were taken in"
            }
            if try !fact.bool(9) { mark = "ALTERED: ingestion wrote down another message for it" }
            let place = try place(fact)
            if let values {
                switch values[place] {
                case nil: mark += ", the broker no longer has its message"
                case let bytes? where FactSeal.isMessageWhole(bytes, sha256: try fact.text(6)): read += 1
                case _?: mark = "ALTERED: its message in the broker has another hash"
                }
            }
            if mark.hasPrefix("ALTERED") { altered.append(id) }
            let code = try fact.text(10)
            print(
                "  \(try fact.text(0).padding(to: 24)) \(try fact.instant(2).rfc3339)  \(place.topic)/\(place.partition)@\(place.offset)"
                    + "  sha256 \(try fact.text(6))  \(id)" + (code == subject ? "" : "  of \(code)") + "  \(mark)")
        }
        guard altered.isEmpty else {
            throw Failure(
                "\(altered.count) of \(facts.count) facts were altered: \(altered.joined(separator: ", ")); keep the database as it is and run "
                    + "`xinqiao verify log`")
        }
        guard !facts.isEmpty else {
            throw Failure(
                "a score rests on facts, and there are none of \(subject): they were deleted; run `xinqiao verify log`, which names them")
        }
        print(
            "\(facts.count) facts, none altered" + (messages == nil ? "" : "; the messages of \(read) read again")
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
