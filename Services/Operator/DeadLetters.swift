import Chassis
import Contracts
import Foundation
import Pipeline
import Postgres
import Vocabulary
import Wire

extension Command {
    static let deadLetters = Command(
        "dead-letters", usage: "list|show|export|fix|replay|discard …",
        summary: "look at the messages that were set aside, mend them, have them decided again, or close them",
        valued: LetterFilter.options.union(["limit", "to", "value", "headers", "why", "by", "wait", "packs"]),
        flags: ["raw", "dry-run", "all"],
        details: """
              list    [FILTER] [--limit 50]             counts by service, topic, reason and status, then the letters, newest first
              show    LETTER [--raw --why TEXT]         one letter with its headers, its fix and what was done; --raw: its bytes on stdout
              export  [FILTER] [--to FILE] [--raw --why TEXT]
                                                        JSON lines; --raw: the bytes in base64
              fix     LETTER [--value FILE] [--headers FILE] --why TEXT
                                                        keeps another value or other headers beside the original, which never changes;
                                                        the headers' file is a JSON object, in which null takes a header away
              replay  LETTER | FILTER | --all  --why TEXT [--wait SECONDS] [--dry-run]
                                                        the service that refused it decides it again, with the fix if there is one
              discard LETTER | FILTER | --all  --why TEXT [--dry-run]
                                                        closes it without an effect

            LETTER is `SERVICE TOPIC/PARTITION@OFFSET`, with `#INDEX` behind it for an event of a packed message.
            \(LetterFilter.help)

            What is personal is masked unless --raw is given: by the packs' field classes (--packs DIR, default packs) and by its look. Of a
            value that is no JSON only the size is shown. How many letters --raw has handed out, to whom and why, is written down in
            `operator_act` of their service.
            A replay goes to the one service that set the letter aside and nowhere else, under its original ids: what took effect before
            comes back as `duplicate`. Each step is written down with --by (default: who is logged in) and --why, in `dead_letter_action`.
            """
    ) { options in
        let desk = DeadLetterDesk(connection: try Connections.postgres(), options: options)
        switch options.words.first {
        case "list", nil: try desk.list()
        case "show": try desk.show()
        case "export": try desk.export()
        case "fix": try desk.fix()
        case "replay": try desk.replay()
        case "discard": try desk.discard()
        case let verb?:
            throw Failure("there is no `dead-letters \(verb)`; say list, show, export, fix, replay or discard", code: .usage)
        }
    }
}

/// What can be done about dead letters.
struct DeadLetterDesk {
    let connection: Connection
    let options: Options

    private var mask: PersonalMask { isRaw ? PersonalMask() : PersonalMask(packs: options.text("packs") ?? "packs") }
    private var isRaw: Bool { options.has("raw") }

    /// Characters of a letter's reason in the list.
    private static let wordsInListMax = 1_000

    // MARK: looking

    func list() throws {
        guard !isRaw else { throw Failure("the list is always masked; `show` and `export` take --raw", code: .usage) }
        let filter = try LetterFilter(options, statuses: LetterFilter.all)
        let limit = try options.int("limit", default: 50, in: 0...10_000)
        let counts = try connection.execute(
            """
            SELECT d.service, d.topic, d.reason, d.status, count(*), min(d.set_aside_at), max(d.set_aside_at) FROM operator.dead_letter d
             WHERE \(LetterFilter.condition)
             GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4
            """, filter.parameters)
        var total: Int64 = 0
        for row in counts {
            total += try row.int64(4)
            print(
                "\(try row.int64(4))\t\(try row.text(3))\t\(try row.text(0))\t\(try row.text(1))\t\(try row.text(2))\t"
                    + "\(try row.instant(5).rfc3339)…\(try row.instant(6).rfc3339)")
        }
        if !counts.isEmpty, limit > 0 { print("") }
        let mask = mask
        let rows = try connection.execute(
            """
            SELECT d.service, d.topic, d.partition, d."offset", d.index, d.set_aside_at, d.status, d.reason, d.detail FROM operator.dead_letter d
             WHERE \(LetterFilter.condition)
             ORDER BY d.set_aside_at DESC, d.topic, d.partition, d."offset", d.index LIMIT $7
            """, filter.parameters + [.int64(Int64(limit))])
        for row in rows {
            guard let service = ServiceName(rawValue: try row.text(0)) else { continue }
            let place = LetterPlace(
                service: service, topic: try row.text(1), partition: try row.int32(2), offset: try row.int64(3), index: try row.int32(4))
            let detail = try row.text(8)
            // One line each: `show` has all of the words.
            let words = mask.masked(detail).cut(Self.wordsInListMax)
            print("\(try row.instant(5).rfc3339)  \(try row.text(6))  \(place)  \(try row.text(7)): \(words)")
        }
        Terminal.say("\(rows.count) of \(total) shown")
    }

    func show() throws {
        let audit = try isRaw ? Audit(options) : nil
        let letter = try Letter.read(try namedLetter(), on: connection)
        if let audit {
            try note([letter.place], topic: letter.place.text, partition: letter.place.partition, handedOutTo: audit)
            Terminal.say("\(letter.place)  \(letter.status)  \(letter.reason): \(letter.detail)")
            for header in letter.original.headers { Terminal.say("\(header.name): \(String(decoding: header.value, as: UTF8.self))") }
            FileHandle.standardOutput.write(Data(letter.original.value ?? []))
            return
        }
        let mask = mask
        func content(_ content: Letter.Content) -> String {
            content.headers.map { "  \($0.name): \(mask.masked(String(decoding: $0.value, as: UTF8.self)))\n" }.joined()
                + (content.value.map { mask.shown($0) } ?? "no value (a tombstone)")
        }
        print("\(letter.place)")
        print("\(letter.status), set aside \(letter.setAsideAt.rfc3339) as \(letter.reason): \(mask.masked(letter.detail))")
        print("key: \(letter.key.map { mask.masked(String(decoding: $0, as: UTF8.self)) } ?? "none")")
        print("as it came:\n\(content(letter.original))")
        if let fix = letter.fix { print("fix \(fix.version), to be tried instead:\n\(content(fix.content))") }
        for action in try letter.actions(on: connection) {
            print("\(action.at.rfc3339)  \(action.action) by \(action.actor): \(mask.masked(action.why))")
        }
    }

    func export() throws {
        let audit = try isRaw ? Audit(options) : nil
        let filter = try LetterFilter(options, statuses: LetterFilter.all)
        let places = try filter.places(on: connection, limit: 10_000_000)
        let mask = mask
        let handle: FileHandle
        if let path = options.text("to") {
            guard !FileManager.default.fileExists(atPath: path) else { throw Failure("\(path) is there already; name a new file") }
            // What was set aside may be personal: for nobody else's eyes.
            guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
                let opened = FileHandle(forWritingAtPath: path)
            else { throw Failure("\(path) can not be written") }
            handle = opened
        } else {
            handle = FileHandle.standardOutput
        }
        if let audit { try note(places, topic: options.text("topic") ?? "*", partition: -1, handedOutTo: audit) }
        for (count, place) in places.enumerated() {
            let letter = try Letter.read(place, on: connection)
            handle.write(Data(letter.json(try letter.actions(on: connection), mask: mask, isRaw: isRaw) + [10]))
            if count % 500 == 499 { Terminal.progress("\(count + 1) of \(places.count)") }
        }
        Terminal.say("\(places.count) letters exported")
    }

    /// Writes down that letters leave with what is personal in them, before they do: a row for each service that set some of them aside.
    private func note(_ places: [LetterPlace], topic: String, partition: Int32, handedOutTo audit: Audit) throws {
        for service in ServiceName.allCases {
            let count = places.count { $0.service == service }
            guard count > 0 else { continue }
            try audit.note("letters-raw", topic, partition, before: 0, after: Int64(count), in: service.rawValue, on: connection)
        }
    }

    // MARK: acting

    func fix() throws {
        let audit = try Audit(options)
        let place = try namedLetter()
        let letter = try Letter.read(place, on: connection)
        guard options.text("value") != nil || options.text("headers") != nil else {
            throw Failure("say what to change: --value FILE, --headers FILE, or both", code: .usage)
        }
        let value = try options.text("value").map { try Self.json(inFile: $0).bytes } ?? letter.effective.value
        let headers = try options.text("headers").map { try Self.merged(letter.effective.headers, with: $0) } ?? letter.effective.headers
        let schema = place.service.rawValue
        let newValue: Parameter = if let value { .bytes(value) } else { .null }
        let rows = try connection.execute(
            """
            WITH letter AS (
                SELECT d.*, f.version, CASE WHEN f.version IS NULL THEN d.value ELSE f.value END AS former_value,
                       coalesce(f.headers, d.headers) AS former_headers
                  FROM (SELECT * FROM \(schema).dead_letter
                         WHERE topic = $1 AND partition = $2 AND "offset" = $3 AND index = $4 AND status IN ('open', 'fixed')
                           FOR UPDATE) AS d
                  LEFT JOIN LATERAL (SELECT * FROM \(schema).dead_letter_fix f
                                      WHERE f.topic = $1 AND f.partition = $2 AND f."offset" = $3 AND f.index = $4
                                      ORDER BY version DESC LIMIT 1) AS f ON true
                 WHERE NOT EXISTS (SELECT FROM \(schema).dead_letter_replay r
                                    WHERE r.topic = $1 AND r.partition = $2 AND r."offset" = $3 AND r.index = $4 AND NOT r.is_done)),
            kept AS (
                INSERT INTO \(schema).dead_letter_fix (topic, partition, "offset", index, version, value, headers)
                SELECT topic, partition, "offset", index, coalesce(version, 0) + 1, $5::bytea, $6::bytea FROM letter
                RETURNING version),
            moved AS (
                UPDATE \(schema).dead_letter d SET status = 'fixed' FROM letter l
                 WHERE d.topic = l.topic AND d.partition = l.partition AND d."offset" = l."offset" AND d.index = l.index),
            noted AS (
                INSERT INTO \(schema).dead_letter_action (topic, partition, "offset", index, action, actor, why, before_sha256, after_sha256)
                SELECT topic, partition, "offset", index, 'fix', $7, $8, \(schema).letter_sha256(former_value, former_headers),
                       \(schema).letter_sha256($5::bytea, $6::bytea)
                  FROM letter)
            SELECT version FROM kept
            """,
            place.parameters + [newValue, .bytes(LetterHeaders.encode(headers)), .text(audit.actor), .text(audit.why)])
        guard let version = try rows.first?.int32(0) else {
            throw Failure("\(place) is \(letter.status) or waits to be decided again: only what is open can be fixed")
        }
        print("\(place): fix \(version) is kept; `xinqiao dead-letters replay` tries it")
    }

    func replay() throws {
        let audit = try Audit(options)
        let places = try chosen()
        let wait = try options.int("wait", default: 0, in: 0...86_400)
        guard !options.has("dry-run") else { return say(places, "would be decided again") }
        var asked: [(place: LetterPlace, id: Int64)] = []
        for (count, place) in places.enumerated() {
            if let id = try ask(place, audit) { asked.append((place, id)) }
            if count % 100 == 99 { Terminal.progress("asked for \(count + 1) of \(places.count)") }
        }
        print(
            "\(asked.count) of \(places.count) wait to be decided again"
                + (asked.count < places.count ? "; the others are closed or wait already" : ""))
        if wait > 0 { try settle(asked, wait) }
    }

    /// The id of the replay; nil when the letter is closed or waits already.
    private func ask(_ place: LetterPlace, _ audit: Audit) throws -> Int64? {
        let schema = place.service.rawValue
        return try connection.transaction { session throws(PostgresFault) in
            let rows = try session.execute(
                """
                WITH letter AS (
                    SELECT d.*, CASE WHEN f.version IS NULL THEN d.value ELSE f.value END AS tried_value,
                           coalesce(f.headers, d.headers) AS tried_headers
                      FROM (SELECT * FROM \(schema).dead_letter
                             WHERE topic = $1 AND partition = $2 AND "offset" = $3 AND index = $4 AND status IN ('open', 'fixed')
                               FOR UPDATE) AS d
                      LEFT JOIN LATERAL (SELECT * FROM \(schema).dead_letter_fix f
                                          WHERE f.topic = $1 AND f.partition = $2 AND f."offset" = $3 AND f.index = $4
                                          ORDER BY version DESC LIMIT 1) AS f ON true),
                asked AS (
                    INSERT INTO \(schema).dead_letter_replay (topic, partition, "offset", index, key, value, headers)
                    SELECT topic, partition, "offset", index, key, tried_value, tried_headers FROM letter
                        ON CONFLICT DO NOTHING
                    RETURNING id),
                noted AS (
                    INSERT INTO \(schema).dead_letter_action
                           (topic, partition, "offset", index, action, actor, why, before_sha256, after_sha256)
                    SELECT topic, partition, "offset", index, 'replay', $5, $6, \(schema).letter_sha256(value, headers),
                           \(schema).letter_sha256(tried_value, tried_headers)
                      FROM letter, asked)
                SELECT id FROM asked
                """, place.parameters + [.text(audit.actor), .text(audit.why)])
            return try rows.first?.int64(0)
        }
    }

    /// Waits for the services' answers and prints what became of each letter that was refused again.
    private func settle(_ asked: [(place: LetterPlace, id: Int64)], _ seconds: Int) throws {
        var outcomes: [String: Int] = [:]
        var open = asked
        let deadline = Date().addingTimeInterval(Double(seconds))
        while !open.isEmpty {
            var still: [(place: LetterPlace, id: Int64)] = []
            for letter in open {
                let rows = try connection.execute(
                    "SELECT outcome, reason, detail FROM \(letter.place.service.rawValue).dead_letter_outcome WHERE replay = $1",
                    [.int64(letter.id)])
                guard let row = rows.first else {
                    still.append(letter)
                    continue
                }
                let outcome = try row.text(0)
                outcomes[outcome, default: 0] += 1
                if outcome == "refused" { print("\(letter.place)  refused again, \(try row.text(1)): \(mask.masked(try row.text(2)))") }
            }
            open = still
            guard !open.isEmpty else { break }
            guard Date() < deadline else {
                throw Failure("\(open.count) are not decided after \(seconds) s; is the service running? They stay asked for")
            }
            Terminal.progress("\(asked.count - open.count) of \(asked.count) decided")
            usleep(200_000)
        }
        print(outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
        if let refused = outcomes["refused"] { throw Failure("\(refused) were refused again and are open") }
    }

    func discard() throws {
        let audit = try Audit(options)
        let places = try chosen()
        guard !options.has("dry-run") else { return say(places, "would be discarded") }
        var closed = 0
        for (count, place) in places.enumerated() {
            let schema = place.service.rawValue
            closed += try connection.execute(
                """
                WITH closed AS (
                    UPDATE \(schema).dead_letter d SET status = 'discarded'
                     WHERE d.topic = $1 AND d.partition = $2 AND d."offset" = $3 AND d.index = $4 AND d.status IN ('open', 'fixed')
                       AND NOT EXISTS (SELECT FROM \(schema).dead_letter_replay r
                                        WHERE r.topic = $1 AND r.partition = $2 AND r."offset" = $3 AND r.index = $4 AND NOT r.is_done)
                    RETURNING d.*)
                INSERT INTO \(schema).dead_letter_action (topic, partition, "offset", index, action, actor, why, before_sha256, after_sha256)
                SELECT topic, partition, "offset", index, 'discard', $5, $6, \(schema).letter_sha256(value, headers),
                       \(schema).letter_sha256(value, headers)
                  FROM closed
                """, place.parameters + [.text(audit.actor), .text(audit.why)]
            ).affected
            if count % 100 == 99 { Terminal.progress("\(count + 1) of \(places.count)") }
        }
        print(
            "\(closed) of \(places.count) discarded" + (closed < places.count ? "; the others are closed or wait to be decided again" : ""))
    }

    // MARK: what was meant

    private func namedLetter() throws -> LetterPlace {
        guard let place = LetterPlace(Array(options.words.dropFirst())) else {
            throw Failure("name one letter: SERVICE TOPIC/PARTITION@OFFSET, with #INDEX for an event of a packed message", code: .usage)
        }
        return place
    }

    /// The named letter, or those of the filter.
    private func chosen() throws -> [LetterPlace] {
        if options.words.count > 1 { return [try Letter.read(try namedLetter(), on: connection).place] }
        let filter = try LetterFilter(options, statuses: ["open", "fixed"])
        guard !filter.isUnbounded || options.has("all") else {
            throw Failure("name a letter or a filter; --all means every open letter of every service", code: .usage)
        }
        return try filter.places(on: connection, limit: 1_000_000)
    }

    private func say(_ places: [LetterPlace], _ what: String) {
        for place in places.prefix(100) { print("\(place)") }
        Terminal.say("\(places.count) \(what)")
    }

    private static func json(inFile path: String) throws -> JSONDocument {
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure("\(path) can not be read", code: .usage) }
        do {
            return try JSONDocument(parsing: Array(data))
        } catch {
            throw Failure("\(path) is not JSON as the services read it: \(error)", code: .usage)
        }
    }

    private static func merged(
        _ headers: [(name: String, value: [UInt8])], with path: String
    ) throws -> [(name: String, value: [UInt8])] {
        let root = try json(inFile: path).root
        guard root.kind == .object else { throw Failure("\(path) should be an object of header names and texts", code: .usage) }
        var result = headers
        for (name, value) in root.members {
            guard value.isNull || value.string != nil else { throw Failure("\(path): `\(name)` should be a text or null", code: .usage) }
            let place = result.firstIndex { $0.name == name }
            switch (value.string, place) {
            case (nil, let place?): result.remove(at: place)
            case (nil, nil): break
            case (let text?, let place?): result[place] = (name, Array(text.utf8))
            case (let text?, nil): result.append((name, Array(text.utf8)))
            }
        }
        return result
    }
}
