import Kafka
import Support
import Testing
import Vocabulary

struct RoundTripTests {
    @Test func `key, value and headers come back as they were given, empty as empty and nil as nil`() throws {
        try Ground.each { ground in
            let topic = try ground.createTopic("round-trip", partitions: 3)
            let long = [UInt8](repeating: 0xE7, count: 500_000)
            let headers = [
                KafkaHeader(name: "id", value: bytes("a-1")), KafkaHeader(name: "空", value: []),
                KafkaHeader(name: "a-name-longer-than-fifteen-bytes", value: [0, 255, 0]), KafkaHeader(name: "id", value: bytes("again")),
            ]
            let sent: [(key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader])] = [
                (bytes("91110000600037341L"), bytes("value"), headers), (nil, [], []), ([], nil, []), (nil, nil, headers),
                (bytes("k"), long, [headers[3]]), ([0], [0, 0], headers.reversed()),
            ]
            let book = DeliveryBook()
            let producer = try KafkaProducer(ground.settings("producer")) { book.add($0) }
            for (index, message) in sent.enumerated() {
                try producer.produce(
                    topic: topic, partition: 2, key: message.key, value: message.value, headers: message.headers,
                    tag: index == 0 ? 0 : UInt64.max - UInt64(index))
            }
            #expect(producer.flush(.seconds(20)))
            #expect(book.reports.map(\.tag) == [0] + (1..<6).map { UInt64.max - $0 })
            #expect(book.reports.map(\.offset) == [0, 1, 2, 3, 4, 5])
            #expect(book.reports.allSatisfy { $0.fault == nil })
            #expect(producer.inFlight == 0)
            producer.abandon()

            let consumer = try KafkaConsumer(ground.settings("consumer"), groupID: "g")
            try consumer.assign([TopicPosition(topic: topic, partition: 2, offset: 0)])
            let read = try consumer.read(6)
            consumer.close()
            try #require(read.count == 6)
            for (index, message) in read.enumerated() {
                #expect(message.topic == topic && message.partition == 2 && message.offset == Int64(index))
                #expect(message.key == sent[index].key, "key of \(index)")
                #expect(message.value == sent[index].value, "value of \(index)")
                #expect(message.headers.map { KafkaHeader(name: $0.name, value: $0.value) } == sent[index].headers, "headers of \(index)")
                #expect(message.timestamp.map { $0 > Instant(microseconds: 1_700_000_000_000_000) } == true)
            }
        }
    }

    @Test func `reading begins at the offset that was assigned, in each partition on its own`() throws {
        try Ground.each { ground in
            let topic = try ground.createTopic("offsets", partitions: 2)
            _ = try write((0..<10).map { "a\($0)" }, to: topic, partition: 0, on: ground.settings("producer"))
            _ = try write((0..<10).map { "b\($0)" }, to: topic, partition: 1, on: ground.settings("producer"))
            let consumer = try KafkaConsumer(ground.settings("consumer"), groupID: "g")
            defer { consumer.close() }
            try consumer.assign([
                TopicPosition(topic: topic, partition: 0, offset: 7), TopicPosition(topic: topic, partition: 1, offset: 9),
            ])
            let read = try consumer.read(4)
            #expect(read.filter { $0.partition == 0 }.map(\.value) == [bytes("a7"), bytes("a8"), bytes("a9")])
            #expect(read.filter { $0.partition == 1 }.map(\.value) == [bytes("b9")])

            try consumer.assign([TopicPosition(topic: topic, partition: 1, offset: 2)])
            let again = try consumer.read(8)
            #expect(again.map(\.offset) == Array(2..<10), "a new assignment drops what was fetched for the old one")
            #expect(consumer.cachedWatermarks(topic: topic, partition: 1)?.high == 10)
            let marks = try consumer.watermarks(topic: topic, partition: 0, timeout: .seconds(10))
            #expect(marks.low == 0 && marks.high == 10)
            #expect(try consumer.partitionCount(topic: topic, timeout: .seconds(10)) == 2)
            #expect(try consumer.partitionCount(topic: topic + "-not", timeout: .seconds(10)) == nil)
        }
    }

    @Test func `a poll stops at its count and at its bytes`() throws {
        try Ground.each { ground in
            let topic = try ground.createTopic("bounds", partitions: 1)
            // As one batch: a poll takes what has been fetched, and the embedded broker hands out one batch for each fetch.
            let whole = ground.settings("p", extra: ["linger.ms": "5000"])
            _ = try write((0..<30).map { _ in String(repeating: "x", count: 100) }, to: topic, partition: 0, on: whole)
            let consumer = try KafkaConsumer(ground.settings("consumer"), groupID: "g")
            defer { consumer.close() }
            try consumer.assign([TopicPosition(topic: topic, partition: 0, offset: 0)])
            #expect(try consumer.read(1).count == 1)
            var batch: [RawMessage] = []
            var errors: [PartitionError] = []
            try consumer.poll(into: &batch, errors: &errors, countMax: 5, bytesMax: .max, wait: .seconds(5))
            #expect(batch.count == 5)
            try consumer.poll(into: &batch, errors: &errors, countMax: 100, bytesMax: 250, wait: .seconds(5))
            #expect(batch.count == 8, "the third message reaches 250 bytes")
            #expect(batch.map(\.offset) == Array(1...8))
            #expect(errors.isEmpty)
        }
    }

    @Test func `what is stored for lag is with the group afterwards and moves no position`() throws {
        try Ground.each { ground in
            let topic = try ground.createTopic("lag", partitions: 1)
            _ = try write(["a", "b", "c"], to: topic, partition: 0, on: ground.settings("p"))
            let consumer = try KafkaConsumer(ground.settings("consumer"), groupID: topic)
            defer { consumer.close() }
            // A broker which has just started moves its coordinators about, so every question and every order may be lost.
            #expect(
                eventually(within: .seconds(30)) {
                    (try? consumer.storedForLag(topic: topic, partition: 0, timeout: .seconds(5))) == .some(nil)
                })
            try consumer.assign([TopicPosition(topic: topic, partition: 0, offset: 0)])
            #expect(try consumer.read(1).count == 1)
            let isStored = eventually(within: .seconds(30)) {
                consumer.storeForLag([TopicPosition(topic: topic, partition: 0, offset: 3)])
                return (try? consumer.storedForLag(topic: topic, partition: 0, timeout: .seconds(5))) == .some(3)
            }
            #expect(isStored)
            #expect(try consumer.read(2).map(\.offset) == [1, 2])
        }
    }
}
