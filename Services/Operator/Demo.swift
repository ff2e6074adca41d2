import Chassis
import Contracts
import Foundation
import Pipeline
import Postgres
import Province
import Vocabulary

extension Command {
    static let demo = Command(
        "demo", usage: "[--firms N] [--seed N] [--months N] [--kafka HOST:PORT] [--exit] [--folder DIR]",
        summary: "bring up the whole suite on this machine, feed it a seeded province, and account for every record",
        valued: ["firms", "seed", "months", "folder", "packs", "port", "kafka"], flags: ["exit"],
        details: """
            The same seed gives the same province. Ends with a summary and one line of JSON; then works on until Ctrl-C, unless --exit.
            --kafka names a broker without our topics in it, in place of the built-in one, which keeps 5 MiB a partition and so has to be
            fed slowly.
            """
    ) { options in
        let firms = try options.int("firms", default: Int(ProcessInfo.processInfo.environment["FIRMS"] ?? "") ?? 2_000, in: 1...2_000_000)
        let seed = try options.int("seed", default: Int(ProcessInfo.processInfo.environment["SEED"] ?? "") ?? 1, in: 0...Int.max)
        let months = try options.int("months", default: 24, in: 1...60)
        try Embedded.run(options) { suite in
            let summary = try DemoFeed(suite: suite, firms: firms, seed: UInt64(seed), months: months).run()
            print(summary.table)
            print("console   \(suite.consoleAddress)")
            for room in suite.rooms {
                print("status    \(room.service.rawValue.padding(to: 15)) http://127.0.0.1:\(room.port)/readyz?verbose")
            }
            print("by hand   set -a; . \(suite.folder.path("operator.env")); xinqiao status")
            print(summary.json)
            fflush(nil)
            return summary.isOK
        }
    }

    static let up = Command(
        "up", usage: "[--folder DIR] [--kafka HOST:PORT]", summary: "bring up the whole suite on this machine, empty, until Ctrl-C",
        valued: ["folder", "packs", "port", "kafka"], flags: ["exit"],
        details: "The built-in broker keeps nothing, so every start is a new one. Lasting service is compose's part: see compose/README.md."
    ) { options in
        try Embedded.run(options) { suite in
            print("console   \(suite.consoleAddress)")
            for room in suite.rooms {
                print("status    \(room.service.rawValue.padding(to: 15)) http://127.0.0.1:\(room.port)/readyz?verbose")
            }
            print("by hand   set -a; . \(suite.folder.path("operator.env")); xinqiao status")
            fflush(nil)
            return true
        }
    }
}

/// The embedded suite around one piece of work.
enum Embedded {
    static func run(_ options: Options, _ work: (EmbeddedSuite) throws -> Bool) throws {
        Shutdown.install(deadline: .seconds(30))
        let folder = try WorkFolder(options.text("folder") ?? ".demo")
        let suite = try EmbeddedSuite(
            folder: folder, packs: options.text("packs") ?? "packs", portBase: try options.int("port", default: 9_464, in: 1_024...65_000),
            kafka: options.text("kafka"))
        defer { suite.stop() }
        // At once, whatever the work is waiting for: a broker that is gone must not leave the services behind.
        Shutdown.onRequest { suite.stop() }
        try suite.start()
        let isOK = try work(suite)
        if !options.has("exit"), !Shutdown.isRequested {
            Terminal.say("working on; Ctrl-C ends it")
            Shutdown.wait()
        }
        suite.stop()
        guard isOK else { throw Failure("the figures do not add up; logs are in \(folder.path("logs"))") }
    }
}

/// Feeds the province through the front door and waits until everything it caused has happened.
struct DemoFeed {
    let suite: EmbeddedSuite
    let firms: Int
    let seed: UInt64
    let months: Int

    func run() throws -> Summary {
        let started = MonotonicClock.now
        let connection = try Connections.postgres()
        let ledger = SentLedger(connection: try Connections.postgres())
        let sender = try Sender(try Connections.kafka(), inBulk: true)
        var gate = try FlowGate(flow: Flow(connection: connection))
        // A broker with a disk holds what waits; the bound keeps the feed from running away all the same.
        if suite.isOwnBroker == false { gate.underWayMax = 2_000_000 }
        let lastMonth = WallClock.now.dayInChina.month + -1
        let province = Province(seed: seed, firms: firms, months: months, lastMonth: lastMonth)
        let banks = try DemoBanks(ledger: ledger, seed: seed)
        banks.start()
        defer { banks.stop() }

        Terminal.say("feeding \(firms) firms, \(months) months, seed \(seed) …")
        try gate.hold(sender)
        // A firm asks once its records are known: topics promise no order between one another.
        var requests: [OutsideRecord] = []
        func send(_ record: OutsideRecord, at time: Instant) throws {
            try sender.send(
                topic: record.topic, id: record.id, type: record.type, source: "province", subject: record.subject, time: time,
                data: record.data)
            try ledger.note(topic: record.topic, id: record.id, planted: record.planted.map { "\($0)" } ?? "")
        }
        for firm in 0..<firms {
            for record in province.records(ofFirm: firm) {
                if record.type == "financing.requested" { requests.append(record) } else { try send(record, at: record.time) }
            }
            if firm % (suite.isOwnBroker ? 4 : 100) == 3 { try gate.hold(sender) }
            if Shutdown.isRequested { throw Failure("stopped in the middle of the feed; the next run begins anew") }
            let seconds = max(0.001, MonotonicClock.now.since(started).inSeconds)
            Terminal.progress("\(firm + 1) of \(firms) firms, \(sender.sent) records, \(Int(Double(sender.sent) / seconds))/s")
        }
        try sender.finish()
        try gate.waitUntilQuiet(.seconds(900), ingesting: gate.expected(sender))
        for (index, request) in requests.enumerated() {
            // Asked today: the banks' days to answer are counted from the request.
            try send(request, at: WallClock.now)
            if index % 50 == 49 { try gate.hold(sender) }
        }
        try sender.finish()
        Terminal.say("\(sender.sent) records of \(firms) firms sent; waiting until nothing is under way …")
        let dispatched = """
            SELECT count(*) FROM exchange.release WHERE message_type = 'financing.application.v1' AND receiver LIKE 'institution:%' AND status <> 'denied'
            """
        for _ in 0..<20 {
            let answersBefore = banks.sent
            try gate.waitUntilQuiet(.seconds(900), ingesting: gate.expected(sender) + Int64(answersBefore)) {
                Terminal.progress("under way: \($0.links) on links, \($0.outbox) in outboxes, \($0.timers) timers")
            }
            // The banks have answered every application that left, and nothing came of it any more.
            let left = try connection.execute(dispatched).first.map { try $0.int64(0) } ?? 0
            if Int64(banks.answered) >= left, banks.sent == answersBefore { break }
        }
        try ledger.flush()
        return try Summary(connection: connection, seconds: MonotonicClock.now.since(started).inSeconds, peakMemory: suite.peakMemory)
    }
}

/// What was handed to the broker, in a table of the operator's own: one side of the reconciliation.
final class SentLedger: @unchecked Sendable {
    private let connection: ConnectionBox
    private let lock = NSLock()
    private var topics: [String] = []
    private var ids: [String] = []
    private var planted: [String] = []

    /// A connection that only this ledger uses, under its lock.
    private struct ConnectionBox: @unchecked Sendable { let value: Connection }

    init(connection: Connection) { self.connection = ConnectionBox(value: connection) }

    func note(topic: String, id: String, planted defect: String) throws {
        lock.lock()
        defer { lock.unlock() }
        topics.append(topic)
        ids.append(id)
        planted.append(defect)
        if ids.count >= 5_000 { try write() }
    }

    func flush() throws {
        lock.lock()
        defer { lock.unlock() }
        try write()
    }

    private func write() throws {
        guard !ids.isEmpty else { return }
        _ = try connection.value.execute(
            "INSERT INTO operator.sent (topic, id, planted) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])",
            [.texts(topics), .texts(ids), .texts(planted)])
        topics.removeAll(keepingCapacity: true)
        ids.removeAll(keepingCapacity: true)
        planted.removeAll(keepingCapacity: true)
    }
}
