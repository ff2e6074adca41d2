import Postgres
import Support
import Testing
import Vocabulary

/// What is sent comes back the same.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct RoundTripTests {
    static let texts = ["", "a", "信桥 🏦 e\u{301}", "\u{FFFF}\u{1}", "quote ' \" \\ {},NULL", String(repeating: "长", count: 100_000)]
    static let instants = [
        Instant.epoch, Instant(microseconds: 1), Instant(microseconds: -1), Instant(microseconds: 946_684_800_000_000),
        Instant(microseconds: .max), Instant(microseconds: -210_866_803_200_000_000),
    ]
    static let days = [Day(number: 0), Day(number: 10_957), Day(number: -2_440_588), Day(number: 2_145_042_905)]

    @Test func `every scalar survives`() throws {
        let session = try freshSession()
        for text in RoundTripTests.texts {
            #expect(try session.execute("SELECT $1", [.text(text)])[0].text(0) == text)
            // Swift's == calls canonically equivalent texts equal; the bytes must be too.
            #expect(try session.execute("SELECT $1", [.text(text)])[0].bytes(0) == Array(text.utf8))
        }
        for number in [Int64.min, -1, 0, 1, .max] {
            #expect(try session.execute("SELECT $1", [.int64(number)])[0].int64(0) == number)
            #expect(try session.execute("SELECT $1::numeric", [.int64(number)])[0].int64(0) == number)
            #expect(try session.execute("SELECT $1::numeric", [.int64(number)])[0].numericText(0) == String(number))
        }
        for number in [Int32.min, -1, 0, .max] {
            let row = try session.execute("SELECT $1, $1", [.int32(number)])[0]
            #expect(try row.int32(0) == number)
            #expect(try row.int64(1) == Int64(number))
        }
        for number in [0.0, -0.0, 0.1, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .nan] {
            #expect(try session.execute("SELECT $1", [.double(number)])[0].double(0).bitPattern == number.bitPattern)
        }
        for flag in [true, false] { #expect(try session.execute("SELECT $1", [.bool(flag)])[0].bool(0) == flag) }
        for bytes in [[], [0], [0, 255, 0], [UInt8](repeating: 7, count: 1 << 20)] as [[UInt8]] {
            #expect(try session.execute("SELECT $1", [.bytes(bytes)])[0].bytes(0) == bytes)
        }
        for instant in RoundTripTests.instants {
            #expect(try session.execute("SELECT $1", [.instant(instant)])[0].instant(0) == instant)
        }
        for day in RoundTripTests.days { #expect(try session.execute("SELECT $1", [.day(day)])[0].day(0) == day) }
        let json = Array(#"{"a": [1, "信"]}"#.utf8)
        #expect(try session.execute("SELECT $1", [.jsonb(json)])[0].bytes(0) == json)
        #expect(try session.execute("SELECT $1 ->> 'a'", [.jsonb(json)])[0].text(0) == #"[1, "信"]"#)
    }

    @Test func `the server understands moments as we do`() throws {
        let session = try freshSession("SET TimeZone = 'UTC'")
        let text = "2026-05-10T08:00:00.000001Z"
        let day = "1999-02-28"
        let row = try session.execute(
            "SELECT to_char($1, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), $2::text, '\(text)'::timestamptz, '\(day)'::date",
            [.instant(Instant(rfc3339: text) ?? .epoch), .day(Day(day) ?? Day(number: 0))])[0]
        #expect(try row.text(0) == text)
        #expect(try row.text(1) == day)
        #expect(try row.instant(2).rfc3339 == text)
        #expect(try row.day(3).text == day)
    }

    @Test func `NULL is NULL in every type and nothing else is`() throws {
        let session = try freshSession()
        let row = try session.execute(
            """
            SELECT NULL::text, NULL::bigint, NULL::integer, NULL::boolean, NULL::double precision, NULL::bytea, NULL::timestamptz,
                NULL::date, NULL::numeric, NULL::text[], NULL::bigint[], $1::text, ''::text
            """, [.null])[0]
        #expect(try row.textOrNil(0) == nil)
        #expect(try row.int64OrNil(1) == nil)
        #expect(try row.int32OrNil(2) == nil)
        #expect(try row.boolOrNil(3) == nil)
        #expect(try row.doubleOrNil(4) == nil)
        #expect(try row.bytesOrNil(5) == nil)
        #expect(try row.instantOrNil(6) == nil)
        #expect(try row.dayOrNil(7) == nil)
        #expect(try row.numericTextOrNil(8) == nil)
        #expect(try row.textsOrNil(9) == nil)
        #expect(try row.int64sOrNil(10) == nil)
        #expect(row.isNull(11))
        #expect(!row.isNull(12))
        #expect(try row.textOrNil(12) == "")
    }

    @Test func `arrays keep their elements, their NULLs and their order`() throws {
        let session = try freshSession()
        let bytes: [[UInt8]?] = [[0], nil, []]
        let jsons: [[UInt8]?] = [Array("1".utf8), nil]
        let cases: [(Parameter, String)] = [
            (.texts([]), "{}"), (.texts(["a", "", "NULL"]), #"{a,"","NULL"}"#), (.textsOrNull(["信", nil]), "{信,NULL}"),
            (.int64s([.min, .max]), "{-9223372036854775808,9223372036854775807}"), (.int64s([]), "{}"),
            (.int64sOrNull([1, nil]), "{1,NULL}"), (.int32s([3, -1]), "{3,-1}"), (.doubles([0.5, nil]), "{0.5,NULL}"),
            (.bools([true, nil, false]), "{t,NULL,f}"), (.bytesArray(bytes), #"{"\\x00",NULL,"\\x"}"#),
            (.instants([.epoch, nil]), #"{"1970-01-01 00:00:00+00",NULL}"#), (.days([Day(number: 0), nil]), "{1970-01-01,NULL}"),
            (.jsonbs(jsons), "{1,NULL}"),
        ]
        try session.script("SET TimeZone = 'UTC'")
        for (parameter, text) in cases {
            #expect(try session.execute("SELECT $1::text", [parameter])[0].text(0) == text, "\(parameter)")
        }
        #expect(try session.execute("SELECT $1", [.texts(["a", ""])])[0].texts(0) == ["a", ""])
        #expect(try session.execute("SELECT $1", [.int64s([])])[0].int64s(0) == [])
        #expect(try session.execute("SELECT $1", [.int64s([5, -5])])[0].int64s(0) == [5, -5])
    }

    @Test func `numeric is read exactly`() throws {
        let session = try freshSession()
        for text in ["0", "0.00", "-12.50", "10000", "99990000", "0.0001", "0.00000000001", "123456789012345678901234567890.5", "NaN"] {
            #expect(try session.execute("SELECT '\(text)'::numeric")[0].numericText(0) == text)
        }
        #expect(try session.execute("SELECT sum(x) FROM unnest($1) x", [.int64s([1, 9_999])])[0].int64(0) == 10_000)
        #expect(fault { () throws(PostgresFault) in _ = try session.execute("SELECT 1.5")[0].int64(0) } != nil)
        #expect(fault { () throws(PostgresFault) in _ = try session.execute("SELECT 1e30::numeric")[0].int64(0) } != nil)
    }

    @Test func `another type, a NULL and a missing column are refused, never guessed`() throws {
        let session = try freshSession()
        let row = try session.execute("SELECT 1::bigint, NULL::text, 'infinity'::timestamptz, 'infinity'::date, ARRAY[NULL]::text[]")[0]
        let attempts: [() throws(PostgresFault) -> Void] = [
            { () throws(PostgresFault) in _ = try row.text(0) },
            { () throws(PostgresFault) in _ = try row.int32(0) },
            { () throws(PostgresFault) in _ = try row.text(1) },
            { () throws(PostgresFault) in _ = try row.instant(2) },
            { () throws(PostgresFault) in _ = try row.day(3) },
            { () throws(PostgresFault) in _ = try row.texts(4) },
            { () throws(PostgresFault) in _ = try row.text(5) },
            { () throws(PostgresFault) in _ = try row.textOrNil(-1) },
        ]
        for (index, attempt) in attempts.enumerated() {
            guard case .unexpectedShape? = fault(of: attempt) else {
                Issue.record("attempt \(index) was let through")
                continue
            }
        }
    }
}
