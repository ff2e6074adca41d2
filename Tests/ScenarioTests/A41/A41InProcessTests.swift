import Adapters
import Contracts
import Deciding
import IngestionDomain
import MatchmakingDomain
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A41: a new source with its adapter, and a new product, while the house is at work.
@Suite struct A41InProcessTests {
    private let today = Day(year: 2026, month: 9, day: 10) ?? Day(number: 0)

    private func entry(_ kind: String, _ id: String, _ body: String) throws -> CatalogEntry {
        CatalogEntry(kind: kind, id: id, version: 1, effectiveFrom: .epoch, body: try JSONDocument(parsing: Array(body.utf8)).root)
    }

    @Test func `a source, its layout and a product that are only data lead to a first match within ten seconds`() throws {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000))
        let story = HunanStory(number: 41, today: today)
        house.tell(story.records())
        try house.advance(to: house.now + .seconds(60))
        #expect(house.setAside(.ingestion) == [])

        let published = house.now
        house.publish([
            try entry(
                "source", "stock-scene",
                #"{"title":{"en":"Stock","zh":"存货场景"},"recordTypes":["stock.count"],"rhythmDays":1,"owner":{"en":"O","zh":"场景方"}}"#),
            try entry(
                "recordType", "stock.count",
                #"{"title":{"en":"Stock","zh":"存货"},"class":"operations","writers":["source:stock-scene"],"consentCategory":null,"businessKey":["countedOn"],"institutionField":null,"rules":[],"fields":{"countedOn":{"type":"day","required":true,"class":"public","title":{"en":"Day","zh":"盘点日"}},"value":{"type":"yuan","required":true,"class":"public","title":{"en":"Value","zh":"存货价值"}}}}"#
            ),
            try entry(
                "layout", "stock-scene-csv",
                #"{"title":{"en":"Stock","zh":"存货"},"source":"stock-scene","recordType":"stock.count","format":"csv","encoding":"gb18030","columns":["代码","盘点日","价值(万元)"],"subject":{"column":"代码"},"occurredAt":{"column":"盘点日","type":"day"},"fields":{"countedOn":{"column":"盘点日","type":"day"},"value":{"column":"价值(万元)","type":"yuan","unit":"万元"}}}"#
            ),
            try entry(
                "indicator", "stock-value",
                #"{"title":{"en":"Stock value","zh":"存货价值"},"unit":"yuan","type":"series","recordType":"stock.count","field":"value","aggregate":"last","months":0}"#
            ),
            try entry(
                "product", "bank-b-stock-loan",
                #"{"title":{"en":"Stock loan","zh":"存货贷"},"institution":"bank-b","kind":"credit","amountMin":50000,"amountMax":5000000,"monthsMin":3,"monthsMax":24,"purposes":["working-capital"],"conditions":[{"id":"stock","title":{"en":"Stock of a million","zh":"存货一百万以上"},"logic":{">=":[{"var":"stock-value"},1000000]},"isHard":true}],"rate":{"baseBp":345,"gradeBp":{"AA":0,"A":0,"B":0,"C":0,"D":0}},"feeBp":0,"limit":5000000,"successBp":{"AA":9000,"A":9000,"B":9000,"C":9000,"D":9000},"days":2,"serviceBp":9000,"zones":["province"]}"#
            ),
        ])
        let delivery = try house.deliver(
            "代码,盘点日,价值(万元)\n\(story.firm),2026-09-01,850.5\n\(story.firm),2026-09-31,1\n", by: "stock-scene-csv")
        #expect(delivery.records == 1)
        #expect(delivery.rejected.map(\.code) == [.date])
        try house.advance(to: house.now + .seconds(4))
        house.tell([story.request()])
        try house.advance(to: published + .seconds(10))

        for service in ServiceName.allCases { #expect(house.setAside(service) == [], "\(service)") }
        #expect(try house.facts("stock.count").map { $0.data["value"]?.moneyInYuan } == [Money(yuan: 8_505_000)])
        let list = try #require(
            try house.bodies(Topic.matchmakingEvents, MatchList.type).map { try MatchList($0) }.last {
                $0.applicationID == story.applicationID
            })
        #expect(list.matches.contains { $0.productID == "bank-b-stock-loan" })
    }

    /// A layout with two slips, in its lines 5 and 6.
    static let slip = """
        {"title": {"en": "T", "zh": "税"}, "source": "tax", "recordType": "tax.return", "format": "csv", "encoding": "gb18030",
         "columns": ["代码", "所属期", "销售额"],
         "subject": {"column": "代码"}, "occurredAt": {"column": "所属期", "type": "month", "at": "end"},
         "fields": {"period": {"column": "所属期", "type": "month"},
          "turnover": {"column": "销售额", "type": "yuan"},
          "sales": {"column": "销售", "type": "yuan", "unit": "万圆"}}}
        """

    @Test func `a slip in a new layout is refused before it is published, with its line`() throws {
        let house = try wholeHouse(now: today.startInChina)
        let layout = try entry("layout", "slip", Self.slip)
        let defects = Ingestion.defects(of: layout, examples: [layout.body], in: house.catalog)
        #expect(defects.contains { $0.hasPrefix("line 5:") && $0.contains("no field `turnover`") }, "\(defects)")
        #expect(defects.contains { $0.hasPrefix("line 6:") && $0.contains("column `销售`") }, "\(defects)")
    }
}
