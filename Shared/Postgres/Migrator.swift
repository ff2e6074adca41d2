/// One step of a schema: SQL text that runs once, in its own transaction.
public struct Migration: Sendable, Hashable {
    /// Orders the migrations (byte by byte) and is how they are remembered: `scoring_001_scores`.
    public let name: String
    /// Statements separated by semicolons. What cannot run in a transaction (`CREATE INDEX CONCURRENTLY`) is refused by the server.
    public let sql: String

    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// Brings a schema up to date.
public enum Migrator {
    /// Applies, in name order, what has not been applied yet; returns those names. Safe to run from several processes at once.
    ///
    /// Unqualified names land in `schema`, which is created when absent. Each migration is one transaction under an advisory lock,
    /// so that after a fault the earlier ones stay and the failed one leaves nothing. An applied migration that is not in the list
    /// is left alone: an older binary may run beside a newer schema.
    /// Refuses with `unexpectedShape` when an applied migration's text has changed since, and then applies nothing after it.
    public static func apply(
        _ migrations: [Migration], schema: String, on connection: Connection
    ) throws(PostgresFault) -> [String] {
        try connection.withoutAnswerDeadline { () throws(PostgresFault) in
            try applyInOrder(migrations, schema: schema, on: connection)
        }
    }

    private static func applyInOrder(
        _ migrations: [Migration], schema: String, on connection: Connection
    ) throws(PostgresFault) -> [String] {
        let ordered = migrations.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for (earlier, later) in zip(ordered, ordered.dropFirst()) where earlier.name == later.name {
            throw .unexpectedShape(reason: "two migrations are named \(later.name)")
        }
        _ = try connection.transaction { session throws(PostgresFault) in
            try prepare(schema, on: session)
            try session.script(memory)
        }
        var applied: [String] = []
        for migration in ordered {
            let isNew = try connection.transaction { session throws(PostgresFault) in
                try prepare(schema, on: session)
                return try applyOnce(migration, schema: schema, on: session)
            }
            if isNew { applied.append(migration.name) }
        }
        return applied
    }

    private static let memory = """
        CREATE TABLE IF NOT EXISTS schema_migration (
            name text PRIMARY KEY,
            applied_at timestamptz NOT NULL DEFAULT now(),
            checksum text NOT NULL
        )
        """

    /// The lock goes with the transaction, and so do the search path and the missing time limit: building an index may take long.
    private static func prepare(_ schema: String, on session: Connection) throws(PostgresFault) {
        try session.script("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        _ = try session.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [.text("migrate " + schema)])
        try session.script("CREATE SCHEMA IF NOT EXISTS \(quotedIdentifier(schema)); SET LOCAL search_path TO \(quotedIdentifier(schema))")
    }

    /// False when it was applied before.
    private static func applyOnce(_ migration: Migration, schema: String, on session: Connection) throws(PostgresFault) -> Bool {
        let known = try session.execute(
            "SELECT encode(sha256(convert_to($2, 'UTF8')), 'hex'), (SELECT checksum FROM schema_migration WHERE name = $1)",
            [.text(migration.name), .text(migration.sql)])
        guard let row = known.first else { throw .unexpectedShape(reason: "no checksum of migration \(migration.name)") }
        let checksum = try row.text(0)
        if let former = try row.textOrNil(1) {
            guard former == checksum else {
                throw .unexpectedShape(
                    reason: "migration \(migration.name) of schema \(schema) was applied with another text "
                        + "(checksum \(former.prefix(12))…, now \(checksum.prefix(12))…): write a new migration instead of changing it")
            }
            return false
        }
        try session.script(migration.sql)
        _ = try session.execute(
            "INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)", [.text(migration.name), .text(checksum)])
        return true
    }
}
