import Chassis
import Contracts
import Deciding
import Foundation
import Kafka
import Pipeline
import Postgres
import Support
import Synchronization
import Testing
import Vocabulary
import Wire

@Suite struct QuotaTests {
    private static let flood = Topic.source("flood")
    private static let calm = Topic.source("calm")
    private static let lanes: Int32 = 2

    private func messages(_ topic: String, _ offsets: Range<Int64>) -> [RawMessage] {
        offsets.map { RawMessage(topic: topic, partition: Int32($0 % 2), offset: $0, key: nil, value: [1], headers: []) }
    }

    private func offsets(_ messages: [RawMessage], _ topic: String) -> [Int64] { messages.filter { $0.topic == topic }.map(\.offset) }

    @Test func `what is above the quota waits in its order, and what has none or keeps to it passes`() {
        var book = QuotaBook()
        #expect(book.isEmpty)
        book.grant([Self.flood: SourceGrant(recordsPerSecond: 10, burst: 5)], held: 2, of: Self.lanes, at: .epoch)
        let mixed = messages(Self.flood, 0..<4) + messages(Self.calm, 0..<9) + messages(Self.flood, 4..<20)
        let first = book.admit(mixed, at: .epoch)
        #expect(offsets(first, Self.flood) == Array(0..<5))
        #expect(offsets(first, Self.calm) == Array(0..<9))
        #expect(book.slowed == [Self.flood])

        // What comes later stands behind what waits, even when there is room by now.
        let second = book.admit(messages(Self.flood, 20..<22) + messages(Self.calm, 9..<10), at: .epoch + .milliseconds(500))
        #expect(offsets(second, Self.flood) == [])
        #expect(offsets(second, Self.calm) == [9])

        var gone: [Int64] = []
        for tick in 1...40 {
            let now = Instant.epoch + .milliseconds(500 + 100 * tick)
            let some = offsets(book.letGo(countMax: 3, bytesMax: 100, at: now), Self.flood)
            gone += some
            #expect(gone.count <= 5 + tick)
            #expect(some.count <= 3)
        }
        #expect(gone == Array(5..<22))
        #expect(book.slowed == [])
    }

    @Test func `a quota that is lifted lets all of it go, and what is forgotten may come again`() {
        var book = QuotaBook()
        book.grant([Self.flood: SourceGrant(recordsPerSecond: 1, burst: 1)], held: 2, of: Self.lanes, at: .epoch)
        #expect(book.admit(messages(Self.flood, 0..<10), at: .epoch).count == 1)
        book.forgetKept()
        #expect(book.slowed == [])
        #expect(book.admit(messages(Self.flood, 1..<10), at: .epoch).isEmpty)
        book.grant([:], held: 2, of: Self.lanes, at: .epoch)
        #expect(!book.isEmpty)
        #expect(book.letGo(countMax: 4, bytesMax: 100, at: .epoch).map(\.offset) == [1, 2, 3, 4])
        #expect(book.letGo(countMax: 100, bytesMax: 2, at: .epoch).map(\.offset) == [5, 6])
        #expect(book.letGo(countMax: 100, bytesMax: 100, at: .epoch).map(\.offset) == [7, 8, 9])
        #expect(book.isEmpty)
    }

    /// Sends one message and waits until the broker has it.
    private func send(_ producer: KafkaProducer, _ topic: String, _ id: String) throws {
        let data = Array(#"{"add":1}"#.utf8)
        var event = CloudEvent(id: id, source: "s", type: "add", data: data)
        event.subject = id
        try producer.produce(
            topic: topic, partition: Lane.of(id, lanes: Self.lanes), key: Array(id.utf8), value: data,
            headers: event.binaryHeaders().map { KafkaHeader(name: $0.name, value: $0.value) }, tag: 1)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a source that floods is read at its own rate, another one is as fast as before, and nothing is lost`() throws {
        let house = try ToyHouse()
        try house.owner.script("CREATE TABLE toy_sum (key text PRIMARY KEY, sum int8 NOT NULL, note text NOT NULL)")
        let broker = try EmbeddedBroker()
        for topic in [Self.flood, Self.calm, Topic.ingestionRecords, Topic.deadLetters("ingestion")] {
            try broker.createTopic(topic, partitions: Int(Self.lanes))
        }
        let (floodSize, rate, burst) = (2_000, 400, 200)
        let producer = try KafkaProducer(broker.settings(clientID: "sender")) { _ in }
        for number in 0..<floodSize { try send(producer, Self.flood, "flood-\(number)") }
        #expect(producer.flush(.seconds(20)))

        let metrics = Metrics(service: "toy")
        let isOver = StopFlag()
        let (conninfo, kafka) = (house.conninfo, broker.settings(clientID: "toy"))
        OwnThread.start(named: "toy") {
            let worker = Worker(
                decider: Toy(), address: PostgresAddress(conninfo: conninfo, applicationName: "tests", searchPath: "toy"), kafka: kafka,
                feed: CatalogFeed(fixed: .empty), inputs: { _ in [Self.flood, Self.calm] },
                quotas: { _, _ in [Self.flood: SourceGrant(recordsPerSecond: Int64(rate), burst: Int64(burst))] }, bounds: WorkerBounds(),
                health: Health(stuckAfter: .seconds(60), expecting: []), metrics: PathMetrics(metrics),
                log: Log(service: "toy", hiding: []), owner: "toy")
            worker.run { isOver.isRaised }
            isOver.end()
        }
        defer {
            isOver.raise()
            isOver.waitForEnd()
        }
        func taken(_ source: String) throws -> Int {
            Int(try house.number("SELECT count(*) FROM toy_sum WHERE key LIKE $1", [.text(source + "-%")]))
        }
        #expect(eventually(within: .seconds(30)) { ((try? taken("flood")) ?? 0) > 0 })

        // The other source says something now and then while the flood waits.
        let began = ContinuousClock.now
        let atFirst = try taken("flood")
        var delays: [Duration] = []
        var wasSlowed = false
        while try taken("flood") < floodSize {
            let id = "calm-\(delays.count)"
            let sent = ContinuousClock.now
            try send(producer, Self.calm, id)
            _ = producer.flush(.seconds(5))
            #expect(
                eventually(within: .seconds(10)) { (try? house.number("SELECT count(*) FROM toy_sum WHERE key = $1", [.text(id)])) == 1 })
            delays.append(ContinuousClock.now - sent)
            wasSlowed = wasSlowed || metrics.gauge(.sourceSlowed, labels: [("topic", Self.flood)]).value == 1
            let more = try taken("flood") - atFirst
            let passed = (ContinuousClock.now - began) / .seconds(1)
            // One batch may have been on its way when the clock began, and a worker that the machine held up may have rested a burst.
            #expect(Double(more) <= Double(burst) + Double(rate) * (passed + 0.5), "\(passed) s")
            guard passed < 60 else { break }
            usleep(100_000)
        }
        let passed = (ContinuousClock.now - began) / .seconds(1)
        #expect(atFirst <= burst + rate)
        #expect(try taken("flood") == floodSize)
        #expect(passed > Double(floodSize - atFirst - burst) / Double(rate) - 0.5)
        #expect(delays.count > 10)
        let sorted = delays.sorted()
        #expect(sorted[sorted.count / 2] < .milliseconds(400), "median \(sorted[sorted.count / 2]), longest \(sorted[sorted.count - 1])")
        #expect(try taken("calm") == delays.count)

        // Each once, none refused, and the metrics say what happened.
        #expect(try house.number("SELECT coalesce(sum(messages), 0)::int8 FROM message_count WHERE outcome <> 'applied'") == 0)
        #expect(try house.number("SELECT count(*) FROM toy_sum WHERE sum <> 1") == 0)
        #expect(wasSlowed)
        #expect(eventually(within: .seconds(5)) { metrics.gauge(.sourceSlowed, labels: [("topic", Self.flood)]).value == 0 })
        #expect(metrics.counter(.sourceHeldBack, labels: [("topic", Self.flood)]).value > 0)
        #expect(metrics.counter(.sourceHeldBack, labels: [("topic", Self.calm)]).value == 0)
    }
}

/// Tells a worker on another thread that it is over, and waits for it.
private final class StopFlag: Sendable {
    private let raised = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    var isRaised: Bool { raised.load(ordering: .acquiring) }
    func raise() { raised.store(true, ordering: .releasing) }
    func end() { ended.signal() }
    func waitForEnd() { _ = ended.wait(timeout: .now() + .seconds(20)) }
}
