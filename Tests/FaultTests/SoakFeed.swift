import Chassis
import Contracts
import Foundation
import Kafka
import Province
import Support
import Synchronization
import Vocabulary
import Wire

/// Sends records without end at a pace that can be changed, and keeps only counts of them: a soak is to be as small at its end as at its
/// beginning, the feed too.
final class SoakFeed: @unchecked Sendable {
    struct Tally: Sendable {
        var sent = 0
        var acknowledged = 0
        /// Deliveries that failed: none may, since nothing is hurt here.
        var failures = 0
        /// What the front door must refuse, and what it must drop as a repetition, of all that was sent.
        var toRefuse = 0
        var toDrop = 0
        /// Everything up to this round has been sent and acknowledged.
        var roundsDone = 0
    }

    private struct Orders {
        var perSecond = 0.0
        /// The last round that may be sent; nil for no end.
        var lastRound: Int?
        var isOver = false
        var isDone = false
    }

    private let world: FaultWorld
    private let orders = Mutex(Orders())
    private let counts = Mutex(Tally())
    /// The first offset behind what was acknowledged, by topic and partition.
    private let pasts = Mutex<[String: TopicPosition]>([:])
    /// Topics by tag's upper half, so that a delivery report tells where it lies without a book of all records.
    private let topics = Mutex<[String]>([])
    private var records: SoakRecords

    init(_ world: FaultWorld, _ records: SoakRecords) {
        self.world = world
        self.records = records
        OwnThread.start(named: "soak-feed") { [self] in work() }
    }

    var tally: Tally { counts.withLock { $0 } }

    /// The first offset behind what was fed, per partition.
    var ends: [TopicPosition] { pasts.withLock { Array($0.values) } }

    /// Records a second from now on, up to the end of a round, or for ever.
    func pace(_ perSecond: Double, throughRound last: Int? = nil) {
        orders.withLock {
            $0.perSecond = perSecond
            $0.lastRound = last
        }
    }

    /// Sends nothing more, and waits until the broker has all of it.
    func finish(within limit: Duration = .seconds(60)) throws {
        orders.withLock { $0.isOver = true }
        guard eventually(within: limit, { orders.withLock { $0.isDone } }) else { throw Trouble("the soak's feed is not acknowledged") }
    }

    private func work() {
        let producer: KafkaProducer
        do {
            producer = try KafkaProducer(KafkaSettings(bootstrap: world.kafka.bootstrap, clientID: "soak-feed")) { [weak self] in
                self?.note($0)
            }
        } catch {
            print("soak: no producer: \(error)")
            return
        }
        var credit = 0.0
        var last = MonotonicClock.now
        while true {
            let (pace, lastRound, isOver) = orders.withLock { ($0.perSecond, $0.lastRound, $0.isOver) }
            let now = MonotonicClock.now
            // Never more than two seconds' worth at once: a short wait for a core is made up for, and no more than that.
            credit = min(max(50, pace * 2), credit + pace * now.since(last).inSeconds)
            last = now
            while credit >= 1, !isOver, lastRound.map({ records.round <= $0 }) ?? true, let record = records.next() {
                send(record, by: producer)
                credit -= 1
            }
            producer.serve(wait: .milliseconds(5))
            if producer.inFlight == 0 {
                let round = records.round
                counts.withLock { $0.roundsDone = round }
                if isOver {
                    producer.abandon()
                    orders.withLock { $0.isDone = true }
                    return
                }
            }
            OwnThread.sleep(for: .milliseconds(3))
        }
    }

    private func send(_ record: OutsideRecord, by producer: KafkaProducer) {
        var event = CloudEvent(id: record.id, source: "tests", type: record.type, data: record.data)
        event.time = record.time
        event.subject = record.subject
        event.dataContentType = "application/json"
        let headers = event.binaryHeaders().map { KafkaHeader(name: $0.name, value: $0.value) }
        let partition = Lane.of(record.subject, lanes: FaultWorld.lanes)
        let tag = UInt64(number(of: record.topic)) << 32 | UInt64(UInt32(bitPattern: partition))
        counts.withLock { counts in
            counts.sent += 1
            switch record.planted?.fate {
            case .refused?: counts.toRefuse += 1
            case .dropped?: counts.toDrop += 1
            case .quarantined?, nil: break
            }
        }
        for _ in 0..<3_000 {
            do throws(KafkaFault) {
                try producer.produce(
                    topic: record.topic, partition: partition, key: Array(record.subject.utf8), value: record.data, headers: headers,
                    tag: tag)
                return
            } catch {
                // A full queue: later.
                producer.serve(wait: .milliseconds(20))
            }
        }
        counts.withLock { $0.failures += 1 }
    }

    private func number(of topic: String) -> Int {
        topics.withLock { topics in
            if let known = topics.firstIndex(of: topic) { return known }
            topics.append(topic)
            return topics.count - 1
        }
    }

    private func note(_ report: DeliveryReport) {
        guard report.fault == nil else { return counts.withLock { $0.failures += 1 } }
        let (index, partition) = (Int(report.tag >> 32), Int32(bitPattern: UInt32(truncatingIfNeeded: report.tag)))
        guard let topic = topics.withLock({ topics -> String? in topics.indices.contains(index) ? topics[index] : nil }) else { return }
        pasts.withLock { pasts in
            let name = "\(topic)/\(partition)"
            if (pasts[name]?.offset ?? 0) <= report.offset {
                pasts[name] = TopicPosition(topic: topic, partition: partition, offset: report.offset + 1)
            }
        }
        counts.withLock { $0.acknowledged += 1 }
    }
}
