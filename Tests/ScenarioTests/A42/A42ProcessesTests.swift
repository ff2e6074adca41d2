import Contracts
import Foundation
import Postgres
import Province
import Support
import Testing
import Vocabulary
import Wire

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A42ProcessesTests {
    private var today: Day { Day.today }

    @Test func `nineteen of twenty planted errors are found, each with stage, rule and owner, and right records are left alone`() throws {
        let suite = try ProcessSuite.shared.get()
        // Another province than that of the story in memory, so that the house knows none of its firms.
        let firms = 20
        let feed = QualityFeed(seed: 4_242, firms: firms, months: 36, lastMonth: today.month + -1)
        var planted: Set<String> = []
        // Firm and month of each planted error.
        var spoiltMonths: Set<String> = []
        var right: Set<String> = []
        for firm in 0..<firms {
            for item in feed.items(ofFirm: firm) {
                let record = item.record
                try suite.send(
                    record.topic, type: record.type, id: record.id, subject: record.subject, time: record.time, data: record.data)
                let id = "\(try #require(Topic.writer(of: record.topic)).name)/\(record.id)"
                if item.planted != nil {
                    planted.insert(id)
                    let period = try? JSONDocument(parsing: record.data).root["period"]?.string
                    spoiltMonths.insert("\(record.subject) \(period ?? "")")
                } else {
                    right.insert(id)
                }
            }
        }
        try suite.acknowledged()
        let sent = planted.union(right)
        let known = "SELECT count(DISTINCT id) FROM ingestion.outside_id WHERE writer || '/' || id = ANY ($1)"
        let isKnown = try suite.number(known, [.texts(sent.sorted())], becomes: Int64(sent.count), within: .seconds(120))
        #expect(isKnown == Int64(sent.count))
        try suite.settle()

        let connection = try Connection(PostgresAddress(conninfo: suite.conninfo, applicationName: "tests"))
        defer { connection.close() }
        var found: Set<String> = []
        for row in try connection.execute(
            "SELECT record_id, rule, stage, owner, kind FROM governance.quality_verdict WHERE verdict = 'no' AND record_id = ANY ($1)",
            [.texts(sent.sorted())])
        {
            found.insert(try row.text(0))
            #expect(["before", "during"].contains(try row.text(2)))
            for column in [1, 3, 4] { #expect(try !row.text(column).isEmpty) }
        }
        var doubted = found.intersection(right)
        for row in try connection.execute("SELECT data::text, subject FROM governance.cross_result WHERE verdict = 'no'") {
            let data = try JSONDocument(parsing: Array(try row.text(0).utf8)).root
            #expect(data["owner"]?.string?.isEmpty == false)
            let compared = Set(data["records"]?.elements.compactMap(\.string) ?? [])
            found.formUnion(compared)
            // Of what does not agree one is wrong, or is held and misses in a sum; where neither is so, all are doubted for nothing.
            let month = "\(try row.text(1)) \(data["period"]?.string ?? "")"
            if compared.isDisjoint(with: planted), !spoiltMonths.contains(month) { doubted.formUnion(compared.intersection(right)) }
        }
        let caught = planted.intersection(found).count
        print(
            "A42 on the processes: \(caught) of \(planted.count) planted errors found, \(doubted.count) of \(right.count) right records doubted"
        )
        #expect(planted.count > 40)
        #expect(caught * 100 >= planted.count * 95, "\(planted.subtracting(found).sorted())")
        #expect(doubted.count * 1_000 <= right.count * 5)
    }

    @Test func `a source that left a month out is less complete, and late while it is the latest one due`() throws {
        let suite = try ProcessSuite.shared.get()
        let firm = try #require(USCC.synthetic(number: 42, region: "430621")).text
        let latest = today.month + -1
        func line(leavingOut hole: Int?) throws -> String {
            let pack = try PackOnDisk("rhythm")
            try pack.write(
                "source", pack.id,
                #"{"title":{"en":"R","zh":"节律"},"recordTypes":["\#(pack.id).month"],"rhythmDays":31,"rhythm":{"period":"month","graceWorkingDays":0,"since":"\#((latest + -3).first.text)"},"owner":{"en":"O","zh":"场景方"}}"#,
                examples: #"{"recordType":"\#(pack.id).month","allowed":true}"#)
            try pack.write(
                "recordType", pack.id + ".month",
                #"{"title":{"en":"R","zh":"节律"},"class":"operations","writers":["source:\#(pack.id)"],"consentCategory":null,"businessKey":["period"],"institutionField":null,"rules":[],"schema":{"$schema":"urn:xinqiao:schema:record","type":"object","required":["period"],"additionalProperties":false,"properties":{"period":{"type":"string","format":"month","class":"public","label":{"en":"Month","zh":"月份"}}}}}"#,
                examples: #"{"data":{"period":"2026-09"},"valid":true},{"data":{},"valid":false}"#)
            try suite.publish(pack)
            var count: Int64 = 0
            for back in 0...3 where back != hole {
                let month = latest + -back
                try suite.send(
                    Topic.source(pack.id), type: pack.id + ".month", id: month.text, subject: firm, time: month.first.startInChina,
                    data: Array(#"{"period":"\#(month.text)"}"#.utf8))
                count += 1
            }
            try suite.acknowledged()
            let accepted = "SELECT count(*) FROM ingestion.accepted_record WHERE writer = $1"
            #expect(try suite.number(accepted, [.text("source:" + pack.id)], becomes: count) == count)
            let lines = try suite.run(["coverage", "--sources"]).split(separator: "\n").map(String.init)
            return try #require(lines.first { $0.hasPrefix(pack.id) })
        }
        let whole = try line(leavingOut: nil)
        #expect(whole.contains("4/4") && !whole.contains("late") && !whole.contains((latest + -2).first.text), "\(whole)")
        let holed = try line(leavingOut: 2)
        #expect(holed.contains("3/4") && holed.contains((latest + -2).first.text) && !holed.contains("late"), "\(holed)")
        let silent = try line(leavingOut: 0)
        #expect(silent.contains("3/4") && silent.contains("late"), "\(silent)")
    }

    @Test func `a source whose rhythm names its types is late for the one that it left out, which is named`() throws {
        let suite = try ProcessSuite.shared.get()
        let firm = try #require(USCC.synthetic(number: 43, region: "430621")).text
        let latest = today.month + -1
        let pack = try PackOnDisk("each")
        let types = [pack.id + ".month", pack.id + ".stock"]
        let names = types.map { #""\#($0)""# }.joined(separator: ",")
        try pack.write(
            "source", pack.id,
            #"{"title":{"en":"E","zh":"各类"},"recordTypes":[\#(names)],"rhythmDays":31,"rhythm":{"period":"month","graceWorkingDays":0,"since":"\#((latest + -1).first.text)","each":[\#(names)]},"owner":{"en":"O","zh":"场景方"}}"#,
            examples: #"{"recordType":"\#(pack.id).month","allowed":true}"#)
        for type in types {
            try pack.write(
                "recordType", type,
                #"{"title":{"en":"E","zh":"各类"},"class":"operations","writers":["source:\#(pack.id)"],"consentCategory":null,"businessKey":["period"],"institutionField":null,"rules":[],"schema":{"$schema":"urn:xinqiao:schema:record","type":"object","required":["period"],"additionalProperties":false,"properties":{"period":{"type":"string","format":"month","class":"public","label":{"en":"Month","zh":"月份"}}}}}"#,
                examples: #"{"data":{"period":"2026-09"},"valid":true},{"data":{},"valid":false}"#)
        }
        try suite.publish(pack)
        func send(_ type: String, _ month: Month) throws {
            try suite.send(
                Topic.source(pack.id), type: type, id: "\(type)-\(month.text)", subject: firm, time: month.first.startInChina,
                data: Array(#"{"period":"\#(month.text)"}"#.utf8))
        }
        func line(accepted count: Int64) throws -> String {
            try suite.acknowledged()
            let accepted = "SELECT count(*) FROM ingestion.accepted_record WHERE writer = $1"
            #expect(try suite.number(accepted, [.text("source:" + pack.id)], becomes: count) == count)
            let lines = try suite.run(["coverage", "--sources"]).split(separator: "\n").map(String.init)
            return try #require(lines.first { $0.hasPrefix(pack.id) })
        }
        // Both of the month before, and of the latest only one: by what came together it would be complete.
        for type in types { try send(type, latest + -1) }
        try send(types[0], latest)
        let behind = try line(accepted: 3)
        #expect(behind.contains("1/2") && behind.hasSuffix("\(latest.first.text)(\(types[1])) late"), "\(behind)")
        try send(types[1], latest)
        let whole = try line(accepted: 4)
        #expect(whole.contains("2/2") && !whole.contains("late") && !whole.contains(types[1]), "\(whole)")
    }
}
