import Deciding
import Foundation
import Province
import Rules
import Schema
import Testing
import Vocabulary
import Wire

/// The simulator's promises: deterministic, well-formed, and with exactly the errors it says it planted.
@Suite struct ProvinceTests {
    static let lastMonth = Month(year: 2026, month: 8)
    static let monthlyTypes = [
        "tax.return", "social-insurance.month", "utility.bill", "bank-flow.month", "customs.month", "order.month",
    ]

    private func province(seed: UInt64 = 7, firms: Int = 200, badShare: Int64 = 50) -> Province {
        Province(seed: seed, firms: firms, lastMonth: Self.lastMonth, badShare: BasisPoints(badShare))
    }

    private func envelope(_ record: OutsideRecord) -> [String] {
        [record.topic, record.id, record.type, record.subject, record.time.rfc3339, record.planted?.rawValue ?? ""]
    }

    @Test func `the same seed gives the same bytes and another seed gives others`() {
        let (one, two, other) = (province(), province(), province(seed: 8))
        var differences = 0
        // Asked for in another order: a firm's records depend on no other firm's.
        for index in (0..<40).reversed() {
            let (a, b, c) = (one.records(ofFirm: index), two.records(ofFirm: index), other.records(ofFirm: index))
            #expect(a.map(\.data) == b.map(\.data))
            #expect(a.map(envelope) == b.map(envelope))
            if a.map(\.data) != c.map(\.data) { differences += 1 }
        }
        #expect(differences == 40)
    }

    @Test func `these bytes have not changed since they were first looked at`() throws {
        let province = province(badShare: 0)
        let first = (0..<5).flatMap { province.records(ofFirm: $0) }
        #expect(String(FNV64.hash(first.flatMap(\.data)), radix: 16) == "23acd0f269454317")
    }

    @Test func `every record is one JSON object and only planted ones have a wrong code`() throws {
        let province = province(badShare: 300)
        for index in 0..<60 {
            let code = try #require(province.uscc(ofFirm: index)).text
            for record in province.records(ofFirm: index) {
                let document = try JSONDocument(parsing: record.data)
                #expect(document.root.kind == .object)
                #expect(record.topic == "portal.in.v1" || (record.topic.hasPrefix("source.") && record.topic.hasSuffix(".records.v1")))
                let isCode = (try? USCC(record.subject)) != nil
                #expect(isCode == (record.planted != .wrongCheckDigit))
                if isCode { #expect(record.subject == code) }
            }
        }
    }

    @Test func `codes are unique also beyond the zone for internal use`() throws {
        let province = Province(seed: 1, firms: 5_999_999, months: 1, lastMonth: Self.lastMonth)
        var codes: Set<USCC> = []
        let indices = [0, 1, 99_997, 99_998, 99_999, 100_000, 999_998, 999_999, 1_000_000, 1_099_999, 2_000_000, 5_999_998]
        for index in indices {
            let code = try #require(province.uscc(ofFirm: index))
            #expect(code.isSynthetic == (index < 99_999))
            #expect(try USCC(code.text) == code)
            codes.insert(code)
        }
        #expect(codes.count == indices.count)
        #expect(province.uscc(ofFirm: 5_999_999) == nil)
        #expect(province.records(ofFirm: -1).isEmpty)
    }

    @Test func `any seed and any number of months makes records that end with the last month`() throws {
        for seed in UInt64(0)..<30 {
            for months in [-1, 1, 2, 7, 24, 61] {
                let province = Province(seed: seed, firms: 20, months: months, lastMonth: Self.lastMonth)
                #expect(province.firstMonth + (max(months, 1) - 1) == Self.lastMonth)
                for index in 0..<20 {
                    let records = province.records(ofFirm: index)
                    let latest = try #require(records.last)
                    #expect(latest.time.dayInChina.month == Self.lastMonth)
                    #expect(records.count >= 4)
                }
            }
        }
    }

    @Test func `about 170 records a firm, in the order of time, with the kinds in their shares`() throws {
        let province = province(firms: 600, badShare: 0)
        var types: [String: Int] = [:]
        var kinds: [USCC.Kind: Int] = [:]
        var total = 0
        for index in 0..<600 {
            let records = province.records(ofFirm: index)
            total += records.count
            for record in records { types[record.type, default: 0] += 1 }
            #expect(zip(records, records.dropFirst()).allSatisfy { $0.time <= $1.time })
            #expect(Set(records.map(\.id)).count == records.count)
            kinds[try #require(province.truth(ofFirm: index)).kind, default: 0] += 1
        }
        #expect((150...185).contains(total / 600), "\(total / 600) records a firm")
        #expect(types["registration"] == 600 && types["consent.granted"] == 600)
        #expect((60...120).contains(types["financing.requested"] ?? 0))
        #expect((90...150).contains(kinds[.soleTrader] ?? 0))
        let others = [
            "judicial.case", "penalty", "penalty.repaired", "licence", "qualification", "patent", "public-grade", "financial-statement",
            "procurement.contract",
        ]
        for type in Self.monthlyTypes + others {
            #expect((types[type] ?? 0) > 0, "no \(type)")
        }
    }

    @Test func `errors are planted in their share, each kind, and change no other record`() throws {
        let (clean, spoilt) = (province(firms: 400, badShare: 0), province(firms: 400, badShare: 100))
        var planted: [PlantedDefect: Int] = [:]
        var monthly = 0
        for index in 0..<400 {
            let good = clean.records(ofFirm: index)
            let bad = spoilt.records(ofFirm: index)
            monthly += good.count { Self.monthlyTypes.contains($0.type) }
            for record in bad {
                if let defect = record.planted { planted[defect, default: 0] += 1 }
            }
            let goodByID = Dictionary(uniqueKeysWithValues: good.map { ($0.id, $0.data) })
            for record in bad {
                let isAsGood = goodByID[record.id] == record.data
                switch record.planted {
                case nil, .duplicateSameBytes, .wrongCheckDigit: #expect(isAsGood)
                case .impossibleDate, .moneyDecimals, .unknownField, .unitSlip, .duplicateOtherBytes: #expect(!isAsGood)
                }
            }
            #expect(bad.count == good.count + bad.count { $0.planted?.isAddition ?? false })
        }
        let share = Double(planted.values.reduce(0, +)) / Double(monthly)
        #expect((0.008...0.012).contains(share), "share \(share)")
        for defect in PlantedDefect.allCases { #expect((planted[defect] ?? 0) > 0, "no \(defect.rawValue)") }
    }

    @Test func `good records fit the base pack and every wrong unit is caught by a quality rule`() throws {
        let pack = try RecordRules.ofBasePack()
        #expect(pack.count == 27)
        let province = province(firms: 150, badShare: 200)
        var slips = 0
        for index in 0..<150 {
            // The latest good data of each type and key but its period: what a rule sees as "previous".
            var previous: [String: RuleValue] = [:]
            for record in province.records(ofFirm: index) {
                let rules = try #require(pack[record.type], "the base pack has no \(record.type)")
                #expect(rules.topics.contains(record.topic), "\(record.type) may not come on \(record.topic)")
                let root = try JSONDocument(parsing: record.data).root
                let unknown = root.members.map(\.key).filter { !rules.fields.contains($0) }
                #expect(unknown.isEmpty == (record.planted != .unknownField), "\(record.id): \(unknown)")
                #expect(rules.required.allSatisfy { root[$0] != nil }, "\(record.id) lacks a field")
                if record.planted == nil || record.planted == .unitSlip {
                    let violations = rules.schema.violations(in: root)
                    #expect(violations.isEmpty, "\(record.id): \(violations)")
                    let stream = rules.stream(root)
                    let broken = rules.quarantining(root, previous: previous[stream], day: record.time.dayInChina)
                    #expect(broken.isEmpty == (record.planted == nil), "\(record.id) \(record.planted?.rawValue ?? "good"): \(broken)")
                    if record.planted == .unitSlip { slips += 1 } else { previous[stream] = RuleValue(root) }
                }
            }
        }
        #expect(slips > 0)
    }
}

/// A record type of the pack, read as far as this test needs it.
private struct RecordRules {
    let id: String
    let topics: Set<String>
    let schema: Schema
    let fields: Set<String>
    let required: [String]
    let businessKey: [String]
    let rules: [(id: String, logic: Logic, threshold: RuleValue?)]

    static func ofBasePack() throws -> [String: RecordRules] {
        var all: [String: RecordRules] = [:]
        for (entry, _) in try GovernancePacks.entries(of: "base") where entry.kind == "recordType" {
            all[entry.id] = try RecordRules(entry)
        }
        return all
    }

    private init(_ entry: CatalogEntry) throws {
        let body = entry.body
        id = entry.id
        topics = Set(
            (body["writers"]?.elements.compactMap(\.string) ?? []).map { writer in
                writer == "portal" ? "portal.in.v1" : writer.replacingOccurrences(of: ":", with: ".") + ".records.v1"
            })
        let stated = try #require(body["schema"])
        schema = try Schema(stated)
        fields = Set(try #require(stated["properties"]).members.map(\.key))
        required = stated["required"]?.elements.compactMap(\.string) ?? []
        businessKey = body["businessKey"]?.elements.compactMap(\.string) ?? []
        rules = try (body["rules"]?.elements.map { $0 } ?? []).filter { $0["severity"]?.string == "quarantine" }.map { rule in
            (try #require(rule["id"]?.string), try Logic(try #require(rule["logic"])), rule["threshold"].map { RuleValue($0) })
        }
    }

    /// The type and what of the business key is no period.
    func stream(_ data: JSONValue) -> String {
        businessKey.filter { $0 != "period" && $0 != "year" }.compactMap { data[$0]?.string }.joined(separator: "/")
            + "/" + id
    }

    /// The rules that do not hold.
    func quarantining(_ data: JSONValue, previous: RuleValue?, day: Day) -> [String] {
        var facts: [String: RuleValue] = ["data": RuleValue(data), "hasPrevious": .bool(previous != nil), "occurredDay": .string(day.text)]
        facts["previous"] = previous
        return rules.filter { rule in
            facts["threshold"] = rule.threshold
            return rule.logic.judge(facts).truth != .yes
        }.map(\.id)
    }
}
