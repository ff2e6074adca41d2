import CLibPQ

/// Owns one answer of libpq. Nothing changes it once made.
@safe final class PostgresResult: @unchecked Sendable {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe PQclear(handle) }

    var status: ExecStatusType { unsafe PQresultStatus(handle) }

    var isCopy: Bool {
        let status = status
        return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH
    }

    /// What the server calls what it did: `COMMIT`, `INSERT 0 5`.
    var commandTag: String { unsafe Connection.text(PQcmdStatus(handle)) }

    /// Rows inserted, changed, deleted, copied or selected.
    var affected: Int { Int(unsafe Connection.text(PQcmdTuples(handle))) ?? 0 }

    /// Nil when the answer is a good one.
    func fault(for statement: String) -> PostgresFault? {
        let status = status
        guard status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE else { return nil }
        // Without SQLSTATE it is libpq that speaks, not the server: the connection broke.
        guard let sqlstate = field("C") else { return .connection(reason: unsafe Connection.text(PQresultErrorMessage(handle))) }
        return .statement(sqlstate: sqlstate, message: field("M") ?? "", detail: field("D"), statement: statement)
    }

    /// Whether the server (or the network) ended the session with this answer.
    var endsSession: Bool {
        let severity = field("V")
        return severity == nil || severity == "FATAL" || severity == "PANIC"
    }

    /// A field of an error, by the letter it has in the protocol (`PG_DIAG_…`).
    private func field(_ letter: Unicode.Scalar) -> String? {
        guard let value = unsafe PQresultErrorField(handle, Int32(letter.value)) else { return nil }
        return unsafe String(cString: value)
    }
}
