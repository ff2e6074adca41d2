import CLibPQ
import Vocabulary

extension Connection {
    /// Writes a batch with one message to the server, in the fastest of three ways for its size and the table's `onConflict`.
    /// Returns how many rows were inserted or replaced. An empty batch sends nothing.
    ///
    /// A refusal of one row refuses the batch: `isDataRefusal` says that bisecting will find it.
    @discardableResult
    public func write(_ rows: [[Value]], into table: Table) throws(PostgresFault) -> Int {
        let unique = try withoutReplaced(rows, in: table)
        switch table.onConflict {
        case .refuse where unique.count >= Connection.copyRowsMin: return try copy(unique, into: table)
        case .keepFirst where unique.count >= Connection.mergeRowsMin: return try merge(unique, into: table)
        case .replace where unique.count >= Connection.mergeRowsMin: return try merge(unique, into: table)
        case .refuse, .keepFirst, .replace: return try unnest(unique, into: table)
        }
    }

    /// Like `write`, within a transaction, when nearly always no key is there yet: COPY straight into the table, and only when a key
    /// turns out to be there (false) the slower way. Half the cost of a merge that finds nothing to merge.
    public func writeFresh(_ rows: [[Value]], into table: Table) throws(PostgresFault) -> Bool {
        guard table.onConflict != .refuse, rows.count >= Connection.copyRowsMin else {
            try write(rows, into: table)
            return true
        }
        let unique = try withoutReplaced(rows, in: table)
        _ = try simpleQuery("SAVEPOINT fresh", by: deadlineFromNow)
        do {
            try copy(unique, into: table)
            _ = try simpleQuery("RELEASE SAVEPOINT fresh", by: deadlineFromNow)
            return true
        } catch {
            guard error.sqlstate == "23505", isAlive else { throw error }
            _ = try simpleQuery("ROLLBACK TO SAVEPOINT fresh; RELEASE SAVEPOINT fresh", by: deadlineFromNow)
            try write(unique, into: table)
            return false
        }
    }

    /// From this many rows, COPY beats a prepared INSERT of arrays (measured with 120-byte rows and a commit per batch).
    private static let copyRowsMin = 20
    /// From this many rows, COPY into a temporary table and a merge from there beats INSERT of arrays: measured level at 5,000
    /// and 1.3 times as fast at 20,000. Below, the temporary table costs more than it saves (0.6 times as fast at 1,000).
    private static let mergeRowsMin = 5000

    /// Appends the rows by COPY in binary format, whatever the table's `onConflict` says; a key that is there already is 23505.
    @discardableResult
    public func copy(_ rows: [[Value]], into table: Table) throws(PostgresFault) -> Int {
        try rows.isEmpty ? 0 : stream(rows, of: table, through: table.copyStatement)
    }

    /// COPY into a temporary table, then one INSERT … SELECT … ON CONFLICT.
    func merge(_ rows: [[Value]], into table: Table) throws(PostgresFault) -> Int {
        guard !rows.isEmpty else { return 0 }
        // Outside a transaction the table has been emptied by the commit of whatever came before.
        if !isInTransaction { loadedTables = [] }
        let isFirst = loadedTables.insert(table.loadingTable).inserted
        return try stream(rows, of: table, through: table.mergeStatement(isFirstInTransaction: isFirst))
    }

    /// One INSERT from arrays, one array a column.
    func unnest(_ rows: [[Value]], into table: Table) throws(PostgresFault) -> Int {
        guard !rows.isEmpty else { return 0 }
        let statement = table.unnestStatement
        let starts = try placeColumns(of: rows, in: table, for: statement)
        return try executeBuffered(statement, fieldStarts: starts, typeIDs: table.columns.map(\.type.arrayTypeID)).affected
    }

    /// Queues the rows as one INSERT from arrays; the answer comes with `answerQueued`. False, and nothing queued, for a number of rows
    /// that is better copied.
    public func queue(_ rows: [[Value]], into table: Table) throws(PostgresFault) -> Bool {
        guard rows.count <= Connection.queuedRowsMax else { return false }
        guard !rows.isEmpty else { return true }
        let unique = try withoutReplaced(rows, in: table)
        let statement = table.unnestStatement
        let starts = try placeColumns(of: unique, in: table, for: statement)
        try queueBuffered(statement, fieldStarts: starts, typeIDs: table.columns.map(\.type.arrayTypeID))
        return true
    }

    /// Up to here the round trips of a COPY cost more than what it saves.
    private static let queuedRowsMax = 256

    /// Puts one array a column into the buffer.
    private func placeColumns(of rows: [[Value]], in table: Table, for statement: String) throws(PostgresFault) -> [Int] {
        for row in rows { try table.expectWidth(of: row) }
        buffer.clear()
        var starts: [Int] = []
        for (index, column) in table.columns.enumerated() {
            let start = buffer.beginArray(of: column.type.elementTypeID, count: rows.count)
            starts.append(start)
            for row in rows { try buffer.append(element: row[index], as: column, of: table) }
            do { try buffer.endArray(begunAt: start) } catch { throw error.fault(in: statement) }
        }
        return starts
    }

    /// For `.replace`: only the last row of each key, because one ON CONFLICT DO UPDATE may not touch a row twice (21000).
    private func withoutReplaced(_ rows: [[Value]], in table: Table) throws(PostgresFault) -> [[Value]] {
        guard table.onConflict == .replace, !rows.isEmpty else { return rows }
        var keyIndices: [Int] = []
        for name in table.key {
            guard let index = table.columns.firstIndex(where: { $0.name == name }) else {
                throw .unexpectedShape(reason: "table \(table.name): the key column \(name) is not among the columns")
            }
            keyIndices.append(index)
        }
        guard let first = keyIndices.first else { throw .unexpectedShape(reason: "table \(table.name): replacing needs a key") }
        for row in rows { try table.expectWidth(of: row) }
        let keeps =
            keyIndices.count == 1
            ? lastOfEach(rows) { $0[first] } : lastOfEach(rows) { row in keyIndices.map { row[$0] } }
        guard let keeps else { return rows }
        return zip(rows, keeps).filter(\.1).map(\.0)
    }

    /// Which rows are the last of their key; nil when all are.
    private func lastOfEach<Key: Hashable>(_ rows: [[Value]], key: ([Value]) -> Key) -> [Bool]? {
        var seen = Set<Key>(minimumCapacity: rows.count)
        var keeps = [Bool](repeating: true, count: rows.count)
        var isAnyReplaced = false
        for index in rows.indices.reversed() where !seen.insert(key(rows[index])).inserted {
            keeps[index] = false
            isAnyReplaced = true
        }
        return isAnyReplaced ? keeps : nil
    }
}

// MARK: - COPY

extension Connection {
    /// Big enough to make few calls, small enough to stay in the cache. Unit: bytes.
    private static let chunkSize = 128 << 10

    /// Runs a script with one `COPY … FROM STDIN (FORMAT binary)` in it and feeds it. Returns the rows of its last statement.
    private func stream(_ rows: [[Value]], of table: Table, through statement: String) throws(PostgresFault) -> Int {
        for row in rows { try table.expectWidth(of: row) }
        let deadline = deadlineFromNow
        try send(statement)
        try flush(by: deadline)
        try expectCopy(statement, by: deadline)
        do {
            try feed(rows, of: table, by: deadline)
        } catch {
            // The server must hear that the rest is not coming, or the session is lost; its complaint about that is not news.
            if let handle = unsafe try? open(), unsafe PQputCopyEnd(handle, "refused by the sender") == 1 {
                do { _ = try answer(to: statement, by: deadline) } catch let answered {
                    if error.sqlstate == nil, answered.sqlstate != nil, hasEnded { throw answered }
                }
            } else {
                close()
            }
            throw error
        }
        guard unsafe PQputCopyEnd(try open(), nil) == 1 else { throw lost() }
        return try answer(to: statement, by: deadline).affected
    }

    private func expectCopy(_ statement: String, by deadline: AnswerDeadline) throws(PostgresFault) {
        while let result = try nextResult(by: deadline) {
            if result.isCopy { return }
            guard let fault = result.fault(for: statement) else { continue }
            if result.endsSession { markEnded() }
            while try nextResult(by: deadline) != nil {}
            throw fault
        }
        throw .unexpectedShape(reason: "the server did not begin COPY")
    }

    private func feed(_ rows: [[Value]], of table: Table, by deadline: AnswerDeadline) throws(PostgresFault) {
        buffer.clear()
        // Signature, flags, length of the header's extension.
        for byte in Array("PGCOPY\n".utf8) + [0xFF] + Array("\r\n\0".utf8) { buffer.append(byte) }
        buffer.append(Int64(0))
        let width = Int16(clamping: table.columns.count)
        for row in rows {
            buffer.append(width)
            for (index, column) in table.columns.enumerated() { try buffer.append(row[index], as: column, of: table) }
            if buffer.count >= Connection.chunkSize { try putBuffered(by: deadline) }
        }
        buffer.append(Int16(-1))
        try putBuffered(by: deadline)
    }

    private func putBuffered(by deadline: AnswerDeadline) throws(PostgresFault) {
        let handle = unsafe try open()
        let bytes = unsafe buffer.bytes
        var isQueued = false
        while !isQueued {
            let characters = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            switch unsafe PQputCopyData(handle, characters, Int32(clamping: bytes.count)) {
            case 1: isQueued = true
            case 0: break
            default: throw lost()
            }
            try flush(by: deadline)
        }
        buffer.clear()
    }
}

extension Table {
    fileprivate func expectWidth(of row: [Value]) throws(PostgresFault) {
        guard row.count == columns.count else {
            throw .unexpectedShape(reason: "table \(name): a row of \(row.count) values for \(columns.count) columns")
        }
    }
}

extension WireBuffer {
    /// Writes an element of a column's array, or refuses it.
    fileprivate mutating func append(element value: Value, as column: Column, of table: Table) throws(PostgresFault) {
        guard column.type == .int16s, case .int16s(let list) = value else { return try append(value, as: column, of: table) }
        let text = "{" + list.map(String.init).joined(separator: ",") + "}"
        do { try append(field: text) } catch { throw error.fault(in: "table \(table.name), column \(column.name)") }
    }

    /// Writes a field of a row, or refuses it with the SQLSTATE that the server would use.
    fileprivate mutating func append(_ value: Value, as column: Column, of table: Table) throws(PostgresFault) {
        do throws(Unwritable) {
            switch (column.type, value) {
            case (.text, .text(let text)): try append(field: text)
            case (.int64, .int64(let number)): append(field: number)
            case (.int32, .int64(let number)):
                guard let narrow = Int32(exactly: number) else { throw .integerOutOfRange }
                append(field: narrow)
            case (.double, .double(let number)): append(field: number)
            case (.bool, .bool(let flag)): append(field: flag)
            case (.bytes, .bytes(let bytes)): try append(field: bytes)
            case (.instant, .instant(let instant)): try append(field: instant)
            case (.day, .day(let day)): try append(field: day)
            case (.jsonb, .json(let text)): try append(json: text)
            case (.int16s, .int16s(let numbers)): try append(field: numbers)
            case (_, .null):
                guard column.isNullable else { throw .nullInRequired }
                appendNull()
            case (.text, _), (.int64, _), (.int32, _), (.double, _), (.bool, _), (.bytes, _), (.instant, _), (.day, _), (.jsonb, _),
                (.int16s, _):
                throw .otherType
            }
        } catch {
            let place = "table \(table.name), column \(column.name)"
            if case .otherType = error { throw .unexpectedShape(reason: "\(place): the value is not of type \(column.type)") }
            throw error.fault(in: place)
        }
    }
}
