import Testing
import Vocabulary

@Suite struct TimeAndMoneyTests {
    @Test func `every day of four centuries is written and read back`() throws {
        var day = try #require(Day("1900-01-01"))
        let last = try #require(Day("2300-01-01"))
        while day < last {
            let (year, month, number) = day.civil
            #expect(Day(year: year, month: month, day: number) == day)
            #expect(Day(day.text) == day)
            #expect((day + 1).weekday == day.weekday % 7 + 1)
            day = day + 1
        }
        #expect(Day("1970-01-01")?.number == 0)
        #expect(Day("1970-01-01")?.weekday == 4)
        #expect(Day("2026-05-10")?.weekday == 7)
    }

    @Test func `days no calendar has are refused`() {
        for text in ["2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "2026-01-32", "2026/01/01", "", "2026-01-01 "] {
            #expect(Day(text) == nil, "\(text)")
        }
        #expect(Day("2000-02-29") != nil)
    }

    @Test func `months too short end on their last day`() {
        #expect(Day("2026-01-31")?.adding(months: 3).text == "2026-04-30")
        #expect(Day("2026-01-31")?.adding(months: 1).text == "2026-02-28")
        #expect(Day("2028-02-29")?.adding(months: -12).text == "2027-02-28")
        #expect(Day("2026-12-31")?.adding(months: 1).text == "2027-01-31")
    }

    @Test func `moments are read with any offset and written in UTC`() throws {
        let cases = [
            ("2026-05-10T16:00:00+08:00", "2026-05-10T08:00:00Z"), ("2026-05-10 08:00:00.000001Z", "2026-05-10T08:00:00.000001Z"),
            ("2026-05-10T08:00:00.1234567Z", "2026-05-10T08:00:00.123456Z"), ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ]
        for (text, written) in cases { #expect(Instant(rfc3339: text)?.rfc3339 == written, "\(text)") }
        for text in ["2026-05-10", "2026-05-10T08:00:00", "2026-05-10T24:00:00Z", "2026-05-10T08:00:00.Z", "2026-05-10T08:00:00+8:00"] {
            #expect(Instant(rfc3339: text) == nil, "\(text)")
        }
        #expect(Instant(rfc3339: "2026-05-10T15:59:59.999999Z")?.dayInChina.text == "2026-05-10")
        #expect(Instant(rfc3339: "2026-05-10T16:00:00Z")?.dayInChina.text == "2026-05-11")
        #expect(Day("2026-05-11")?.startInChina.rfc3339 == "2026-05-10T16:00:00Z")
    }

    @Test func `the ends of time and money stop nothing`() {
        for microseconds in [Int64.min, .min + 1, -1, 0, .max] {
            let moment = Instant(microseconds: microseconds)
            #expect(!moment.rfc3339.isEmpty)
            #expect(!moment.dayInChina.text.isEmpty)
            #expect((moment + .seconds(1)) >= moment)
            #expect((moment - .seconds(1)) <= moment)
            _ = moment.since(Instant(microseconds: .max))
            _ = moment.since(Instant(microseconds: .min))
            #expect(moment.dayInChina.startInChina <= Instant(microseconds: .max))
        }
        #expect(Day(number: .max) + .max == Day(number: .max))
        #expect(Day(number: .min) - .max == Day(number: .min))
        #expect(!Day(number: .min).adding(months: .min).text.isEmpty)
        #expect(Money(fen: .max) + Money(fen: 1) == Money(fen: .max))
        #expect(-Money(fen: .min) == Money(fen: .max))
        #expect(Money(fen: .min).text == "-92233720368547758.08")
    }

    @Test func `shares round down on both sides of zero and never overflow`() {
        #expect(Money(fen: 999).share(BasisPoints(5_000)) == Money(fen: 499))
        #expect(Money(fen: -999).share(BasisPoints(5_000)) == Money(fen: -500))
        #expect(Money(fen: .max).share(BasisPoints(10_000)) == Money(fen: .max))
        #expect(Money(fen: .max).share(BasisPoints(20_000)) == Money(fen: .max))
        #expect(Money(fen: .min).share(BasisPoints(.max)) == Money(fen: .min))
        #expect(Money(fen: 1).basisPoints(of: Money(fen: 1)) == BasisPoints(10_000))
        #expect(Money(fen: -5).basisPoints(of: Money(fen: 3)) == BasisPoints(-16_667))
        #expect(Money(fen: 1).basisPoints(of: Money(fen: 3)) == BasisPoints(3_333))
        #expect(Money(fen: .max).basisPoints(of: Money(fen: 1)) == BasisPoints(.max))
        #expect(Money(fen: 1).basisPoints(of: .zero) == nil)
        var generator = SplitMix64(seed: 7)
        for _ in 0..<5_000 {
            let fen = Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &generator)
            let ratio = Int64.random(in: 0...20_000, using: &generator)
            let share = Money(fen: fen).share(BasisPoints(ratio)).fen
            let exact = Int128(fen) * Int128(ratio)
            #expect(Int128(share) * 10_000 <= exact && exact < (Int128(share) + 1) * 10_000)
        }
    }

    @Test func `moments and days are written digit by digit, as short as they may be and no shorter`() {
        let written: [(Int64, String)] = [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999Z"), (951_782_400_000_000, "2000-02-29T00:00:00Z"),
            (1_789_000_000_000_010, "2026-09-10T00:26:40.000010Z"), (253_402_300_799_000_000, "9999-12-31T23:59:59Z"),
            (253_402_300_800_000_000, "10000-01-01T00:00:00Z"), (-62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
            (-62_135_596_801_000_000, "0000-12-31T23:59:59Z"),
        ]
        for (microseconds, text) in written {
            #expect(Instant(microseconds: microseconds).rfc3339 == text)
        }
        #expect(Day(year: 2026, month: 9, day: 1)?.text == "2026-09-01")
        #expect(Month(year: 2026, month: 11).text == "2026-11")
        #expect(Month(year: 987, month: 1).text == "0987-01")
        var seed: UInt64 = 7
        for _ in 0..<20_000 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let moment = Instant(microseconds: Int64(seed >> 13) - 62_135_596_800_000_000)
            guard moment.rfc3339.utf8.count <= 27, moment.rfc3339 < "9999" else { continue }
            #expect(Instant(rfc3339: moment.rfc3339) == moment)
        }
    }
}
