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

    /// Versions that not all earlier ones read and are read by, and how those stand to it and to all later ones. Who publishes another version
    /// of a type freezes the one before, and says it here when what is readable changes.
    private static let changes: [String: (version: Int64, direction: Direction)] = [
        // Eight optional fields came.
        "consent.granted": (3, .backward),
        // The type and its key were called otherwise.
        "objection.opened": (1, .neither),
        // Whether a penalty may be repaired is a field; an application for repair names any adverse record since its own.
        "penalty": (3, .backward), "repair.applied": (3, .backward),
        // A person is known by the source's own number, which is required.
        "key-person": (3, .neither),
    ]

    private static func direction(of id: String, from old: Int64, to new: Int64) -> Direction {
        guard old <= new else { return direction(of: id, from: new, to: old).reversed }
        guard let change = changes[id], old < change.version, change.version <= new else { return .both }
        return change.direction
    }

    @Test func `every pair of versions of every record type is readable in the directions that are known`() throws {
        let types = try RecordTypeVersion.all()
        var counts: [Direction: Int] = [:]
        var met: Set<String> = []
        for (id, versions) in types.sorted(by: { $0.key < $1.key }) {
            let numbers = versions.map(\.version)
            #expect(numbers == Array(min(1, numbers[0])...numbers[numbers.count - 1]), "\(id): a version is missing")
            let readers = try versions.map { (version: $0, schema: try Schema($0.schema)) }
            for old in readers {
                for new in readers {
                    let pair = "\(id) \(old.version.version) → \(new.version.version)"
                    let found = SchemaCompatibility(old: old.schema, new: new.schema)
                    let wanted = Self.direction(of: id, from: old.version.version, to: new.version.version)
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
        for (id, change) in Self.changes { #expect(met.contains("\(id) \(change.version - 1) → \(change.version)")) }
        #expect(Direction.allCases.allSatisfy { (counts[$0] ?? 0) > 0 })
    }
}
