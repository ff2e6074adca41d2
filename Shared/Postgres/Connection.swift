import CLibPQ

/// One session with PostgreSQL. Used by one thread at a time; every call blocks until the answer or the deadline.
///
/// Statements run in the extended protocol with binary parameters and results, and are prepared at first use.
/// After a fault `isAlive` says whether the session can go on; a broken one is dropped and a new one opened.
@safe public final class Connection {
    /// Nil once closed.
    private var handle: OpaquePointer?
    /// Says that the server ended the session, before libpq has noticed.
    private var isEnded = false
    /// How long to wait for an answer; nil waits for as long as the peer lives.
    private var answerDeadline: Duration?
    private var statements: [PreparedStatement: String] = [:]
    private var statementsMade = 0
    /// What was sent and not answered yet; see `StatementQueue.swift`.
    var queue = StatementQueue()
    /// Reused for parameters and COPY rows, so that a batch allocates nothing once warm.
    var buffer = WireBuffer()
    /// Temporary tables that this transaction has already loaded; see `TableWriter.swift`.
    var loadedTables: Set<String> = []
    /// Receives the server's notices and warnings, which are otherwise dropped.
    public var onNotice: ((String) -> Void)?

    struct PreparedStatement: Hashable {
        let text: String
        let typeIDs: [UInt32]
    }

    /// Prepared statements are forgotten past this count, so that generated SQL cannot fill the server's memory.
    private static let statementsMax = 500
    /// The buffer is given back past this size, in bytes.
    private static let bufferSizeKept = 4 << 20

    /// Connects. Waits at most `connect_timeout` for each of the hosts.
    public init(_ address: PostgresAddress) throws(PostgresFault) {
        let settings = try address.settings()
        unsafe handle = Connection.connect(settings)
        guard let handle = unsafe handle else { throw .connection(reason: "out of memory") }
        guard unsafe PQstatus(handle) == CONNECTION_OK, unsafe PQsetnonblocking(handle, 1) == 0 else {
            let reason = unsafe Connection.text(PQerrorMessage(handle))
            close()
            throw .connection(reason: reason)
        }
        unsafe PQsetNoticeProcessor(
            handle,
            { context, message in
                guard let context = unsafe context else { return }
                let connection = unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
                unsafe connection.onNotice?(Connection.text(message))
            }, Unmanaged.passUnretained(self).toOpaque())
        do {
            try limitStatements(to: address.statementDeadline)
            if let deadline = address.idleTransactionDeadline {
                _ = try execute(
                    "SELECT set_config('idle_in_transaction_session_timeout', $1, false)", [.text("\(Self.milliseconds(deadline))")])
            }
            if let searchPath = address.searchPath {
                _ = try execute("SELECT set_config('search_path', $1, false)", [.text(searchPath)])
            }
        } catch {
            close()
            throw error
        }
    }

    deinit { close() }

    private static func connect(_ settings: [(key: String, value: String)]) -> OpaquePointer? {
        // libpq wants two parallel arrays of C strings that end with a null pointer.
        var texts: [ContiguousArray<CChar>] = []
        for setting in settings {
            texts.append(setting.key.utf8CString)
            texts.append(setting.value.utf8CString)
        }
        let total = texts.reduce(0) { $0 + $1.count }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: total) { characters in
            var keys: [UnsafePointer<CChar>?] = unsafe []
            var values: [UnsafePointer<CChar>?] = unsafe []
            var position = 0
            for (index, text) in texts.enumerated() {
                let start = unsafe UnsafePointer(characters.baseAddress.map { unsafe $0 + position })
                for character in text {
                    unsafe characters[position] = character
                    position += 1
                }
                if index % 2 == 0 { unsafe keys.append(start) } else { unsafe values.append(start) }
            }
            unsafe keys.append(nil)
            unsafe values.append(nil)
            return unsafe PQconnectdbParams(keys, values, 1)
        }
    }

    /// Runs one statement. The first use of a text (with these parameter types) prepares it on the server.
    ///
    /// Outside a transaction it is a transaction of its own, and a `connection` fault then leaves open whether it happened.
    public func execute(_ sql: String, _ parameters: [Parameter] = []) throws(PostgresFault) -> Rows {
        let placed = try place(parameters, of: sql)
        return try executeBuffered(sql, fieldStarts: placed.starts, typeIDs: placed.typeIDs)
    }

    /// Puts the parameters into the buffer, each with its length in front.
    func place(_ parameters: [Parameter], of sql: String) throws(PostgresFault) -> (starts: [Int], typeIDs: [UInt32]) {
        buffer.clear()
        var starts: [Int] = []
        starts.reserveCapacity(parameters.count)
        var typeIDs: [UInt32] = []
        typeIDs.reserveCapacity(parameters.count)
        for parameter in parameters {
            starts.append(buffer.count)
            typeIDs.append(parameter.typeID)
            do throws(Unwritable) { try buffer.append(parameter) } catch { throw error.fault(in: sql) }
        }
        return (starts, typeIDs)
    }

    /// Runs a statement whose parameters lie in the buffer, each with its length in front, at the given offsets.
    func executeBuffered(_ sql: String, fieldStarts: [Int], typeIDs: [UInt32]) throws(PostgresFault) -> Rows {
        let deadline = AnswerDeadline(after: answerDeadline)
        let key = PreparedStatement(text: sql, typeIDs: typeIDs)
        let name = if let known = statements[key] { known } else { try prepare(key, by: deadline) }
        try sendPrepared(name, fieldStarts: fieldStarts)
        do {
            return try Rows(answer(to: sql, by: deadline))
        } catch {
            forgetIfStale(key, error)
            throw error
        }
    }

    /// 0A000: the plan's result type changed under us (a migration ran); 26000: someone discarded the statement.
    func forgetIfStale(_ key: PreparedStatement, _ fault: PostgresFault) {
        if fault.sqlstate == "0A000" || fault.sqlstate == "26000" { statements[key] = nil }
    }

    /// Sends a statement whose parameters lie in the buffer; libpq keeps its own copy of them.
    func sendPrepared(_ name: String, fieldStarts: [Int]) throws(PostgresFault) {
        let handle = unsafe try open()
        var sizes: [Int32] = []
        var values: [UnsafePointer<CChar>?] = unsafe []
        sizes.reserveCapacity(fieldStarts.count)
        unsafe values.reserveCapacity(fieldStarts.count)
        let bytes = unsafe buffer.bytes
        for start in fieldStarts {
            let size = unsafe Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: Int32.self))
            sizes.append(max(size, 0))
            let value = unsafe bytes.baseAddress.map { unsafe ($0 + start + 4).assumingMemoryBound(to: CChar.self) }
            unsafe values.append(size == WireBuffer.null ? nil : value)
        }
        let formats = [Int32](repeating: 1, count: fieldStarts.count)
        let isSent = unsafe PQsendQueryPrepared(handle, name, Int32(fieldStarts.count), values, sizes, formats, 1) == 1
        buffer.shrink(to: Connection.bufferSizeKept)
        guard isSent else { throw lost() }
    }

    /// The name under which the server has the statement; nil when it was never prepared.
    func preparedName(_ key: PreparedStatement) -> String? { statements[key] }

    func notePrepared(_ key: PreparedStatement, as name: String) { statements[key] = name }

    /// Asks the server to prepare a statement, without waiting for its answer.
    func sendPrepare(_ key: PreparedStatement) throws(PostgresFault) -> String {
        try refuseNul(in: key.text)
        statementsMade += 1
        let name = "s\(statementsMade)"
        guard unsafe PQsendPrepare(try open(), name, key.text, Int32(key.typeIDs.count), key.typeIDs) == 1 else { throw lost() }
        return name
    }

    private func prepare(_ key: PreparedStatement, by deadline: AnswerDeadline) throws(PostgresFault) -> String {
        try makeRoomForStatements(by: deadline)
        let name = try sendPrepare(key)
        _ = try answer(to: key.text, by: deadline)
        statements[key] = name
        return name
    }

    func makeRoomForStatements(by deadline: AnswerDeadline) throws(PostgresFault) {
        guard statements.count >= Connection.statementsMax else { return }
        _ = try simpleQuery("DEALLOCATE ALL", by: deadline)
        statements = [:]
    }

    /// Runs many statements, separated by semicolons, without parameters. Outside a transaction they are one transaction.
    public func script(_ sql: String) throws(PostgresFault) {
        _ = try simpleQuery(sql, by: AnswerDeadline(after: answerDeadline))
    }

    func simpleQuery(_ sql: String, by deadline: AnswerDeadline) throws(PostgresFault) -> PostgresResult {
        try send(sql)
        return try answer(to: sql, by: deadline)
    }

    func send(_ sql: String) throws(PostgresFault) {
        try refuseNul(in: sql)
        guard unsafe PQsendQuery(try open(), sql) == 1 else { throw lost() }
    }

    var deadlineFromNow: AnswerDeadline { AnswerDeadline(after: answerDeadline) }

    private func refuseNul(in sql: String) throws(PostgresFault) {
        // libpq takes C strings: what follows a NUL would silently not be run.
        guard !sql.utf8.contains(0) else { throw Unwritable.nulInText.fault(in: sql) }
    }

    /// Changes how long a statement may take: the server cancels it then (57014), and 5 s later we give the session up.
    /// Nil means without limit, for migrations.
    public func limitStatements(to deadline: Duration?) throws(PostgresFault) {
        let milliseconds = deadline.map(Self.milliseconds)
        answerDeadline = deadline.map { $0 + PostgresAddress.answerGrace } ?? answerDeadline
        _ = try execute("SELECT set_config('statement_timeout', $1, false)", [.text("\(milliseconds ?? 0)")])
        if deadline == nil { answerDeadline = nil }
    }

    /// At least 1, since 0 would mean without limit.
    private static func milliseconds(_ length: Duration) -> Int64 {
        max(1, length.components.seconds * 1000 + length.components.attoseconds / 1_000_000_000_000_000)
    }

    /// Waits for answers within the body for as long as the peer lives. The server's own limit is the caller's to lift.
    func withoutAnswerDeadline<Result>(_ body: () throws(PostgresFault) -> Result) throws(PostgresFault) -> Result {
        let former = answerDeadline
        answerDeadline = nil
        defer { answerDeadline = former }
        return try body()
    }

    /// Whether the session can be used, as far as this side can see without asking the server.
    public var isAlive: Bool {
        guard let handle = unsafe handle, !isEnded, unsafe PQstatus(handle) == CONNECTION_OK else { return false }
        // A session that the server ended while we were idle has its last words and then the end waiting in the socket.
        for _ in 0..<3 {
            guard unsafe wait(handle, toWrite: false, by: .now) else { return true }
            guard unsafe PQconsumeInput(handle) == 1 else { return false }
        }
        return unsafe PQstatus(handle) == CONNECTION_OK
    }

    /// What `isAlive` says, without looking at the socket.
    var hasEnded: Bool {
        guard let handle = unsafe handle, !isEnded else { return true }
        return unsafe PQstatus(handle) != CONNECTION_OK
    }

    func markEnded() { isEnded = true }

    /// The server process of this session, for `pg_terminate_backend` and the logs; 0 when closed.
    public var backendPID: Int32 {
        guard let handle = unsafe handle else { return 0 }
        return unsafe PQbackendPID(handle)
    }

    var isInTransaction: Bool {
        guard let handle = unsafe handle else { return false }
        return unsafe PQtransactionStatus(handle) != PQTRANS_IDLE
    }

    /// Ends the session; an open transaction is rolled back. May be called again.
    public func close() {
        guard let handle = unsafe handle else { return }
        unsafe PQfinish(handle)
        unsafe self.handle = nil
        statements = [:]
        queue = StatementQueue()
    }

    /// Asks the server to cancel what this session runs. Call it from the thread that owns the connection, or take a
    /// `cancellation` beforehand and use that from anywhere.
    public func cancel() { cancellation()?.cancel() }

    /// A ticket with which another thread can cancel what this session runs; nil when closed.
    public func cancellation() -> Cancellation? {
        guard let handle = unsafe handle, let ticket = unsafe PQgetCancel(handle) else { return nil }
        return unsafe Cancellation(ticket)
    }

    func open() throws(PostgresFault) -> OpaquePointer {
        guard let handle = unsafe handle, !isEnded else { throw .connection(reason: "the connection is closed") }
        return unsafe handle
    }

    static func text(_ characters: UnsafePointer<CChar>?) -> String {
        guard let characters = unsafe characters else { return "" }
        let text = unsafe String(cString: characters)
        return String(text[..<(text.lastIndex { !$0.isWhitespace }.map { text.index(after: $0) } ?? text.startIndex)])
    }
}

// MARK: - Waiting for answers

extension Connection {
    /// Sends what libpq still holds, then reads every result of what was sent and returns the last, or throws the first fault.
    func answer(to statement: String, by deadline: AnswerDeadline) throws(PostgresFault) -> PostgresResult {
        var last: PostgresResult?
        var fault: PostgresFault?
        try flush(by: deadline)
        while let result = try nextResult(by: deadline) {
            if let refusal = result.fault(for: statement) {
                fault = fault ?? refusal
                if result.endsSession { markEnded() }
            }
            if result.isCopy {
                // Only `copy` may start one, and it reads its results itself. There is no good way on from here.
                close()
                throw .unexpectedShape(reason: "COPY inside a script")
            }
            last = result
        }
        if let fault { throw fault }
        guard let last else { throw lost() }
        return last
    }

    func flush(by deadline: AnswerDeadline) throws(PostgresFault) {
        let handle = unsafe try open()
        while true {
            switch unsafe PQflush(handle) {
            case 0: return
            case 1:
                // Reading while writing: a server that is itself blocked on sending to us would never read the rest.
                guard unsafe wait(handle, toWrite: true, by: deadline) else { throw abandon(deadline) }
                guard unsafe PQconsumeInput(handle) == 1 else { return }
            default: return  // The server may have said why before it went; the next result tells.
            }
        }
    }

    func nextResult(by deadline: AnswerDeadline) throws(PostgresFault) -> PostgresResult? {
        let handle = unsafe try openOrEnding()
        while unsafe PQisBusy(handle) == 1 {
            guard unsafe wait(handle, toWrite: false, by: deadline) else { throw abandon(deadline) }
            // When reading fails, PQgetResult below has the reason and does not block any more.
            guard unsafe PQconsumeInput(handle) == 1 else { break }
        }
        return unsafe PQgetResult(handle).map { unsafe PostgresResult($0) }
    }

    /// Like `open`, but lets the results of a session that has just ended be read to the end.
    private func openOrEnding() throws(PostgresFault) -> OpaquePointer {
        guard let handle = unsafe handle else { throw .connection(reason: "the connection is closed") }
        return unsafe handle
    }

    /// The fault of a call that libpq refused to send.
    func lost() -> PostgresFault {
        guard let handle = unsafe handle else { return .connection(reason: "the connection is closed") }
        isEnded = true
        return .connection(reason: unsafe Connection.text(PQerrorMessage(handle)))
    }

    private func abandon(_ deadline: AnswerDeadline) -> PostgresFault {
        close()
        return .connection(reason: "no answer within \(deadline.allowed)")
    }
}
