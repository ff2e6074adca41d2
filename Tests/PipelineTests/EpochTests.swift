import Contracts
import Deciding
import Testing
import Vocabulary
import Wire

@testable import Pipeline

/// A database that was restored from a backup and rejoined its broker: what the lost one sent after the backup is passed over, what it had
/// sent before is not, and what is decided now is taken for what it is.
@Suite struct EpochTests {
    private static let place = TopicPartition(topic: Topic.ingestionRecords, partition: 0)
    private static let link = LinkIn(source: "xinqiao/ingestion/0", place: place)

    /// What a reader says to messages of one link in the order of the log: how many events were applied, and what it made of the rest.
    private func read(_ numbers: [ClosedRange<Int64>], epoch: Int64, cut: Int64?, last: Int64?) throws -> [Outcome: Int64] {
        var book = LaneBook()
        book.epoch = epoch
        book.cuts[Self.link] = cut
        book.linkIn[Self.link] = last
        book.nextOffset[Self.place] = 0
        book.nextOffset[TopicPartition(topic: LaneBook.laneTopic, partition: 0)] = 0
        let wire = LinkWire(service: .ingestion) { Topic.dialect(of: $0) }
        var messages: [RawMessage] = []
        for range in numbers {
            let events = range.map {
                OutgoingMessage(topic: Self.place.topic, key: "k", subject: "k", type: "n", value: Array("{\"add\":\($0)}".utf8))
            }
            messages += wire.raw(
                OutboxRow(link: LinkOut(lane: 0, place: Self.place), firstSequence: range.lowerBound, at: .epoch, messages: events),
                at: Int64(messages.count))
        }
        var cache = StateCache<Reader.State>()
        let result = try Step(decider: Reader(), lanes: 1).run(
            InputBatch(messages: messages), book: book, cache: &cache, catalog: .empty, at: .epoch, loading: MemoryStore())
        var outcomes: [Outcome: Int64] = [:]
        for (key, count) in result.write.counts { outcomes[key.outcome, default: 0] += count }
        return outcomes
    }

    private static func inEpoch(_ epoch: Int64, _ range: ClosedRange<Int64>) -> ClosedRange<Int64> {
        LinkNumber.before(epoch) + range.lowerBound...LinkNumber.before(epoch) + range.upperBound
    }

    @Test func `what the lost database sent after the backup is passed over, and what is decided anew is applied`() throws {
        // The backup knows 5 numbers, of which the reader had applied 3; the lost database went on to 9.
        let log = [1...3, 4...5, 6...9, Self.inEpoch(1, 1...2), Self.inEpoch(1, 3...6)]
        #expect(try read(log, epoch: 1, cut: 5, last: 3) == [.duplicate: 3, .applied: 8, .abandoned: 4])
    }

    @Test func `a link that the backup does not know begins in the new epoch`() throws {
        #expect(try read([1...9, Self.inEpoch(1, 1...2)], epoch: 1, cut: nil, last: nil) == [.abandoned: 9, .applied: 2])
    }

    @Test func `the new epoch waits until the old one is applied up to its cut`() throws {
        #expect(try read([Self.inEpoch(1, 1...2)], epoch: 1, cut: 5, last: 3) == [.early: 2])
        #expect(try read([Self.inEpoch(1, 2...3)], epoch: 1, cut: 5, last: 5) == [.early: 2])
    }

    @Test func `a second restore goes back into the first one's epoch`() throws {
        let log = [1...5, Self.inEpoch(1, 1...4), Self.inEpoch(1, 5...7), Self.inEpoch(2, 1...1)]
        #expect(
            try read(log, epoch: 2, cut: LinkNumber.before(1) + 4, last: LinkNumber.before(1) + 2)
                == [.duplicate: 7, .applied: 3, .abandoned: 3])
    }

    @Test func `numbers of a new epoch begin at one in the upper bits`() throws {
        var book = LaneBook()
        let link = LinkOut(lane: 0, place: Self.place)
        book.linkOut[link] = 17
        #expect(book.lastGiven(link) == 17)
        book.epoch = 3
        #expect(book.lastGiven(link) == 3 << 40)
        book.linkOut[link] = 3 << 40 + 2
        #expect(book.lastGiven(link) == 3 << 40 + 2)
    }

    @Test func `a letter from before the epoch is decided when a person asks, and what it leads to is sent in the present one`() throws {
        let place = TopicPartition(topic: Topic.governanceFacts, partition: 0)
        let source = LinkIn(source: "xinqiao/governance/0", place: place)
        let out = LinkOut(lane: 0, place: TopicPartition(topic: Topic.ingestionRecords, partition: 0))
        var book = MemoryStore().takeUp(topics: [place.topic], lanes: 1)
        book.epoch = 1
        book.cuts[source] = 3
        book.linkIn[source] = 3
        book.linkOut[out] = 17
        let letter = OutboxRow(
            link: LinkOut(lane: 0, place: place), firstSequence: 4, at: .epoch,
            messages: [OutgoingMessage(topic: place.topic, key: "k", subject: "k", type: "add", value: Array("{\"add\":5}".utf8))])
        let raw = try #require(LinkWire(service: .governance) { Topic.dialect(of: $0) }.raw(letter, at: 0).first)
        var cache = StateCache<Toy.State>()
        let result = try Step(decider: Toy(), lanes: 1).replay(
            ReplayInput(id: 1, raw: raw, index: 0, attempts: 0, ownID: nil), book: book, cache: &cache, catalog: .empty, at: .epoch,
            loading: MemoryStore())
        #expect(result.write.counts.map(\.key.outcome) == [.applied])
        #expect(result.write.outbox.map(\.firstSequence) == [LinkNumber.before(1) + 1])
        #expect(result.book.cuts == [source: 3] && result.book.linkIn[source] == 3 && result.book.epoch == 1)
    }

    @Test func `a sender goes from one epoch into the next without losing count`() throws {
        let link = LinkOut(lane: 0, place: Self.place)
        func row(_ first: Int64, _ count: Int) -> OutboxRow {
            OutboxRow(
                link: link, firstSequence: first, at: .epoch,
                messages: (0..<count).map { _ in
                    OutgoingMessage(topic: Self.place.topic, key: "k", subject: "k", type: "n", value: Array("{}".utf8))
                })
        }
        var sender = LinkSender(wire: LinkWire(service: .ingestion) { Topic.dialect(of: $0) })
        sender.restart(acked: [link: 3], rows: [row(4, 2), row(LinkNumber.before(1) + 1, 5)])
        #expect(sender.pending == 7)
        var tickets: [LinkSender.Ticket] = []
        sender.handOver { _, _, ticket in
            tickets.append(LinkSender.Ticket(link: ticket.link, lastSequence: ticket.lastSequence & (1 << 40 - 1)))
            return .taken
        }
        // The client reports with as many bits as its tag has, and in any order.
        for ticket in tickets.reversed() { sender.acknowledged(ticket) }
        #expect(sender.pending == 0)
        #expect(sender.takeAcknowledgedCounts() == [Self.place.topic: 7])
        #expect(sender.takeAcknowledged() == [link: LinkNumber.before(1) + 5])
        #expect(sender.takeAcknowledged().isEmpty)
        sender.offerAcknowledgedAgain()
        #expect(sender.takeAcknowledged() == [link: LinkNumber.before(1) + 5])
    }
}

/// Takes whatever comes.
private struct Reader: Decider {
    struct State: DecidedState {
        static let isKept = false
        init() {}
        init(_ json: JSONValue) throws(ContractDefect) {}
        func write(to object: inout JSONWriter) {}
    }

    var service: ServiceName { .governance }
    func admit(_ message: Message, catalog: Catalog) -> Admission { .handle(key: message.key) }
    func decide(_ input: Input, key: String, on state: inout State, at now: Instant, catalog: Catalog, effects: inout Effects) {}
}
