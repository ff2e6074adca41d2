import Postgres
import Support
import Testing
import Vocabulary

/// Statements that are sent together are answered together, in order, and a refusal undoes them all.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct StatementQueueTests {
    @Test func `answers come in the order of the questions, prepared before or not`() throws {
        let session = try freshSession(TransactionTests.schema)
        for round in 0..<3 as Range<Int64> {
            try session.queueBegin()
            for id in 0..<10 as Range<Int64> { try session.queue("INSERT INTO effect VALUES ($1)", [.int64(round * 10 + id)]) }
            try session.queue("SELECT count(*), $1::bigint FROM effect", [.int64(round)])
            let answers = try session.answerQueued()
            try session.commit()
            #expect(answers.count == 12)
            #expect(answers[1].affected == 1)
            #expect(try answers[11][0].int64(0) == round * 10 + 10)
            #expect(try answers[11][0].int64(1) == round)
        }
        #expect(try session.answerQueued().isEmpty)
    }

    @Test func `the first refusal is told with its statement, and nothing of the transaction stays`() throws {
        let session = try freshSession(TransactionTests.schema)
        try session.queueBegin()
        try session.queue("INSERT INTO effect VALUES ($1)", [.int64(1)])
        try session.queue("INSERT INTO effect SELECT $1::bigint", [.int64(1)])
        try session.queue("UPDATE consumer_offset SET next_offset = $1", [.int64(7)])
        let refusal = fault { () throws(PostgresFault) in try session.answerQueued() }
        #expect(refusal?.sqlstate == "23505")
        #expect(refusal?.statementText == "INSERT INTO effect SELECT $1::bigint")
        session.rollback()
        #expect(session.isAlive)
        #expect(try session.execute("SELECT count(*) FROM effect")[0].int64(0) == 0)
        #expect(try session.execute("SELECT next_offset FROM consumer_offset")[0].int64(0) == 100)
        // What was prepared behind the refusal never was: it must be prepared again, not called by a name that is not there.
        try session.queueBegin()
        try session.queue("UPDATE consumer_offset SET next_offset = $1", [.int64(7)])
        #expect(try session.answerQueued()[1].affected == 1)
        try session.commit()
    }

    @Test func `a value that can not be sent leaves a session that can roll back and go on`() throws {
        let session = try freshSession("CREATE TABLE word (text text)")
        try session.queueBegin()
        try session.queue("INSERT INTO word VALUES ($1)", [.text("a")])
        #expect(
            fault { () throws(PostgresFault) in try session.queue("INSERT INTO word VALUES ($1)", [.text("a\u{0}")]) }?.isDataRefusal
                == true)
        session.rollback()
        #expect(try session.execute("SELECT count(*) FROM word")[0].int64(0) == 0)
    }

    @Test func `rows are queued up to where COPY is better`() throws {
        let session = try freshSession("CREATE TABLE word (id bigint PRIMARY KEY, text text)")
        let table = Table(name: "word", columns: [Column("id", .int64), Column("text", .text)], key: ["id"], onConflict: .replace)
        func rows(_ count: Int64) -> [[Value]] { (0..<count).map { [.int64($0), .text("w\($0)")] } }
        try session.queueBegin()
        #expect(try session.queue(rows(0), into: table))
        #expect(try session.queue(rows(256), into: table))
        #expect(try !session.queue(rows(257), into: table))
        #expect(try session.queue([[.int64(1), .text("old")], [.int64(1), .text("new")]], into: table))
        try session.answerQueued()
        try session.commit()
        #expect(try session.execute("SELECT count(*) FROM word")[0].int64(0) == 256)
        #expect(try session.execute("SELECT text FROM word WHERE id = 1")[0].text(0) == "new")
    }

    @Test func `a session that the server ended is noticed while its answers are read`() throws {
        let conninfo = try PrivatePostgres.shared.makeDatabase()
        let session = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
        let other = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
        try session.queueBegin()
        try session.queue("SELECT pg_terminate_backend($1)", [.int32(other.backendPID)])
        try session.queue("SELECT 1")
        try session.answerQueued()
        session.rollback()
        try other.queueBegin()
        #expect(fault { () throws(PostgresFault) in try other.answerQueued() }?.isTransient == true)
        #expect(!other.isAlive)
        other.rollback()
    }

    @Test func `COMMIT goes with the statements before it, and a refusal of any of them is a definite no`() throws {
        let session = try freshSession(TransactionTests.schema)
        try session.queueBegin()
        try session.queue("INSERT INTO effect VALUES ($1)", [.int64(1)])
        try session.commitQueued()
        #expect(try session.execute("SELECT count(*) FROM effect")[0].int64(0) == 1)
        try session.queueBegin()
        try session.queue("INSERT INTO effect VALUES ($1)", [.int64(2)])
        try session.queue("SELECT 1 / CASE WHEN count(*) = $1 THEN 1 ELSE 0 END FROM effect", [.int64(9)])
        #expect(fault { () throws(PostgresFault) in try session.commitQueued() }?.sqlstate == "22012")
        session.rollback()
        #expect(session.isAlive)
        #expect(try session.execute("SELECT count(*) FROM effect")[0].int64(0) == 1)
    }

    @Test func `a deferred constraint at a queued COMMIT is a definite no`() throws {
        let session = try freshSession("CREATE TABLE once (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        try session.queueBegin()
        try session.queue("INSERT INTO once VALUES ($1), ($1)", [.int64(1)])
        #expect(fault { () throws(PostgresFault) in try session.commitQueued() }?.sqlstate == "23505")
        session.rollback()
        #expect(try session.execute("SELECT count(*) FROM once")[0].int64(0) == 0)
    }

    @Test func `a session killed while COMMIT is queued leaves the outcome unknown`() throws {
        let conninfo = try PrivatePostgres.shared.makeDatabase()
        let session = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
        let other = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
        try other.queueBegin()
        try other.answerQueued()
        _ = try session.execute("SELECT pg_terminate_backend($1)", [.int32(other.backendPID)])
        let end = fault { () throws(PostgresFault) in try other.commitQueued() }
        guard case .outcomeUnknown? = end else {
            Issue.record("\(String(describing: end))")
            return
        }
    }
}
