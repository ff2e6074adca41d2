import Kafka
import Support
import Synchronization
import Testing
import Vocabulary

struct OutageTests {
    @Test func `an injected refusal is reported once per message, with its fault`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("refused", partitions: 1)
        let cases: [(code: Int32, isTransient: Bool, name: String)] = [
            (EmbeddedBroker.Code.invalidRecord, false, "kafka_other"),
            (EmbeddedBroker.Code.topicAuthorizationFailed, false, "kafka_authorization"),
            (EmbeddedBroker.Code.messageTooLarge, false, "kafka_message_too_large"),
        ]
        for (code, isTransient, name) in cases {
            let book = DeliveryBook()
            let producer = try KafkaProducer(broker.settings(clientID: "p", extra: ["linger.ms": "50"])) { book.add($0) }
            broker.pushErrors(apiKey: .produce, codes: [code])
            for tag in 1...5 as ClosedRange<UInt64> {
                try producer.produce(topic: "refused", partition: 0, key: nil, value: [1], headers: [], tag: tag)
            }
            #expect(producer.flush(.seconds(20)))
            producer.serve(wait: .milliseconds(50))
            #expect(book.reports.map(\.tag).sorted() == [1, 2, 3, 4, 5], "\(code)")
            let faults = book.reports.compactMap(\.fault)
            #expect(faults.count == 5 && faults.allSatisfy { $0.code == name && $0.isTransient == isTransient }, "\(code): \(faults)")
            producer.abandon()
            #expect(producer.waitUntilEnded(.seconds(10)))
            broker.clearErrors(apiKey: .produce)
        }
    }

    @Test func `lost connections and busy replicas are tried again until everything is written in order`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("busy", partitions: 1)
        broker.pushErrors(
            apiKey: .produce,
            codes: [EmbeddedBroker.Code.disconnect, EmbeddedBroker.Code.notEnoughReplicas, EmbeddedBroker.Code.notLeader])
        let reports = try write(["a", "b", "c"], to: "busy", partition: 0, on: broker.settings(clientID: "p"))
        #expect(reports.map(\.tag) == [1, 2, 3] && reports.allSatisfy { $0.fault == nil })
        let consumer = try KafkaConsumer(broker.settings(clientID: "c"), groupID: "g")
        defer { consumer.close() }
        try consumer.assign([TopicPosition(topic: "busy", partition: 0, offset: 0)])
        #expect(try consumer.read(3).map(\.value) == [bytes("a"), bytes("b"), bytes("c")])
    }

    @Test func `a message that is not in the log is never reported as written`() throws {
        for inFlight in ["1", "5"] {
            for code in [EmbeddedBroker.Code.notLeader, EmbeddedBroker.Code.notEnoughReplicas, EmbeddedBroker.Code.requestTimedOut] {
                let broker = try EmbeddedBroker()
                try broker.createTopic("first", partitions: 1)
                let book = DeliveryBook()
                var extra = ["batch.num.messages": "1"]
                if inFlight != "1" { extra["max.in.flight"] = inFlight }
                let producer = try KafkaProducer(broker.settings(clientID: "p", extra: extra)) { book.add($0) }
                #expect(try producer.partitionCount(topic: "first") == 1)
                // The first request is refused for now while the others are under way.
                broker.setRoundTrip(.milliseconds(50))
                broker.pushErrors(apiKey: .produce, codes: [code])
                for tag in 0..<6 as Range<UInt64> {
                    try producer.produce(topic: "first", partition: 0, key: nil, value: [UInt8(tag)], headers: [], tag: tag)
                }
                #expect(producer.flush(.seconds(20)))
                producer.abandon()
                broker.setRoundTrip(.zero)
                let consumer = try KafkaConsumer(broker.settings(clientID: "c"), groupID: "g")
                let high = try consumer.watermarks(topic: "first", partition: 0, timeout: .seconds(10)).high
                try consumer.assign([TopicPosition(topic: "first", partition: 0, offset: 0)])
                let written = try consumer.read(Int(high)).compactMap { $0.value?.first }
                consumer.close()
                let believed = book.reports.filter { $0.fault == nil }
                #expect(book.reports.count == 6 && high > 0)
                for report in believed {
                    #expect(written.contains(UInt8(report.tag)), "\(report.tag) is not in \(written), in flight \(inFlight), \(code)")
                }
                if inFlight == "1" { #expect(written == [0, 1, 2, 3, 4, 5] && believed.count == 6, "as the services are set") }
            }
        }
    }

    @Test func `a fatal error is seen, refuses what follows, and the producer can be abandoned for another`() throws {
        try Ground.each { ground in
            let topic = try ground.createTopic("fatal", partitions: 1)
            let producer = try KafkaProducer(ground.settings("p")) { _ in }
            try producer.produce(topic: topic, partition: 0, key: nil, value: [1], headers: [], tag: 1)
            #expect(producer.flush(.seconds(20)))
            #expect(producer.fatal == nil)
            producer.provokeFatal("a test")
            guard case .fatal(45, let reason)? = producer.fatal else {
                Issue.record("\(String(describing: producer.fatal))")
                return
            }
            #expect(reason.contains("a test"))
            for _ in 1...2 {
                #expect(throws: KafkaFault.fatal(code: 45, reason: reason)) {
                    try producer.produce(
                        topic: topic, partition: 0, key: nil, value: [2], headers: [KafkaHeader(name: "id", value: [])], tag: 2)
                }
            }
            producer.abandon()
            #expect(producer.waitUntilEnded(.seconds(10)))
            #expect(throws: KafkaFault.closed) {
                try producer.produce(topic: topic, partition: 0, key: nil, value: [2], headers: [], tag: 2)
            }
            let reports = try write(["b"], to: topic, partition: 0, on: ground.settings("p"))
            #expect(reports.map(\.offset) == [1])
        }
    }

    @Test func `abandoning with messages in flight returns at once and reports nothing more`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("abandoned", partitions: 1)
        let book = DeliveryBook()
        let producer = try KafkaProducer(broker.settings(clientID: "p")) { book.add($0) }
        #expect(try producer.partitionCount(topic: "abandoned") == 1)
        broker.setDown()
        for tag in 1...1000 as ClosedRange<UInt64> {
            try producer.produce(topic: "abandoned", partition: 0, key: nil, value: [1], headers: [], tag: tag)
        }
        let took = ContinuousClock().measure { producer.abandon() }
        #expect(took < .seconds(1), "\(took)")
        producer.serve(wait: .milliseconds(100))
        #expect(producer.waitUntilEnded(.seconds(10)))
        #expect(book.reports.isEmpty)
        #expect(producer.inFlight == 0 && producer.flush(.seconds(1)))
    }

    @Test func `every call ends in time when no broker answers`() throws {
        let settings = KafkaSettings(bootstrap: "127.0.0.1:1", clientID: "c")
        let clock = ContinuousClock()
        let consumer = try KafkaConsumer(settings, groupID: "g")
        try consumer.assign([TopicPosition(topic: "t", partition: 0, offset: 5)])
        var batch: [RawMessage] = []
        var errors: [PartitionError] = []
        try consumer.poll(into: &batch, errors: &errors, countMax: 10, bytesMax: .max, wait: .milliseconds(300))
        #expect(batch.isEmpty && errors.isEmpty)
        #expect(consumer.takeBackgroundFault() == .brokerUnreachable)
        for ask: () throws(KafkaFault) -> Void in [
            { () throws(KafkaFault) in _ = try consumer.watermarks(topic: "t", partition: 0, timeout: .milliseconds(300)) },
            { () throws(KafkaFault) in _ = try consumer.partitionCount(topic: "t", timeout: .milliseconds(300)) },
            { () throws(KafkaFault) in _ = try KafkaAdmin(settings).describe(timeout: .milliseconds(300)) },
            { () throws(KafkaFault) in _ = try KafkaAdmin(settings).clusterID(timeout: .milliseconds(300)) },
            { () throws(KafkaFault) in
                _ = try KafkaAdmin(settings).createTopics([TopicSpec(name: "t", partitions: 1)], timeout: .milliseconds(300))
            },
        ] {
            let took = clock.measure {
                do throws(KafkaFault) {
                    try ask()
                    Issue.record("somebody answered")
                } catch {
                    #expect(error.isTransient, "\(error)")
                }
            }
            #expect(took < .seconds(3), "\(took)")
        }
        consumer.storeForLag([TopicPosition(topic: "t", partition: 0, offset: 5)])
        #expect(clock.measure { consumer.close() } < .milliseconds(5500))
        consumer.close()
        #expect(throws: KafkaFault.closed) { try consumer.assign([]) }
    }

    @Test func `closing is bounded and reading goes on when the broker went away in between`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("gone", partitions: 1)
        _ = try write(["a"], to: "gone", partition: 0, on: broker.settings(clientID: "p"))
        let consumer = try KafkaConsumer(broker.settings(clientID: "c"), groupID: "g")
        try consumer.assign([TopicPosition(topic: "gone", partition: 0, offset: 0)])
        #expect(try consumer.read(1).count == 1)
        broker.setDown()
        var batch: [RawMessage] = []
        var errors: [PartitionError] = []
        try consumer.poll(into: &batch, errors: &errors, countMax: 10, bytesMax: .max, wait: .milliseconds(300))
        broker.setUp()
        _ = try write(["b"], to: "gone", partition: 0, on: broker.settings(clientID: "p"))
        #expect(try consumer.read(1).map(\.value) == [bytes("b")])
        consumer.storeForLag([TopicPosition(topic: "gone", partition: 0, offset: 2)])
        broker.setDown()
        let took = ContinuousClock().measure { consumer.close() }
        #expect(took < .milliseconds(5500), "\(took)")
    }

    @Test func `log lines reach the sink`() throws {
        let lines = Mutex<[String]>([])
        KafkaLog.sink = { _, facility, text in lines.withLock { $0.append("\(facility) \(text)") } }
        defer { KafkaLog.sink = nil }
        let admin = try KafkaAdmin(KafkaSettings(bootstrap: "127.0.0.1:1", clientID: "log-test"))
        _ = try? admin.describe(timeout: .milliseconds(300))
        #expect(eventually(within: .seconds(10)) { lines.withLock { $0.contains { $0.contains("127.0.0.1:1") } } })
    }
}
