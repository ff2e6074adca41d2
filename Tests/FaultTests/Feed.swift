import Chassis
import Contracts
import Foundation
import Kafka
import Province
import Support
import Synchronization
import Vocabulary
import Wire

/// Sends the records of some firms, in order, at a pace that can be changed, and knows where in the log each of them lies.
///
/// Its own connection runs through the same proxy, so it goes back to the first unacknowledged record after a failure. What then lies
/// in the log twice is part of the test.
final class Feed: @unchecked Sendable {
    let subjects: [String]
    let records: [OutsideRecord]
    private let world: FaultWorld
    private struct Progress {
        var next = 0
        var perSecond = 0.0
        var isOver = false
        var isDone = false
        /// Where each record lies, once for every time that it was acknowledged.
        var places: [Int: [TopicPosition]] = [:]
        var failures = 0
    }
    private let progress = Mutex(Progress())
    private var producer: KafkaProducer?

    convenience init(_ world: FaultWorld, firms: Range<Int>, of province: Province) {
        // Firm by firm the log would hold no mixture; month by month it does, as in life.
        let records = firms.flatMap { province.records(ofFirm: $0) }.enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        self.init(world, records, about: firms.compactMap { province.uscc(ofFirm: $0)?.text })
    }

    init(_ world: FaultWorld, _ records: [OutsideRecord], about subjects: [String]) {
        self.world = world
        self.records = records
        self.subjects = subjects
        OwnThread.start(named: "feed") { [self] in work() }
    }

    var sentCount: Int { progress.withLock { $0.next } }
    /// How often its own producer had to begin anew.
    var failures: Int { progress.withLock { $0.failures } }

    /// Records a second from now on; zero stands still.
    func pace(_ perSecond: Double) { progress.withLock { $0.perSecond = perSecond } }

    /// Sends what is left, and waits until the broker has all of it.
    func finish(within limit: Duration = .seconds(120)) throws {
        progress.withLock { $0.isOver = true }
        guard eventually(within: limit, { progress.withLock { $0.isDone } }) else {
            throw Trouble("the feed is not acknowledged after \(limit): \(progress.withLock { "\($0.places.count) of \($0.next)" })")
        }
    }

    /// The first offset behind what was fed, per partition.
    var ends: [TopicPosition] {
        var ends: [String: TopicPosition] = [:]
        for place in progress.withLock({ $0.places.values.flatMap { $0 } }) {
            let name = "\(place.topic)/\(place.partition)"
            if (ends[name]?.offset ?? 0) <= place.offset {
                ends[name] = TopicPosition(topic: place.topic, partition: place.partition, offset: place.offset + 1)
            }
        }
        return Array(ends.values)
    }

    /// Takes over where the same records lay that another feed sent: what was taken there, and lies here once more, is a repetition.
    func adopt(_ earlier: Feed) {
        let theirs = earlier.progress.withLock { $0.places }
        progress.withLock { progress in
            for (index, places) in theirs { progress.places[index, default: []].insert(contentsOf: places, at: 0) }
        }
    }

    /// What was sent and where it lies.
    var sent: [(record: OutsideRecord, places: [TopicPosition])] {
        let places = progress.withLock { $0.places }
        return records.enumerated().map { ($0.element, places[$0.offset] ?? []) }
    }

    private func work() {
        var credit = 0.0
        var last = MonotonicClock.now
        while true {
            let (next, pace, isOver) = progress.withLock { ($0.next, $0.perSecond, $0.isOver) }
            let now = MonotonicClock.now
            credit = min(200, credit + pace * Double(now.since(last).wholeMicroseconds) / 1_000_000)
            last = now
            let quota = isOver ? records.count - next : min(records.count - next, Int(credit))
            if quota > 0 {
                credit -= Double(quota)
                for index in next..<next + quota { send(index) }
            }
            producer?.serve(wait: .milliseconds(5))
            recover()
            let isDone = progress.withLock {
                $0.isDone = $0.isOver && $0.places.count == records.count; return $0.isDone
            }
            if isDone {
                producer?.abandon()
                producer = nil
                return
            }
            OwnThread.sleep(for: .milliseconds(5))
        }
    }

    private func send(_ index: Int) {
        progress.withLock { $0.next = max($0.next, index + 1) }
        let record = records[index]
        var event = CloudEvent(id: record.id, source: "tests", type: record.type, data: record.data)
        event.time = record.time
        event.subject = record.subject
        event.dataContentType = "application/json"
        let headers = event.binaryHeaders().map { KafkaHeader(name: $0.name, value: $0.value) }
        for _ in 0..<2_000 {
            do throws(KafkaFault) {
                try opened().produce(
                    topic: record.topic, partition: Lane.of(record.subject, lanes: FaultWorld.lanes), key: Array(record.subject.utf8),
                    value: record.data, headers: headers, tag: UInt64(index))
                return
            } catch {
                // A full queue, or a broker that is away: later. What is never queued is sent again by `recover`.
                producer?.serve(wait: .milliseconds(20))
                if producer?.fatal != nil { return }
            }
        }
    }

    private func opened() throws(KafkaFault) -> KafkaProducer {
        if let producer { return producer }
        let made = try KafkaProducer(KafkaSettings(bootstrap: world.kafka.bootstrap, clientID: "feed")) { [weak self] in self?.note($0) }
        producer = made
        return made
    }

    private func note(_ report: DeliveryReport) {
        progress.withLock { progress in
            guard report.fault == nil else {
                progress.failures += 1
                return
            }
            let record = records[Int(report.tag)]
            progress.places[Int(report.tag), default: []].append(
                TopicPosition(
                    topic: record.topic, partition: Lane.of(record.subject, lanes: FaultWorld.lanes), offset: report.offset))
        }
    }

    /// After a fatal error, or when nothing is in flight and something is missing: once more from there.
    private func recover() {
        guard let producer, producer.fatal != nil || producer.inFlight == 0 else { return }
        let missing = progress.withLock { progress in (0..<progress.next).filter { progress.places[$0] == nil } }
        guard !missing.isEmpty else { return }
        producer.abandon()
        self.producer = nil
        progress.withLock { $0.failures += 1 }
        for index in missing { send(index) }
    }
}
