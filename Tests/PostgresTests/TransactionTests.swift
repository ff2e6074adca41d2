import Dispatch
import Glibc
import Postgres
import Support
import Testing
import Vocabulary

/// A transaction happened, did not happen, or is honestly unknown.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct TransactionTests {
    static let schema = """
        CREATE TABLE effect (id bigint PRIMARY KEY);
        CREATE TABLE consumer_offset (lane integer PRIMARY KEY, next_offset bigint NOT NULL);
        INSERT INTO consumer_offset VALUES (0, 100)
        """

    private func count(_ session: Connection) throws -> Int64 { try session.execute("SELECT count(*) FROM effect")[0].int64(0) }

    @Test func `a body that throws leaves nothing, one that returns leaves all`() throws {
        let session = try freshSession(TransactionTests.schema)
        let refusal = fault { () throws(PostgresFault) in
            try session.transaction { session throws(PostgresFault) in
                _ = try session.execute("INSERT INTO effect VALUES ($1)", [.int64(1)])
                _ = try session.execute("INSERT INTO effect VALUES ($1)", [.int64(1)])
            }
        }
        #expect(refusal?.sqlstate == "23505")
        #expect(try count(session) == 0)
        let answer = try session.transaction { session throws(PostgresFault) in
            _ = try session.execute("INSERT INTO effect VALUES ($1)", [.int64(1)])
            return 42
        }
        #expect(answer == 42)
        #expect(try count(session) == 1)
    }

    @Test func `COMMIT of a failed transaction is not taken for success`() throws {
        let session = try freshSession(TransactionTests.schema)
        try session.begin()
        _ = fault { () throws(PostgresFault) in try session.script("SELECT 1/0") }
        #expect(fault { () throws(PostgresFault) in try session.commit() }?.sqlstate == "25P02")
        #expect(session.isAlive)
    }

    @Test func `a deferred constraint at COMMIT is a definite no`() throws {
        let session = try freshSession("CREATE TABLE once (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        try session.begin()
        try session.script("INSERT INTO once VALUES (1), (1)")
        #expect(fault { () throws(PostgresFault) in try session.commit() }?.sqlstate == "23505")
        #expect(try session.execute("SELECT count(*) FROM once")[0].int64(0) == 0)
    }

    @Test func `a session killed during COMMIT leaves the outcome unknown`() throws {
        let schema =
            TransactionTests.schema + """
                ;
                CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NULL; END $$;
                CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON effect DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION linger()
                """
        let session = try freshSession(schema)
        let conninfo = try PrivatePostgres.shared.makeDatabase()
        let pid = session.backendPID
        let killer = DispatchWorkItem {
            let refusal = fault { () throws(PostgresFault) in
                let other = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "killer"))
                let waiting = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND query = 'COMMIT' AND wait_event = 'PgSleep'"
                for _ in 0..<1000 where try other.execute(waiting, [.int32(pid)])[0].int64(0) == 0 {
                    try other.script("SELECT pg_sleep(0.01)")
                }
                _ = try other.execute("SELECT pg_terminate_backend($1)", [.int32(pid)])
            }
            #expect(refusal == nil)
        }
        try session.begin()
        _ = try session.execute("INSERT INTO effect VALUES ($1)", [.int64(1)])
        DispatchQueue.global().async(execute: killer)
        let outcome = fault { () throws(PostgresFault) in try session.commit() }
        killer.wait()
        guard case .outcomeUnknown? = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(!session.isAlive)
    }

    @Test func `a COMMIT that a stopped server has not read yet is found out under the row lock`() throws {
        let conninfo = try PrivatePostgres.shared.makeDatabase()
        let address = PostgresAddress(conninfo: conninfo, applicationName: "tests")
        let session = try Connection(address)
        try session.script(TransactionTests.schema)
        try session.limitStatements(to: .milliseconds(500))
        let pid = session.backendPID
        try session.begin()
        _ = try session.execute("UPDATE consumer_offset SET next_offset = 200 WHERE lane = 0 AND next_offset = 100")
        #expect(kill(pid, SIGSTOP) == 0)
        let outcome = fault { () throws(PostgresFault) in try session.commit() }
        guard case .outcomeUnknown? = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(!session.isAlive)
        let next = try Connection(address)
        #expect(try next.execute("SELECT next_offset FROM consumer_offset")[0].int64(0) == 100)
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(300)) { #expect(kill(pid, SIGCONT) == 0) }
        #expect(try next.execute("SELECT next_offset FROM consumer_offset FOR UPDATE")[0].int64(0) == 200)
    }

    @Test func `a session killed before COMMIT is known not to have committed`() throws {
        let session = try freshSession(TransactionTests.schema)
        let other = try freshSession()
        try session.begin()
        _ = try session.execute("INSERT INTO effect VALUES ($1)", [.int64(1)])
        _ = try other.execute("SELECT pg_terminate_backend($1, 5000)", [.int32(session.backendPID)])
        guard case .connection? = fault(of: { () throws(PostgresFault) in try session.commit() }) else {
            Issue.record("the end was not noticed before COMMIT was sent")
            return
        }
    }

    @Test func `the fence lets one of two owners through`() throws {
        let conninfo = try PrivatePostgres.shared.makeDatabase()
        let address = PostgresAddress(conninfo: conninfo, applicationName: "tests")
        let owner = try Connection(address)
        let zombie = try Connection(address)
        try owner.script(TransactionTests.schema)
        let fence = "UPDATE consumer_offset SET next_offset = $3 WHERE lane = $1 AND next_offset = $2"
        try owner.begin()
        #expect(try owner.execute(fence, [.int32(0), .int64(100), .int64(200)]).affected == 1)
        let blocked = DispatchSemaphore(value: 0)
        let pid = zombie.backendPID
        DispatchQueue.global().async {
            // The zombie must wait for the owner's row lock, and only then compare.
            _ = fault { () throws(PostgresFault) in
                let watcher = try Connection(address)
                let waiting = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'"
                for _ in 0..<1000 where try watcher.execute(waiting, [.int32(pid)])[0].int64(0) == 0 {
                    try watcher.script("SELECT pg_sleep(0.01)")
                }
            }
            blocked.signal()
        }
        let committed = DispatchSemaphore(value: 0)
        nonisolated(unsafe) let ownerThere = owner
        DispatchQueue.global().async {
            blocked.wait()
            let outcome = fault { () throws(PostgresFault) in unsafe try ownerThere.commit() }
            #expect(outcome == nil)
            committed.signal()
        }
        try zombie.begin()
        #expect(try zombie.execute(fence, [.int32(0), .int64(100), .int64(150)]).affected == 0)
        zombie.rollback()
        committed.wait()
        #expect(try zombie.execute("SELECT next_offset FROM consumer_offset FOR UPDATE")[0].int64(0) == 200)
    }

    @Test func `bisecting with savepoints finds the refused rows and keeps the others`() throws {
        let session = try freshSession("CREATE TABLE score (id bigint PRIMARY KEY, points bigint NOT NULL CHECK (points < 900))")
        let table = Table(
            name: "score", columns: [Column("id", .int64), Column("points", .int64)], key: ["id"], onConflict: .refuse)
        let rows: [[Value]] = (0..<64).map { [.int64($0), .int64($0 == 17 || $0 == 40 ? 1000 : $0)] }
        var refused: [Int] = []
        func settle(_ range: Range<Int>) throws(PostgresFault) {
            guard !range.isEmpty else { return }
            do {
                _ = try session.savepoint { session throws(PostgresFault) in try session.write(Array(rows[range]), into: table) }
            } catch {
                guard error.isDataRefusal else { throw error }
                guard range.count > 1 else { return refused.append(range.lowerBound) }
                let middle = range.lowerBound + range.count / 2
                try settle(range.lowerBound..<middle)
                try settle(middle..<range.upperBound)
            }
        }
        try session.begin()
        try settle(0..<64)
        try session.commit()
        #expect(refused == [17, 40])
        #expect(try session.execute("SELECT count(*) FROM score")[0].int64(0) == 62)
    }
}
