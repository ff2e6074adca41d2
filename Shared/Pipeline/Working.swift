import Contracts
import Deciding
import Ledger
import Vocabulary

/// What a step collects while it decides.
struct Working {
    var book: LaneBook
    var write = BatchWrite()
    var gaps: [LinkIn: LinkGap] = [:]
    var healed: Set<LinkIn> = []
    /// In the order they were met, so that two runs send them in the same order.
    private(set) var deadLetterOrder: [MessagePlace] = []
    private let before: LaneBook
    private let now: Instant
    private var links: [LinkOut: Int] = [:]
    private var writers: [LinkWriter] = []
    private var lastLink: (link: LinkOut, index: Int)?
    private var tables: [(table: StoreTable, rows: [[Cell]])] = []
    private var touchedLanes: Set<Int32> = []
    private var leaves: [Int32: [LedgerLeaf]] = [:]
    private var signedLanes: Set<Int32> = []
    private var tally: (key: CountKey, count: Int64)?

    init(book: LaneBook, at now: Instant) {
        self.book = book
        self.now = now
        before = book
    }

    /// The partition is read up to `next`.
    mutating func leave(_ place: TopicPartition, next: Int64) {
        guard book.nextOffset[place] != next else { return }
        book.nextOffset[place] = next
        touchedLanes.insert(place.partition)
    }

    /// A lane has been worked on, though no offset of it moved.
    mutating func touch(_ lane: Int32) { touchedLanes.insert(lane) }

    mutating func count(_ place: TopicPartition, _ outcome: Outcome, _ count: Int = 1) {
        // Runs of the same outcome are the rule: they are added up before they meet the dictionary.
        if let known = tally, known.key.outcome == outcome, known.key.lane == place.partition, known.key.topic == place.topic {
            tally = (known.key, known.count + Int64(count))
            return
        }
        closeTally()
        tally = (CountKey(lane: place.partition, topic: place.topic, outcome: outcome), Int64(count))
    }

    private mutating func closeTally() {
        guard let tally else { return }
        write.counts[tally.key, default: 0] += tally.count
        self.tally = nil
    }

    mutating func setAside(_ letter: DeadLetter) {
        // A damaged block stands under the place of its first event, which may have been set aside already: the whole holds the part.
        guard write.deadLetters.updateValue(letter, forKey: letter.place) == nil else { return }
        deadLetterOrder.append(letter.place)
        count(TopicPartition(topic: letter.place.topic, partition: letter.place.partition), .refused)
    }

    mutating func add(_ row: RowWrite) {
        for index in tables.indices where tables[index].table == row.table {
            tables[index].rows.append(row.cells)
            return
        }
        tables.append((row.table, [row.cells]))
    }

    /// Appends to the lane's log.
    mutating func append(_ leaf: LedgerLeaf, lane: Int32) {
        book.ledgers[lane, default: LedgerHead()].append(leaf.hash, at: now)
        leaves[lane, default: []].append(leaf)
    }

    /// Notes that a checkpoint of all that the lane's log has by now was made.
    mutating func sign(lane: Int32) {
        book.ledgers[lane]?.sign()
        book.checkpointsDue.remove(lane)
        signedLanes.insert(lane)
    }

    mutating func send(_ message: OutgoingMessage, from lane: Int32, to partition: Int32) {
        let index: Int
        if let lastLink, lastLink.link.lane == lane, lastLink.link.place.partition == partition,
            lastLink.link.place.topic == message.topic
        {
            index = lastLink.index
        } else {
            let link = LinkOut(lane: lane, place: TopicPartition(topic: message.topic, partition: partition))
            if let known = links[link] {
                index = known
            } else {
                index = writers.count
                links[link] = index
                writers.append(LinkWriter(link, after: book.lastGiven(link), at: now))
                touchedLanes.insert(lane)
            }
            lastLink = (link, index)
        }
        writers[index].append(message)
    }

    /// Numbers the outgoing messages densely per link and lists every compare-and-set.
    ///
    /// - Parameter checkpointInterval: how long a leaf waits for its checkpoint; nil when none is made.
    mutating func close(checkpointInterval: Duration?) {
        closeTally()
        closeLedgers(checkpointInterval)
        for (table, rows) in tables { write.rows[table] = rows }
        for (link, index) in links {
            let (rows, last) = writers[index].finish()
            write.outbox.append(contentsOf: rows)
            book.linkOut[link] = last
            if !Mutant.isOn("link-numbers-not-kept") { write.linksOut[link] = last }
        }
        write.outbox.sort {
            ($0.link.place.topic, $0.link.place.partition, $0.link.lane, $0.firstSequence)
                < ($1.link.place.topic, $1.link.place.partition, $1.link.lane, $1.firstSequence)
        }
        for (link, sequence) in book.linkIn where before.linkIn[link] != sequence { write.linksIn[link] = sequence }
        for key in write.timers.keys { touchedLanes.insert(key.lane) }
        for sweep in write.sweeps { touchedLanes.insert(sweep.lane) }
        for (place, next) in book.nextOffset {
            guard let from = before.nextOffset[place], from != next else { continue }
            write.fence.append(FenceMove(place: place, from: from, to: next))
        }
        for lane in touchedLanes where !Mutant.isOn("lane-not-fenced") {
            let place = TopicPartition(topic: LaneBook.laneTopic, partition: lane)
            guard let from = before.nextOffset[place] else { continue }
            book.nextOffset[place] = from + 1
            write.fence.append(FenceMove(place: place, from: from, to: from + 1))
        }
        write.fence.sort { ($0.place.topic, $0.place.partition) < ($1.place.topic, $1.place.partition) }
    }

    private mutating func closeLedgers(_ checkpointInterval: Duration?) {
        for lane in Set(leaves.keys).union(signedLanes).sorted() {
            guard let head = book.ledgers[lane] else { continue }
            write.ledgers.append(LedgerWrite(lane: lane, head: head, leaves: leaves[lane] ?? [], appendedAt: now))
            touchedLanes.insert(lane)
            // Once for each checkpoint, and once more after the lane was taken up: setting it again changes nothing.
            if let checkpointInterval, let since = head.unsignedSince, book.checkpointsDue.insert(lane).inserted {
                write.timers[CheckpointTimer.key(lane)] = .some(since + checkpointInterval)
            }
        }
    }
}

/// The timer by which the path asks a decider for a checkpoint of a lane's log. It is no subject's, so no state is read for it.
enum CheckpointTimer {
    static let name = "@checkpoint"

    static func key(_ lane: Int32) -> TimerKey { TimerKey(lane: lane, key: "@ledger", name: name) }
}
