import Deciding
import Foundation
import ReportingDomain
import Testing

@Suite struct ReportingSchemaTests {
    /// The columns of each table as the schema declares them: name and type.
    private func declared() throws -> [String: [String: String]] {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let file = folder.appendingPathComponent("Services/Reporting/App/Migrations/schema_001_reporting.sql")
        var tables: [String: [String: String]] = [:]
        var table: String?
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.starts(with: ["CREATE", "TABLE"]) {
                table = String(words[2])
            } else if line.hasPrefix(")") {
                table = nil
            } else if let table, words.count >= 2 {
                tables[table, default: [:]][String(words[0])] = words[1].trimmingCharacters(in: [","])
            }
        }
        return tables
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
}
