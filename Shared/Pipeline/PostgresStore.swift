import Deciding
import Ledger
import Postgres
import Vocabulary

/// The one path's store in PostgreSQL: one connection, used by one worker. One statement per table and batch.
public final class PostgresStore: PathStore {
    public let connection: Connection
    private var tables: [String: Table] = [:]
    private var merging: [String: Merging] = [:]

    public init(_ address: PostgresAddress) throws(StoreFault) {
        do {
            connection = try Connection(address)
        } catch {
            throw StoreFault(error)
        }
        // Long states are packed when they are written, thousands a second. A server built without lz4 keeps its own way.
        _ = try? connection.execute("SELECT set_config('default_toast_compression', 'lz4', false)")
    }

    public func close() { connection.close() }

    // MARK: reading

    public func states(_ keys: [StateKey]) throws(StoreFault) -> [StateKey: [UInt8]] {
        guard !keys.isEmpty else { return [:] }
        var found: [StateKey: [UInt8]] = [:]
        for row in try rows(Self.loadStates, [.int32s(keys.map(\.lane)), .texts(keys.map(\.key))]) {
            do {
                found[StateKey(lane: try row.int32(0), key: try row.text(1))] = try row.bytes(2)
            } catch { throw StoreFault(error) }
        }
        return found
    }

    public func outsideDigests(_ ids: [OutsideID]) throws(StoreFault) -> [OutsideID: [UInt8]] {
        guard !ids.isEmpty else { return [:] }
        var found: [OutsideID: [UInt8]] = [:]
        for row in try rows(Self.loadOutsideIDs, [.texts(ids.map(\.writer)), .texts(ids.map(\.id))]) {
            do {
                found[OutsideID(writer: try row.text(0), id: try row.text(1))] = try row.bytes(2)
            } catch { throw StoreFault(error) }
        }
        return found
    }

    func rows(_ sql: String, _ parameters: [Parameter]) throws(StoreFault) -> Rows {
        do {
            return try connection.execute(sql, parameters)
        } catch {
            throw StoreFault(error)
        }
    }

    /// Where the logs of the lanes stand.
    public func ledgerHeads(_ lanes: [Int32]) throws(StoreFault) -> [Int32: LedgerHead] {
        var heads: [Int32: LedgerHead] = [:]
        for row in try rows(Self.readLedgerHeads, [.int32s(lanes)]) {
            let lane: Int32
            let head: LedgerHead?
            do {
                lane = try row.int32(0)
                head = LedgerHead(
                    size: UInt64(clamping: try row.int64(1)), subtrees: try row.bytes(2), grownAt: try row.instant(3),
                    signedSize: UInt64(clamping: try row.int64(4)), waitingSince: try row.instant(5))
            } catch { throw StoreFault(error) }
            guard let head else { throw .corrupt("ledger_head of lane \(lane): its size does not fit its subtrees") }
            heads[lane] = head
        }
        return heads
    }

    // MARK: the transaction

    public func commit(_ write: BatchWrite) throws(StoreFault) { try commit(write, crash: .none) }

    func commit(_ write: BatchWrite, crash: CrashPoints) throws(StoreFault) {
        guard !write.isEmpty else { return }
        do {
            try connection.queueBegin()
            try queueFence(write.fence)
            try reach(.afterBegin, crash)
            try queueLinks(write)
            try writeStates(write.states)
            try reach(.afterState, crash)
            try queueOutbox(write.outbox)
            try reach(.afterOutbox, crash)
            try queueTimers(write.timers)
            try queueSweeps(write.sweeps)
            try queueOutsideIDs(write.outsideIDs)
            try queueDeadLetters(write.deadLetters)
            try queueCounts(write.counts)
            try queueLedgers(write.ledgers)
            try writeRows(write.rows)
            try reach(.beforeCommit, crash)
            try connection.commitQueued()
        } catch let fault as PostgresFault {
            connection.rollback()
            if fault.sqlstate == "23505", fault.statementText == Self.appendLeaves {
                // The fence held, so nobody was faster: the two tables say different things.
                throw .corrupt("ledger_block has leaves that ledger_head does not count: restore both from the same moment")
            }
            throw Self.isFencing(fault) ? .fenced : StoreFault(fault)
        } catch {
            connection.rollback()
            throw .unavailable("\(error)")
        }
    }

    /// A place where a fault test may let the process die: what comes before it must have been done by then.
    private func reach(_ place: CrashPoints.Place, _ crash: CrashPoints) throws {
        guard crash.isSet(at: place) else { return }
        try connection.answerQueued()
        crash.pass(place)
    }

    /// The compare-and-set of the offsets. It fails the transaction when not all of them stood where we knew them, so that COMMIT can be
    /// sent behind it without waiting for its answer.
    private func queueFence(_ moves: [FenceMove]) throws {
        try connection.queue(
            Self.moveOffsets,
            [
                .texts(moves.map(\.place.topic)), .int32s(moves.map(\.place.partition)), .int64s(moves.map(\.from)),
                .int64s(moves.map(\.to)),
            ])
    }

    /// Whether the fault says that somebody else moved the lane: its offsets stand elsewhere, a state that we knew to be new is there, or
    /// another lane took the outside id meanwhile. Reading again will show it.
    private static func isFencing(_ fault: PostgresFault) -> Bool {
        switch fault.sqlstate {
        case "22012": fault.statementText == moveOffsets
        case "23505": fault.statementText.map(newKeys.contains) ?? false
        default: false
        }
    }

    private static let newKeys: Set<String> = [newStates.unnestStatement, newStates.copyStatement, Housekeeping.saveOutsideIDs]

    private func queueLinks(_ write: BatchWrite) throws {
        if !write.linksIn.isEmpty {
            let links = write.linksIn.sorted {
                ($0.key.source, $0.key.place.topic, $0.key.place.partition) < ($1.key.source, $1.key.place.topic, $1.key.place.partition)
            }
            try connection.queue(
                Self.saveLinksIn,
                [
                    .texts(links.map(\.key.source)), .texts(links.map(\.key.place.topic)), .int32s(links.map(\.key.place.partition)),
                    .int64s(links.map(\.value)),
                ])
        }
        if !write.linksOut.isEmpty {
            let links = write.linksOut.sorted {
                ($0.key.lane, $0.key.place.topic, $0.key.place.partition) < ($1.key.lane, $1.key.place.topic, $1.key.place.partition)
            }
            try connection.queue(
                Self.saveLinksOut,
                [
                    .int32s(links.map(\.key.lane)), .texts(links.map(\.key.place.topic)), .int32s(links.map(\.key.place.partition)),
                    .int64s(links.map(\.value)),
                ])
        }
    }

    private func queueOutbox(_ rows: [OutboxRow]) throws {
        guard !rows.isEmpty else { return }
        try connection.queue(
            Self.saveOutbox,
            [
                .int32s(rows.map(\.link.lane)), .texts(rows.map(\.link.place.topic)), .int32s(rows.map(\.link.place.partition)),
                .int64s(rows.map(\.firstSequence)), .int64s(rows.map(\.lastSequence)), .bytesArray(rows.map(\.frames)),
            ])
    }

    private func writeStates(_ states: [StateWrite]) throws {
        guard !states.isEmpty else { return }
        // What the cache knows to be new needs no look whether it is there.
        let new = states.filter(\.isNew).map(Self.cells)
        let known = states.count == new.count ? [] : states.filter { !$0.isNew }
        if try !connection.queue(new, into: Self.newStates) {
            try connection.answerQueued()
            try connection.write(new, into: Self.newStates)
        }
        guard !known.isEmpty else { return }
        if known.count >= Self.mergedStatesMin {
            try connection.answerQueued()
            try connection.write(known.map(Self.cells), into: Self.knownStates)
        } else {
            try connection.queue(
                Self.changeStates, [.int32s(known.map(\.key.lane)), .texts(known.map(\.key.key)), .bytesArray(known.map(\.body))])
        }
    }

    private static func cells(of state: StateWrite) -> [Value] {
        [.int64(Int64(state.key.lane)), .text(state.key.key), .bytes(state.body)]
    }

    private static let stateColumns = [Column("lane", .int32), Column("key", .text), Column("body", .bytes)]
    private static let newStates = Table(name: "state", columns: stateColumns, onConflict: .refuse)
    private static let knownStates = Table(name: "state", columns: stateColumns, key: ["lane", "key"], onConflict: .replace)
    private static let mergedStatesMin = 5_000

    /// The service's own tables. Most rows are of keys that were never there: those are copied straight in, and a table that turns out
    /// to be another one is merged for a while.
    private func writeRows(_ rows: [StoreTable: [[Cell]]]) throws {
        var copied: [(table: StoreTable, rows: [[Cell]])] = []
        for (table, rows) in rows.sorted(by: { $0.key.name < $1.key.name }) where try !connection.queue(rows, into: target(table)) {
            copied.append((table, rows))
        }
        guard !copied.isEmpty else { return }
        try connection.answerQueued()
        for (table, rows) in copied {
            var merging = merging[table.name] ?? Merging()
            if merging.left > 0 {
                merging.left -= 1
                try connection.write(rows, into: target(table))
            } else {
                merging.learn(wasFresh: try connection.writeFresh(rows, into: target(table)))
            }
            self.merging[table.name] = merging
        }
    }

    /// Whether rows of a table are worth trying as new ones: one known key costs its batch a second try, several in a row say that the
    /// table is one whose rows come again.
    private struct Merging {
        var left = 0
        private var misses = 0

        mutating func learn(wasFresh: Bool) {
            misses = wasFresh ? 0 : min(misses + 1, 8)
            left = misses > 1 ? 1 << (misses - 1) : 0
        }
    }

    private func target(_ table: StoreTable) -> Table {
        if let known = tables[table.name] { return known }
        let made = Table(table)
        tables[table.name] = made
        return made
    }

    private func queueLedgers(_ ledgers: [LedgerWrite]) throws {
        guard !ledgers.isEmpty else { return }
        try connection.queue(
            Self.saveLedgerHeads,
            [
                .int32s(ledgers.map(\.lane)), .int64s(ledgers.map { Int64($0.head.tree.size) }), .bytesArray(ledgers.map(\.head.subtrees)),
                .instants(ledgers.map(\.head.grownAt)), .int64s(ledgers.map { Int64($0.head.signedSize) }),
                .instants(ledgers.map { $0.head.unsignedSince ?? $0.head.grownAt }),
            ])
        let grown = ledgers.filter { !$0.leaves.isEmpty }
        guard !grown.isEmpty else { return }
        try connection.queue(
            Self.appendLeaves,
            [
                .int32s(grown.map(\.lane)), .int64s(grown.map { Int64($0.first) }), .instants(grown.map(\.appendedAt)),
                .bytesArray(grown.map(\.hashes)), .texts(grown.map { String(decoding: $0.references, as: UTF8.self) }),
            ])
    }

    private func queueTimers(_ timers: [TimerKey: Instant?]) throws {
        let set = timers.compactMap { key, due in due.map { (key, $0) } }
        let gone = timers.filter { $0.value == nil }.map(\.key)
        if !gone.isEmpty {
            try connection.queue(Self.dropTimers, [.int32s(gone.map(\.lane)), .texts(gone.map(\.key)), .texts(gone.map(\.name))])
        }
        if !set.isEmpty {
            try connection.queue(
                Self.saveTimers,
                [.int32s(set.map(\.0.lane)), .texts(set.map(\.0.key)), .texts(set.map(\.0.name)), .instants(set.map(\.1))])
        }
    }

    private func queueSweeps(_ marks: [SweepMark]) throws {
        guard !marks.isEmpty else { return }
        try connection.queue(
            Self.saveSweeps,
            [
                .int32s(marks.map(\.lane)), .texts(marks.map(\.kind)), .texts(marks.map(\.id)), .int64s(marks.map(\.version)),
                .texts(marks.map { $0.cursor ?? "" }), .bools(marks.map(\.isDone)),
            ])
    }

    private func queueOutsideIDs(_ ids: [OutsideID: [UInt8]]) throws {
        guard !ids.isEmpty else { return }
        let all = ids.sorted { ($0.key.writer, $0.key.id) < ($1.key.writer, $1.key.id) }
        try connection.queue(
            Housekeeping.saveOutsideIDs, [.texts(all.map(\.key.writer)), .texts(all.map(\.key.id)), .bytesArray(all.map(\.value))])
    }

    private func queueDeadLetters(_ letters: [MessagePlace: DeadLetter]) throws {
        guard !letters.isEmpty else { return }
        let all = letters.values.map { $0 }
        try connection.queue(
            Self.saveDeadLetters,
            [
                .texts(all.map(\.place.topic)), .int32s(all.map(\.place.partition)), .int64s(all.map(\.place.offset)),
                .int32s(all.map(\.place.index)), .texts(all.map(\.refusal.code)), .texts(all.map { $0.refusal.detail.withoutNul }),
                .bytesArray(all.map(\.key)),
                .bytesArray(all.map(\.value)), .bytesArray(all.map(\.headerBytes)),
            ])
    }

    private func queueCounts(_ counts: [CountKey: Int64]) throws {
        guard !counts.isEmpty else { return }
        let all = counts.sorted {
            ($0.key.lane, $0.key.topic, $0.key.outcome.rawValue) < ($1.key.lane, $1.key.topic, $1.key.outcome.rawValue)
        }
        try connection.queue(
            Self.addCounts,
            [
                .int32s(all.map(\.key.lane)), .texts(all.map(\.key.topic)), .texts(all.map(\.key.outcome.rawValue)),
                .int64s(all.map(\.value)),
            ])
    }
}

extension PostgresStore {
    static let loadStates = """
        SELECT s.lane, s.key, s.body
          FROM unnest($1::int4[], $2::text[]) AS wanted (lane, key)
          JOIN state s ON s.lane = wanted.lane AND s.key = wanted.key
        """

    static let loadOutsideIDs = """
        SELECT o.writer, o.id, o.digest
          FROM unnest($1::text[], $2::text[]) AS wanted (writer, id)
          JOIN outside_id o ON o.writer = wanted.writer AND o.id = wanted.id
        """

    // Divides by zero when a row is missing: the plainest way to fail a statement without a function of our own in every schema.
    static let moveOffsets = """
        WITH moved AS (
            UPDATE consumer_offset c
               SET next_offset = m.next, moved_at = now()
              FROM unnest($1::text[], $2::int4[], $3::int8[], $4::int8[]) AS m (topic, partition, cached, next)
             WHERE c.topic = m.topic AND c.partition = m.partition AND c.next_offset = m.cached
            RETURNING 1)
        SELECT 1 / CASE WHEN count(*) = cardinality($1) THEN 1 ELSE 0 END FROM moved
        """

    static let saveLinksIn = """
        INSERT INTO link_in (source, topic, partition, last_seq)
        SELECT * FROM unnest($1::text[], $2::text[], $3::int4[], $4::int8[])
            ON CONFLICT (source, topic, partition) DO UPDATE SET last_seq = excluded.last_seq
        """

    static let saveLinksOut = """
        INSERT INTO link_out (lane, topic, partition, last_seq)
        SELECT * FROM unnest($1::int4[], $2::text[], $3::int4[], $4::int8[])
            ON CONFLICT (lane, topic, partition) DO UPDATE SET last_seq = excluded.last_seq
        """

    static let saveOutbox = """
        INSERT INTO outbox (lane, topic, partition, first_seq, last_seq, frames)
        SELECT * FROM unnest($1::int4[], $2::text[], $3::int4[], $4::int8[], $5::int8[], $6::bytea[])
        """

    static let changeStates = """
        UPDATE state s
           SET body = c.body
          FROM unnest($1::int4[], $2::text[], $3::bytea[]) AS c (lane, key, body)
         WHERE s.lane = c.lane AND s.key = c.key
        """

    static let saveLedgerHeads = """
        INSERT INTO ledger_head (lane, size, subtrees, grown_at, signed_size, waiting_since)
        SELECT * FROM unnest($1::int4[], $2::int8[], $3::bytea[], $4::timestamptz[], $5::int8[], $6::timestamptz[])
            ON CONFLICT (lane) DO UPDATE
           SET size = excluded.size, subtrees = excluded.subtrees, grown_at = excluded.grown_at,
               signed_size = excluded.signed_size, waiting_since = excluded.waiting_since
        """

    static let appendLeaves = """
        INSERT INTO ledger_block (lane, first_leaf, appended_at, hashes, refs)
        SELECT b.lane, b.first_leaf, b.appended_at, b.hashes, b.refs::json
          FROM unnest($1::int4[], $2::int8[], $3::timestamptz[], $4::bytea[], $5::text[])
               AS b (lane, first_leaf, appended_at, hashes, refs)
        """

    static let readLedgerHeads = """
        SELECT lane, size, subtrees, grown_at, signed_size, waiting_since FROM ledger_head WHERE lane = ANY ($1::int4[])
        """

    static let saveTimers = """
        INSERT INTO timer (lane, key, name, due_at)
        SELECT * FROM unnest($1::int4[], $2::text[], $3::text[], $4::timestamptz[])
            ON CONFLICT (lane, key, name) DO UPDATE SET due_at = excluded.due_at
        """

    static let dropTimers = """
        DELETE FROM timer t
         USING unnest($1::int4[], $2::text[], $3::text[]) AS gone (lane, key, name)
         WHERE t.lane = gone.lane AND t.key = gone.key AND t.name = gone.name
        """

    static let saveSweeps = """
        INSERT INTO sweep (lane, kind, id, version, cursor, is_done)
        SELECT n.lane, n.kind, n.id, n.version, nullif(n.cursor, ''), n.is_done
          FROM unnest($1::int4[], $2::text[], $3::text[], $4::int8[], $5::text[], $6::bool[]) AS n (lane, kind, id, version, cursor, is_done)
            ON CONFLICT (lane, kind, id) DO UPDATE
           SET version = excluded.version, cursor = excluded.cursor, is_done = excluded.is_done
        """

    /// A place that is taken is so by another message when the broker lost the end of its log and gave the offset out again. Then the newcomer
    /// gets a number of its own behind those that are there; the same message once more is not kept twice.
    static let saveDeadLetters = """
        INSERT INTO dead_letter (topic, partition, "offset", index, reason, detail, key, value, headers)
        SELECT n.topic, n.partition, n."offset", n.index + coalesce(there.last + 1, 0), n.reason, n.detail, n.key, n.value, n.headers
          FROM unnest($1::text[], $2::int4[], $3::int8[], $4::int4[], $5::text[], $6::text[], $7::bytea[], $8::bytea[], $9::bytea[])
               AS n (topic, partition, "offset", index, reason, detail, key, value, headers)
          LEFT JOIN LATERAL (
              SELECT max(d.index) AS last,
                     bool_or((d.key, d.value, d.headers) IS NOT DISTINCT FROM (n.key, n.value, n.headers)) AS is_known
                FROM dead_letter d
               WHERE d.topic = n.topic AND d.partition = n.partition AND d."offset" = n."offset"
              HAVING bool_or(d.index = n.index)
          ) AS there ON true
         WHERE there.is_known IS NOT TRUE
            ON CONFLICT (topic, partition, "offset", index) DO NOTHING
        """

    static let addCounts = """
        INSERT INTO message_count AS c (lane, topic, outcome, messages)
        SELECT * FROM unnest($1::int4[], $2::text[], $3::text[], $4::int8[])
            ON CONFLICT (lane, topic, outcome) DO UPDATE SET messages = c.messages + excluded.messages
        """
}

extension StoreFault {
    /// Whatever was thrown while the store was asked: a fault of the store's as it is, PostgreSQL's in the store's words.
    init(caught error: any Error) {
        self =
            switch error {
            case let fault as StoreFault: fault
            case let fault as PostgresFault: StoreFault(fault)
            default: .unavailable("\(error)")
            }
    }

    public init(_ fault: PostgresFault) {
        if case .outcomeUnknown(let reason) = fault {
            self = .outcomeUnknown(reason)
        } else if fault.isDataRefusal || Mutant.isOn("dead-letter-on-serialization") && fault.sqlstate == "40001" {
            self = .refused(sqlstate: fault.sqlstate ?? "", fault.description)
        } else {
            self = .unavailable(fault.description, sqlstate: fault.sqlstate)
        }
    }
}

extension String {
    /// PostgreSQL's text can not hold U+0000.
    var withoutNul: String { utf8.contains(0) ? String(decoding: utf8.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self) : self }
}

extension Table {
    init(_ table: StoreTable) {
        self.init(
            name: table.name, columns: table.columns.map { Column($0.name, ColumnType($0.type), isNullable: true) }, key: table.key,
            onConflict: OnConflict(table.onConflict))
    }
}

extension ColumnType {
    init(_ type: StoreTable.CellType) {
        switch type {
        case .text: self = .text
        case .int32: self = .int32
        case .int64: self = .int64
        case .double: self = .double
        case .bool: self = .bool
        case .bytes: self = .bytes
        case .instant: self = .instant
        case .day: self = .day
        case .json: self = .jsonb
        case .int16s: self = .int16s
        }
    }
}

extension OnConflict {
    init(_ conflict: StoreTable.OnConflict) {
        switch conflict {
        case .refuse: self = .refuse
        case .keepFirst: self = .keepFirst
        case .replace: self = .replace
        }
    }
}
