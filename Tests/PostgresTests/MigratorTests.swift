import Dispatch
import Postgres
import Support
import Testing

/// A schema is brought up to date once, in order, and its past is not rewritten.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct MigratorTests {
    static let first = Migration(name: "s_001", sql: "CREATE TABLE firm (id bigint PRIMARY KEY); INSERT INTO firm VALUES (1)")
    static let second = Migration(name: "s_002", sql: "ALTER TABLE firm ADD name text NOT NULL DEFAULT ''")

    @Test func `what was applied is not applied again`() throws {
        let session = try freshSession()
        let both = [MigratorTests.second, MigratorTests.first]
        #expect(try Migrator.apply(both, schema: "Odd \"schema\"", on: session) == ["s_001", "s_002"])
        #expect(try Migrator.apply(both, schema: "Odd \"schema\"", on: session) == [])
        #expect(try Migrator.apply([MigratorTests.second], schema: "Odd \"schema\"", on: session) == [])
        #expect(try session.execute(#"SELECT count(*) FROM "Odd ""schema""".firm"#)[0].int64(0) == 1)
        #expect(try session.execute("SELECT current_setting('search_path')")[0].text(0).contains("Odd") == false)
    }

    @Test func `a changed text is refused by name`() throws {
        let session = try freshSession()
        _ = try Migrator.apply([MigratorTests.first], schema: "s", on: session)
        let changed = Migration(name: "s_001", sql: MigratorTests.first.sql + " ")
        let refusal = fault { () throws(PostgresFault) in
            _ = try Migrator.apply([changed, MigratorTests.second], schema: "s", on: session)
        }
        guard case .unexpectedShape(let reason)? = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(reason.contains("s_001"))
        #expect(try session.execute("SELECT count(*) FROM s.schema_migration")[0].int64(0) == 1)
    }

    @Test func `a failed one leaves nothing and the earlier ones stay`() throws {
        let session = try freshSession()
        let broken = Migration(name: "s_003", sql: "CREATE TABLE half (id bigint); SELECT 1/0")
        let refusal = fault { () throws(PostgresFault) in
            _ = try Migrator.apply([MigratorTests.first, MigratorTests.second, broken], schema: "s", on: session)
        }
        #expect(refusal?.sqlstate == "22012")
        #expect(try session.execute("SELECT to_regclass('s.half') IS NULL")[0].bool(0))
        #expect(try Migrator.apply([MigratorTests.first, MigratorTests.second], schema: "s", on: session) == [])
        let twins = [MigratorTests.first, Migration(name: "s_001", sql: "SELECT 1")]
        #expect(fault { () throws(PostgresFault) in _ = try Migrator.apply(twins, schema: "s", on: session) } != nil)
    }

    @Test func `four at once apply each one once`() throws {
        let conninfo = try PrivatePostgres.shared.makeDatabase()
        let address = PostgresAddress(conninfo: conninfo, applicationName: "tests", searchPath: "s, public")
        let slow = Migration(name: "s_001", sql: "SELECT pg_sleep(0.3); " + MigratorTests.first.sql)
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            let refusal = fault { () throws(PostgresFault) in
                _ = try Migrator.apply([slow, MigratorTests.second], schema: "s", on: Connection(address))
            }
            #expect(refusal == nil)
        }
        #expect(try Connection(address).execute("SELECT count(*) FROM firm")[0].int64(0) == 1)
    }
}
