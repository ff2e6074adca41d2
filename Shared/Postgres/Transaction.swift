import CLibPQ

extension Connection {
    /// Opens a transaction at the server's default isolation, READ COMMITTED.
    public func begin() throws(PostgresFault) {
        loadedTables = []
        _ = try simpleQuery("BEGIN", by: deadlineFromNow)
    }

    /// Like `begin`, sent with the statements that are queued next.
    public func queueBegin() throws(PostgresFault) {
        loadedTables = []
        try queue("BEGIN")
    }

    /// Commits with the statements that are queued before it: one round trip for all of them. A refusal of any is a definite no;
    /// any end of the session before the server's word is `outcomeUnknown`.
    public func commitQueued() throws(PostgresFault) {
        loadedTables = []
        let last: Rows?
        do {
            try queue("COMMIT")
            last = try answerQueued().last
        } catch {
            throw hasEnded ? .outcomeUnknown(reason: error.reason) : error
        }
        guard last?.commandTag == "COMMIT" else {
            throw .rolledBack
        }
    }

    /// Runs the statements as one transaction and in one round trip, without waiting for the disk: for what may be forgotten when the
    /// server's machine fails, because it is only a hint. Returns their answers in order.
    public func hint(_ statements: [(sql: String, parameters: [Parameter])]) throws(PostgresFault) -> [Rows] {
        do {
            try queueBegin()
            try queue("SET LOCAL synchronous_commit = off")
            for statement in statements { try queue(statement.sql, statement.parameters) }
            try queue("COMMIT")
            return Array(try answerQueued().dropFirst(2).dropLast())
        } catch {
            rollback()
            throw error
        }
    }

    /// Commits. Any loss of the connection from here on, before the server's word, is `outcomeUnknown`;
    /// an error with the session still alive (a deferred constraint, a conflict) is a definite no.
    public func commit() throws(PostgresFault) {
        let statement = "COMMIT"
        guard isAlive else { throw .connection(reason: "the transaction was gone before COMMIT was sent") }
        guard isInTransaction else { throw .unexpectedShape(reason: "COMMIT without BEGIN") }
        loadedTables = []
        let result: PostgresResult
        do {
            result = try simpleQuery(statement, by: deadlineFromNow)
        } catch {
            throw hasEnded ? .outcomeUnknown(reason: error.reason) : error
        }
        // A transaction that had failed before answers COMMIT with ROLLBACK, and calls that a success.
        guard result.commandTag == statement else {
            throw .rolledBack
        }
    }

    /// Rolls back. A session that cannot even do that is closed, which rolls back too.
    public func rollback() {
        loadedTables = []
        dropQueued()
        do { _ = try simpleQuery("ROLLBACK", by: deadlineFromNow) } catch { close() }
    }

    /// Commits what the body did, or rolls it back and throws the body's fault.
    public func transaction<Result>(
        _ body: (Connection) throws(PostgresFault) -> Result
    ) throws(PostgresFault) -> Result {
        try begin()
        let result: Result
        do { result = try body(self) } catch {
            rollback()
            throw error
        }
        do { try commit() } catch {
            if isInTransaction { rollback() }
            throw error
        }
        return result
    }

    /// Within a transaction: keeps what the body did, or undoes only that and throws the body's fault. Does not nest.
    /// For the failure path (finding the row that is refused): many savepoints in one transaction slow every session down.
    public func savepoint<Result>(
        _ body: (Connection) throws(PostgresFault) -> Result
    ) throws(PostgresFault) -> Result {
        _ = try simpleQuery("SAVEPOINT probe", by: deadlineFromNow)
        do {
            let result = try body(self)
            _ = try simpleQuery("RELEASE SAVEPOINT probe", by: deadlineFromNow)
            return result
        } catch {
            if isAlive { _ = try simpleQuery("ROLLBACK TO SAVEPOINT probe; RELEASE SAVEPOINT probe", by: deadlineFromNow) }
            throw error
        }
    }
}

extension PostgresFault {
    /// COMMIT was answered with ROLLBACK.
    fileprivate static let rolledBack = PostgresFault.statement(
        sqlstate: "25P02", message: "the transaction had already failed and was rolled back", detail: nil, statement: "COMMIT")

    /// The words without what kind of fault it is.
    fileprivate var reason: String {
        switch self {
        case .connection(let reason), .outcomeUnknown(let reason), .unexpectedShape(let reason): reason
        case .statement(let sqlstate, let message, _, _): "\(sqlstate) \(message)"
        }
    }
}
