import Chassis
import Contracts
import Foundation
import Kafka
import Pipeline
import Postgres
import Province
import Support
import Testing
import Vocabulary
import Wire

extension ProcessFaultTests {
    /// What comes in is wrong: said twice, said again, damaged, or from another time.
    @Suite(.serialized) struct Inputs {
        private let scale = FaultScale.current

        private func house() throws -> FaultHouse { try FaultHouse.shared.get() }

        @Test func `F19 a fifth of the log written again, and whole topics replayed, change nothing`() throws {
            let house = try house()
            let world = house.world
            let feed = house.feed(.replays)
            feed.pace(Double(feed.records.count))
            _ = eventually(within: .seconds(20)) { feed.sentCount == feed.records.count }
            var random = SplitMix64(seed: scale.seed)
            let log = try RawLog(world)
            var again = 0
            let outside = try Topics.outside(world)
            let whole = [Topic.ingestionRecords, Topic.governanceFacts, Topic.source("tax")]
            for topic in outside + Topics.between {
                var copies: [RawMessage] = []
                try log.messages(of: topic) { message in
                    if whole.contains(topic) || Int.random(in: 0..<5, using: &random) == 0 { copies.append(message) }
                }
                // A replay keeps the order; a duplicated fifth comes in any.
                if !whole.contains(topic) { copies.shuffle(using: &random) }
                for message in copies {
                    let headers = message.headers.map { KafkaHeader(name: $0.name, value: $0.value) }
                    if try log.append(message.topic, message.partition, key: message.key, value: message.value, headers: headers) {
                        again += 1
                    }
                }
            }
            try log.finish()
            try waitUntilRead(world, outside + Topics.between, log)
            try house.judge(
                .replays, feed,
                FaultReport.Line(
                    fault: "F19", how: "20 % of every topic again in any order, three topics whole", count: again,
                    remarks: "\(outside.count + Topics.between.count) topics"))
        }

        /// Waits until what lies on the topics now has been decided by all their readers. Whole blocks are refused at once, so a partition may
        /// pause itself meanwhile, as it should: it is let go, as by an operator who knows why.
        private func waitUntilRead(_ world: FaultWorld, _ topics: [String], _ log: RawLog) throws {
            for topic in topics {
                // The feed goes on meanwhile: at least what lies there now.
                let count = try log.count(topic)
                let readers = Topics.between.contains(topic) ? ServiceName.allCases.filter { $0.inputs.contains(topic) } : [.ingestion]
                for reader in readers {
                    let read = "SELECT coalesce(sum(next_offset), 0)::int8 FROM \(reader.rawValue).consumer_offset WHERE topic = $1"
                    let isRead = eventually(within: .seconds(scale.isLong ? 3_600 : 300)) {
                        if (try? world.number(read, [.text(topic)])) ?? -1 >= count { return true }
                        try? letGoOn(world)
                        return false
                    }
                    guard isRead else {
                        let now = (try? world.number(read, [.text(topic)])) ?? -1
                        throw Trouble("\(topic) has \(count) messages, and \(reader) has read \(now)")
                    }
                }
            }
            // The last message that was read may be the one that paused its partition.
            let isOpen = eventually(within: .seconds(60)) {
                try? letGoOn(world)
                return (try? world.number("SELECT count(*) FROM operator.lane_pause")) == 0
            }
            guard isOpen else { throw Trouble("a partition pauses again and again with nothing left to read") }
        }

        @Test func `F18 whatever lies in the log is applied or set aside with a reason, and nobody falls over`() throws {
            let house = try house()
            let world = try FaultWorld(kafkaHome: house.kafkaHome)
            defer { world.remove() }
            try world.startAll()
            let pids = ServiceName.allCases.map { world.process($0)?.pid }
            // Other firms lend their records to be spoilt: what is sound enough to be applied must not touch those that are judged.
            let lenders = house.feed(.poison, in: world)
            try lenders.finish()
            try world.settle(lenders)
            let feed = house.feed(.fuzz, in: world)
            var fuzzer = Fuzzer(seed: scale.seed, sound: lenders.records)
            let log = try RawLog(world)
            let outside = try Topics.outside(world)
            var real: [String: [(type: String, key: String, value: [UInt8])]] = [:]
            for topic in Topics.between {
                var events: [(type: String, key: String, value: [UInt8])] = []
                try log.messages(of: topic) { message in
                    guard events.count < 500 else { return }
                    events += RawMessage(
                        topic: message.topic, partition: message.partition, offset: message.offset, key: message.key, value: message.value,
                        headers: message.headers
                    ).events.map { ($0.type, $0.partitionKey ?? "", $0.data) }
                }
                real[topic] = events
            }
            // Something sound of each partition goes beside every spoilt message, once more: a partition of which more than half is refused
            // would pause itself, as it should. The shortest: a block of a link may be as long as a thousand of them.
            var companions: [TopicPartition: RawMessage] = [:]
            for topic in Topics.between + outside {
                try log.messages(of: topic) { message in
                    let place = TopicPartition(topic: topic, partition: message.partition)
                    if (message.value ?? []).count < companions[place]?.value?.count ?? .max { companions[place] = message }
                }
            }
            let before = try refusals(world)
            var sent = 0
            let started = MonotonicClock.now
            feed.pace(Double(feed.records.count) / 20)
            // Each service has its share, and the front door one more.
            let shares =
                ServiceName.allCases.map { service in
                    service == .ingestion ? [] : Topics.between.filter { service.inputs.contains($0) }
                } + [[]]
            var early: [Int] = []
            for index in 0..<scale.fuzzedMessages {
                // A tenth is enough to fill queues and caches; from there on memory should stay.
                if index == scale.fuzzedMessages / 10 {
                    try log.flush()
                    try waitUntilRead(world, outside + Topics.between, log)
                    early = ServiceName.allCases.map { world.memory($0, .peak) }
                }
                let message: FuzzedMessage?
                let topics = shares[index % shares.count]
                if topics.isEmpty {
                    message = fuzzer.outside()
                } else {
                    let topic = topics[index / shares.count % topics.count]
                    message = fuzzer.inside(topic, like: real[topic] ?? [])
                }
                if let message,
                    try log.append(message.topic, message.partition, key: message.key, value: message.value, headers: message.headers)
                {
                    sent += 1
                    if let sound = companions[TopicPartition(topic: message.topic, partition: message.partition)] {
                        _ = try log.append(
                            sound.topic, sound.partition, key: sound.key, value: sound.value,
                            headers: sound.headers.map { KafkaHeader(name: $0.name, value: $0.value) })
                    }
                }
            }
            try log.finish()
            #expect(sent - log.refused >= scale.fuzzedMessages, "\(sent) sent, \(log.refused) messages not taken by the broker")
            try waitUntilRead(world, outside + Topics.between, log)
            let took = MonotonicClock.now.since(started)
            try feed.finish()
            try world.settle(feed, within: .seconds(300))
            let most = ServiceName.allCases.map { world.memory($0, .peak) }
            // Full queues and batches take some 130 to 220 MiB, and no more after 800,000 messages than after 300,000.
            #expect(most.allSatisfy { $0 > 0 && $0 < 400 << 10 }, "KiB: \(most)")
            let growth = zip(most, early).map { $0 - $1 }
            #expect(growth.allSatisfy { $0 < 64 << 10 }, "KiB more after the first tenth: \(growth)")
            #expect(ServiceName.allCases.map { world.process($0)?.pid } == pids)
            #expect(ServiceName.allCases.allSatisfy { world.process($0)?.isRunning == true }, "a service fell over")
            // Each message of the outside came to one outcome, and each refusal is a dead letter with a reason.
            var inLog: Int64 = 0
            for topic in outside { inLog += try log.count(topic) }
            let outcomes = try world.number(
                "SELECT coalesce(sum(messages), 0)::int8 FROM ingestion.message_count WHERE topic = ANY ($1)", [.texts(outside)])
            #expect(outcomes == inLog, "messages without an outcome")
            for service in ServiceName.allCases {
                let counted = try world.number(
                    "SELECT coalesce(sum(messages), 0)::int8 FROM \(service.rawValue).message_count WHERE outcome = 'refused'")
                let letters = try world.number("SELECT count(*) FROM \(service.rawValue).dead_letter WHERE reason <> ''")
                #expect(counted == letters, "\(service)")
            }
            let refused = try refusals(world) - before
            let byDatabase = try world.number("SELECT count(*) FROM operator.dead_letter WHERE reason = 'row-refused'")
            try house.judge(
                .fuzz, feed,
                FaultReport.Line(
                    fault: "F18", how: "spoilt records, JSON classics, header bombs, damaged blocks of links, deep and huge values",
                    count: sent,
                    lost: Int(inLog - outcomes),
                    remarks: "\(refused) dead letters with a reason, \(byDatabase) of them rows that the database refused; "
                        + "most memory of a service \(most.max() ?? 0) KiB, "
                        + "after the first tenth \(growth.max() ?? 0) KiB more; "
                        + "\(took.wholeMicroseconds / 1_000_000) s"), in: world)
        }

        private func letGoOn(_ world: FaultWorld) throws {
            for line in try world.texts("SELECT service || ' ' || topic || '/' || partition FROM operator.lane_pause ORDER BY 1") {
                let words = line.split(separator: " ").map(String.init)
                try world.operate(["lanes", "resume", words[0], words[1], "--why", "fuzzed", "--by", "tests"])
            }
        }

        private func refusals(_ world: FaultWorld) throws -> Int64 { try world.number("SELECT count(*) FROM operator.dead_letter") }

        @Test func `F20 clocks that jump by an hour change nothing, and by ten years break nothing`() throws {
            let house = try house()
            guard let library = Self.fakeTime else { return try FaultHouse.skip("F20", "no libfaketime is installed") }
            let world = house.world
            for (fault, jumps) in [(FaultHouse.Fault.clocks, ["+1h", "-1h", "+0"]), (.clocksFar, ["+10y", "-10y", "+0"])] {
                let feed = house.feed(fault)
                let file = world.folder.appendingPathComponent("clock-\(fault)").path
                try write("+0", to: file)
                for service in ServiceName.allCases {
                    world.end(service, SIGTERM)
                    try world.start(
                        service,
                        [
                            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_CACHE_DURATION": "1",
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
                        ])
                }
                try world.waitUntilReady()
                feed.pace(Double(feed.records.count) / Double(jumps.count) / 12)
                for jump in jumps {
                    try write(jump, to: file)
                    // The file is read every second, and the ages that only the database knows every ten.
                    OwnThread.sleep(for: .seconds(12))
                    for service in ServiceName.allCases {
                        let lengths = lengthsOfTime(onPage: StatusPage.text(port: world.statusPort(service), path: "/metrics"))
                        #expect(!lengths.isEmpty, "\(service) tells no length of time at \(jump)")
                        let wrong = lengths.filter { !($0.seconds >= 0) }.map { $0.line }
                        #expect(wrong.isEmpty, "\(service) at \(jump), below zero: \(wrong)")
                    }
                }
                for service in ServiceName.allCases {
                    #expect(world.process(service)?.isRunning == true, "\(service) fell over")
                    #expect(world.end(service, SIGTERM) == .status(0))
                }
                try house.judge(
                    fault, feed,
                    FaultReport.Line(
                        fault: "F20", how: "every service's clock jumps by \(jumps.dropLast().joined(separator: ", then ")), and back",
                        count: jumps.count * 8,
                        remarks: fault == .clocks ? "" : Self.notGolden),
                    isGolden: fault == .clocks)
            }
        }

        private static let notGolden =
            "O1 is not asked: consents, ages and deadlines by a clock that is ten years off need not come to what they do on a calm day"

        /// The samples of a metrics page that are in seconds, each with its line; not a number where a line ends in none. A histogram's
        /// buckets are counts.
        private func lengthsOfTime(onPage page: String) -> [(line: String, seconds: Double)] {
            var found: [(line: String, seconds: Double)] = []
            for line in page.split(separator: "\n") where !line.hasPrefix("#") {
                let name = line.prefix(while: { $0 != "{" && $0 != " " })
                guard name.contains("_seconds"), !name.hasSuffix("_bucket") else { continue }
                found.append((line: String(line), seconds: line.split(separator: " ").last.flatMap { Double($0) } ?? .nan))
            }
            return found
        }

        private func write(_ text: String, to file: String) throws {
            try (text + "\n").write(toFile: file, atomically: false, encoding: .utf8)
        }

        private static let fakeTime = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"].map {
            $0 + "/faketime/libfaketimeMT.so.1"
        }
        .first { FileManager.default.fileExists(atPath: $0) }
    }
}

extension FaultWorld {
    /// Of a service, in KiB; zero when it does not run.
    func memory(_ service: ServiceName, _ reading: ProcessMemory = .resident) -> Int {
        process(service).flatMap { reading.kibibytes(of: $0.pid) } ?? 0
    }
}
