import Adapters
import Contracts
import Foundation
import Postgres
import Support
import Testing
import Vocabulary
import Wire

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A41ProcessesTests {
    @Test func `a source, its layout and a product that are only data lead to a first match within ten seconds`() throws {
        let suite = try ProcessSuite.shared.get()
        let story = HunanStory(number: 41, today: Day.today - 1)
        let firm: [Parameter] = [.text(story.firm)]
        try suite.introduce(story)

        let pack = try PackOnDisk("stock-scene")
        // Names of the test's own: the house is shared.
        let (type, indicator) = (pack.id + ".count", pack.id + "-value")
        try pack.write(
            "source", pack.id,
            #"{"title":{"en":"Stock","zh":"存货场景"},"recordTypes":["\#(type)"],"rhythmDays":1,"owner":{"en":"O","zh":"场景方"}}"#,
            examples: #"{"recordType":"\#(type)","allowed":true}"#)
        try pack.write(
            "recordType", type,
            #"{"title":{"en":"Stock","zh":"存货"},"class":"operations","writers":["source:\#(pack.id)"],"consentCategory":null,"businessKey":["countedOn"],"institutionField":null,"rules":[],"schema":{"$schema":"urn:xinqiao:schema:record","type":"object","required":["countedOn","value"],"additionalProperties":false,"properties":{"countedOn":{"type":"string","format":"day","class":"public","label":{"en":"Day","zh":"盘点日"}},"value":{"type":"number","format":"money","minimum":0,"class":"public","label":{"en":"Value","zh":"存货价值"}}}}}"#,
            examples: #"{"data":{"countedOn":"2026-09-01","value":8505000},"valid":true},{"data":{"countedOn":"2026-09-01"},"valid":false}"#
        )
        try pack.write(
            "layout", pack.id + "-csv",
            #"{"title":{"en":"Stock","zh":"存货"},"source":"\#(pack.id)","recordType":"\#(type)","format":"csv","encoding":"gb18030","columns":["代码","盘点日","价值(万元)"],"subject":{"column":"代码"},"occurredAt":{"column":"盘点日","type":"day"},"fields":{"countedOn":{"column":"盘点日","type":"day"},"value":{"column":"价值(万元)","type":"yuan","unit":"万元"}}}"#,
            examples:
                #"{"text":"代码,盘点日,价值(万元)\n91430102PDY000079R,2026-09-01,850.5\n","records":[{"line":2,"subject":"91430102PDY000079R","occurredAt":"2026-09-01","data":{"countedOn":"2026-09-01","value":8505000}}],"rejected":[]}"#
        )
        try pack.write(
            "indicator", indicator,
            #"{"title":{"en":"Stock value","zh":"存货价值"},"unit":"yuan","type":"series","recordType":"\#(type)","field":"value","aggregate":"last","months":0}"#,
            examples:
                #"{"facts":[{"recordType":"\#(type)","occurredAt":"2026-09-01T00:00:00+08:00","data":{"countedOn":"2026-09-01","value":8505000}}],"asOf":"2026-09-30T12:00:00Z","value":8505000}"#
        )
        try pack.write(
            "product", pack.id + "-loan",
            #"{"title":{"en":"Stock loan","zh":"存货贷"},"institution":"bank-b","kind":"credit","amountMin":50000,"amountMax":5000000,"monthsMin":3,"monthsMax":24,"purposes":["working-capital"],"conditions":[{"id":"stock","title":{"en":"Stock of a million","zh":"存货一百万以上"},"logic":{">=":[{"var":"\#(indicator)"},1000000]},"isHard":true}],"rate":{"baseBp":345,"gradeBp":{"AA":0,"A":0,"B":0,"C":0,"D":0}},"feeBp":0,"limit":5000000,"successBp":{"AA":9000,"A":9000,"B":9000,"C":9000,"D":9000},"days":2,"serviceBp":9000,"zones":["province"]}"#,
            examples:
                #"{"facts":{"\#(indicator)":8505000},"eligible":true},{"facts":{"\#(indicator)":3},"eligible":false,"firstFailing":"stock"}"#
        )
        let file = pack.folder.appendingPathComponent("stock.csv").path
        let text = "代码,盘点日,价值(万元)\n\(story.firm),2026-09-01,850.5\n\(story.firm),2026-09-31,1\n"
        try Data(try #require(TextEncoding(rawValue: "gb18030")).encode(text)).write(to: URL(fileURLWithPath: file))

        try suite.publish(pack)
        let published = Date()
        let said = try suite.run(["import", "--no-wait", "--layout", pack.id + "-csv", file])
        #expect(said.contains("1 records of \(type) sent"), "\(said)")
        let rejected = try String(contentsOfFile: file + ".rejected", encoding: .utf8)
        #expect(rejected.contains("2026-09-31"), "\(rejected)")
        let matched = try suite.number(
            "SELECT count(*) FROM matchmaking.match WHERE product_id = $1 AND subject = $2 AND is_current",
            [.text(pack.id + "-loan"), .text(story.firm)], becomes: 1, within: .seconds(30))
        let seconds = Date().timeIntervalSince(published)
        print("A41: from the published entries to the first match \(Double(Int(seconds * 10)) / 10) s, the import included")
        #expect(matched == 1)
        // Ten is the row's; other tests and a compiler may be on the same cores.
        #expect(seconds < 30)
        #expect(
            try suite.number("SELECT (data->>'value')::numeric::int8 FROM governance.fact WHERE record_type = $1", [.text(type)])
                == 8_505_000
        )

        // A firm without that stock is not offered the product, whoever it is.
        #expect(
            try suite.number("SELECT count(*) FROM matchmaking.match WHERE product_id = $1 AND is_current", [.text(pack.id + "-loan")]) == 1
        )
        try suite.tell([story.request()])
        #expect(
            try suite.number(
                "SELECT count(*) FROM matchmaking.match WHERE product_id = $1 AND application_id = $2 AND is_current",
                [.text(pack.id + "-loan"), .text(story.applicationID)], becomes: 1) == 1)
        #expect(try suite.number("SELECT count(*) FROM operator.dead_letter WHERE convert_from(key, 'UTF8') = $1", firm) == 0)
    }

    @Test func `a slip in a new layout is refused before it is published, with its line`() throws {
        let suite = try ProcessSuite.shared.get()
        let pack = try PackOnDisk("slip")
        try pack.write(
            "layout", pack.id,
            A41InProcessTests.slip, examples: #"{"text":"代码,所属期,销售额\n","records":[],"rejected":[]}"#)
        var said = "published"
        do {
            try suite.run(["catalog", "publish", pack.folder.path])
        } catch let trouble as ProcessSuite.Trouble {
            said = trouble.description
        }
        #expect(said.contains("line 5:") && said.contains("no field `turnover`"), "\(said)")
        #expect(said.contains("line 6:") && said.contains("column `销售`"), "\(said)")
        #expect(said.contains("layout-\(pack.id).json"), "\(said)")
    }
}
