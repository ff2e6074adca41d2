import Contracts
import ReportingDomain
import Testing
import Vocabulary

@Suite struct ReportingConsoleTests {
    @Test func `no name can become a tag or an attribute`() {
        let name = #"<script>alert("x")</script>&'"#
        var grid = Grid([.words("Firm", "企业"), .words("State", "状态"), .words(name, name)])
        grid.add([.link(name, to: "/firm/" + Markup.segment(name)), .pill(name), .long(name)])
        var page = Page(Bilingual(en: name, zh: name), at: "/firms")
        page.lead(name)
        page.cards([(Bilingual(en: name, zh: name), name, name)])
        page.table(Bilingual(en: name, zh: name), grid)
        page.search(name, hint: name, at: "/firms")
        page.section(Bilingual(en: name, zh: name)) { section in
            Chart.months(
                [(name, 1, 2)], one: Bilingual(en: name, zh: name), two: Bilingual(en: name, zh: name), shown: { _ in name }, in: &section)
            Chart.funnel([(Bilingual(en: name, zh: name), 1, name)], in: &section)
        }
        #expect(!page.html.contains("<script"))
        #expect(!page.html.contains(#"alert("x")"#))
        #expect(page.html.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;"))
        #expect(page.html.contains("/firm/%3Cscript%3E"))
        #expect(!Page.obstacle(Bilingual(en: name, zh: name), Bilingual(en: name, zh: name)).contains("<script"))
    }

    @Test func `every element that opens also closes`() {
        var page = Page(Bilingual(en: "A", zh: "甲"), at: "/")
        page.section(Bilingual(en: "B", zh: "乙")) { section in
            Chart.months(
                [("26-01", 0, 5)], one: Bilingual(en: "a", zh: "a"), two: Bilingual(en: "b", zh: "b"), shown: { "\($0)" }, in: &section)
        }
        for tag in ["section", "div", "svg", "g", "table", "a", "span", "main", "body", "html", "nav", "rect", "text", "line"] {
            let opened =
                page.html.split(separator: "<\(tag) ", omittingEmptySubsequences: false).count
                + page.html.split(separator: "<\(tag)>", omittingEmptySubsequences: false).count - 2
            let closed = page.html.split(separator: "</\(tag)>", omittingEmptySubsequences: false).count - 1
            #expect(opened == closed, "\(tag)")
        }
    }

    @Test func `figures are shown with their units and never rounded up`() {
        #expect(Shown.count(1_234_567) == "1,234,567")
        #expect(Shown.count(999) == "999")
        #expect(Shown.count(-1_000) == "−1,000")
        #expect(Shown.count(.min) == "−9,223,372,036,854,775,808")
        #expect(Shown.money(fen: 123_456_789) == "123.45 万元")
        #expect(Shown.money(fen: 9_999_999_999) == "9,999.99 万元")
        #expect(Shown.money(fen: 10_000_000_000) == "1.00 亿元")
        #expect(Shown.money(fen: -5_000_000) == "−5.00 万元")
        #expect(Shown.money(fen: .min).hasSuffix(" 亿元"))
        #expect(Shown.percent(BasisPoints(435)) == "4.35 %")
        #expect(Shown.share(2, of: 3) == "66.66 %")
        #expect(Shown.share(1, of: 0) == "–")
        #expect(Shown.moment(Instant(rfc3339: "2026-06-30T17:30:00Z") ?? .epoch) == "2026-07-01 01:30")
    }

    @Test func `a quarter begins and ends at midnight in China`() throws {
        let quarter = try #require(Quarter("2026-Q3"))
        #expect(quarter.start.rfc3339.hasPrefix("2026-06-30T16:00:00"))
        #expect(quarter.end.rfc3339.hasPrefix("2026-09-30T16:00:00"))
        #expect(quarter.previous.text == "2026-Q2")
        #expect(Quarter("2026-Q4")?.next.text == "2027-Q1")
        #expect(Quarter("2026-Q1")?.previous.text == "2025-Q4")
        #expect(Quarter(of: quarter.end) == quarter.next)
        for wrong in ["2026-Q0", "2026-Q5", "2026Q3", "26-Q3", "2026-q3", "", "2026-Q33", "+026-Q3", "９026-Q3"] {
            #expect(Quarter(wrong) == nil, "\(wrong)")
        }
    }
}
