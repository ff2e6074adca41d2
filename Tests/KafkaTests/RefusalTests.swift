import Kafka
import Support
import Testing
import Vocabulary

struct RefusalTests {
    @Test func `an offset outside the log is an error of its partition and not a jump`() throws {
        try Ground.each { ground in
            let topic = try ground.createTopic("truncated", partitions: 2)
            _ = try write(["a", "b", "c"], to: topic, partition: 0, on: ground.settings("p"))
            _ = try write(["d"], to: topic, partition: 1, on: ground.settings("p"))
            let consumer = try KafkaConsumer(ground.settings("consumer"), groupID: "g")
            defer { consumer.close() }
            try consumer.assign([
                TopicPosition(topic: topic, partition: 0, offset: 500), TopicPosition(topic: topic, partition: 1, offset: 0),
            ])
            var batch: [RawMessage] = []
            var errors: [PartitionError] = []
            let isSeen = eventually(within: .seconds(20)) {
                try? consumer.poll(into: &batch, errors: &errors, countMax: 100, bytesMax: .max, wait: .milliseconds(50))
                return !errors.isEmpty && !batch.isEmpty
            }
            #expect(isSeen)
            #expect(batch.map(\.value) == [bytes("d")], "the other partition goes on")
            #expect(errors.first?.partition == 0 && errors.first?.topic == topic)
            guard case .offsetOutOfRange(topic, 0, _) = errors.first?.fault else {
                Issue.record("\(errors)")
                return
            }
            #expect(errors.first?.fault.isTransient == false)
        }
    }

    @Test func `a partition that does not exist is refused and nothing crashes`() throws {
        try Ground.each { ground in
            let topic = try ground.createTopic("narrow", partitions: 2)
            let producer = try KafkaProducer(ground.settings("producer")) { _ in }
            defer { producer.abandon() }
            let header = [KafkaHeader(name: "id", value: bytes("1"))]
            for partition: Int32 in [2, 3, -1, .max, .min, 2] {
                #expect(throws: KafkaFault.unknownTopicOrPartition(topic: topic, partition: partition)) {
                    try producer.produce(topic: topic, partition: partition, key: nil, value: [1], headers: header, tag: 1)
                }
            }
            #expect(throws: KafkaFault.unknownTopicOrPartition(topic: topic + "-not", partition: -1)) {
                try producer.produce(topic: topic + "-not", partition: 0, key: nil, value: [1], headers: header, tag: 1)
            }
            #expect(try producer.partitionCount(topic: topic) == 2)
            #expect(try producer.partitionCount(topic: topic + "-not") == nil)
            try producer.produce(topic: topic, partition: 1, key: nil, value: [1], headers: header, tag: 1)
            #expect(producer.flush(.seconds(20)))
        }
    }

    @Test func `a message above the client's bound is refused with its size`() throws {
        try Ground.each { ground in
            let topic = try ground.createTopic("large", partitions: 1)
            let producer = try KafkaProducer(ground.settings("producer")) { _ in }
            defer { producer.abandon() }
            #expect(throws: KafkaFault.messageTooLarge(topic: topic, bytes: 900_001)) {
                try producer.produce(
                    topic: topic, partition: 0, key: nil, value: [UInt8](repeating: 1, count: 900_001),
                    headers: [KafkaHeader(name: "id", value: [])], tag: 1)
            }
        }
    }

    @Test func `a full queue is said, and there is room again after the reports are served`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("full", partitions: 1)
        let book = DeliveryBook()
        let producer = try KafkaProducer(broker.settings(clientID: "p", extra: ["queue.buffering.max.messages": "10"])) { book.add($0) }
        defer { producer.abandon() }
        #expect(try producer.partitionCount(topic: "full") == 1)
        broker.setDown()
        for tag in 1...10 as ClosedRange<UInt64> {
            try producer.produce(topic: "full", partition: 0, key: nil, value: [1], headers: [], tag: tag)
        }
        #expect(producer.inFlight == 10)
        #expect(throws: KafkaFault.queueFull) {
            try producer.produce(
                topic: "full", partition: 0, key: nil, value: [1], headers: [KafkaHeader(name: "id", value: [])], tag: 11)
        }
        broker.setUp()
        #expect(producer.flush(.seconds(20)))
        try producer.produce(topic: "full", partition: 0, key: nil, value: [1], headers: [], tag: 11)
        #expect(producer.flush(.seconds(20)))
        #expect(book.reports.map(\.tag) == Array(1...11))
    }

    @Test func `an unknown setting refuses to start and names itself`() {
        let settings = KafkaSettings(bootstrap: "127.0.0.1:1", clientID: "c", extra: ["linger.sm": "2"])
        for make: () throws -> Void in [
            { _ = try KafkaProducer(settings) { _ in } }, { _ = try KafkaConsumer(settings, groupID: "g") },
            { _ = try KafkaAdmin(settings) },
        ] {
            do throws(any Error) {
                try make()
                Issue.record("it started")
            } catch {
                guard case .configuration(key: "linger.sm", _)? = error as? KafkaFault else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
    }
}
