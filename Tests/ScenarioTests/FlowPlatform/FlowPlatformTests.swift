import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A4: thirteen months of account flows from three banks in three layouts, one overlapping day sent twice.
@Suite struct FlowPlatformTests {
    @Test func `a day that two deliveries have counts once and the features are those computed by hand`() throws {
        let today = Story.day(2026, 6, 1)
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance", "flow-platform"])
        let story = HunanStory(number: 4, today: today)
        house.tell([story.consent(until: today + 300)])
        try house.advance(to: house.now + .seconds(1))
        house.publish(
            try DayFiles.layouts.map { id, body in
                CatalogEntry(
                    kind: "layout", id: id, version: 1, effectiveFrom: .epoch, body: try JSONDocument(parsing: Array(body.utf8)).root)
            })
        let files = DayFiles(firm: story.firm, first: today.month + -13)
        for (layout, text, records) in files.all {
            let delivery = try house.deliver(text, by: layout)
            #expect(delivery.records == records)
            #expect(delivery.rejected.isEmpty, "\(layout)")
        }
        // The next file of bank-b begins with the day with which the last one ended: the same line is the same record. Its own system tells of
        // that day, too, under an id of its own.
        let last = try #require(house.sent.last).message
        let day = try CloudEvent.decode(headers: last.headers, value: last.value ?? [])
        house.send(
            to: last.topic, type: day.type, id: "overlap-bank-b", subject: story.firm, at: try #require(day.time), data: day.data)
        try house.advance(to: house.now + .seconds(60))
        #expect(house.setAside(.ingestion) == [])
        #expect(house.rows(.ingestion, "accepted_record").count { $0["record_type"] == .text("bank-flow.day") } == 37)
        let facts = try house.facts("bank-flow.day")
        #expect(facts.count == 36)
        let repeats = try house.bodies(Topic.governanceEvents, GovernanceEvent.type).map { try GovernanceEvent($0) }
            .filter { $0.kind == "duplicate-content" }
        #expect(repeats.map(\.recordID) == ["source:bank-flow/overlap-bank-b"])

        // By hand: 600,000 yuan in each even month, twice that in each odd one, none in the fifth.
        for offset in 0...12 {
            let month = (files.first + offset).text
            let told = facts.filter { $0.data["day"]?.string?.hasPrefix(month) == true }
            let total = told.compactMap { $0.data["inflow"]?.moneyInYuan?.fen }.reduce(0, +)
            #expect(total == (offset == 5 ? 0 : offset % 2 == 0 ? 60_000_000 : 120_000_000), "\(month)")
            #expect(Set(told.compactMap { $0.data["bank"]?.string }).count == (offset == 5 ? 0 : 3), "\(month)")
        }
        // The features look at twelve months, of which six have 600,000 and five 1,200,000: mean 16/11 and variance 30/121 of 600,000.
        let portrait = try #require(try house.bodies(Topic.scoringPortraits, Portrait.type).last.map { try Portrait($0) })
        #expect(portrait.number("day-flow-inflow-12m") == 9_600_000)
        #expect(portrait.number("day-flow-months-12m") == 11)
        #expect(portrait.number("day-flow-gap-months-12m") == 1)
        #expect(portrait.number("day-flow-hhi-12m") == 0.25)
        #expect(abs((portrait.number("day-flow-monthly-inflow-12m") ?? 0) - 9_600_000.0 / 11) < 0.01)
        #expect(abs((portrait.number("day-flow-cv-12m") ?? 0) - 30.0.squareRoot() / 16) < 1e-9)
        // Every fact leads back to the message that it came in.
        house.checkOrigins(of: facts)
    }
}

/// The files of three banks, one day a month, each bank in a layout of its own.
private struct DayFiles {
    let firm: String
    /// Thirteen months from this one on, without the sixth.
    let first: Month

    /// Each as its bank has it: the layout, the text, and how many records its lines become.
    var all: [(layout: String, text: String, records: Int)] {
        var csv = "单位代码,日期,流入(万元),流出(万元),集中度(%)\n"
        var fixed = ""
        var xml = "<流水>"
        for offset in 0..<13 where offset != 5 {
            let day = (first + offset).first + 9
            let parts = day.text.split(separator: "-").compactMap { Int($0) }
            // In yuan; the banks stand as one to two to three.
            let unit = Int64(offset % 2 == 0 ? 100_000 : 200_000)
            csv += "\(firm),\(day.text.split(separator: "-").joined(separator: "/")),\(unit / 10_000),\(unit / 20_000),25\n"
            fixed += fixedLine(day, unit * 2)
            xml += "<日><客户 代码=\"\(firm)\"/><日期>\(parts[0])年\(parts[1])月\(parts[2])日</日期><流入>\(unit * 3)</流入>"
            xml += "<流出>\(unit * 3 / 2)</流出><集中度>0.25</集中度></日>\n"
        }
        return [
            ("day-a-csv", csv, 12), ("day-c-xml", xml + "</流水>", 12), ("day-b-fixed", fixed, 12),
            ("day-b-fixed", fixedLine((first + 12).first + 9, 200_000), 1),
        ]
    }

    private func fixedLine(_ day: Day, _ inflow: Int64) -> String {
        firm + day.text.filter { $0 != "-" } + padded(inflow * 100, 15) + padded(inflow * 50, 15) + "02500\n"
    }

    private func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    static let layouts: [(id: String, body: String)] = [
        (
            "day-a-csv",
            #"{"title":{"en":"Bank A: days","zh":"甲银行每日流水文件"},"source":"bank-flow","recordType":"bank-flow.day","format":"csv","encoding":"gb18030","columns":["单位代码","日期","流入(万元)","流出(万元)","集中度(%)"],"subject":{"column":"单位代码"},"occurredAt":{"column":"日期","type":"day","date":"yyyy/MM/dd"},"fields":{"bank":{"constant":"bank-a"},"day":{"column":"日期","type":"day","date":"yyyy/MM/dd"},"inflow":{"column":"流入(万元)","type":"yuan","unit":"万元"},"outflow":{"column":"流出(万元)","type":"yuan","unit":"万元"},"hhi":{"column":"集中度(%)","type":"number","unit":"%","to":"1","decimals":4}}}"#
        ),
        (
            "day-b-fixed",
            #"{"title":{"en":"Bank B: days, fixed width","zh":"乙银行每日流水定长文件"},"source":"bank-flow","recordType":"bank-flow.day","format":"fixed","encoding":"utf-8","columns":[{"name":"代码","start":1,"length":18},{"name":"日期","start":19,"length":8},{"name":"流入(分)","start":27,"length":15},{"name":"流出(分)","start":42,"length":15},{"name":"集中度","start":57,"length":5}],"subject":{"column":"代码"},"occurredAt":{"column":"日期","type":"day","date":"yyyyMMdd"},"fields":{"bank":{"constant":"bank-b"},"day":{"column":"日期","type":"day","date":"yyyyMMdd"},"inflow":{"column":"流入(分)","type":"yuan","unit":"分"},"outflow":{"column":"流出(分)","type":"yuan","unit":"分"},"hhi":{"column":"集中度","type":"number","impliedDecimals":4,"decimals":4}}}"#
        ),
        (
            "day-c-xml",
            #"{"title":{"en":"Bank C: days, XML","zh":"丙银行每日流水报文"},"source":"bank-flow","recordType":"bank-flow.day","format":"xml","encoding":"utf-8","record":"/流水/日","columns":[{"name":"代码","path":"客户/@代码"},{"name":"日期","path":"日期"},{"name":"流入","path":"流入"},{"name":"流出","path":"流出"},{"name":"集中度","path":"集中度"}],"subject":{"column":"代码"},"occurredAt":{"column":"日期","type":"day","date":"yyyy年M月d日"},"fields":{"bank":{"constant":"bank-c"},"day":{"column":"日期","type":"day","date":"yyyy年M月d日"},"inflow":{"column":"流入","type":"yuan"},"outflow":{"column":"流出","type":"yuan"},"hhi":{"column":"集中度","type":"number","decimals":4}}}"#
        ),
    ]
}
