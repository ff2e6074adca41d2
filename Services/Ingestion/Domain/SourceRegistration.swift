import Contracts
import Deciding
import Vocabulary
import Wire

/// A `source` entry, compiled: who sends, what, how often and how fast.
public struct SourceRegistration: Sendable {
    public let id: String
    public let recordTypes: [String]
    /// When something is expected; nil for a source that sends when something happens.
    public let rhythm: SourceRhythm?
    /// How fast it is read at the most; nil where nothing is said.
    public let grant: SourceGrant?

    /// Records a second at the most that an entry may grant.
    public static let recordsPerSecondMax: Int64 = 1_000_000

    /// Compiles the body; everything that is wrong goes to `defects`.
    public init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        let body = entry.body
        id = entry.id
        recordTypes = body["recordTypes"]?.elements.compactMap(\.string) ?? []
        if recordTypes.isEmpty || recordTypes.contains("") || recordTypes.count != body["recordTypes"]?.count {
            defects.append("`recordTypes` is not a list of ids")
        }
        if let topic = body["topic"], topic.string != Topic.source(entry.id) {
            defects.append("`topic` is not its own topic \(Topic.source(entry.id))")
        }
        rhythm = body["rhythm"].flatMap { SourceRhythm($0, defects: &defects) }
        if let each = body["rhythm"]?["each"] {
            for json in each.elements {
                guard let type = json.string, !recordTypes.contains(type) else { continue }
                defects.append("line \(json.line): `rhythm.each` names `\(type)`, which is not in `recordTypes`")
            }
        }
        var grant: SourceGrant?
        if let quota = body["quota"] {
            let recordsPerSecond = quota["recordsPerSecond"]?.int ?? 0
            let burst = quota["burst"]?.int ?? recordsPerSecond
            grant = SourceGrant(recordsPerSecond: recordsPerSecond, burst: burst)
            if !(1...Self.recordsPerSecondMax).contains(recordsPerSecond) {
                defects.append("`quota.recordsPerSecond` is not 1…\(Self.recordsPerSecondMax)")
            }
            if !(1...10 * Self.recordsPerSecondMax).contains(burst) {
                defects.append("`quota.burst` is not 1…\(10 * Self.recordsPerSecondMax)")
            }
        }
        self.grant = grant
        if defects.count > before { return nil }
    }
}
