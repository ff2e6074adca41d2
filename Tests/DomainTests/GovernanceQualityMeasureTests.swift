import Contracts
import Deciding
import Foundation
import GovernanceDomain
import IngestionDomain
import Province
import Testing
import Vocabulary
import Wire

/// How many planted errors the base pack's rules find, and how often they cry for nothing (`make quality`).
@Suite struct GovernanceQualityMeasureTests {
    struct Tally {
        var planted = 0
        var caught = 0
    }

    @Test func `at least 95 of 100 planted errors are found and at most 5 of 1000 right records are doubted`() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SEED"].flatMap { UInt64($0) } ?? 2
        let firms = environment["QUALITY_FIRMS"].flatMap { Int($0) } ?? 60
        let feed = QualityFeed(seed: seed, firms: firms, months: 36, lastMonth: Month(year: 2026, month: 6))
        let catalog = try GovernancePacks.catalog("base", "governance")
        #expect(catalog.view(GovernanceCatalog.self).defects == [:])

        var tallies: [PlantedError: Tally] = [:]
        var alarms: [String: Int] = [:]
        var (right, doubted) = (0, 0)
        for index in 0..<firms {
            var house = GovernanceHouse(catalog: catalog)
            house.writesStates = false
            let items = feed.items(ofFirm: index)
            for item in items { house.take(accepted(item.record)) }
            house.ring()

            let verdicts = Set(house.cells(GovernanceTables.qualityVerdict, "record_id", where: "verdict", is: "no"))
            let repeats = Set(house.events.filter { $0.kind == "duplicate-content" }.map(\.recordID))
            var named = verdicts.union(repeats)
            // A comparison is right to doubt a month of a firm when anything compared in it is wrong, or is missing because it is held.
            let spoilt = Set(items.filter { $0.planted != nil }.flatMap { months(of: $0.record) })
            for (key, records) in differingMonths(house) {
                if spoilt.contains(key) {
                    named.formUnion(records)
                } else {
                    doubted += 1
                    alarms["month-of-the-firm", default: 0] += 1
                    if environment["QUALITY_TRACE"] != nil { print("false cross", house.firstCross(key)) }
                }
            }
            for item in items {
                let id = accepted(item.record).recordID
                if let planted = item.planted {
                    tallies[planted, default: Tally()].planted += 1
                    if named.contains(id) {
                        tallies[planted]?.caught += 1
                    } else if environment["QUALITY_TRACE"] != nil {
                        print("missed", planted, item.record.type, String(decoding: item.record.data, as: UTF8.self))
                    }
                } else {
                    right += 1
                    if verdicts.contains(id) || repeats.contains(id) {
                        doubted += 1
                        for rule in house.cells(GovernanceTables.qualityVerdict, "rule", where: "record_id", is: id, "verdict", is: "no") {
                            alarms[rule, default: 0] += 1
                            if environment["QUALITY_TRACE"] != nil {
                                print(
                                    "false", rule,
                                    house.cells(GovernanceTables.qualityVerdict, "observed", where: "record_id", is: id, "rule", is: rule))
                            }
                        }
                    }
                }
            }
        }
        let planted = tallies.values.reduce(0) { $0 + $1.planted }
        let caught = tallies.values.reduce(0) { $0 + $1.caught }
        func share(_ part: Int, _ whole: Int) -> String { String(format: "%.2f %%", 100 * Double(part) / Double(max(1, whole))) }
        print("quality: seed \(seed), \(firms) firms, \(right + planted) records, \(planted) planted errors")
        for kind in PlantedError.allCases {
            let tally = tallies[kind] ?? Tally()
            print("quality: \(kind.rawValue): planted \(tally.planted), found \(tally.caught) (\(share(tally.caught, tally.planted)))")
        }
        for (rule, count) in alarms.sorted(by: { $0.value > $1.value }) { print("quality: false alarm \(rule): \(count)") }
        print(
            "quality: found \(caught) of \(planted) (\(share(caught, planted))), false alarms \(doubted) of \(right) (\(share(doubted, right)))"
        )
        #expect(planted > 100)
        #expect(caught * 100 >= planted * 95)
        #expect(doubted * 1_000 <= right * 5)
    }

    private func accepted(_ record: OutsideRecord) -> AcceptedRecord {
        let writer = Topic.writer(of: record.topic)?.name ?? ""
        do {
            return AcceptedRecord(
                recordID: "\(writer)/\(record.id)", recordType: record.type, writer: writer, subject: record.subject,
                occurredAt: record.time, receivedAt: record.time + .seconds(86_400),
                origin: Origin(topic: record.topic, partition: 0, offset: 0, sha256: ""), data: try JSONDocument(parsing: record.data).root)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// The month that it says and the one in which it happened: a record put down under another month is missing in its own.
    private func months(of record: OutsideRecord) -> [String] {
        let said = (try? JSONDocument(parsing: record.data).root)?["period"]?.string
        return [said, record.time.dayInChina.month.text].compactMap(\.self)
    }

    private func differingMonths(_ house: GovernanceHouse) -> [(key: String, records: [String])] {
        (house.rows[GovernanceTables.crossResult.name] ?? [:]).values.compactMap { cells in
            guard case .text("no") = cells[3], case .text(let key) = cells[2], case .json(let bytes) = cells[4],
                let data = try? JSONDocument(parsing: bytes).root
            else { return nil }
            return (key, data["records"]?.elements.compactMap(\.string) ?? [])
        }
    }
}

extension GovernanceHouse {
    /// A column of the rows whose other columns have these texts.
    func cells(
        _ table: StoreTable, _ column: String, where first: String, is value: String, _ second: String? = nil, is other: String = ""
    ) -> [String] {
        func place(_ name: String) -> Int? { table.columns.firstIndex { $0.name == name } }
        guard let wanted = place(column), let filter = place(first) else { return [] }
        return (rows[table.name] ?? [:]).values.compactMap { cells in
            guard cells[filter] == .text(value) else { return nil }
            if let second, let place = place(second), cells[place] != .text(other) { return nil }
            if case .text(let text) = cells[wanted] { return text }
            return "\(cells[wanted])"
        }.sorted()
    }

    func firstCross(_ key: String) -> String {
        for cells in (rows[GovernanceTables.crossResult.name] ?? [:]).values where cells[2] == .text(key) {
            if case .json(let bytes) = cells[4] { return String(decoding: bytes, as: UTF8.self) }
        }
        return ""
    }
}

@Suite struct GovernancePackTests {
    @Test func `every record type, source and entry of governance's kinds in the packs holds its examples`() throws {
        var count = 0
        let base = try GovernancePacks.entries(of: "base") + GovernancePacks.entries(of: "governance")
        let rows = ["trade-credit-index", "equity-exchange", "flow-platform", "farmer-files", "first-loans", "data-sharing", "trade"]
        for pack in [[]] + rows.map({ [$0] }) {
            let entries = try base + pack.flatMap { try GovernancePacks.entries(of: $0) }
            let catalog = Catalog(version: 1, entries: entries.map(\.entry))
            #expect(catalog.view(GovernanceCatalog.self).defects == [:])
            for (entry, examples) in entries {
                count += 1
                #expect(Governance.defects(of: entry, examples: examples, in: catalog) == [], "\(entry.key)")
                #expect(Ingestion.defects(of: entry, examples: examples, in: catalog) == [], "\(entry.key)")
            }
        }
        print("packs: \(count) entries checked, \(rows.count) rows beside the base")
        #expect(count > 200)
    }

    @Test func `every rule of the packs says what it finds and measures against what it says, and every kind and stage is there`() throws {
        let entries = try GovernancePacks.all().flatMap { try GovernancePacks.entries(of: $0) }
        var rules: [(name: String, body: JSONValue)] = []
        for (entry, _) in entries {
            if entry.kind == "qualityRule" { rules.append((entry.key, entry.body)) }
            guard entry.kind == "recordType" else { continue }
            for rule in entry.body["rules"].map({ Array($0.elements) }) ?? [] {
                rules.append(("\(entry.key) \(rule["id"]?.string ?? "")", rule))
            }
        }
        var kinds: Set<String> = []
        for (name, body) in rules {
            #expect(body["kind"] != nil, "\(name)")
            kinds.insert(body["kind"]?.string ?? "")
            let logic = String(decoding: body["logic"]?.rawBytes ?? [], as: UTF8.self)
            #expect(logic.contains(#""threshold""#) == (body["threshold"] != nil), "\(name)")
        }
        #expect(kinds == Set(QualityRule.Kind.allCases.map(\.rawValue)))
        let measuring = rules.count { $0.body["threshold"] != nil }
        let owned = rules.count { ($0.body["owner"]?.string ?? "").hasPrefix("source:") }
        print("packs: \(rules.count) rules, \(measuring) with a threshold, \(owned) that another source than the writer answers for")
        #expect(measuring >= 80 && owned >= 15)
        #expect(rules.contains { $0.body["stage"]?.string == "after" && $0.body["others"] != nil })
    }

    @Test func `an end of registration is doubted as long as the register calls the firm in order, and its authority answers`() throws {
        let ana = GovernanceHouse.firm(1)
        let catalog = try GovernancePacks.catalog("base", "governance", "hunan-catalogue")
        func registration(_ status: String) -> AcceptedRecord {
            GovernanceHouse.record(
                "r-\(status)", "registration", of: ana, at: "2026-03-02T00:00:00Z", writer: "source:market-regulation",
                #"{"uscc":"\#(ana)","name":"企业","legalPerson":"张示范","address":"路","division":"430102","industry":"3921","registeredOn":"2015-03-18","capital":1,"employees":1,"status":"\#(status)"}"#
            )
        }
        let ended = GovernanceHouse.record(
            "e", "registration.ended", of: ana, at: "2026-03-01T00:00:00Z", writer: "source:credit-hub",
            #"{"decisionNo":"N-1","kind":"cancelled","endedOn":"2026-03-01"}"#)
        for (status, isDoubted) in [("normal", true), ("cancelled", false)] {
            // The register may speak before or after.
            for records in [[registration(status), ended], [ended, registration(status)]] {
                var house = GovernanceHouse(catalog: catalog)
                for record in records {
                    house.take(record)
                    house.ring()
                }
                let rule = "registration-ended-as-registered"
                func told(_ column: String) -> [String] {
                    house.cells(GovernanceTables.qualityVerdict, column, where: "rule", is: rule, "verdict", is: "no")
                }
                #expect(told("record_id") == (isDoubted ? ["source:credit-hub/e"] : []))
                #expect(told("stage") == (isDoubted ? ["after"] : []) && told("kind") == (isDoubted ? ["cross-source"] : []))
                #expect(told("owner") == (isDoubted ? ["source:market-regulation"] : []))
            }
        }
    }

    @Test func `arrears of a month that was paid in full are doubted, and of no other`() throws {
        let ana = GovernanceHouse.firm(1)
        let catalog = try GovernancePacks.catalog("base", "governance", "hunan-catalogue")
        for (month, paid, isDoubted) in [("2026-05", 36_000, true), ("2026-05", 30_000, false), ("2026-04", 36_000, false)] {
            var house = GovernanceHouse(catalog: catalog)
            house.take(
                GovernanceHouse.record(
                    "m", "social-insurance.month", of: ana, at: "\(month)-28T00:00:00Z", writer: "source:social-insurance",
                    #"{"period":"\#(month)","headcount":30,"due":36000,"paid":\#(paid)}"#),
                GovernanceHouse.record(
                    "a", "social-insurance-arrears", of: ana, at: "2026-06-20T00:00:00Z", writer: "source:credit-hub",
                    #"{"period":"2026-05","kind":"pension","amount":1200}"#))
            house.ring()
            let doubted = house.cells(
                GovernanceTables.qualityVerdict, "record_id", where: "rule", is: "social-insurance-arrears-as-paid", "verdict", is: "no")
            #expect(doubted == (isDoubted ? ["source:credit-hub/a"] : []), "\(month) \(paid)")
        }
    }

    @Test func `a contract that comes again under another number on the same day is a duplicate`() throws {
        let ana = GovernanceHouse.firm(1)
        let catalog = try GovernancePacks.catalog("base", "governance")
        var house = GovernanceHouse(catalog: catalog)
        for (number, day) in [("B-1", "2026-03-01"), ("B-2", "2026-03-01"), ("B-3", "2026-06-01")] {
            house.take(
                GovernanceHouse.record(
                    number, "procurement.contract", of: ana, at: "\(day)T04:00:00Z", writer: "source:procurement",
                    #"{"contractNo":"\#(number)","buyer":"市政府","amount":90000,"signedOn":"\#(day)","fulfilled":true}"#))
        }
        let found = house.cells(GovernanceTables.qualityVerdict, "record_id", where: "kind", is: "duplicate", "verdict", is: "no")
        #expect(found == ["source:procurement/B-2"])
    }
}
