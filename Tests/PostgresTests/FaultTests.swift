import Postgres
import Support
import Testing
import Vocabulary

/// Every fault says whether to try again, whom to blame, and nothing of what was stored.
@Suite struct FaultTests {
    private func statement(_ sqlstate: String) -> PostgresFault {
        .statement(sqlstate: sqlstate, message: "m", detail: nil, statement: "SELECT")
    }

    @Test func `what is tried again, what is set aside and what is neither`() {
        let transient = [
            "08000", "08006", "40001", "40P01", "53100", "53200", "53300", "55P03", "55006", "57014", "57P01", "57P02", "57P03", "58030",
            "25006", "25P03", "54000",
        ]
        let data = ["22P02", "22001", "22003", "22008", "22021", "22P05", "23502", "23503", "23505", "23514"]
        let neither = ["42P01", "42703", "42501", "25P02", "25001", "0A000", "26000", "21000", "XX000", "P0001", "3F000", "28P01"]
        for state in transient {
            #expect(statement(state).isTransient && !statement(state).isDataRefusal, "\(state)")
        }
        for state in data { #expect(!statement(state).isTransient && statement(state).isDataRefusal, "\(state)") }
        for state in neither { #expect(!statement(state).isTransient && !statement(state).isDataRefusal, "\(state)") }
        #expect(PostgresFault.connection(reason: "").isTransient)
        #expect(PostgresFault.outcomeUnknown(reason: "").isTransient)
        #expect(!PostgresFault.unexpectedShape(reason: "").isTransient)
        #expect(!PostgresFault.unexpectedShape(reason: "").isDataRefusal)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a refused row names its SQLSTATE and the log does not name its contents`() throws {
        let session = try freshSession("CREATE TABLE firm (uscc text PRIMARY KEY)")
        let insert = "INSERT INTO firm (uscc) VALUES ($1)"
        _ = try session.execute(insert, [.text("91110000SECRET")])
        let duplicate = fault { () throws(PostgresFault) in _ = try session.execute(insert, [.text("91110000SECRET")]) }
        #expect(duplicate?.sqlstate == "23505")
        #expect(duplicate?.isDataRefusal == true)
        #expect(duplicate?.description.contains("firm_pkey") == true)
        #expect(duplicate?.description.contains("SECRET") == false)
        let unreadable = fault { () throws(PostgresFault) in _ = try session.execute("SELECT $1::text::bigint", [.text("SECRET")]) }
        #expect(unreadable?.sqlstate == "22P02")
        #expect(unreadable?.isDataRefusal == true)
        #expect(unreadable?.description.contains("SECRET") == false)
        #expect(session.isAlive)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a key that no page of an index holds is its row's fault, and nobody waits for it`() throws {
        let session = try freshSession("CREATE TABLE firm (uscc text PRIMARY KEY)")
        // Random, or it would be compressed to something short.
        var random = SystemRandomNumberGenerator()
        let long = (0..<800).map { _ in String(random.next(), radix: 16) }.joined()
        let refused = fault { () throws(PostgresFault) in _ = try session.execute("INSERT INTO firm (uscc) VALUES ($1)", [.text(long)]) }
        #expect(refused?.sqlstate == "54000")
        #expect(refused?.isDataRefusal == true && refused?.isTransient == false)
        let exhausted = PostgresFault.statement(
            sqlstate: "54000", message: "database is not accepting commands to avoid wraparound data loss", detail: nil, statement: "")
        #expect(exhausted.isTransient && !exhausted.isDataRefusal)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `what PostgreSQL cannot store is refused before it is sent`() throws {
        let session = try freshSession()
        let refused: [(Parameter, String)] = [
            (.text("a\0b"), "22021"), (.texts(["a", "\0"]), "22021"), (.jsonb(Array("\"\0\"".utf8)), "22021"),
            (.instant(Instant(microseconds: .min)), "22008"), (.day(Day(number: .min)), "22008"), (.day(Day(number: .max)), "22008"),
        ]
        // A refusal by the server would leave the transaction failed (25P02).
        try session.begin()
        for (parameter, sqlstate) in refused {
            let refusal = fault { () throws(PostgresFault) in _ = try session.execute("SELECT $1", [parameter]) }
            #expect(refusal?.sqlstate == sqlstate)
            #expect(refusal?.isDataRefusal == true)
        }
        #expect(fault { () throws(PostgresFault) in try session.script("SELECT 1\0; DROP") }?.sqlstate == "22021")
        try session.commit()
        // An escaped NUL is for the server to find, and it says 22P05.
        let escaped = fault { () throws(PostgresFault) in _ = try session.execute("SELECT $1", [.jsonb(Array(#""\u0000""#.utf8))]) }
        #expect(escaped?.isDataRefusal == true)
        #expect(try session.execute("SELECT 1::bigint")[0].int64(0) == 1)
    }

    @Test func `an unreadable or wrong address is a connection fault that keeps its password`() {
        for text in ["password", "host=/nowhere-at-all dbname=x password=hunter2", "postgresql://%zz:hunter2@", "nonsense=hunter2"] {
            let refusal = fault { () throws(PostgresFault) in _ = try Connection(PostgresAddress(conninfo: text, applicationName: "t")) }
            guard case .connection? = refusal else {
                Issue.record("\(text) gave \(String(describing: refusal))")
                continue
            }
            #expect(refusal?.description.contains("hunter2") == false)
        }
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a statement past its deadline is cancelled and the session lives`() throws {
        let session = try freshSession()
        try session.limitStatements(to: .milliseconds(50))
        #expect(fault { () throws(PostgresFault) in try session.script("SELECT pg_sleep(5)") }?.sqlstate == "57014")
        #expect(session.isAlive)
        try session.limitStatements(to: nil)
        try session.script("SELECT pg_sleep(0.1)")
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a server that ends the session is noticed`() throws {
        let session = try freshSession()
        let other = try freshSession()
        #expect(session.isAlive)
        _ = try other.execute("SELECT pg_terminate_backend($1, 5000)", [.int32(session.backendPID)])
        #expect(!session.isAlive)
        let refusal = fault { () throws(PostgresFault) in try session.script("SELECT 1") }
        #expect(refusal?.isTransient == true)
        session.close()
        #expect(fault { () throws(PostgresFault) in try session.script("SELECT 1") }?.isTransient == true)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `notices go to who asked for them`() throws {
        let session = try freshSession()
        try session.script("DROP TABLE IF EXISTS nothing")
        var notices: [String] = []
        session.onNotice = { notices.append($0) }
        try session.script("DROP TABLE IF EXISTS nothing")
        #expect(notices.count == 1)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a changed column type is survived at the second try`() throws {
        let session = try freshSession("CREATE TABLE t (a integer); INSERT INTO t VALUES (7)")
        #expect(try session.execute("SELECT a FROM t")[0].int64(0) == 7)
        try session.script("ALTER TABLE t ALTER a TYPE bigint")
        let stale = fault { () throws(PostgresFault) in _ = try session.execute("SELECT a FROM t") }
        #expect(stale?.sqlstate == "0A000")
        #expect(try session.execute("SELECT a FROM t")[0].int64(0) == 7)
    }
}
