import Contracts
import Testing
import Vocabulary
import Wire

@Suite struct RefusedBodyTests {
    /// Members that a body may lack: additions of a later day, and lists, which are then empty.
    private static let optional: Set<String> = [
        "Fact/supersedes", "Fact/supersededData", "Fact/isRetraction", "Portrait/tags", "Portrait/score", "Portrait/score/reasons",
        "FactDispute/period", "Portrait/officialGrade", "Portrait/disputes", "Portrait/disputes/0/indicators",
        "Portrait/disputes/0/features",
        "Assessment/portrait/tags", "Assessment/portrait/score", "Assessment/portrait/score/reasons",
        "MatchList/matches", "MatchList/matches/0/conditions", "MatchList/refused",
        "MatchList/eligibleCount", "MatchList/refusedCount", "ApplicationEvent/annualRate",
        "ReleaseRequest/categories", "PolicyEvent/conditions", "RiskAlert/lenders", "RiskAlert/isDisputed",
    ]

    @Test func `a missing or null required member is refused by its name, and only optional ones may be missing`() throws {
        var accepted: Set<String> = []
        for example in try PayloadExample.all() {
            for place in example.places {
                guard let member = place.member else { continue }
                let name = "\(example.name)\(place)"
                let without = try example.refusal(of: example.golden.changing(place) { _ in nil })
                let null = try example.refusal(of: example.golden.changing(place) { _ in Tree(scalar: "null") })
                #expect(without == null, "\(name)")
                guard let without else {
                    accepted.insert(name)
                    continue
                }
                #expect(without == .missing(field: member), "\(name)")
                #expect(without.code == "field-missing" && "\(without)".contains("`\(member)`"), "\(name)")
            }
        }
        #expect(accepted == Self.optional)
    }

    @Test func `a member of another kind is refused by its name`() throws {
        for example in try PayloadExample.all() {
            for place in example.places {
                guard let tree = example.golden[place], let member = place.nearestMember else { continue }
                // Taken as they come; what is inside `data` ingestion has checked by its record type.
                if let own = place.member, PayloadExample.isFree(own) { continue }
                for other in try Self.others(than: tree) {
                    let name = "\(example.name)\(place) = \(String(decoding: other.bytes, as: UTF8.self))"
                    let refusal = try example.refusal(of: example.golden.changing(place) { _ in other })
                    if case .object = tree {
                        #expect(refusal == .notAnObject, "\(name)")
                    } else if case .wrong(let field, _)? = refusal {
                        #expect(field == member, "\(name)")
                        #expect(refusal?.code == "field-wrong", "\(name)")
                    } else {
                        Issue.record("\(name): \(refusal.map { "\($0)" } ?? "accepted")")
                    }
                }
            }
        }
    }

    @Test func `a body that is no object is refused`() throws {
        for example in try PayloadExample.all() {
            for text in ["null", "true", "7", "\"text\"", "[]", "[{}]"] {
                #expect(try example.refusal(of: Tree(scalar: text)) == .notAnObject, "\(example.name) \(text)")
            }
        }
    }

    /// One value of every other kind, and for times and whole numbers also the right kind with a wrong content.
    private static func others(than tree: Tree) throws -> [Tree] {
        let kind = try JSONDocument(parsing: tree.bytes).root
        var others: [(JSONKind, Tree)] = [
            (.bool, Tree(scalar: "true")), (.number, Tree(scalar: "7")), (.string, Tree(scalar: "\"7\"")), (.array, .array([.array([])])),
            (.object, .object([])),
        ]
        others.removeAll { $0.0 == kind.kind }
        if kind.kind == .number { others += [(.number, Tree(scalar: "7.5")), (.number, Tree(scalar: "9223372036854775808"))] }
        if kind.instant != nil { others += [(.string, Tree(scalar: "\"2026-02-30T00:00:00Z\"")), (.string, Tree(scalar: "\"\""))] }
        return others.map(\.1)
    }
}
