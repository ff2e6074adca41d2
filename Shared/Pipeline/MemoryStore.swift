import Deciding
import Ledger
import Vocabulary

/// The one path's store in memory, with the same rules as PostgreSQL: the fence, keys that can not come twice, all or nothing.
public final class MemoryStore: LaneStore {
    public private(set) var offsets: [TopicPartition: Int64] = [:]
    public private(set) var linksIn: [LinkIn: Int64] = [:]
    public private(set) var linksOut: [LinkOut: Int64] = [:]
    /// How far the broker has each link.
    public private(set) var acked: [LinkOut: Int64] = [:]
    /// In the order of their sequences.
    public private(set) var outboxOfLinks: [LinkOut: [OutboxRow]] = [:]
    public private(set) var states: [StateKey: [UInt8]] = [:]
    /// By table, then by the key columns' cells.
    public private(set) var tables: [StoreTable: [[Cell]: [Cell]]] = [:]
    public private(set) var timers: [TimerKey: Instant] = [:]
    public private(set) var sweeps: [SweepKey: SweepMark] = [:]
    public private(set) var outsideIDs: [OutsideID: [UInt8]] = [:]
    public private(set) var deadLetters: [MessagePlace: DeadLetter] = [:]
    public private(set) var counts: [CountKey: Int64] = [:]
    /// What the deciders counted for those who watch; the metrics of a process, in place of them.
    public private(set) var tallies: [Tally: Int] = [:]
    /// Where the lanes' logs stand, and their leaves in order, as they were appended.
    public private(set) var ledgers: [Int32: LedgerHead] = [:]
    public private(set) var leaves: [Int32: [LedgerLeaf]] = [:]
    /// What the database will not have, beside what its keys forbid: the SQLSTATE, or nil.
    public var refusal: ((StoreTable, [Cell]) -> String?)?
    private var unsent: [OutboxRow] = []
    private var keyColumns: [String: [Int]] = [:]

    public struct SweepKey: Hashable, Sendable {
        public let lane: Int32
        public let kind: String
        public let id: String

        public init(lane: Int32, kind: String, id: String) {
            self.lane = lane
            self.kind = kind
            self.id = id
        }
    }

    public init() {}

    /// Another store with the same in it.
    public init(copying other: MemoryStore) {
        offsets = other.offsets
        linksIn = other.linksIn
        linksOut = other.linksOut
        acked = other.acked
        outboxOfLinks = other.outboxOfLinks
        states = other.states
        tables = other.tables
        timers = other.timers
        sweeps = other.sweeps
        outsideIDs = other.outsideIDs
        deadLetters = other.deadLetters
        counts = other.counts
        ledgers = other.ledgers
        leaves = other.leaves
        refusal = other.refusal
    }

    public var outbox: [OutboxRow] { outboxOfLinks.values.flatMap { $0 } }

    // MARK: reading

    /// Takes all lanes up; partitions never read before begin at zero.
    public func takeUp(topics: [String], lanes: Int32) -> LaneBook { takeUp(topics: topics, lanes: Set(0..<lanes), begin: { _ in 0 }) }

    /// Takes these lanes up and says where they stand; partitions never read before begin where `begin` says, and links are adopted when
    /// that is above zero. Whoever held a lane before can commit nothing of it any more that a reader of the same messages would not see.
    public func takeUp(topics: [String], lanes: Set<Int32>, begin: (TopicPartition) -> Int64) -> LaneBook {
        for lane in lanes {
            for topic in topics {
                let place = TopicPartition(topic: topic, partition: lane)
                guard offsets[place] == nil else { continue }
                let low = begin(place)
                offsets[place] = low
                if low > 0 { linksIn[LinkIn(source: LaneBook.adoptSource, place: place)] = low }
            }
            offsets[TopicPartition(topic: LaneBook.laneTopic, partition: lane), default: 0] += 1
        }
        var book = LaneBook()
        book.nextOffset = offsets.filter { lanes.contains($0.key.partition) }
        book.linkIn = linksIn.filter { lanes.contains($0.key.place.partition) }
        book.linkOut = linksOut.filter { lanes.contains($0.key.lane) }
        book.ledgers = ledgers.filter { lanes.contains($0.key) }
        return book
    }

    public func states(_ keys: [StateKey]) throws(StoreFault) -> [StateKey: [UInt8]] {
        var found: [StateKey: [UInt8]] = [:]
        for key in keys { found[key] = states[key] }
        return found
    }

    public func outsideDigests(_ ids: [OutsideID]) throws(StoreFault) -> [OutsideID: [UInt8]] {
        var found: [OutsideID: [UInt8]] = [:]
        for id in ids { found[id] = outsideIDs[id] }
        return found
    }

    public func dueTimers(_ lanes: Set<Int32>, at now: Instant, countMax: Int) throws(StoreFault) -> [LaneTimer] {
        Array(dueTimers(at: now).lazy.filter { lanes.contains($0.lane) }.prefix(countMax))
    }

    public func dueTimers(at now: Instant) -> [LaneTimer] {
        timers.filter { $0.value <= now }
            .sorted { ($0.value, $0.key.lane, $0.key.key, $0.key.name) < ($1.value, $1.key.lane, $1.key.key, $1.key.name) }
            .map { LaneTimer(lane: $0.key.lane, key: $0.key.key, timer: DueTimer(name: $0.key.name, due: $0.value)) }
    }

    public func keys(ofLane lane: Int32, after cursor: String, countMax: Int) throws(StoreFault) -> [String] {
        let after = states.keys.filter { $0.lane == lane && cursor.precedesBytewise($0.key) }.map(\.key)
        return Array(after.sorted { $0.precedesBytewise($1) }.prefix(countMax))
    }

    public func sweepMarks(_ lanes: Set<Int32>) throws(StoreFault) -> [SweepMark] {
        sweeps.values.filter { lanes.contains($0.lane) }
    }

    // MARK: the links to downstream

    /// Outbox rows of the lanes that the broker has not acknowledged, in link order.
    public func unacknowledged(_ lanes: Set<Int32>) -> [OutboxRow] {
        outboxOfLinks.filter { lanes.contains($0.key.lane) }
            .sorted {
                ($0.key.lane, $0.key.place.topic, $0.key.place.partition) < ($1.key.lane, $1.key.place.topic, $1.key.place.partition)
            }
            .flatMap { link, rows in rows.filter { $0.lastSequence > acked[link] ?? 0 } }
    }

    /// The last acknowledged sequence of every link of the lanes.
    public func acknowledged(_ lanes: Set<Int32>) -> [LinkOut: Int64] {
        var known: [LinkOut: Int64] = [:]
        for link in linksOut.keys where lanes.contains(link.lane) { known[link] = acked[link] ?? 0 }
        return known
    }

    /// Notes how far the broker has each link.
    public func mark(_ new: [LinkOut: Int64]) { acked.merge(new) { max($0, $1) } }

    /// Messages committed since the last call, in link order: what a publisher would send.
    public func takeOutbox() -> [OutboxRow] {
        defer { unsent.removeAll() }
        return unsent
    }

    // MARK: what an operator does by hand

    /// Reading goes on at `offset`, whatever was to come before.
    public func moveOffset(_ place: TopicPartition, to offset: Int64) {
        offsets[place] = offset
        // Whoever holds the lane must read where it stands now.
        offsets[TopicPartition(topic: LaneBook.laneTopic, partition: place.partition), default: 0] += 1
    }

    /// Everything above `sequence` is to be sent again.
    public func replay(_ link: LinkOut, after sequence: Int64) { acked[link] = min(acked[link] ?? 0, sequence) }

    // MARK: the transaction

    /// How the connection ends the transaction.
    public enum Ending: Sendable {
        case answered
        /// It broke before the COMMIT reached the server.
        case brokenBefore
        /// It broke after the COMMIT had taken effect.
        case brokenAfter
    }

    public func commit(_ write: BatchWrite) throws(StoreFault) { try commit(write, ending: .answered) }

    public func commit(_ write: BatchWrite, ending: Ending) throws(StoreFault) {
        guard !write.isEmpty else { return }
        if Mutant.isOn("sweep-outside-transaction") { moveSweeps(write) }
        let isFenced = write.fence.contains { offsets[$0.place] != $0.from }
        if isFenced, !Mutant.isOn("fence-not-compared") {
            if Mutant.isOn("effects-before-fence") { apply(write) }
            throw .fenced
        }
        try check(write)
        if case .brokenBefore = ending { throw .unavailable("the connection broke") }
        apply(write)
        if case .brokenAfter = ending {
            // What a mutant puts behind the COMMIT does not happen any more.
            if Mutant.isOn("outbox-outside-transaction") { for row in write.outbox { outboxOfLinks[row.link]?.removeLast() } }
            if Mutant.isOn("dead-letter-outside-transaction") { for place in write.deadLetters.keys { deadLetters[place] = nil } }
            if Mutant.isOn("offset-outside-transaction") { for move in write.fence { offsets[move.place] = move.from } }
            throw .outcomeUnknown("the connection broke")
        }
    }

    /// What the database refuses, before anything is changed.
    private func check(_ write: BatchWrite) throws(StoreFault) {
        for state in write.states where state.isNew && states[state.key] != nil { throw .fenced }
        for row in write.outbox {
            if let last = outboxOfLinks[row.link]?.last, last.firstSequence >= row.firstSequence {
                throw .refused(sqlstate: "23505", "duplicate key in outbox")
            }
        }
        for (table, rows) in write.rows {
            let columns = keyColumns(table)
            var new: Set<[Cell]> = []
            for row in rows {
                guard row.count == table.columns.count else {
                    throw .refused(sqlstate: "42601", "table \(table.name) has \(table.columns.count) columns, the row has \(row.count)")
                }
                if let sqlstate = refusal?(table, row) { throw .refused(sqlstate: sqlstate, "a row of \(table.name) is refused") }
                guard table.onConflict == .refuse else { continue }
                let key = columns.map { row[$0] }
                guard tables[table]?[key] == nil, new.insert(key).inserted else {
                    throw .refused(sqlstate: "23505", "duplicate key in \(table.name)")
                }
            }
        }
        for ledger in write.ledgers where ledger.first != UInt64(leaves[ledger.lane]?.count ?? 0) {
            throw .corrupt("the log of lane \(ledger.lane) does not end before leaf \(ledger.first)")
        }
        // Another lane took the same id in the meantime: reading again will show it.
        for id in write.outsideIDs.keys where outsideIDs[id] != nil { throw .fenced }
    }

    /// As the database does: another message at a place that is taken, after the broker lost its log, gets a number behind those there.
    private func keep(_ letters: [MessagePlace: DeadLetter]) {
        let before = deadLetters
        for (place, letter) in letters {
            guard before[place] != nil else {
                deadLetters[place] = letter
                continue
            }
            let there = before.filter { ($0.key.topic, $0.key.partition, $0.key.offset) == (place.topic, place.partition, place.offset) }
            guard !there.values.contains(where: { $0.isSameMessage(as: letter) }), let last = there.keys.map(\.index).max() else {
                continue
            }
            let own = MessagePlace(topic: place.topic, partition: place.partition, offset: place.offset, index: last + 1 + place.index)
            if deadLetters[own] == nil { deadLetters[own] = letter.moved(to: own) }
        }
    }

    private func apply(_ write: BatchWrite) {
        for (table, rows) in write.rows {
            let columns = keyColumns(table)
            for row in rows {
                let key = columns.map { row[$0] }
                if table.onConflict == .keepFirst, tables[table]?[key] != nil { continue }
                tables[table, default: [:]][key] = row
            }
        }
        for move in write.fence { offsets[move.place] = move.to }
        linksIn.merge(write.linksIn) { $1 }
        linksOut.merge(write.linksOut) { $1 }
        for row in write.outbox { outboxOfLinks[row.link, default: []].append(row) }
        unsent.append(contentsOf: write.outbox)
        for state in write.states { states[state.key] = state.body }
        for (key, due) in write.timers { timers[key] = due }
        moveSweeps(write)
        outsideIDs.merge(write.outsideIDs) { first, _ in first }
        keep(write.deadLetters)
        counts.merge(write.counts) { $0 + $1 }
        tallies.merge(write.tallies) { $0 + $1 }
        for ledger in write.ledgers {
            ledgers[ledger.lane] = ledger.head
            leaves[ledger.lane, default: []] += ledger.leaves
        }
    }

    private func moveSweeps(_ write: BatchWrite) {
        for mark in write.sweeps { sweeps[SweepKey(lane: mark.lane, kind: mark.kind, id: mark.id)] = mark }
    }

    private func keyColumns(_ table: StoreTable) -> [Int] {
        if let known = keyColumns[table.name] { return known }
        let found = table.key.compactMap { name in table.columns.firstIndex { $0.name == name } }
        keyColumns[table.name] = found
        return found
    }
}
