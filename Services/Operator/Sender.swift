import Chassis
import Contracts
import Foundation
import Kafka
import Synchronization
import Vocabulary
import Wire

/// Hands messages to the broker from the operator's side of the door, and knows when they have been acknowledged.
final class Sender {
    private let producer: KafkaProducer
    private let tally = Tally()
    private var tag: UInt64 = 0
    private var partitions: [String: Int32] = [:]

    private final class Tally: Sendable {
        let acknowledged = Atomic<Int>(0)
        let failure = Mutex<KafkaFault?>(nil)
    }

    /// Many records, spread over many partitions: a request for every few of them costs the broker more than everything after it costs us.
    private static let lingerInBulk = ["linger.ms": "200"]

    /// - Parameter inBulk: a stream of records, of which none is waited for alone.
    init(_ settings: KafkaSettings, inBulk: Bool = false) throws {
        let tally = tally
        let settings = KafkaSettings(
            bootstrap: settings.bootstrap, clientID: settings.clientID, tls: settings.tls,
            extra: inBulk ? Self.lingerInBulk.merging(settings.extra) { _, given in given } : settings.extra)
        producer = try KafkaProducer(settings) { report in
            if let fault = report.fault {
                tally.failure.withLock { $0 = $0 ?? fault }
            } else {
                tally.acknowledged.add(1, ordering: .relaxed)
            }
        }
    }

    var acknowledged: Int { tally.acknowledged.load(ordering: .relaxed) }
    private(set) var sent = 0

    /// A CloudEvent in binary mode, keyed by its subject.
    func send(
        topic: String, id: String, type: String, source: String, subject: String, time: Instant, data: [UInt8]
    ) throws {
        var event = CloudEvent(id: id, source: source, type: type, data: data)
        event.time = time
        event.subject = subject
        event.dataContentType = "application/json"
        let partition = Lane.of(subject, lanes: try lanes(of: topic))
        try send(
            topic: topic, partition: partition, key: subject, value: data,
            headers: event.binaryHeaders().map { KafkaHeader(name: $0.name, value: $0.value) })
    }

    func send(topic: String, partition: Int32, key: String, value: [UInt8], headers: [KafkaHeader]) throws {
        try send(topic: topic, partition: partition, key: Array(key.utf8), value: value, headers: headers)
    }

    func send(topic: String, partition: Int32, key: [UInt8]?, value: [UInt8], headers: [KafkaHeader]) throws {
        tag += 1
        while true {
            do {
                try producer.produce(topic: topic, partition: partition, key: key, value: value, headers: headers, tag: tag)
                sent += 1
                return
            } catch {
                guard error == .queueFull else { throw error }
                producer.serve(wait: .milliseconds(20))
                try check()
            }
        }
    }

    func serve() throws {
        producer.serve(wait: .zero)
        try check()
    }

    /// Waits until everything is acknowledged; refuses with the broker's reason when something was not.
    func finish() throws {
        let deadline = MonotonicClock.now + .seconds(60)
        while acknowledged < sent {
            producer.serve(wait: .milliseconds(20))
            try check()
            guard MonotonicClock.now < deadline else {
                throw Failure("the broker acknowledged only \(acknowledged) of \(sent) messages in 60 s")
            }
        }
    }

    private func check() throws {
        if let fault = tally.failure.withLock({ $0 }) { throw Failure("the broker did not take a message: \(fault)") }
        if let fatal = producer.fatal { throw Failure("the broker connection failed: \(fatal)") }
    }

    func lanes(of topic: String) throws -> Int32 {
        if let known = partitions[topic] { return known }
        guard let count = try producer.partitionCount(topic: topic, timeout: .seconds(30)) else {
            throw Failure("topic \(topic) is missing: publish its source, then run `xinqiao topics apply`")
        }
        partitions[topic] = Int32(count)
        return Int32(count)
    }
}
