import Chassis
import Contracts
import Deciding
import Foundation
import PolicyPushDomain
import Postgres
import Rules
import Vocabulary
import Wire

extension Command {
    static let audience = Command(
        "audience", usage: "[POLICY …] [--by region|industry|kind] [--packs DIR]",
        summary: "how many firms each policy fits today, also one that is only a draft in a pack",
        valued: ["by", "packs"], flags: [],
        details: """
            Every firm with a portrait is asked for, by its latest one. Without a POLICY, all policies are counted that are not withdrawn, each in
            its highest version, whether its window is open or not. Nothing is pushed and nothing is written.
              --by WHAT      the ten largest groups besides: region (the city), industry (its first two digits) or kind of subject
              --packs DIR    take the policies from packs instead of the catalogue's topic: what would a draft reach?
            A line that begins with `at most` counts a policy of which a condition is a calculation over facts, which is not made here.
            """
    ) { options in
        let grouping: Audience.Grouping?
        switch options.text("by") {
        case nil: grouping = nil
        case let word?:
            grouping = Audience.Grouping(rawValue: word)
            guard grouping != nil else { throw Failure("--by is region, industry or kind", code: .usage) }
        }
        let catalog = try CatalogPublishing.catalog(packs: options.text("packs"))
        let policies = try Audience.policies(options.words, of: catalog)
        let now = WallClock.now
        let divisions = catalog.view(DivisionTables.self).table(at: now)
        try Audience(policies: policies, grouping: grouping, divisions: divisions, today: now.dayInChina)
            .count(on: try Connections.postgres())
    }
}

/// Whom policies reach: one rule over many subjects.
private struct Audience {
    enum Grouping: String { case region, industry, kind }

    let policies: [Policy]
    let grouping: Grouping?
    let divisions: DivisionTable
    let today: Day

    /// Portraits that are fetched at a time.
    private static let pageSize = 5_000

    /// The named policies, or all; each in its highest version.
    static func policies(_ names: [String], of catalog: Catalog) throws -> [Policy] {
        var found: [Policy] = []
        for entry in catalog.latest("policy") where !entry.isWithdrawn && (names.isEmpty || names.contains(entry.id)) {
            var defects: [String] = []
            guard let policy = Policy(entry, defects: &defects) else {
                throw Failure(
                    "policy `\(entry.id)` version \(entry.version) can not be used: \(defects.joined(separator: "; "))", code: .usage)
            }
            found.append(policy)
        }
        if let missing = names.first(where: { name in !found.contains { $0.id == name } }) {
            throw Failure("the catalogue has no policy `\(missing)`, or it was withdrawn", code: .usage)
        }
        guard !found.isEmpty else { throw Failure("the catalogue has no policy", code: .usage) }
        return found
    }

    func count(on connection: Connection) throws {
        let conditions = policies.map { Logic.apply(.and, $0.conditions.map(\.logic)) }
        let schema = AttributeSchema(askedBy: conditions)
        let rules = conditions.map { try? CompiledRule($0, schema: schema) }
        var rows: [SubjectRow?] = []
        var groups: [String] = []
        // Subjects whose facts are of another kind than expected, and rules that are too large for an index, are judged one by one.
        var judged = policies.map { _ in [Int]() }
        try eachPortrait(on: connection) { portrait in
            let region = divisions.counted(portrait.region, on: today)
            let facts = SubjectFacts(portrait, region: region)
            let row = try? SubjectRow(facts, schema: schema)
            for (place, rule) in rules.enumerated() where row == nil || rule == nil {
                if PolicyFit(policies[place], facts).truth == .yes { judged[place].append(rows.count) }
            }
            rows.append(row)
            if let grouping { groups.append(grouping.group(of: portrait, in: region)) }
        }
        guard !rows.isEmpty else { throw Failure("no firm has a portrait yet") }
        let index = SubjectIndex(rows, schema: schema)
        var list = SubjectList()
        print("policy".padding(to: 34) + "version".padding(to: 9) + "window".padding(to: 24) + "firms of \(rows.count)")
        for (place, policy) in policies.enumerated() {
            var reached = judged[place]
            if let rule = rules[place] {
                index.find(rule, into: &list)
                reached += list.numbers
            }
            let share = String(percentOf: Int64(reached.count * 10_000 / rows.count))
            print(
                policy.id.padding(to: 34) + "\(policy.version)".padding(to: 9)
                    + "\(policy.windowFrom.text)…\(policy.windowTo.text)".padding(to: 24)
                    + (rules[place]?.residual == nil ? "" : "at most ") + "\(reached.count)  \(share)")
            guard grouping != nil else { continue }
            let counts = Dictionary(grouping: reached) { groups[$0] }.mapValues(\.count)
            for (group, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(10) {
                print("  \(group.isEmpty ? "not known" : group)".padding(to: 67) + "\(count)")
            }
        }
    }

    /// The latest portraits, a page at a time, of one moment.
    private func eachPortrait(on connection: Connection, _ take: (Portrait) throws -> Void) throws {
        try connection.begin()
        defer { connection.rollback() }
        try connection.script("DECLARE portraits NO SCROLL CURSOR FOR SELECT body::text FROM scoring.portrait")
        var count = 0
        while true {
            let page = try connection.execute("FETCH \(Self.pageSize) FROM portraits")
            for row in page { try take(try Portrait(try JSONDocument(parsing: Array(try row.text(0).utf8)).root)) }
            count += page.count
            guard page.count == Self.pageSize else { return }
            Terminal.progress("\(count) portraits read …")
        }
    }
}

extension Audience.Grouping {
    /// The city of a division; the division of an industry's code.
    fileprivate func group(of portrait: Portrait, in region: String) -> String {
        switch self {
        case .region: region.isEmpty ? "" : String(region.prefix(4)) + "00"
        case .industry: String(portrait.industry.prefix(2))
        case .kind: portrait.subjectKind
        }
    }
}
