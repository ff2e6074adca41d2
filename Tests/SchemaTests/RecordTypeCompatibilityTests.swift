import Schema
import Testing
import Wire

/// Every version of every record type with every other: those of the packs, and earlier ones kept as they were.
struct RecordTypeCompatibilityTests {
    private enum Direction: CaseIterable {
        case backward, forward, both, neither

        init(_ found: SchemaCompatibility) {
            switch (found.backward.isReadable, found.forward.isReadable) {
            case (true, true): self = .both
            case (true, false): self = .backward
            case (false, true): self = .forward
            case (false, false): self = .neither
            }
        }

        var reversed: Direction {
            switch self {
            case .backward: .forward
            case .forward: .backward
            case .both: .both
            case .neither: .neither
            }
        }
    }

    /// The older version first. Who publishes another version of a type freezes the one before and says here what stays readable.
    private static let expected: [String: Direction] = [
        // Fields became a schema that takes the same; eight optional fields came with version 3.
        "consent.granted 1 → 2": .both, "consent.granted 1 → 3": .backward, "consent.granted 2 → 3": .backward,
        // The type and its key were called otherwise.
        "objection.opened 0 → 1": .neither, "objection.opened 0 → 2": .neither, "objection.opened 1 → 2": .both,
        "financing.requested 1 → 2": .both, "registration 1 → 2": .both, "tax.return 1 → 2": .both,
        // Whether a penalty may be repaired is a field of version 3; an application for repair names any adverse record since its own.
        "penalty 1 → 2": .both, "penalty 1 → 3": .backward, "penalty 2 → 3": .backward, "repair.applied 2 → 3": .backward,
        // Of version 3 a person is known by the source's own number, which is required.
        "key-person 2 → 3": .neither,
        // The bodies are as they were: the entries say what makes a record adverse, or what it says of repair.
        "penalty.repaired 2 → 3": .both, "judicial.case 2 → 3": .both, "loan.status 2 → 3": .both, "serious-list 2 → 3": .both,
        "abnormal-list 2 → 3": .both, "dishonest-debtor 2 → 3": .both, "consumption-limit 2 → 3": .both, "coercion 2 → 3": .both,
        "tax-arrears 2 → 3": .both, "tax-offence 2 → 3": .both, "social-insurance-arrears 2 → 3": .both, "utility-arrears 2 → 3": .both,
        "risk.clue 2 → 3": .both,
        // A withdrawal, a suspension and its end were flagged when they gave no reason.
        "consent.revoked 2 → 3": .both, "consent.paused 3 → 4": .both, "consent.resumed 3 → 4": .both,
    ]

    @Test func `every pair of versions of every record type is readable in the directions that are known`() throws {
        let types = try RecordTypeVersion.all()
        var counts: [Direction: Int] = [:]
        var met: Set<String> = []
        for (id, versions) in types.sorted(by: { $0.key < $1.key }) {
            let readers = try versions.map { (version: $0, schema: try Schema($0.schema)) }
            for old in readers {
                for new in readers {
                    let pair = "\(id) \(old.version.version) → \(new.version.version)"
                    let back = "\(id) \(new.version.version) → \(old.version.version)"
                    let found = SchemaCompatibility(old: old.schema, new: new.schema)
                    let isItself = old.version.version == new.version.version
                    let wanted: Direction? = isItself ? .both : Self.expected[pair] ?? Self.expected[back]?.reversed
                    #expect(Direction(found) == wanted, "\(pair)")
                    counts[Direction(found), default: 0] += 1
                    met.insert(pair)
                    // What is said of all values is seen at these.
                    #expect(!old.version.examples.isEmpty, "\(pair)")
                    let areRead = old.version.examples.allSatisfy { new.schema.accepts($0) }
                    #expect(areRead == found.backward.isReadable, "\(pair)")
                }
            }
        }
        let said = Direction.allCases.map { "\($0) \(counts[$0] ?? 0)" }.joined(separator: ", ")
        print("record types: \(types.count) types, \(met.count) pairs of versions; \(said)")
        #expect(types.count >= 105)
        #expect(met.isSuperset(of: Self.expected.keys))
        #expect(Direction.allCases.allSatisfy { (counts[$0] ?? 0) > 0 })
    }
}
