import Contracts
import Foundation
import Kafka
import Pipeline
import Postgres
import Synchronization
import Vocabulary
import Wire

/// How long a message takes from the hands of its sender into those of its reader, on the whole path.
enum LatencyBench {
    private static let lanes: Int32 = 4

    /// A new service and new topics: the first seconds are the broker's compiler's. They are printed, and not counted.
    private static let warmSeconds = 15

    /// Sends at a steady pace, reads what comes out, and returns the 99th of a hundred once all is warm. Unit: milliseconds.
    ///
    /// - Parameter seconds: that are counted, behind those of warming up.
    static func p99(rate: Int, seconds: Int, schema: String, _ settings: KafkaSettings, _ postgres: ScratchPostgres) throws -> Double {
        let admin = try postgres.connect()
        // The links begin anew: the feed numbers its messages from 1.
        try admin.script("TRUNCATE \(schema).link_in")
        // What the flood before left to be written to the disk is not this measurement's.
        try admin.script("CHECKPOINT")
        let service = try PathService.start(bootstrap: settings.bootstrap, postgres: postgres.folder, schema: schema)
        defer { service.stop() }
        Thread.sleep(forTimeInterval: 2)
        let consumer = try KafkaConsumer(
            KafkaSettings(
                bootstrap: settings.bootstrap, clientID: "latency", extra: ["fetch.wait.max.ms": "5"]), groupID: "latency")
        defer { consumer.close() }
        try consumer.assign(
            (0..<lanes).map { lane in
                let high = try? consumer.watermarks(topic: PathBench.output, partition: lane, timeout: .seconds(5)).high
                return TopicPosition(topic: PathBench.output, partition: lane, offset: high ?? 0)
            })
        let warm = rate * warmSeconds
        let count = warm + rate * seconds
        let sentAt = SentTimes(count)
        let sending = Thread {
            guard let feed = try? LinkFeed(settings, lanes: lanes) else { return }
            let begin = Date().timeIntervalSince1970
            var next = 0
            while next < count {
                let due = min(count, Int((Date().timeIntervalSince1970 - begin) * Double(rate)))
                if due > next {
                    // Counted from when each was due, so that a sender that falls behind does not hide it.
                    sentAt.note(next..<due) { begin + Double($0) / Double(rate) }
                    _ = try? feed.send((next..<due).map { (key: "late-\($0)", value: PathBench.value($0)) }, to: PathBench.input)
                    next = due
                }
                // A link's upstream commits and hands over a batch, as a service does.
                Thread.sleep(forTimeInterval: 0.003)
            }
            try? feed.finish()
        }
        sending.start()
        var delays: [Double] = []
        var bySecond: [[Double]] = Array(repeating: [], count: warmSeconds + seconds)
        let limit = Date().addingTimeInterval(Double(warmSeconds + seconds) + 30)
        var seen = 0
        while seen < count, Date() < limit {
            var messages: [RawMessage] = []
            var errors: [PartitionError] = []
            try consumer.poll(into: &messages, errors: &errors, countMax: 1_000, bytesMax: 8 << 20, wait: .milliseconds(50))
            let now = Date().timeIntervalSince1970
            for message in messages {
                for event in message.events {
                    guard let key = event.partitionKey, key.hasPrefix("late-"), let number = Int(key.dropFirst(5)), number < count else {
                        continue
                    }
                    seen += 1
                    let delay = (now - sentAt[number]) * 1_000
                    bySecond[number / rate].append(delay)
                    if number >= warm { delays.append(delay) }
                }
            }
        }
        guard seen == count else { throw BenchFault.unequal("\(seen) outputs of \(count)") }
        func percentile(_ sorted: [Double], _ percent: Int) -> Double { sorted[min(sorted.count - 1, sorted.count * percent / 100)] }
        func whole(_ sorted: [Double], _ percent: Int) -> String { String(Int(percentile(sorted, percent).rounded())) }
        print(
            "latency by second, ms (50 of 100/99 of 100): "
                + bySecond.filter { !$0.isEmpty }.map { $0.sorted() }.map { whole($0, 50) + "/" + whole($0, 99) }.joined(separator: " "))
        delays.sort()
        return percentile(delays, 99)
    }
}

/// When each message was sent, noted by one thread and read by another.
private final class SentTimes: Sendable {
    private let times: Mutex<[Double]>

    init(_ count: Int) { times = Mutex(Array(repeating: 0, count: count)) }

    func note(_ numbers: Range<Int>, _ moment: (Int) -> Double) {
        times.withLock { times in for number in numbers { times[number] = moment(number) } }
    }

    subscript(number: Int) -> Double { times.withLock { $0[number] } }
}
