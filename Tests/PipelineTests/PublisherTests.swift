import Chassis
import Contracts
import Deciding
import Kafka
import Support
import Testing
import Vocabulary

@testable import Pipeline

/// One link whose messages are refused for good must not hold up the others, and a producer that fails must cost nothing but time.
@Suite struct PublisherTests {
    private let refused = LinkOut(lane: 0, place: TopicPartition(topic: "refused", partition: 0))
    private let sound = LinkOut(lane: 0, place: TopicPartition(topic: "sound", partition: 0))

    private func row(_ link: LinkOut, _ sequence: Int64, bytes: Int = 10) -> OutboxRow {
        OutboxRow(
            link: link, firstSequence: sequence, at: .epoch,
            messages: [
                OutgoingMessage(topic: link.place.topic, key: "k", subject: "k", type: "t", value: Array(repeating: 0x20, count: bytes))
            ])
    }

    private func publisher(_ broker: EmbeddedBroker) throws -> Publisher {
        for link in [refused, sound] { try broker.createTopic(link.place.topic, partitions: 1) }
        return Publisher(
            wire: LinkWire(service: .ingestion) { _ in .packed }, settings: broker.settings(clientID: "p"),
            metrics: PathMetrics(Metrics(service: "ingestion")))
    }

    /// Lets the publisher work as the committer does: after a failure from the outbox.
    private func work(
        _ publisher: Publisher, _ rows: [OutboxRow], from known: [LinkOut: Int64] = [:], until isDone: ([LinkOut: Int64]) -> Bool
    ) -> [LinkOut: Int64] {
        var acked = known
        let deadline = MonotonicClock.now + .seconds(20)
        while !isDone(acked), MonotonicClock.now < deadline {
            publisher.serve(wait: .milliseconds(20))
            acked.merge(publisher.takeAcknowledged()) { $1 }
            if publisher.needsRestart {
                publisher.restart(acked: acked, rows: rows.filter { $0.lastSequence > acked[$0.link] ?? 0 })
            }
        }
        return acked
    }

    @Test func `a message too large for the client blocks its own link, by name`() throws {
        let broker = try EmbeddedBroker()
        let publisher = try publisher(broker)
        defer { publisher.close() }
        let rows = [row(refused, 1, bytes: 950_000), row(sound, 1), row(sound, 2)]
        publisher.publish(rows)
        let acked = work(publisher, rows) { $0[sound] == 2 }
        #expect(acked == [sound: 2])
        #expect(!publisher.needsRestart)
        #expect(publisher.blockedLinks.map(\.link) == [refused])
        #expect(publisher.blockedLinks.first?.reason.contains("too large") == true)
        #expect(publisher.pending == 1)
    }

    @Test(arguments: [EmbeddedBroker.Code.topicAuthorizationFailed, EmbeddedBroker.Code.messageTooLarge, EmbeddedBroker.Code.invalidRecord])
    func `what the broker refuses for good blocks its own link, and the others go on`(code: Int32) throws {
        let broker = try EmbeddedBroker()
        let publisher = try publisher(broker)
        defer { publisher.close() }
        // The first request is this link's alone.
        broker.pushErrors(apiKey: .produce, codes: [code])
        publisher.publish([row(refused, 1)])
        let deadline = MonotonicClock.now + .seconds(20)
        while !publisher.needsRestart, MonotonicClock.now < deadline { publisher.serve(wait: .milliseconds(20)) }
        let rows = [row(refused, 1), row(sound, 1), row(sound, 2)]
        publisher.restart(acked: [:], rows: rows)
        let acked = work(publisher, rows) { $0[sound] == 2 }
        #expect(acked == [sound: 2])
        #expect(publisher.blockedLinks.map(\.link) == [refused])
        #expect(publisher.pending == 1)
    }

    @Test func `a producer that fails for good is replaced by another, and no message is lost`() throws {
        let broker = try EmbeddedBroker()
        for link in [refused, sound] { try broker.createTopic(link.place.topic, partitions: 1) }
        broker.setRoundTrip(.milliseconds(20))
        try survivesFatalErrors([refused, sound], broker.settings(clientID: "p"))
    }

    @Test(.enabled(if: RealKafka.isPresent, "no Apache Kafka: neither KAFKA_HOME nor ../shared/kafka, or no java"))
    func `a producer that fails for good on Apache Kafka is replaced by another, and no message is lost`() throws {
        let kafka = try #require(RealKafka.shared)
        var links: [LinkOut] = []
        for name in ["fatal-a", "fatal-b"] {
            let topic = try kafka.createTopic(name, partitions: 1)
            links.append(LinkOut(lane: 0, place: TopicPartition(topic: topic, partition: 0)))
        }
        try survivesFatalErrors(links, kafka.settings(clientID: "p"))
    }

    /// Connections that are reset by the thousand do not bring it about; the library's own hook does.
    private func survivesFatalErrors(_ links: [LinkOut], _ settings: KafkaSettings) throws {
        let metrics = Metrics(service: "ingestion")
        let publisher = Publisher(
            wire: LinkWire(service: .ingestion) { _ in .packed }, settings: settings, metrics: PathMetrics(metrics))
        defer { publisher.close() }
        var rows: [OutboxRow] = []
        var acked: [LinkOut: Int64] = [:]
        for round in Int64(0)..<4 {
            var new: [OutboxRow] = []
            for number in Int64(1)...100 { for link in links { new.append(row(link, round * 100 + number)) } }
            rows += new
            publisher.publish(new)
            // With all of it queued or on its way.
            if round < 3 { publisher.provokeFatal("round \(round)") }
            acked = work(publisher, rows, from: acked) { acked in links.allSatisfy { acked[$0] == (round + 1) * 100 } }
            #expect(publisher.pending == 0 && publisher.blockedLinks.isEmpty, "round \(round): \(acked)")
        }
        #expect(metrics.counter(.kafkaFatalErrors).value == 3, "each one is counted under its own name")
        for link in links {
            let consumer = try KafkaConsumer(settings, groupID: "reader")
            defer { consumer.close() }
            let high = try consumer.watermarks(topic: link.place.topic, partition: link.place.partition, timeout: .seconds(10)).high
            try consumer.assign([TopicPosition(topic: link.place.topic, partition: link.place.partition, offset: 0)])
            var last: Int64 = 0
            for message in try consumer.read(Int(high)) {
                let header = message.headers.first { $0.name == "ce_sequence" }
                let sequence = header.flatMap { Int64(String(decoding: $0.value, as: UTF8.self)) }
                // As every reader does: the next one is taken, the others are not.
                if sequence == last + 1 { last += 1 }
            }
            #expect(last == 400)
        }
    }
}
