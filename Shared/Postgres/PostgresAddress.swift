import CLibPQ
import Vocabulary

/// Where the database is and how long to wait for it.
public struct PostgresAddress: Sendable {
    /// libpq's connection text, `key=value …` or `postgresql://…`. It may hold a password: never log it.
    public let conninfo: String
    /// Shown in `pg_stat_activity`.
    public let applicationName: String
    /// The schemas to look in, as PostgreSQL writes them: `scoring, public`. Nil leaves the server's default.
    public let searchPath: String?
    /// The server cancels a statement after this long; we drop the connection `answerGrace` later if even that brings no answer.
    public let statementDeadline: Duration
    /// The server ends the session of a client that stands still in the middle of a transaction for this long, and with it the
    /// locks that others wait for. Nil for no limit.
    public let idleTransactionDeadline: Duration?

    /// How much longer than the server's own limit we wait, so that normally the server speaks first.
    static let answerGrace: Duration = .seconds(5)

    public init(
        conninfo: String, applicationName: String, searchPath: String? = nil, statementDeadline: Duration = .seconds(30),
        idleTransactionDeadline: Duration? = nil
    ) {
        self.conninfo = conninfo
        self.applicationName = applicationName
        self.searchPath = searchPath
        self.statementDeadline = statementDeadline
        self.idleTransactionDeadline = idleTransactionDeadline
    }

    /// What notices a dead peer within 30 s. The connection text may override each of them; see `settings`.
    private static let lifeSigns: [(key: String, value: String)] = [
        ("connect_timeout", "5"),
        ("keepalives", "1"),
        ("keepalives_idle", "10"),
        ("keepalives_interval", "5"),
        ("keepalives_count", "3"),
        ("tcp_user_timeout", "15000"),
        ("gssencmode", "disable"),
    ]

    /// Keys and values in the order in which later ones win. `dbname` stands for the whole connection text, which libpq expands.
    func settings() throws(PostgresFault) -> [(key: String, value: String)] {
        // Parsed first only to refuse it in our own words: libpq's would quote the text, password and all.
        guard let options = unsafe PQconninfoParse(conninfo, nil) else {
            throw .connection(reason: "the connection text is neither key=value pairs nor a postgresql:// address")
        }
        unsafe PQconninfoFree(options)
        return PostgresAddress.lifeSigns + [
            ("dbname", conninfo), ("application_name", applicationName), ("client_encoding", "UTF8"),
        ]
    }
}

extension PostgresAddress {
    /// True when nobody on a network can read along or answer in the server's place: a socket or loopback, or `sslmode=verify-full`.
    /// libpq's own variables, such as `PGSSLMODE`, count as libpq counts them.
    public var isProtected: Bool {
        // What libpq can not read leads nowhere, and is refused when connecting.
        guard let own = unsafe Self.options(PQconninfoParse(conninfo, nil)) else { return true }
        let defaults = unsafe Self.options(PQconndefaults())
        let options = (defaults ?? [:]).merging(own) { $1 }
        guard options["sslmode"] != "verify-full" else { return true }
        // With an address the host is only a name.
        let address = options["hostaddr"] ?? ""
        // Which host a service file names is not known here.
        return own["service"] == nil && Self.areLocal(address.isEmpty ? options["host"] ?? "" : address)
    }

    private static func areLocal(_ hosts: String) -> Bool {
        hosts.split(separator: ",").allSatisfy { $0.hasPrefix("/") || $0.hasPrefix("@") || $0.isLoopbackHost }
    }

    /// The options that have a value; the list is given back to libpq. Nil for no list.
    private static func options(_ first: UnsafeMutablePointer<PQconninfoOption>?) -> [String: String]? {
        guard let first = unsafe first else { return nil }
        defer { unsafe PQconninfoFree(first) }
        var values: [String: String] = [:]
        var option = unsafe first
        while let keyword = unsafe option.pointee.keyword {
            let name = unsafe String(cString: keyword)
            if let value = unsafe option.pointee.val { values[name] = unsafe String(cString: value) }
            unsafe option += 1
        }
        return values
    }
}
