import Deciding
import Vocabulary

/// The one path's store in memory, with the same rules as PostgreSQL: the fence, keys that can not come twice, all or nothing.
package final class MemoryStore: PathStore {
    package private(set) var offsets: [TopicPartition: Int64] = [:]
    package private(set) var linksIn: [LinkIn: Int64] = [:]
    package private(set) var linksOut: [LinkOut: Int64] = [:]
    package private(set) var outbox: [OutboxRow] = []
    package private(set) var states: [StateKey: [UInt8]] = [:]
    /// By table, then by the key columns' cells.
    package private(set) var tables: [StoreTable: [[Cell]: [Cell]]] = [:]
    package private(set) var timers: [TimerKey: Instant] = [:]
    package private(set) var sweeps: [String: SweepMark] = [:]
    package private(set) var outsideIDs: [OutsideID: [UInt8]] = [:]
    package private(set) var deadLetters: [MessagePlace: DeadLetter] = [:]
    package private(set) var counts: [CountKey: Int64] = [:]

    package init() {}

    /// Where the lanes stand; partitions never read before begin at zero.
    package func book(topics: [String], lanes: Int32) -> LaneBook {
        for lane in 0..<lanes {
            for topic in topics + [LaneBook.laneTopic] {
                offsets[TopicPartition(topic: topic, partition: lane), default: 0] += 0
            }
        }
        var book = LaneBook()
        book.nextOffset = offsets
        book.linkIn = linksIn
        book.linkOut = linksOut
        return book
    }

    package func states(_ keys: [StateKey]) throws(StoreFault) -> [StateKey: [UInt8]] {
        var found: [StateKey: [UInt8]] = [:]
        for key in keys { found[key] = states[key] }
        return found
    }

    package func outsideDigests(_ ids: [OutsideID]) throws(StoreFault) -> [OutsideID: [UInt8]] {
        var found: [OutsideID: [UInt8]] = [:]
        for id in ids { found[id] = outsideIDs[id] }
        return found
    }

    package func commit(_ write: BatchWrite) throws(StoreFault) {
        for move in write.fence {
            guard offsets[move.place] == move.from else { throw .fenced }
        }
        var newTables = tables
        for (table, rows) in write.rows {
            let keyColumns = table.key.compactMap { name in table.columns.firstIndex { $0.name == name } }
            for row in rows {
                guard row.count == table.columns.count else {
                    throw .refused(sqlstate: "42601", "table \(table.name) has \(table.columns.count) columns, the row has \(row.count)")
                }
                let key = keyColumns.map { row[$0] }
                let known = newTables[table]?[key]
                switch table.onConflict {
                case .refuse:
                    guard known == nil else { throw .refused(sqlstate: "23505", "duplicate key in \(table.name)") }
                    newTables[table, default: [:]][key] = row
                case .keepFirst: if known == nil { newTables[table, default: [:]][key] = row }
                case .replace: newTables[table, default: [:]][key] = row
                }
            }
        }
        tables = newTables
        for move in write.fence { offsets[move.place] = move.to }
        linksIn.merge(write.linksIn) { $1 }
        linksOut.merge(write.linksOut) { $1 }
        outbox.append(contentsOf: write.outbox)
        for state in write.states { states[state.key] = state.body }
        for (key, due) in write.timers { timers[key] = due }
        for mark in write.sweeps { sweeps["\(mark.lane)/\(mark.kind)/\(mark.id)"] = mark }
        outsideIDs.merge(write.outsideIDs) { first, _ in first }
        deadLetters.merge(write.deadLetters) { first, _ in first }
        counts.merge(write.counts) { $0 + $1 }
    }

    /// Messages committed since the last call, in link order: what a publisher would send.
    package func takeOutbox() -> [OutboxRow] {
        defer { outbox.removeAll() }
        return outbox
    }

    package func dueTimers(at now: Instant) -> [LaneTimer] {
        timers.filter { $0.value <= now }
            .sorted { ($0.value, $0.key.lane, $0.key.key, $0.key.name) < ($1.value, $1.key.lane, $1.key.key, $1.key.name) }
            .map { LaneTimer(lane: $0.key.lane, key: $0.key.key, timer: DueTimer(name: $0.key.name, due: $0.value)) }
    }
}
