import Contracts
import Deciding
import Foundation
import GovernanceDomain
import Postgres
import Support
import Testing
import Vocabulary
import Wire

/// Governance's own tables and views in a real PostgreSQL.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct GovernanceTablesTests {
    private func session() throws -> Connection {
        let conninfo = try PrivatePostgres.shared.makeDatabase()
        let connection = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests", searchPath: "governance"))
        try connection.script("CREATE SCHEMA governance")
        let folder = PackFolder.root.appendingPathComponent("Services/Governance/App/Migrations")
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
            try connection.script(try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8))
        }
        return connection
    }

    private func fact(_ id: String, occurred: String, known: String, sales: Int, period: String = "2026-01") -> String {
        let data = #"{"period":"\#(period)","sales":\#(sales)}"#
        let seal = (try? JSONDocument(parsing: Array(data.utf8)).root).map { FactSeal.of($0) } ?? ""
        return """
            INSERT INTO fact VALUES ('source:tax/\(id)', 'tax.return', 'source:tax', 'S', '\(period)', '\(occurred)', '\(known)', 't', 0, 1, 'x',
                9000, '\(data)', NULL, '\(seal)');
            """
    }

    @Test func `the tables have the columns that the decider writes`() throws {
        let session = try session()
        for table in GovernanceTables.all {
            let rows = try session.execute("SELECT column_name::text FROM information_schema.columns WHERE table_name = '\(table.name)'")
            var names: Set<String> = []
            for row in rows { names.insert(try row.text(0)) }
            #expect(names.isSuperset(of: table.columns.map(\.name)), "\(table.name)")
        }
    }

    @Test func `governance itself may add facts, and neither change nor delete one`() throws {
        let suite = try ProcessSuite.shared.get()
        let service = try Connection(
            PostgresAddress(conninfo: suite.conninfo + " user=xinqiao_governance", applicationName: "tests", searchPath: "governance"))
        func refusal(_ sql: String) -> String? {
            do throws(PostgresFault) { try service.script(sql) } catch { return error.sqlstate }
            return nil
        }
        for table in GovernanceTables.all {
            #expect(refusal("DELETE FROM \(table.name) WHERE false") == "42501", "\(table.name)")
            let changed = refusal("UPDATE \(table.name) SET \(table.key[0]) = '' WHERE false")
            #expect(changed == (table.onConflict == .replace ? nil : "42501"), "\(table.name)")
        }
        for forbidden in [
            "TRUNCATE fact", "UPDATE scoring.score_history SET subject = '' WHERE false", "DELETE FROM scoring.score_history WHERE false",
            "SELECT FROM scoring.score_history",
        ] { #expect(refusal(forbidden) == "42501", "\(forbidden)") }
    }

    @Test func `no fact that was known later leaks into what we would have said`() throws {
        let session = try session()
        // Said, corrected twice, the last time about the past and late; and taken back at the end.
        try session.script(fact("1", occurred: "2026-01-31 12:00+08", known: "2026-02-05 09:00+08", sales: 100))
        try session.script(fact("2", occurred: "2026-02-10 12:00+08", known: "2026-02-11 23:59:59+08", sales: 110))
        try session.script(fact("3", occurred: "2026-02-09 12:00+08", known: "2026-02-20 00:00+08", sales: 105))
        try session.script("INSERT INTO fact_retracted VALUES ('source:tax/2', 'x/r', '2026-03-01 00:00+08')")
        func said(_ day: String, _ known: String) throws -> [Int64] {
            var found: [Int64] = []
            for row in try session.execute("SELECT (data->>'sales')::int8 FROM fact_as_of('\(day)', '\(known)') ORDER BY 1") {
                found.append(try row.int64(0))
            }
            return found
        }
        let expected: [(day: String, known: String, said: [Int64])] = [
            ("2026-12-31", "2026-02-04", []), ("2026-12-31", "2026-02-05", [100]), ("2026-12-31", "2026-02-10", [100]),
            ("2026-12-31", "2026-02-11", [110]), ("2026-02-09", "2026-02-11", [100]), ("2026-02-09", "2026-02-19", [100]),
            ("2026-02-09", "2026-02-20", [105]), ("2026-12-31", "2026-02-28", [110]), ("2026-12-31", "2026-03-01", []),
            ("2026-01-30", "2026-12-31", []),
        ]
        for one in expected { #expect(try said(one.day, one.known) == one.said, "\(one.day) known \(one.known)") }
        // It stands again, and is taken back once more.
        try session.script("INSERT INTO fact_retracted VALUES ('source:tax/2', '', '2026-03-03 00:00+08')")
        #expect(try said("2026-12-31", "2026-03-02") == [])
        #expect(try said("2026-12-31", "2026-03-03") == [110])
        func status() throws -> String {
            try session.execute("SELECT status FROM fact_status WHERE fact_id = 'source:tax/2'")[0].text(0)
        }
        #expect(try status() == "current")
        try session.script("INSERT INTO fact_retracted VALUES ('source:tax/2', 'x/r', '2026-03-04 00:00+08')")
        #expect(try status() == "retracted")
        #expect(try said("2026-12-31", "2026-03-03") == [110])
        #expect(try said("2026-12-31", "2026-03-04") == [])
    }

    @Test func `for every pair of days we would have said what a base that ended that day does say`() throws {
        let history: [(known: String, sql: String)] = [
            ("2026-02-05", fact("1", occurred: "2026-01-31 12:00+08", known: "2026-02-05 09:00+08", sales: 100)),
            ("2026-02-11", fact("2", occurred: "2026-02-10 12:00+08", known: "2026-02-11 23:59:59+08", sales: 110)),
            ("2026-02-20", fact("3", occurred: "2026-02-09 12:00+08", known: "2026-02-20 00:00+08", sales: 105)),
            ("2026-03-01", "INSERT INTO fact_retracted VALUES ('source:tax/2', 'x/r', '2026-03-01 00:00+08')"),
            ("2026-03-03", "INSERT INTO fact_retracted VALUES ('source:tax/2', '', '2026-03-03 00:00+08')"),
        ]
        let whole = try session()
        for step in history { try whole.script(step.sql) }
        // The other base learns everything on its day, and is asked before it knows more.
        let growing = try session()
        let first = try #require(Day("2026-01-25"))
        var answers = 0
        for known in (0..<40).map({ first + $0 }) {
            for step in history where step.known == known.text { try growing.script(step.sql) }
            let then = try said(growing, of: first, known: "9999-12-31")
            #expect(try said(whole, of: first, known: known.text) == then, "known \(known.text)")
            answers += then.count
        }
        #expect(answers > 500)
        print("as of: the same in 1,600 pairs of days, \(answers) of them with an answer")
    }

    /// What is said of each of forty days: the day and the sales, where there are any. Nothing may be said that had not happened by then.
    private func said(_ connection: Connection, of first: Day, known: String) throws -> [String] {
        var lines: [String] = []
        for row in try connection.execute(
            """
            SELECT day::date, said.data->>'sales', said.occurred_at
              FROM generate_series(date '\(first.text)', date '\((first + 39).text)', '1 day') AS day,
                   fact_as_of(day::date, '\(known)') AS said
             ORDER BY 1
            """)
        {
            let day = try row.day(0)
            #expect(try row.instant(2).dayInChina <= day, "known \(known)")
            lines.append("\(day.text) \(try row.text(1))")
        }
        return lines
    }

    @Test func `one altered byte of a stored fact is found and named`() throws {
        let session = try session()
        for number in 1...20 {
            try session.script(
                fact(
                    "\(number)", occurred: "2026-01-31 12:00+08", known: "2026-02-05 09:00+08", sales: number * 1_000, period: "p\(number)")
            )
        }
        func findings() throws -> [FactSeal.Finding] {
            var found: [FactSeal.Finding] = []
            for row in try session.execute("SELECT fact_id, data::text, content_sha256 FROM fact ORDER BY fact_id") {
                found.append(
                    FactSeal.check(.init(factID: try row.text(0), data: Array(try row.text(1).utf8), seal: try row.textOrNil(2))))
            }
            return found.filter { $0 != .whole }
        }
        #expect(try findings() == [])
        try session.script(
            "UPDATE fact SET data = replace(data::text, '7000', '7001')::jsonb WHERE fact_id = 'source:tax/7'")
        #expect(try findings() == [.altered(factID: "source:tax/7")])
    }

    @Test func `the league ranks who is right at once and corrects in time`() throws {
        let session = try session()
        for number in 1...8 {
            try session.script(fact("\(number)", occurred: "2026-01-31 12:00+08", known: "2026-02-05 09:00+08", sales: 1))
        }
        try session.script(
            """
            INSERT INTO correction VALUES
                ('source:tax/a', 'S', 'tax.return', 'k', 'source:tax', 'r', '2026-02-02', '2026-02-09', false, 'corrected', 'source:tax/1',
                 '2026-02-04 10:00+08', 2),
                ('source:tax/b', 'S', 'tax.return', 'k', 'source:tax', 'r', '2026-02-02', '2026-02-09', false, 'corrected', 'source:tax/2',
                 '2026-02-12 10:00+08', 8),
                ('source:court/c', 'S', 'judicial.case', 'k', 'source:court', 'r', '2026-02-02', '2026-02-09', false, 'overdue', NULL, NULL, NULL);
            """)
        var league: [String] = []
        for row in try session.execute(
            "SELECT writer, corrections_requested, corrections_open, corrections_late, median_working_days, trust_bp FROM source_league ORDER BY trust_bp DESC"
        ) {
            league.append(
                "\(try row.text(0)) \(try row.int64(1)) \(try row.int64(2)) \(try row.int64(3)) \(try row.doubleOrNil(4) ?? -1) \(try row.int64(5))"
            )
        }
        #expect(league == ["source:tax 2 0 1 5.0 6500", "source:court 1 1 1 -1.0 0"])
    }

    @Test func `the quality of a type is told by writer: facts, what failed, what is held and what is asked for`() throws {
        let session = try session()
        for number in 1...3 {
            try session.script(fact("\(number)", occurred: "2026-01-31 12:00+08", known: "2026-02-05 09:00+08", sales: 1))
        }
        try session.script(
            """
            UPDATE fact SET quality = 6000 WHERE fact_id = 'source:tax/3';
            INSERT INTO quality_verdict (record_id, rule, verdict, observed, at) VALUES
                ('source:tax/1', 'r', 'unknown', '', '2026-02-05'), ('source:tax/3', 'r', 'no', '', '2026-02-05'),
                ('source:tax/3', 's', 'no', '', '2026-02-05'), ('source:tax/held', 'r', 'no', '', '2026-02-05'),
                ('source:tax/gone', 'r', 'no', '', '2026-02-05');
            INSERT INTO quarantine VALUES
                ('S', 'source:tax/held', 'tax.return', 'source:tax', 'r', 'held', '{}', '2026-02-05', '2026-02-05'),
                ('S', 'source:tax/gone', 'tax.return', 'source:tax', 'r', 'refused', '{}', '2026-02-05', '2026-02-05'),
                ('S', 'source:tax/waits', 'tax.return', 'source:tax', 'consent-missing', 'held', '{}', '2026-02-05', '2026-02-05');
            INSERT INTO correction VALUES
                ('source:tax/held', 'S', 'tax.return', 'k', 'source:tax', 'r', '2026-02-05', '2026-02-12', false, 'open', NULL, NULL, NULL),
                ('source:tax/a', 'S', 'tax.return', 'k', 'source:tax', 'r', '2026-02-02', '2026-02-09', false, 'corrected', 'source:tax/1',
                 '2026-02-04 10:00+08', 2),
                ('source:court/c', 'S', 'judicial.case', 'k', 'source:court', 'r', '2026-02-02', '2026-02-09', false, 'overdue', NULL, NULL, NULL);
            """)
        var told: [String] = []
        for row in try session.execute(
            """
            SELECT record_type, writer, facts, mean_quality_bp, records_failing, held, corrections_open
              FROM record_type_quality ORDER BY record_type
            """)
        {
            let counts = try [2, 4, 5, 6].map { try row.int64($0) }
            told.append("\(try row.text(0)) \(try row.text(1)) \(try row.int64OrNil(3) ?? -1) \(counts)")
        }
        #expect(told == ["judicial.case source:court -1 [0, 0, 0, 1]", "tax.return source:tax 8000 [3, 2, 1, 1]"])
    }

    @Test func `whom a code stood for is answered for every day`() throws {
        let session = try session()
        try session.script(
            """
            INSERT INTO subject_merger VALUES ('d/1', 'S', 'T', 'merged', '2026-03-01 00:00+08', '2026-03-02 00:00+08'),
                ('d/2', 'S', 'T', 'undone', '2026-04-01 00:00+08', '2026-04-02 00:00+08');
            """)
        for (day, whom) in [("2026-03-01", "S"), ("2026-03-02", "T"), ("2026-04-01", "T"), ("2026-04-02", "S")] {
            #expect(try session.execute("SELECT subject_as_of('S', '\(day)')")[0].text(0) == whom, "\(day)")
        }
    }
}
