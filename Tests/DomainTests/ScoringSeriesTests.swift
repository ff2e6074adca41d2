import Contracts
import Deciding
import Testing
import Vocabulary
import Wire

@testable import ScoringDomain

@Suite struct ScoringSeriesTests {
    /// Amounts in the months of 2025, read in December.
    private func value(_ aggregate: String, _ months: Int, _ facts: [(month: String, amount: String)], field: String? = "sales") -> Double?
    {
        var drive = ScoringDrive(
            catalog: Catalog(version: 1, entries: [ScoringGround.series("x", "tax.return", field, aggregate, months)]))
        for (number, fact) in facts.enumerated() { drive.tell(ScoringGround.tax(fact.month, fact.amount, id: "f\(number)")) }
        drive.tell(ScoringGround.registration(at: "2025-12-15T04:00:00Z"))
        return drive.value("x")?.number
    }

    @Test func `every aggregate is what it is by hand`() {
        let facts = [("2024-11", "1000"), ("2025-03", "100"), ("2025-03", "20.05"), ("2025-06", "300"), ("2025-10", "200")]
        #expect(value("sum", 12, facts) == 620.05)
        #expect(value("sum", 24, facts) == 1_620.05)
        #expect(value("sum", 0, facts) == 1_620.05)
        #expect(value("count", 12, facts, field: nil) == 4)
        #expect(value("count", 0, facts) == 5)
        #expect(value("mean", 12, facts) == 155.0125)
        #expect(value("max", 12, facts) == 300)
        #expect(value("max", 0, facts) == 1_000)
        #expect(value("last", 12, facts) == 200)
        #expect(value("activeMonths", 12, facts) == 3)
        // January to November, as the firm was known before, and December is not over: eleven months, three have something.
        #expect(value("gapMonths", 12, facts) == 8)
        // Thirteen months since the first known one; four have something.
        #expect(value("gapMonths", 24, facts) == 9)
        #expect(value("monthsSince", 0, facts) == 2)
        // Month sums 120.05, 300, 200: the first against the last.
        #expect(abs((value("trend", 12, facts) ?? 0) - (200 / 120.05 - 1)) < 1e-12)
        // 100, 300: mean 200, deviation 100.
        #expect(value("cv", 12, [("2025-03", "100"), ("2025-04", "300")]) == 0.5)
        // 10 + 20 against 30 + 60.
        #expect(value("trend", 12, [("2025-03", "10"), ("2025-04", "20"), ("2025-05", "30"), ("2025-06", "60")]) == 2)
    }

    @Test func `what is missing is absent and never zero`() {
        for aggregate in Indicator.Aggregate.allCases where ![.cv, .trend, .gapMonths, .activeMonths].contains(aggregate) {
            #expect(value(aggregate.rawValue, 0, []) == nil, "\(aggregate)")
        }
        for aggregate in Indicator.Aggregate.allCases { #expect(value(aggregate.rawValue, 12, []) == nil, "\(aggregate)") }
        // Sales long ago: the sum of these twelve months is not known, while their number is.
        let old = [("2021-03", "100")]
        #expect(value("sum", 12, old) == nil)
        #expect(value("count", 12, old) == 0)
        #expect(value("cv", 12, [("2025-03", "100")]) == nil)
        #expect(value("trend", 12, [("2025-03", "0"), ("2025-04", "5")]) == nil)
    }

    @Test func `months older than sixty count in all time and in no window`() {
        let facts = [("2015-01", "7"), ("2015-02", "8"), ("2025-11", "1")]
        #expect(value("sum", 0, facts) == 16)
        #expect(value("sum", 60, facts) == 1)
        #expect(value("max", 0, facts) == 8)
        #expect(value("count", 0, facts) == 3)
    }

    @Test func `windows end with the month of the latest fact and not with the clock`() {
        var drive = ScoringDrive()
        drive.tell(ScoringGround.tax("2020-05", "700"))
        #expect(drive.value("sales-12m") == .number(700))
        drive.tell(ScoringGround.tax("2021-06", "1"))
        #expect(drive.value("sales-12m") == .number(1))
        // A period that is still to come is in no window yet.
        drive.tell(ScoringGround.fact("f", "tax.return", "2021-06-29T00:00:00Z", "{\"period\":\"2022-01\",\"sales\":5}"))
        #expect(drive.value("sales-12m") == .number(1))
        drive.tell(ScoringGround.registration(at: "2022-01-02T00:00:00Z"))
        #expect(drive.value("sales-12m") == .number(6))
    }

    private func takenBack(_ month: String) -> Fact {
        let said = "{\"period\":\"\(month)\",\"sales\":1,\"grade\":\"B\"}"
        return ScoringGround.fact(
            "desk/\(month)", "tax.return", month + "-28T04:00:00Z", said, supersedes: "tax/\(month)", said: said, isRetraction: true)
    }

    @Test func `a window ends with the latest fact that stands, whatever came first`() {
        let facts = [
            ScoringGround.tax("2020-05", "700"), ScoringGround.tax("2021-06", "1"), ScoringGround.tax("2021-08", "1"), takenBack("2021-08"),
        ]
        var dice = SplitMix64(seed: 7)
        var states: Set<[UInt8]> = []
        for _ in 0..<24 {
            var drive = ScoringDrive()
            for fact in facts.shuffled(using: &dice) { drive.tell(fact) }
            #expect(drive.state.windowsEnd == ScoringGround.instant("2021-06-28T04:00:00Z"))
            #expect(drive.value("sales-12m") == .number(1))
            states.insert(drive.state.bytes)
            drive.tell(takenBack("2021-06"))
            #expect(drive.value("sales-12m") == .number(700))
        }
        #expect(states.count == 1)
    }

    @Test func `where more was taken back than is kept a window ends no earlier than what stands`() throws {
        let months = (1...9).map { "2021-0\($0)" }
        let facts = [ScoringGround.tax("2020-05", "700")] + months.map { ScoringGround.tax($0, "1") } + months.map { takenBack($0) }
        var dice = SplitMix64(seed: 8)
        for _ in 0..<10 {
            var drive = ScoringDrive()
            for fact in facts.shuffled(using: &dice) { drive.tell(fact) }
            #expect(drive.state.windowsEnd == ScoringGround.instant("2021-02-28T04:00:00Z"))
            #expect(drive.value("sales-12m") == .number(700))
            let bytes = drive.state.bytes
            #expect(try ScoringState(try JSONDocument(parsing: bytes).root).bytes == bytes)
        }
    }

    @Test func `a filter takes only what passes all its parts`() {
        var drive = ScoringDrive()
        let cases = [("a", "defendant", "open"), ("b", "plaintiff", "open"), ("c", "executed", "open"), ("d", "defendant", "closed")]
        for (id, role, status) in cases {
            drive.tell(
                ScoringGround.fact(
                    id, "judicial.case", "2025-05-01T00:00:00Z", "{\"caseNo\":\"\(id)\",\"role\":\"\(role)\",\"status\":\"\(status)\"}"))
        }
        #expect(drive.value("open-cases") == .number(2))
    }

    @Test func `ratio, logic, age and profile say what their parts say`() {
        var drive = ScoringDrive()
        #expect(drive.value("sales-a-month") == nil)
        #expect(drive.value("tax-rank") == nil)
        drive.tell(ScoringGround.registration())
        drive.tell(ScoringGround.tax("2025-03", "100"))
        drive.tell(ScoringGround.tax("2025-04", "50"))
        #expect(drive.value("sales-a-month") == .number(75))
        #expect(drive.value("tax-grade") == .text("B"))
        #expect(drive.value("tax-rank") == .number(2))
        // From 15 March 2017 to 28 April 2025.
        #expect(drive.value("age") == .number(97))
        drive.tell(ScoringGround.tax("2025-05", "0"))
        #expect(drive.value("sales-a-month") == .number(50))
    }

    @Test func `whole months are counted as people count them`() throws {
        let pairs = [
            ("2025-01-31", "2025-02-28", 1), ("2025-01-31", "2025-02-27", 0), ("2025-01-15", "2026-01-14", 11),
            ("2025-03-01", "2025-02-28", -1),
            ("2024-02-29", "2025-02-28", 12),
        ]
        for (from, to, months) in pairs {
            #expect(IndicatorReading.wholeMonths(from: try #require(Day(from)), to: try #require(Day(to))) == months, "\(from) \(to)")
        }
    }

    @Test func `beyond twenty thousand facts the oldest months are forgotten, and what is awaited stays`() throws {
        var memory = FactMemory()
        for number in 0..<FactMemory.countMax { memory.set(.counted(24_000 + Int32(number / 1_000)), for: "fact-\(number)") }
        memory.set(.replaced(24_019), for: "fact-19999")
        #expect(memory["fact-0"] == .counted(24_000), "none is forgotten yet")
        memory.set(.awaited, for: "awaited")
        #expect((0..<2_000).allSatisfy { memory["fact-\($0)"] == nil })
        #expect((2_000..<19_999).allSatisfy { memory["fact-\($0)"] == .counted(24_000 + Int32($0 / 1_000)) })
        #expect(memory["fact-19999"] == .replaced(24_019) && memory["awaited"] == .awaited)

        let text = Array(memory.text.utf8)
        #expect(text.count == 11 * 18_001)
        #expect(FactMemory(text: text[...]) == memory)
        for wrong in [
            Array(text.dropLast()), Array(text[11..<22] + text[..<11]), Array(text[..<11] + text[..<11]), Array("00000000~00".utf8),
        ] {
            #expect(FactMemory(text: wrong[...]) == nil, "\(String(decoding: wrong.prefix(22), as: UTF8.self))")
        }
    }
}
