/// What can go wrong between us and PostgreSQL. A fault is the world's or a row's, never the domain's "no".
public enum PostgresFault: Error, Sendable, Equatable {
    /// There is no connection, or it broke before an answer came. An open transaction is gone with it.
    /// A single writing statement *outside* a transaction may still have happened: write inside transactions.
    case connection(reason: String)
    /// The server (or the encoder, with the SQLSTATE the server would have used) refused a statement.
    /// `message` and `detail` are the server's words and may quote data; `statement` is the SQL text without its parameters.
    case statement(sqlstate: String, message: String, detail: String?, statement: String)
    /// COMMIT was sent and no answer came: it may have happened, or may still happen.
    /// Resolve it on a new connection by reading the fenced row `FOR UPDATE`, which waits for the old backend.
    case outcomeUnknown(reason: String)
    /// What came back, or what was to be sent, is not of the shape that the code says: our own mistake.
    case unexpectedShape(reason: String)
}

extension PostgresFault {
    /// Whether waiting and trying the whole batch again can help, so that nothing may be set aside because of it.
    /// True for `outcomeUnknown` too, but there the new try begins by reading what the old one did, under the row lock.
    public var isTransient: Bool {
        switch self {
        case .connection, .outcomeUnknown: true
        case .unexpectedShape: false
        case .statement(let sqlstate, _, _, _):
            PostgresFault.transientStates.contains(sqlstate) && !isTooLongForIndex
                || PostgresFault.transientClasses.contains(String(sqlstate.prefix(2)))
        }
    }

    /// Whether one of the rows is to blame (SQLSTATE classes 22 data exception, 23 integrity constraint, a value too long for an index):
    /// bisect and set it aside.
    public var isDataRefusal: Bool {
        switch self {
        case .connection, .outcomeUnknown, .unexpectedShape: false
        case .statement(let sqlstate, _, _, _): sqlstate.hasPrefix("22") || sqlstate.hasPrefix("23") || isTooLongForIndex
        }
    }

    /// 54000 is also what the server says to a row whose key no page of an index can hold. Only its words tell the two apart; a server that
    /// speaks another language is waited for.
    private var isTooLongForIndex: Bool {
        guard case .statement("54000", let message, _, _) = self else { return false }
        return message.hasPrefix("index row")
    }

    /// The five characters of SQLSTATE; nil when the fault is not a statement's.
    public var sqlstate: String? {
        switch self {
        case .connection, .outcomeUnknown, .unexpectedShape: nil
        case .statement(let sqlstate, _, _, _): sqlstate
        }
    }

    /// The SQL text of the statement that was refused; nil when the fault is not a statement's.
    public var statementText: String? {
        guard case .statement(_, _, _, let statement) = self else { return nil }
        return statement
    }

    /// 08 connection, 40 rollback (deadlock, serialization), 53 resources (disk full, too many connections), 55 not in the state
    /// for it (lock timeout), 57 operator (cancelled, shut down, starting up), 58 the system beneath (input or output error).
    private static let transientClasses: Set<String> = ["08", "40", "53", "55", "57", "58"]

    /// 25006 read-only server (failover), 25P03 and 25P04 a transaction that took too long,
    /// 54000 what the server says when it stops handing out transaction ids until a VACUUM.
    private static let transientStates: Set<String> = ["25006", "25P03", "25P04", "54000"]
}

extension PostgresFault: CustomStringConvertible {
    /// One line for the log. Never holds parameters nor row contents: the detail is left out, and so is the message of a
    /// data exception, because the server quotes the value in both.
    public var description: String {
        switch self {
        case .connection(let reason): "no connection to PostgreSQL: \(reason)"
        case .outcomeUnknown(let reason): "COMMIT was sent, its outcome is unknown: \(reason)"
        case .unexpectedShape(let reason): "unexpected shape: \(reason)"
        case .statement(let sqlstate, let message, _, let statement):
            "SQLSTATE \(sqlstate)" + (sqlstate.hasPrefix("22") ? "" : ": \(message)") + " in: \(PostgresFault.oneLine(statement))"
        }
    }

    private static func oneLine(_ statement: String) -> String {
        let words = statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.count <= 200 ? words : words.prefix(200) + "…"
    }
}
