import Postgres
import Support

/// A session with a database of its own.
func freshSession(_ schema: String = "") throws -> Connection {
    let conninfo = try PrivatePostgres.shared.makeDatabase()
    let connection = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
    if !schema.isEmpty { try connection.script(schema) }
    return connection
}

/// The fault that the body throws; nil when it throws none.
func fault(of body: () throws(PostgresFault) -> Void) -> PostgresFault? {
    do { try body() } catch { return error }
    return nil
}
