import Postgres
import Support
import Testing
import Vocabulary

/// Batches end in the same rows whichever way they are written. Sizes on both sides of the writer's thresholds.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct TableWriterTests {
    static let sizes = [1, 2, 19, 20, 4999, 5000]
    static let schema = #"CREATE TABLE "Firm's ""book""" (id bigint PRIMARY KEY, "name" text, n bigint NOT NULL)"#

    private func table(_ onConflict: OnConflict) -> Table {
        Table(
            name: #"Firm's "book""#, columns: [Column("id", .int64), Column("name", .text, isNullable: true), Column("n", .int64)],
            key: ["id"], onConflict: onConflict)
    }

    private func rows(_ ids: some Sequence<Int>, n: Int64) -> [[Value]] {
        ids.map { [.int64(Int64($0)), $0 % 3 == 0 ? .null : .text("企业 \($0)"), .int64(n)] }
    }

    private func contents(_ session: Connection) throws -> [String] {
        try session.execute(#"SELECT concat_ws('|', id, coalesce("name", '-'), n) FROM "Firm's ""book""" ORDER BY id"#)
            .map { try $0.text(0) }
    }

    private func expected(_ ids: Range<Int>, n: Int64) -> [String] {
        ids.map { "\($0)|\($0 % 3 == 0 ? "-" : "企业 \($0)")|\(n)" }
    }

    @Test func `refuse appends, and refuses the whole batch for one known key`() throws {
        let session = try freshSession(TableWriterTests.schema)
        for size in TableWriterTests.sizes {
            try session.script(#"TRUNCATE "Firm's ""book""""#)
            #expect(try session.write(rows(0..<size, n: 1), into: table(.refuse)) == size)
            #expect(try contents(session) == expected(0..<size, n: 1))
            let again = fault { () throws(PostgresFault) in try session.write(rows((size - 1)..<(2 * size), n: 2), into: table(.refuse)) }
            #expect(again?.sqlstate == "23505")
            #expect(try contents(session) == expected(0..<size, n: 1))
        }
    }

    @Test func `keepFirst keeps what was there, also within a batch`() throws {
        let session = try freshSession(TableWriterTests.schema)
        for size in TableWriterTests.sizes {
            try session.script(#"TRUNCATE "Firm's ""book""""#)
            let twice = rows(0..<size, n: 1) + rows(0..<size, n: 2)
            #expect(try session.write(twice, into: table(.keepFirst)) == size)
            #expect(try session.write(rows(0..<(size + 1), n: 3), into: table(.keepFirst)) == 1)
            #expect(try contents(session) == expected(0..<size, n: 1) + expected(size..<(size + 1), n: 3))
        }
    }

    @Test func `replace replaces, and the last of a key in one batch wins`() throws {
        let session = try freshSession(TableWriterTests.schema)
        for size in TableWriterTests.sizes {
            try session.script(#"TRUNCATE "Firm's ""book""""#)
            try session.write(rows(0..<size, n: 1), into: table(.replace))
            let twice = rows(0..<(size + 1), n: 2) + rows((0..<size).reversed(), n: 3)
            #expect(try session.write(twice, into: table(.replace)) == size + 1)
            #expect(try contents(session) == expected(0..<size, n: 3) + expected(size..<(size + 1), n: 2))
        }
    }

    @Test func `two large batches in one transaction do not mix, nor after a rollback`() throws {
        let session = try freshSession(TableWriterTests.schema)
        try session.begin()
        #expect(try session.write(rows(0..<6000, n: 1), into: table(.replace)) == 6000)
        #expect(try session.write(rows(3000..<9000, n: 2), into: table(.replace)) == 6000)
        #expect(try contents(session) == expected(0..<3000, n: 1) + expected(3000..<9000, n: 2))
        session.rollback()
        #expect(try contents(session) == [])
        #expect(try session.write(rows(0..<6000, n: 5), into: table(.keepFirst)) == 6000)
        #expect(try session.write(rows(6000..<12_000, n: 6), into: table(.keepFirst)) == 6000)
        try session.begin()
        try session.script("SAVEPOINT a")
        #expect(try session.write(rows(0..<6000, n: 7), into: table(.replace)) == 6000)
        try session.script("ROLLBACK TO SAVEPOINT a")
        #expect(try session.write(rows(0..<6000, n: 8), into: table(.replace)) == 6000)
        try session.commit()
        #expect(try contents(session) == expected(0..<6000, n: 8) + expected(6000..<12_000, n: 6))
    }

    @Test func `every column type, full and NULL, by every way`() throws {
        let names = ColumnType.allCases
        let sql = ["text", "integer", "bigint", "double precision", "boolean", "bytea", "timestamptz", "date", "jsonb", "smallint[]"]
        let definition = sql.enumerated().map { "c\($0.offset) \($0.element)" }.joined(separator: ", ")
        let session = try freshSession("CREATE TABLE t (id bigint PRIMARY KEY, \(definition))")
        let full: [Value] = [
            .text("信"), .int64(-5), .int64(.max), .double(0.1), .bool(true), .bytes([0]), .instant(Instant(microseconds: 1)),
            .day(Day(number: -1)), .json(Array(#"{"a": 1}"#.utf8)), .int16s([1, -2]),
        ]
        let columns = [Column("id", .int64)] + names.enumerated().map { Column("c\($0.offset)", $0.element, isNullable: true) }
        let empty = [Value](repeating: .null, count: names.count)
        for onConflict in [OnConflict.refuse, .keepFirst, .replace] {
            for size in [2, 6000] {
                try session.script("TRUNCATE t")
                let batch = (0..<size).map { [.int64(Int64($0))] + ($0 % 2 == 0 ? full : empty) }
                #expect(try session.write(batch, into: Table(name: "t", columns: columns, key: ["id"], onConflict: onConflict)) == size)
                let read = try session.execute("SELECT * FROM t ORDER BY id DESC LIMIT 2")
                for column in 1...names.count { #expect(read[0].isNull(column)) }
                let row = read[1]
                #expect(try row.text(1) == "信")
                #expect(try row.int32(2) == -5)
                #expect(try row.int64(3) == .max)
                #expect(try row.double(4) == 0.1)
                #expect(try row.bool(5))
                #expect(try row.bytes(6) == [0])
                #expect(try row.instant(7) == Instant(microseconds: 1))
                #expect(try row.day(8) == Day(number: -1))
                #expect(try row.bytes(9) == Array(#"{"a": 1}"#.utf8))
                let lists = try session.execute("SELECT c9::text FROM t ORDER BY id DESC LIMIT 2")
                #expect(try lists[1].text(0) == "{1,-2}")
                let last = [.int64(-1)] + full.dropLast() + [Value.int16s([])]
                #expect(try session.write([last], into: Table(name: "t", columns: columns, key: ["id"], onConflict: onConflict)) == 1)
                #expect(try session.execute("SELECT c9::text FROM t WHERE id = -1")[0].text(0) == "{}")
            }
        }
    }

    @Test func `an empty batch and a table that is all key`() throws {
        let session = try freshSession("CREATE TABLE pair (a text, b text, PRIMARY KEY (a, b))")
        let pair = Table(name: "pair", columns: [Column("a", .text), Column("b", .text)], key: ["a", "b"], onConflict: .replace)
        for onConflict in [OnConflict.refuse, .keepFirst, .replace] {
            #expect(try session.write([], into: Table(name: "no such table", columns: [], onConflict: onConflict)) == 0)
        }
        #expect(try session.write([[.text("a"), .text("b")], [.text("a"), .text("b")], [.text("a"), .text("c")]], into: pair) == 2)
        #expect(try session.write([[.text("a"), .text("b")]], into: pair) == 0)
    }

    @Test func `a value that cannot be written refuses the batch and the session goes on`() throws {
        let session = try freshSession("CREATE TABLE t (id bigint PRIMARY KEY, a text NOT NULL, s integer)")
        let columns = [Column("id", .int64), Column("a", .text), Column("s", .int32, isNullable: true)]
        let bad: [([Value], String?)] = [
            ([.int64(-1), .text("\0"), .null], "22021"), ([.int64(-1), .null, .null], "23502"),
            ([.int64(-1), .text(""), .int64(1 << 40)], "22003"), ([.int64(-1), .bool(true), .null], nil), ([.int64(-1)], nil),
        ]
        for onConflict in [OnConflict.refuse, .keepFirst, .replace] {
            let table = Table(name: "t", columns: columns, key: ["id"], onConflict: onConflict)
            for size in [1, 100, 10_000] {
                let good: [[Value]] = (0..<size).map { [.int64(Int64($0)), .text("padding padding padding"), .null] }
                for (row, sqlstate) in bad {
                    let refusal = fault { () throws(PostgresFault) in try session.write(good + [row], into: table) }
                    #expect(refusal?.sqlstate == sqlstate)
                    #expect(refusal != nil && refusal?.isTransient == false)
                    #expect(refusal?.isDataRefusal == (sqlstate != nil))
                    #expect(session.isAlive)
                }
            }
            #expect(try session.execute("SELECT count(*) FROM t")[0].int64(0) == 0)
        }
    }

    @Test func `a table that is not there, or another type, is told and the session goes on`() throws {
        let session = try freshSession("CREATE TABLE t (id integer)")
        for size in [1, 10_000] {
            let rows: [[Value]] = (0..<size).map { [.int64(Int64($0))] }
            for onConflict in [OnConflict.refuse, .keepFirst] {
                let absent = Table(name: "absent", columns: [Column("id", .int64)], onConflict: onConflict)
                #expect(fault { () throws(PostgresFault) in try session.write(rows, into: absent) }?.sqlstate == "42P01")
                #expect(session.isAlive)
            }
        }
        let other = Table(name: "t", columns: [Column("id", .int64)], onConflict: .refuse)
        let rows: [[Value]] = (0..<10_000).map { [.int64($0)] }
        #expect(fault { () throws(PostgresFault) in try session.copy(rows, into: other) }?.sqlstate == "22P03")
        #expect(try session.execute("SELECT count(*) FROM t")[0].int64(0) == 0)
    }

    @Test func `a session killed in the middle of COPY is a connection fault`() throws {
        let session = try freshSession("CREATE TABLE t (id bigint PRIMARY KEY)")
        let other = try freshSession()
        let table = Table(name: "t", columns: [Column("id", .int64)], key: ["id"], onConflict: .refuse)
        try session.begin()
        _ = try other.execute("SELECT pg_terminate_backend($1, 5000)", [.int32(session.backendPID)])
        let refusal = fault { () throws(PostgresFault) in try session.write((0..<200_000).map { [.int64($0)] }, into: table) }
        #expect(refusal?.isTransient == true)
        #expect(!session.isAlive)
    }
}
