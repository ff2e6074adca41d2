import Contracts
import Foundation
import Postgres
import Support
import Testing
import Vocabulary
import Wire

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A05ProcessesTests {
    @Test func `the collection rate goes from 36 of 37 to 37 of 37 with the first record of the missing item`() throws {
        let suite = try ProcessSuite.shared.get()
        let yesterday = Day.today - 1
        // A district without other firms: the rate is of the firms registered there.
        let zone = "433127"
        let firm = try #require(USCC.synthetic(number: 51, region: zone)).text
        func send(_ record: (type: String, topic: String, data: [UInt8])) throws {
            var data = record.data
            if record.type == "registration" {
                data = Array(
                    #"{"uscc":"\#(firm)","name":"永顺示范电子有限公司","legalPerson":"张示范","division":"\#(zone)","industry":"3921","registeredOn":"2015-03-18","capital":1000000,"employees":12,"status":"normal"}"#
                        .utf8)
            }
            try suite.send(
                record.topic, type: record.type, id: "a05-\(record.type)-\(firm)", subject: firm, time: yesterday.startInChina, data: data)
        }
        func rate() throws -> String {
            let lines = try suite.run(["coverage", "--list", "national", "--zone", zone]).split(separator: "\n").map(String.init)
            return lines.last ?? "nothing"
        }
        #expect(try rate().hasPrefix("collected 0 of 37 required items"))
        let records = try A05InProcessTests.records()
        for record in records where record.type != "tax-grade" { try send(record) }
        try suite.acknowledged()
        var said = ""
        #expect(
            eventually(within: .seconds(60)) {
                said = (try? rate()) ?? ""
                return said.hasPrefix("collected 36 of 37 required items")
            }, "\(said)")
        let item = try suite.run(["coverage", "--item", "national-tax-grade", "--zone", zone])
        #expect(item.contains("0/1") && item.contains("tax-grade of 税务部门 (credit-hub)"), "\(item)")
        let hub = ["coverage", "--list", "national", "--zone", zone, "--provider", "credit-hub"]
        let missing = try suite.run(hub).split(separator: "\n").map(String.init)
        let grade = try #require(missing.first { $0.hasPrefix("national-tax-grade ") })
        #expect(grade.hasSuffix("tax-grade"), "\(grade)")
        let customs = try #require(missing.first { $0.hasPrefix("national-customs-grade ") })
        #expect(customs.contains("1/1 100.00 %") && customs.contains(yesterday.text), "\(customs)")

        try send(try #require(records.first { $0.type == "tax-grade" }))
        try suite.acknowledged()
        #expect(
            eventually(within: .seconds(60)) {
                said = (try? rate()) ?? ""
                return said.hasPrefix("collected 37 of 37 required items")
            }, "\(said)")
        let counties = try suite.run(["coverage", "--item", "national-tax-grade", "--zone", zone, "--by", "county", "--json"])
        let county = try #require(counties.split(separator: "\n").first { $0.hasPrefix("{") })
        let line = try JSONDocument(parsing: Array(county.utf8)).root
        #expect(line["zone"]?.string == zone && line["due"]?.bool == true)
        let sent = try #require(line["providers"]?[at: 0])
        #expect(sent["writer"]?.string == "source:credit-hub" && sent["missing"]?.bool == false)
        #expect(sent["latestDay"]?.day == yesterday)
        // How good it is stands beside, once governance has judged it: of everywhere, and of no zone.
        #expect(line["quality"] == nil)
        #expect(
            eventually(within: .seconds(60)) {
                said = (try? suite.run(["coverage", "--item", "national-tax-grade", "--json"])) ?? ""
                guard let text = said.split(separator: "\n").first(where: { $0.hasPrefix("{") }),
                    let quality = try? JSONDocument(parsing: Array(text.utf8)).root["quality"]
                else { return false }
                return quality.elements.contains { $0["writer"]?.string == "source:credit-hub" && ($0["facts"]?.int ?? 0) > 0 }
            }, "\(said)")
        #expect(try suite.run(["coverage", "--item", "national-tax-grade"]).contains("quality"))
        #expect(
            try suite.number("SELECT count(*) FROM ingestion.dead_letter WHERE convert_from(key, 'UTF8') = $1", [.text(firm)]) == 0)
    }
}
