import Chassis
import Contracts
import Foundation
import Postgres
import Support
import Testing

/// `xinqiao migrate`: what it needs to be.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct MigrateTests {
    @Test func `the database's owner migrates without the right to make roles, as often as one likes`() throws {
        let conninfo = try PrivatePostgres.shared.makeDatabase()
        let admin = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
        for role in ServiceName.allCases.map({ "xinqiao_\($0.rawValue)" }) + ["xinqiao_reader", "xinqiao_keeper"] {
            // Other tests make the same roles at the same time.
            try admin.script(
                """
                DO $$ BEGIN CREATE ROLE \(role) LOGIN NOSUPERUSER; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
                """)
        }
        try admin.script("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO xinqiao_keeper', current_database()); END $$")
        for _ in 1...2 {
            let (end, text) = try migrate(conninfo + " user=xinqiao_keeper")
            #expect(end == .status(0), "\(text)")
        }
        let owners = try admin.execute("SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname = 'governance'")
        #expect(try owners.map { try $0.text(0) } == ["xinqiao_keeper"])
        #expect(try admin.execute("SELECT has_schema_privilege('public', 'public', 'USAGE')").first?.bool(0) == false)
        // A password is not passed over in silence.
        #expect(try migrate(conninfo + " user=xinqiao_keeper", password: "x").end != .status(0))
    }

    private func migrate(_ conninfo: String, password: String = "") throws -> (end: ChildProcess.End?, text: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-migrate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try ProcessSuite.xinqiao(
            ["migrate"], ["XINQIAO_POSTGRES": conninfo, "XINQIAO_SERVICE_PASSWORD": password], in: folder)
    }
}
