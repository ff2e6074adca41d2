import Chassis
import Contracts
import Deciding
import Kafka
import Testing
import Vocabulary

@testable import Pipeline

/// One link whose messages are refused for good must not hold up the others.
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
    private func work(_ publisher: Publisher, _ rows: [OutboxRow], until isDone: ([LinkOut: Int64]) -> Bool) -> [LinkOut: Int64] {
        var acked: [LinkOut: Int64] = [:]
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
}
