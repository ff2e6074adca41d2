import Kafka
import Support
import Testing

struct EmbeddedBrokerTests {
    @Test func `the oldest batches go first once a partition holds more than 5 MiB, and the watermarks say so`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("ring", partitions: 1)
        let settings = broker.settings(clientID: "p", extra: ["compression.type": "none", "linger.ms": "0", "batch.num.messages": "1"])
        let book = DeliveryBook()
        let producer = try KafkaProducer(settings) { book.add($0) }
        defer { producer.abandon() }
        for tag in 0..<16 as Range<UInt64> {
            try producer.produce(
                topic: "ring", partition: 0, key: nil, value: [UInt8](repeating: 7, count: 512 * 1024), headers: [], tag: tag)
        }
        #expect(producer.flush(.seconds(20)))
        let consumer = try KafkaConsumer(broker.settings(clientID: "c"), groupID: "g")
        defer { consumer.close() }
        let marks = try consumer.watermarks(topic: "ring", partition: 0, timeout: .seconds(10))
        #expect(marks.high == 16)
        #expect(marks.low >= 5 && marks.low <= 8, "\(marks)")
        try consumer.assign([TopicPosition(topic: "ring", partition: 0, offset: marks.low)])
        #expect(try consumer.read(Int(16 - marks.low)).map(\.offset) == Array(marks.low..<16))
        try consumer.assign([TopicPosition(topic: "ring", partition: 0, offset: 0)])
        #expect(throws: KafkaFault.self, "what was dropped is out of range") { _ = try consumer.read(1) }
    }

    @Test func `a topic is made once, and asking for one that is missing makes none`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("one", partitions: 3)
        #expect(throws: KafkaFault.self) { try broker.createTopic("one", partitions: 3) }
        let admin = try KafkaAdmin(broker.settings(clientID: "admin"))
        let producer = try KafkaProducer(broker.settings(clientID: "p")) { _ in }
        defer { producer.abandon() }
        #expect(throws: KafkaFault.self) { try producer.produce(topic: "two", partition: 0, key: nil, value: nil, headers: [], tag: 1) }
        #expect(try admin.describe(timeout: .seconds(10)) == [TopicDescription(name: "one", partitions: 3)])
    }

    @Test func `a slow broker delays the answer by its round trip`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("slow", partitions: 1)
        let book = DeliveryBook()
        let producer = try KafkaProducer(broker.settings(clientID: "p")) { book.add($0) }
        defer { producer.abandon() }
        try producer.produce(topic: "slow", partition: 0, key: nil, value: [1], headers: [], tag: 1)
        #expect(producer.flush(.seconds(20)))
        broker.setRoundTrip(.milliseconds(400))
        try producer.produce(topic: "slow", partition: 0, key: nil, value: [1], headers: [], tag: 2)
        let took = ContinuousClock().measure { _ = producer.flush(.seconds(20)) }
        #expect(took > .milliseconds(300), "\(took)")
        #expect(book.reports.count == 2)
    }
}
