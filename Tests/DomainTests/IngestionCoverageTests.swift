import Deciding
import Foundation
import IngestionDomain
import Postgres
import Support
import Testing
import Vocabulary
import Wire

/// The counting that the database does beside the records, on a real PostgreSQL.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct IngestionCoverageTests {
    private func database() throws -> Connection {
        let server = PrivatePostgres.shared
        let connection = try Connection(PostgresAddress(conninfo: server.makeDatabase(), applicationName: "tests", searchPath: "ingestion"))
        try connection.script("CREATE SCHEMA ingestion")
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        for name in ["schema_001_ingestion", "schema_002_coverage", "schema_003_zones", "schema_004_days"] {
            let file = folder.appendingPathComponent("Services/Ingestion/App/Migrations/\(name).sql")
            try connection.script(try String(contentsOf: file, encoding: .utf8))
        }
        return connection
    }

    private func accept(_ connection: Connection, _ rows: [(id: String, type: String, subject: String, day: String, lane: Int)]) throws {
        let values = rows.map {
            "('\($0.id)', '\($0.type)', 'source:tax', '\($0.subject)', '\($0.day)T23:30:00+08', '2026-09-10T08:00:00Z', 't', \($0.lane), 0, 'x')"
        }
        try connection.script("INSERT INTO accepted_record VALUES " + values.joined(separator: ", "))
    }

    private func lines(_ connection: Connection, _ sql: String) throws -> [String] {
        try connection.execute(sql).map { try $0.text(0) }
    }

    @Test func `days, subjects and periods are counted with the batch, and a batch that fails counts nothing`() throws {
        let connection = try database()
        try accept(connection, [("1", "t", "A", "2026-06-30", 0), ("2", "t", "A", "2026-06-30", 0), ("3", "t", "B", "2026-08-31", 1)])
        try accept(connection, [("4", "t", "A", "2026-06-30", 0)])
        #expect(throws: (any Error).self) { try accept(connection, [("5", "t", "C", "2026-06-30", 0), ("4", "t", "A", "2026-06-30", 0)]) }
        #expect(
            try lines(connection, "SELECT format('%s %s %s', day, lane, records) FROM source_day ORDER BY 1") == [
                "2026-06-30 0 3", "2026-08-31 1 1",
            ])
        #expect(try lines(connection, "SELECT subject FROM subject_record ORDER BY 1") == ["A", "B"])
        #expect(
            try lines(connection, "SELECT format('%s %s %s', months, arrived, missing) FROM source_completeness") == ["3 2 {2026-07-01}"])
        #expect(
            try lines(
                connection,
                "SELECT format('%s %s', period, records) FROM source_periods('month', '2026-06-15', '2026-09-01') ORDER BY period")
                == ["2026-06-01 3", "2026-07-01 0", "2026-08-01 1", "2026-09-01 0"])
        #expect(try lines(connection, "SELECT format('%s %s', latest_day, records) FROM source_freshness") == ["2026-08-31 4"])
    }

    @Test func `coverage counts firms in business by the county of their latest registration`() throws {
        let connection = try database()
        try connection.script(
            """
            INSERT INTO registered_subject VALUES
                ('A', 'r1', '2020-01-01', '430102', true), ('A', 'r2', '2024-01-01', '430103', true),
                ('B', 'r3', '2020-01-01', '430102', true), ('C', 'r4', '2020-01-01', '430102', true), ('C', 'r5', '2025-01-01', '430102', false)
            """)
        try accept(connection, [("1", "t", "A", "2026-06-30", 0), ("2", "t", "C", "2026-06-30", 0), ("3", "t", "X", "2026-06-30", 0)])
        #expect(
            try lines(connection, "SELECT format('%s %s %s', division, active, ever) FROM registered_count ORDER BY 1") == [
                "430102 1 2", "430103 1 1",
            ])
        #expect(
            try lines(
                connection, "SELECT format('%s %s %s', coalesce(division, '-'), subjects, first_day) FROM record_type_coverage ORDER BY 1")
                == ["- 1 2026-06-30", "430102 0 ", "430103 1 2026-06-30"])
    }

    @Test func `a firm that has ended counts by no day of its own, and one that is in business again counts as before`() throws {
        let connection = try database()
        let days = "SELECT format('%s %s %s %s', division, subjects, first_day, latest_day) FROM record_type_coverage ORDER BY 1"
        try connection.script(
            """
            INSERT INTO registered_subject VALUES
                ('A', 'r1', '2020-01-01', '430102', true), ('B', 'r2', '2020-01-01', '430102', true)
            """)
        try accept(
            connection,
            [
                ("1", "t", "A", "2026-03-31", 0), ("2", "t", "A", "2026-04-30", 0), ("3", "t", "B", "2026-01-31", 0),
                ("4", "t", "B", "2026-08-31", 0),
            ])
        #expect(try lines(connection, days) == ["430102 2 2026-01-31 2026-08-31"])
        try connection.script("INSERT INTO registered_subject VALUES ('B', 'r3', '2026-05-01', '430102', false)")
        #expect(try lines(connection, days) == ["430102 1 2026-03-31 2026-04-30"])
        try connection.script("INSERT INTO registered_subject VALUES ('A', 'r4', '2026-05-01', '430102', false)")
        #expect(try lines(connection, days) == ["430102 0  "])
        try connection.script("INSERT INTO registered_subject VALUES ('B', 'r5', '2026-06-01', '430102', true)")
        #expect(try lines(connection, days) == ["430102 1 2026-01-31 2026-08-31"])
    }

    @Test func `each county has its own days, whatever the order of arrival and the lane`() throws {
        let days = "SELECT format('%s %s %s %s', division, subjects, first_day, latest_day) FROM record_type_coverage ORDER BY 1"
        let records = [
            ("1", "t", "A", "2026-08-31", 0), ("2", "t", "A", "2026-06-30", 0), ("3", "t", "A", "2026-07-31", 1),
            ("4", "t", "B", "2025-12-31", 1), ("5", "t", "B", "2026-01-31", 1),
        ]
        for order in [records, records.reversed()] {
            let connection = try database()
            try connection.script(
                """
                INSERT INTO registered_subject VALUES
                    ('A', 'r1', '2020-01-01', '430102', true), ('B', 'r2', '2020-01-01', '430103', true)
                """)
            for record in order { try accept(connection, [record]) }
            // A firm that came on two lanes is one firm.
            #expect(try lines(connection, days) == ["430102 1 2026-06-30 2026-08-31", "430103 1 2025-12-31 2026-01-31"])
        }
    }

    @Test func `what came before the counters were made is counted when they are`() throws {
        let server = PrivatePostgres.shared
        let connection = try Connection(PostgresAddress(conninfo: server.makeDatabase(), applicationName: "tests", searchPath: "ingestion"))
        try connection.script("CREATE SCHEMA ingestion")
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        func migrate(_ name: String) throws {
            let file = folder.appendingPathComponent("Services/Ingestion/App/Migrations/\(name).sql")
            try connection.script(try String(contentsOf: file, encoding: .utf8))
        }
        try migrate("schema_001_ingestion")
        try accept(connection, [("1", "t", "A", "2026-06-30", 0)])
        try migrate("schema_002_coverage")
        try accept(connection, [("2", "t", "A", "2026-06-28", 0)])
        try migrate("schema_003_zones")
        try migrate("schema_004_days")
        try accept(connection, [("3", "t", "A", "2026-06-30", 0)])
        #expect(
            try lines(connection, "SELECT format('%s %s', day, records) FROM source_day ORDER BY 1") == ["2026-06-28 1", "2026-06-30 2"])
        #expect(
            try lines(connection, "SELECT format('%s %s %s', subject, first_day, latest_day) FROM subject_record") == [
                "A 2026-06-28 2026-06-30"
            ])
    }

    @Test func `the schema has every column that the decider writes`() throws {
        let connection = try database()
        let found = Set(
            try lines(
                connection, "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'registered_subject'"))
        #expect(found == Set(RegisteredSubjectTable.table.columns.map(\.name)))
    }
}
