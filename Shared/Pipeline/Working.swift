import Contracts
import Deciding
import Vocabulary

/// What a step collects while it decides.
struct Working<State: DecidedState> {
    var book: LaneBook
    var cache: StateCache<State>
    var write = BatchWrite()
    var gaps: [LinkIn: LinkGap] = [:]
    var healed: Set<LinkIn> = []
    /// In the order they were met, so that two runs send them in the same order.
    private(set) var deadLetterOrder: [MessagePlace] = []
    private let before: LaneBook
    private var outgoing: [LinkOut: [OutgoingMessage]] = [:]
    private var touchedLanes: Set<Int32> = []

    init(book: LaneBook, cache: StateCache<State>) {
        self.book = book
        self.cache = cache
        before = book
    }

    mutating func advance(_ place: TopicPartition, past offset: Int64) {
        book.nextOffset[place] = offset + 1
        touchedLanes.insert(place.partition)
    }

    mutating func count(_ raw: RawMessage, _ outcome: Outcome) {
        write.counts[CountKey(lane: raw.partition, topic: raw.topic, outcome: outcome), default: 0] += 1
    }

    mutating func setAside(_ raw: RawMessage, _ refusal: Refusal) {
        let place = MessagePlace(topic: raw.topic, partition: raw.partition, offset: raw.offset)
        write.deadLetters[place] = DeadLetter(place: place, refusal: refusal, key: raw.key, value: raw.value, headers: raw.headers)
        deadLetterOrder.append(place)
        count(raw, .refused)
    }

    mutating func send(_ message: OutgoingMessage, from lane: Int32, to partition: Int32) {
        let link = LinkOut(lane: lane, place: TopicPartition(topic: message.topic, partition: partition))
        outgoing[link, default: []].append(message)
        touchedLanes.insert(lane)
    }

    /// Numbers the outgoing messages densely per link and lists every compare-and-set.
    mutating func close(at now: Instant) {
        for (link, messages) in outgoing {
            let first = (book.linkOut[link] ?? 0) + 1
            write.outbox.append(
                OutboxRow(link: link, firstSequence: first, messages: messages.map { OutboxMessage(message: $0, time: now) }))
            book.linkOut[link] = first + Int64(messages.count) - 1
            write.linksOut[link] = book.linkOut[link]
        }
        write.outbox.sort {
            ($0.link.place.topic, $0.link.place.partition, $0.link.lane) < ($1.link.place.topic, $1.link.place.partition, $1.link.lane)
        }
        for (link, sequence) in book.linkIn where before.linkIn[link] != sequence { write.linksIn[link] = sequence }
        write.states = cache.takeChanged()
        for key in write.timers.keys { touchedLanes.insert(key.lane) }
        for sweep in write.sweeps { touchedLanes.insert(sweep.lane) }
        for (place, next) in book.nextOffset {
            guard let from = before.nextOffset[place], from != next else { continue }
            write.fence.append(FenceMove(place: place, from: from, to: next))
        }
        for lane in touchedLanes {
            let place = TopicPartition(topic: LaneBook.laneTopic, partition: lane)
            guard let from = before.nextOffset[place] else { continue }
            book.nextOffset[place] = from + 1
            write.fence.append(FenceMove(place: place, from: from, to: from + 1))
        }
        write.fence.sort { ($0.place.topic, $0.place.partition) < ($1.place.topic, $1.place.partition) }
    }
}
