import Kafka
import Support
import Testing

struct AdminTests {
    @Test(.enabled(if: RealKafka.isPresent, "no Apache Kafka: neither KAFKA_HOME nor ../shared/kafka, or no java"))
    func `topics are made once, described, altered, widened and deleted`() throws {
        let kafka = try #require(RealKafka.shared)
        let admin = try KafkaAdmin(kafka.settings(clientID: "admin"))
        let seed = try kafka.createTopic("seed", partitions: 1)
        let name = seed + "-made"
        let spec = TopicSpec(name: name, partitions: 3, config: ["retention.ms": "3600000", "cleanup.policy": "delete"])
        let wrong = TopicSpec(name: "not a name", partitions: 1)
        let odd = TopicSpec(name: name + "-odd", partitions: 1, config: ["retention.sm": "1"])
        let outcomes = try admin.createTopics([spec, wrong, odd], timeout: .seconds(20))
        #expect(outcomes.first == .created)
        for outcome in outcomes.dropFirst() {
            guard case .failed(let fault) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(!fault.isTransient, "\(fault)")
        }
        #expect(try admin.createTopics([spec], timeout: .seconds(20)) == [.existed])
        #expect(try admin.describe(timeout: .seconds(10)).contains(TopicDescription(name: name, partitions: 3)))

        let before = try admin.describeConfig(topic: name, timeout: .seconds(10))
        #expect(before["retention.ms"] == "3600000" && before["max.message.bytes"] != nil)
        try admin.alterConfig(topic: name, ["max.message.bytes": "1000000"])
        let isAltered = eventually(within: .seconds(10)) {
            (try? admin.describeConfig(topic: name, timeout: .seconds(5)))?["max.message.bytes"] == "1000000"
        }
        #expect(isAltered)
        #expect(try admin.describeConfig(topic: name, timeout: .seconds(10))["retention.ms"] == "3600000", "the others stay")
        #expect(throws: KafkaFault.self) { try admin.alterConfig(topic: name, ["max.message.bytes": "many"]) }

        try admin.addPartitions(topic: name, total: 5, timeout: .seconds(20))
        #expect(
            eventually(within: .seconds(10)) {
                (try? admin.describe(timeout: .seconds(5)))?.contains(TopicDescription(name: name, partitions: 5)) == true
            })
        #expect(throws: KafkaFault.self) { try admin.addPartitions(topic: name, total: 2, timeout: .seconds(20)) }
        #expect(try admin.clusterID(timeout: .seconds(10)).isEmpty == false)

        let faults = try admin.deleteTopics([name, name + "-not"], timeout: .seconds(20))
        #expect(faults == [name + "-not": .unknownTopicOrPartition(topic: name + "-not", partition: -1)])
        #expect(
            eventually(within: .seconds(10)) {
                (try? admin.describe(timeout: .seconds(5)))?.contains { $0.name == name } == false
            })
    }

    @Test(.enabled(if: RealKafka.isPresent, "no Apache Kafka: neither KAFKA_HOME nor ../shared/kafka, or no java"))
    func `partitions added later are found by a producer that knew fewer`() throws {
        let kafka = try #require(RealKafka.shared)
        let topic = try kafka.createTopic("widened", partitions: 1)
        let book = DeliveryBook()
        let producer = try KafkaProducer(kafka.settings(clientID: "p")) { book.add($0) }
        defer { producer.abandon() }
        try producer.produce(topic: topic, partition: 0, key: nil, value: [1], headers: [], tag: 1)
        try KafkaAdmin(kafka.settings(clientID: "admin")).addPartitions(topic: topic, total: 2, timeout: .seconds(20))
        let isTaken = eventually(within: .seconds(15)) {
            (try? producer.produce(topic: topic, partition: 1, key: nil, value: [2], headers: [], tag: 2)) != nil
        }
        #expect(isTaken)
        #expect(producer.flush(.seconds(20)))
        #expect(book.reports.allSatisfy { $0.fault == nil })
    }
}
