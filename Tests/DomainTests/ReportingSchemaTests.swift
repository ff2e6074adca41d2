import Deciding
import Foundation
import Postgres
import ReportingDomain
import Support
import Testing

@Suite struct ReportingSchemaTests {
    /// The columns of each table as the schema declares them: name and type.
    private func declared() throws -> [String: [String: String]] {
        var tables: [String: [String: String]] = [:]
        var table: String?
        let names = ["schema_001_reporting", "schema_003_marks", "schema_004_alert_marks", "schema_005_conversion"]
        for line in try names.map({ try migration($0) }).joined().split(separator: "\n") {
            var words = line.split(separator: " ")
            if words.starts(with: ["ADD", "COLUMN"]) { words.removeFirst(2) }
            if words.starts(with: ["CREATE", "TABLE"]) || words.starts(with: ["ALTER", "TABLE"]) {
                table = String(words[2])
            } else if line.hasPrefix(")") {
                table = nil
            } else if let table, words.count >= 2 {
                tables[table, default: [:]][String(words[0])] = words[1].trimmingCharacters(in: [","])
            }
        }
        return tables
    }

    private func migration(_ name: String) throws -> String {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return try String(contentsOf: folder.appendingPathComponent("Services/Reporting/App/Migrations/\(name).sql"), encoding: .utf8)
    }

    @Test func `the schema has every column that the decider writes, of its type`() throws {
        let types: [StoreTable.CellType: String] = [
            .text: "text", .int64: "int8", .double: "float8", .bool: "bool", .bytes: "bytea", .instant: "timestamptz", .day: "date",
            .json: "jsonb",
        ]
        let declared = try declared()
        for table in ReportingTables.all {
            for column in table.columns {
                #expect(declared[table.name]?[column.name] == types[column.type], "\(table.name).\(column.name)")
            }
            #expect((declared[table.name]?.count ?? 0) >= table.columns.count)
        }
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `the migrated tables have the keys that the decider writes by, and rows from before keep their place`() throws {
        let server = PrivatePostgres.shared
        let connection = try Connection(PostgresAddress(conninfo: server.makeDatabase(), applicationName: "tests", searchPath: "reporting"))
        try connection.script("CREATE SCHEMA reporting")
        try connection.script(try migration("schema_001_reporting"))
        let row = "INSERT INTO watch_view VALUES ('S', 'L-1', '%', 100, 'normal', true, NULL, '2026-01-01T00:00:00Z')"
        try connection.script(row.replacingOccurrences(of: "%", with: "bank-a"))
        try connection.script(try migration("schema_002_watches"))
        try connection.script(try migration("schema_003_marks"))
        try connection.script(try migration("schema_004_alert_marks"))
        try connection.script(try migration("schema_005_conversion"))
        try connection.script(row.replacingOccurrences(of: "%", with: "bank-b"))
        #expect(try connection.execute("SELECT count(*) FROM watch_view").map { try $0.int64(0) } == [2])
        let keys = try connection.execute(
            """
            SELECT format('%s %s', conrelid::regclass, string_agg(attname::text, ',' ORDER BY attname::text COLLATE "C"))
            FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
            WHERE contype = 'p' AND connamespace = 'reporting'::regnamespace
            GROUP BY conrelid
            """
        ).map { try $0.text(0) }
        for table in ReportingTables.all {
            #expect(keys.contains("\(table.name) \(table.key.sorted().joined(separator: ","))"), "\(table.name)")
        }
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `what was released, refused or overridden is not held back any more`() throws {
        let server = PrivatePostgres.shared
        let connection = try Connection(PostgresAddress(conninfo: server.makeDatabase(), applicationName: "tests", searchPath: "reporting"))
        try connection.script("CREATE SCHEMA reporting")
        for name in ["schema_001_reporting", "schema_006_quarantine"] { try connection.script(try migration(name)) }
        for (id, end) in [("a", "released"), ("b", "refused"), ("c", "overridden"), ("d", nil)] {
            let kinds = ["quarantined"] + (end.map { [$0] } ?? [])
            for (place, kind) in kinds.enumerated() {
                let row = "'S', '\(id)', '\(kind)', 'jump', '2026-01-0\(place + 1)', 'tax.return', 'w'"
                try connection.script("INSERT INTO governance_event_view VALUES (\(row))")
            }
        }
        #expect(try connection.execute("SELECT record_id FROM quarantined_now").map { try $0.text(0) } == ["d"])
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a policy's conversion is its claims over its pushes, of rows from before as well`() throws {
        let server = PrivatePostgres.shared
        let connection = try Connection(PostgresAddress(conninfo: server.makeDatabase(), applicationName: "tests", searchPath: "reporting"))
        try connection.script("CREATE SCHEMA reporting")
        try connection.script(try migration("schema_001_reporting"))
        try connection.script(
            """
            INSERT INTO push_view VALUES
                ('p', 'A', 'granted', 1, 100, 100, '', '2026-01-01T00:00:00Z', NULL, '2026-01-03T00:00:00Z', '2026-01-03T00:00:00Z'),
                ('p', 'B', 'claimed', 1, 100, NULL, '', '2026-01-01T00:00:00Z', NULL, NULL, '2026-01-02T00:00:00Z'),
                ('p', 'C', 'pushed', 1, 100, NULL, '', '2026-01-01T00:00:00Z', NULL, NULL, '2026-01-01T00:00:00Z'),
                ('q', 'A', 'reminded', 1, NULL, NULL, '', NULL, '2026-01-01T00:00:00Z', NULL, '2026-01-01T00:00:00Z');
            """)
        for name in ["schema_002_watches", "schema_003_marks", "schema_004_alert_marks", "schema_005_conversion"] {
            try connection.script(try migration(name))
        }
        // Taken back after it was claimed: that it was claimed stays.
        try connection.script(
            """
            INSERT INTO push_view VALUES
                ('p', 'D', 'withdrawn', 1, 100, NULL, '', '2026-01-01T00:00:00Z', NULL, NULL, '2026-01-03T00:00:00Z', '2026-01-02T00:00:00Z');
            """)
        let figures = try connection.execute(
            "SELECT format('%s %s of %s: %s', policy_id, claims, pushes, coalesce(conversion_bp::text, '–')) FROM push_by_policy ORDER BY 1"
        ).map { try $0.text(0) }
        #expect(figures == ["p 3 of 4: 7500", "q 0 of 0: –"])
    }
}
