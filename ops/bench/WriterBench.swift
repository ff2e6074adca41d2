import Postgres
import Vocabulary

/// The batch writer's upsert, beside the same rows already lying on the server's disk, loaded and merged by plain SQL:
/// what is left between the two is encoding and sending the rows.
enum WriterBench {
    private static let rows = 20_000
    private static let columns = "key, subject, amount, at, note"

    static func measured(runs: Int) throws -> Part.Answer {
        try ScratchPostgres.lent { try measured(runs: runs, on: $0) }.map { .figures($0) } ?? .skipped(ScratchPostgres.absent)
    }

    private static func measured(runs: Int, on postgres: ScratchPostgres) throws -> [Figure] {
        let connection = try postgres.connect()
        let file = postgres.folder + "/rows"
        let table = Table(
            name: "bench_row",
            columns: [.init("key", .text), .init("subject", .text), .init("amount", .int64), .init("at", .instant), .init("note", .text)],
            key: ["key"], onConflict: .replace)
        let batch: [[Value]] = (0..<rows).map { number in
            let digits = String(number)
            let key = "k-" + String(repeating: "0", count: 10 - digits.count) + digits
            return [
                .text(key), .text("91430100MA00000000"), .int64(Int64(number) * 100), .instant(Instant(microseconds: Int64(number))),
                .text(String(repeating: "n", count: 74)),
            ]
        }
        try connection.script(
            """
            CREATE TABLE bench_row (key text PRIMARY KEY, subject text NOT NULL, amount bigint NOT NULL, at timestamptz NOT NULL,
                note text NOT NULL)
            """)
        try connection.write(batch, into: table)
        try connection.script("COPY (SELECT \(columns) FROM bench_row ORDER BY key) TO '\(file)' (FORMAT binary)")

        // Half of the batch is there already, so half of it replaces and half of it inserts.
        let prepare = {
            try connection.script("TRUNCATE bench_row; COPY bench_row FROM '\(file)' (FORMAT binary)")
            try connection.script("DELETE FROM bench_row WHERE amount % 200 = 0")
            try connection.script("VACUUM ANALYZE bench_row")
            try connection.script("CHECKPOINT")
        }
        let merge = """
            CREATE TEMP TABLE IF NOT EXISTS bench_load (LIKE bench_row) ON COMMIT DELETE ROWS;
            COPY bench_load FROM '\(file)' (FORMAT binary);
            INSERT INTO bench_row (\(columns)) SELECT \(columns) FROM bench_load ON CONFLICT (key) DO UPDATE
                SET subject = EXCLUDED.subject, amount = EXCLUDED.amount, at = EXCLUDED.at, note = EXCLUDED.note
            """
        let times = try Race.times(
            runs: runs,
            [
                .init(name: "Connection.write", prepare: prepare) { try connection.write(batch, into: table) },
                .init(name: "COPY and merge", prepare: prepare) {
                    try connection.script(merge)
                    return rows
                },
            ])
        guard try connection.execute("SELECT count(*) FROM bench_row").first?.int64(0) == Int64(rows) else {
            throw BenchFault.unequal("rows in the table")
        }
        let version = try connection.execute("SHOW server_version").first?.text(0).split(separator: " ").first ?? "unknown"
        connection.close()
        return [
            Figure(
                "writer_rows_per_s", "upsert 20,000 rows of 120 bytes, half of them new, into PostgreSQL \(version), fsync on",
                unit: "rows/s", of: times[0].map { Double(rows) / $0 }),
            Figure(
                "writer_merge_rows_per_s", "the same rows from the server's own disk by COPY and merge", unit: "rows/s",
                of: times[1].map { Double(rows) / $0 }),
            Figure("writer_vs_merge_limit", "our time through the limit's; 1 is the limit", unit: "×", of: ratios(times[0], times[1])),
        ]
    }
}
