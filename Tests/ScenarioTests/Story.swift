import Chassis
import Contracts
import Foundation
import Kafka
import Pipeline
import Postgres
import Support
import Testing
import Vocabulary
import Wire

/// A row's story is told to a house in memory. Told again to the real processes, it must come to the same.
enum Story {
    /// Sees the house of the story that is being told, so that it can be told again.
    final class Listener: @unchecked Sendable {
        /// Written by the one test that tells the story.
        var house: MemoryHouse?
        let today: Day

        init(today: Day) { self.today = today }
    }

    @TaskLocal static var listener: Listener?

    /// The story's own day, so that it reads the same for ever; today, when the processes are to hear it, whose clocks are real.
    static func day(_ year: Int, _ month: Int, _ day: Int) -> Day {
        listener?.today ?? Day(year: year, month: month, day: day) ?? Day(number: 0)
    }

    /// Tells the story in memory, then to the processes, and compares what became of it.
    static func again(_ tell: () throws -> Void) throws {
        let suite = try ProcessSuite.shared.get()
        let listener = Listener(today: Day.today)
        try $listener.withValue(listener) { try tell() }
        let house = try #require(listener.house)
        try replay(house, to: suite)
        var differences = ["nothing was compared"]
        _ = eventually(within: .seconds(120)) {
            differences = (try? self.differences(house, suite)) ?? ["the database does not answer"]
            return differences.isEmpty
        }
        #expect(differences == [])
    }

    /// What happened at one moment goes out at once; before the next moment everything has been taken in.
    private static func replay(_ house: MemoryHouse, to suite: ProcessSuite) throws {
        var at: Instant?
        var ids: Set<String> = []
        func wait() throws {
            try suite.acknowledged()
            let wanted = Int64(ids.count)
            let taken = try suite.number(
                "SELECT count(DISTINCT id) FROM ingestion.outside_id WHERE id = ANY ($1)", [.texts(ids.sorted())], becomes: wanted,
                within: .seconds(90))
            #expect(taken == wanted, "messages that ingestion has not met")
            // Other tests may keep the house busy: the comparison at the end waits by itself.
            try? suite.settle()
        }
        for (moment, message) in house.sent {
            if let before = at, before != moment { try wait() }
            at = moment
            let event = try CloudEvent.decode(headers: message.headers, value: message.value ?? [])
            ids.insert(event.id)
            try suite.sendRaw(
                message.topic, key: key(of: message), value: message.value,
                headers: message.headers.map { KafkaHeader(name: $0.name, value: $0.value) })
        }
        try wait()
    }

    // MARK: comparing

    /// Rows that the house in memory has and the processes have not. Of most they may have more, since all packs are published there; who was
    /// told a fact is the same in both.
    private static func differences(_ house: MemoryHouse, _ suite: ProcessSuite) throws -> [String] {
        let subjects = Set(house.sent.map { key(of: $0.message) }).sorted()
        let connection = try Connection(PostgresAddress(conninfo: suite.conninfo, applicationName: "tests"))
        defer { connection.close() }
        var missing: [String] = []
        for (service, table, columns, isWhole, wanted) in Self.compared {
            let there = Set(
                try connection.execute(
                    "SELECT \(columns.map { $0 + "::text" }.joined(separator: ", ")) FROM \(service.rawValue).\(table) WHERE subject = ANY ($1)",
                    [.texts(subjects)]
                ).map { row in try columns.indices.map { spelled(try row.textOrNil($0) ?? "") } }
                    .filter(wanted))
            let rows = house.rows(service, table).filter { subjects.contains(text($0["subject"])) }
                .map { row in columns.map { text(row[$0]) } }
                .filter(wanted)
            missing += Set(rows).subtracting(there).map { "\(service).\(table): \($0.joined(separator: ", "))" }
            guard isWhole else { continue }
            missing += there.subtracting(rows).map { "\(service).\(table): \($0.joined(separator: ", ")) is not in the story" }
        }
        let told = try portraits(connection, subjects)
        for row in house.rows(.scoring, "portrait") where subjects.contains(text(row["subject"])) {
            guard case .json(let bytes)? = row["body"] else { continue }
            let mine = try Portrait(JSONDocument(parsing: bytes).root)
            let its = told[mine.subject]
            let known = Dictionary((its?.indicators ?? []).map { ($0.name, "\($0.value)") }) { first, _ in first }
            missing += mine.indicators.filter { known[$0.name] != "\($0.value)" }
                .map { "\(mine.subject): \($0.name)=\($0.value), not \(known[$0.name] ?? "there")" }
            missing += Set(mine.tags).subtracting(its?.tags ?? []).map { "\(mine.subject): tag \($0)" }
        }
        return missing.sorted()
    }

    private static func portraits(_ connection: Connection, _ subjects: [String]) throws -> [String: Portrait] {
        var portraits: [String: Portrait] = [:]
        for row in try connection.execute(
            "SELECT subject, body::text FROM scoring.portrait WHERE subject = ANY ($1)", [.texts(subjects)])
        {
            portraits[try row.text(0)] = try Portrait(JSONDocument(parsing: Array(try row.text(1).utf8)).root)
        }
        return portraits
    }

    private typealias Compared = (
        service: ServiceName, table: String, columns: [String], isWhole: Bool, wanted: @Sendable ([String]) -> Bool
    )

    /// What does not hang on the moment at which it was decided.
    private static let compared: [Compared] = [
        // The number of a comparison's result counts its changes on the way.
        (.governance, "fact", ["fact_id", "record_type", "subject", "business_key"], false, { !$0[0].hasPrefix("governance/") }),
        (.governance, "cross_result", ["subject", "check_id", "check_key", "verdict", "data"], false, { _ in true }),
        // Who is named. A difference that was put right before its comparison's turn may never have been told.
        (
            .reporting, "governance_event_view", ["subject", "kind", "reason", "writer"], false,
            { $0[1] == "cross-check-failed" && ($0[2].hasPrefix("exports-of-the-month") || $0[2].hasPrefix("trade:")) }
        ),
        (.governance, "consent", ["subject", "consent_id", "status"], false, { _ in true }),
        (.exchange, "consent_seen", ["subject", "consent_id", "status"], false, { _ in true }),
        (.governance, "quarantine", ["subject", "record_id", "reason", "status"], false, { _ in true }),
        (.scoring, "whitelist_member", ["list", "subject", "is_member"], false, { _ in true }),
        (.riskmonitoring, "alert", ["subject", "rule", "level"], false, { $0[1].hasPrefix("crop-price-shock") }),
        // Other policies may be pushed before all is known, and then withdrawn; this one needs all that its story brings.
        (.policypush, "push", ["policy_id", "subject", "status", "amount_fen"], false, { $0[0] == "channel-jobs-award" }),
        (
            .policypush, "grant_decision", ["policy_id", "subject", "amount_fen", "status", "reason"], false,
            { $0[0] == "channel-jobs-award" }
        ),
        (
            .exchange, "release", ["subject", "release_id", "receiver", "message_type", "status", "fields"], true,
            { $0[1].hasPrefix("fact/") }
        ),
        (
            .exchange, "release", ["subject", "release_id", "receiver", "message_type", "status", "fields"], true,
            { $0[3] == "record.refused.v1" }
        ),
    ]

    private static func key(of message: RawMessage) -> String { String(decoding: message.key ?? [], as: UTF8.self) }

    private static func text(_ cell: Cell?) -> String {
        switch cell {
        case .text(let text)?: text
        case .int64(let number)?: String(number)
        case .bool(let flag)?: flag ? "true" : "false"
        case .json(let bytes)?: spelled(String(decoding: bytes, as: UTF8.self))
        default: ""
        }
    }

    /// JSON in one spelling, whatever a store has made of it; every other text as it is.
    private static func spelled(_ text: String) -> String {
        guard text.hasPrefix("{") || text.hasPrefix("["), let document = try? JSONDocument(parsing: Array(text.utf8)) else { return text }
        return String(decoding: document.root.canonicalBytes, as: UTF8.self)
    }
}

// Each under the name of the row, and each test under its title, so that `make scenarios` puts the two columns side by side.

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A04ProcessesTests {
    @Test func `a day that two deliveries have counts once and the features are those computed by hand`() throws {
        try Story.again {
            try FlowPlatformTests().`a day that two deliveries have counts once and the features are those computed by hand`()
        }
    }
}

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A08ProcessesTests {
    @Test func `the index falls only for the month in which tax and customs are far apart and the issue names both`() throws {
        try Story.again {
            try TradeCreditIndexTests()
                .`the index falls only for the month in which tax and customs are far apart and the issue names both`()
        }
    }
}

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A36ProcessesTests {
    @Test func `of 161 fields exactly the five that differ are reported with both values and both sources`() throws {
        try Story.again {
            try EquityExchangeTests().`of 161 fields exactly the five that differ are reported with both values and both sources`()
        }
    }

    @Test func `what an application that was put right says is no difference any more`() throws {
        try Story.again { try EquityExchangeTests().`what an application that was put right says is no difference any more`() }
    }
}

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct TradeCorroborationProcessesTests {
    @Test func `order, goods, invoice and cash of one trade corroborate one another, and what is missing or contradicts is named`() throws {
        try Story.again {
            try TradeCorroborationTests()
                .`order, goods, invoice and cash of one trade corroborate one another, and what is missing or contradicts is named`()
        }
    }
}
