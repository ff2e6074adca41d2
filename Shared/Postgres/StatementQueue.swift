import CLibPQ

/// What a session has sent in pipeline mode and has no answer to yet, in order.
struct StatementQueue {
    struct Entry {
        let key: Connection.PreparedStatement
        /// Set for the message that prepares the statement, whose answer is nobody's: the name that it gets.
        let preparedAs: String?
    }

    var entries: [Entry] = []
    var isEmpty: Bool { entries.isEmpty }

    /// The name of a statement that is prepared further up in this queue.
    func name(of key: Connection.PreparedStatement) -> String? { entries.last { $0.key == key && $0.preparedAs != nil }?.preparedAs }
}

extension Connection {
    /// Sends a statement without waiting: all that was queued is answered by `answerQueued`, in one round trip. Nothing else may be
    /// asked of the session before that.
    public func queue(_ sql: String, _ parameters: [Parameter] = []) throws(PostgresFault) {
        let placed = try place(parameters, of: sql)
        try queueBuffered(sql, fieldStarts: placed.starts, typeIDs: placed.typeIDs)
    }

    /// The same for parameters that lie in the buffer.
    func queueBuffered(_ sql: String, fieldStarts: [Int], typeIDs: [UInt32]) throws(PostgresFault) {
        if queue.isEmpty {
            try makeRoomForStatements(by: deadlineFromNow)
            guard unsafe PQenterPipelineMode(try open()) == 1 else { throw lost() }
        }
        let key = PreparedStatement(text: sql, typeIDs: typeIDs)
        let name: String
        if let known = preparedName(key) ?? queue.name(of: key) {
            name = known
        } else {
            name = try sendPrepare(key)
            queue.entries.append(.init(key: key, preparedAs: name))
        }
        try sendPrepared(name, fieldStarts: fieldStarts)
        queue.entries.append(.init(key: key, preparedAs: nil))
    }

    /// Reads the answers of all that was queued, in order. The first refusal is thrown; what was queued behind it has not been done.
    @discardableResult
    public func answerQueued() throws(PostgresFault) -> [Rows] {
        guard !queue.isEmpty else { return [] }
        let entries = queue.entries
        queue.entries = []
        let deadline = deadlineFromNow
        guard unsafe PQpipelineSync(try open()) == 1 else { throw lost() }
        try flush(by: deadline)
        var answers: [Rows] = []
        answers.reserveCapacity(entries.count)
        var fault: PostgresFault?
        for entry in entries {
            var last: PostgresResult?
            while let result = try nextResult(by: deadline) {
                if let refusal = result.fault(for: entry.key.text) {
                    forgetIfStale(entry.key, refusal)
                    fault = fault ?? refusal
                    if result.endsSession {
                        markEnded()
                        throw refusal
                    }
                }
                last = result
            }
            guard fault == nil else { continue }
            guard let last else { throw lost() }
            if let name = entry.preparedAs { notePrepared(entry.key, as: name) } else { answers.append(Rows(last)) }
        }
        // The answer to the mark that ends a pipeline.
        guard let mark = try nextResult(by: deadline), mark.status == PGRES_PIPELINE_SYNC, unsafe PQexitPipelineMode(try open()) == 1 else {
            throw lost()
        }
        if let fault { throw fault }
        return answers
    }

    /// Reads and forgets the answers of what was queued, before a ROLLBACK.
    func dropQueued() {
        guard !queue.isEmpty else { return }
        do { try answerQueued() } catch { if hasEnded { close() } }
    }
}
