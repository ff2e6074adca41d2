import Contracts
import Deciding
import Vocabulary
import Wire

/// A `source` entry, compiled: who sends, what, how often and how fast.
package struct SourceRegistration: Sendable {
    package let id: String
    package let recordTypes: [String]
    /// When something is expected; nil for a source that sends when something happens.
    package let rhythm: SourceRhythm?
    /// Records a second that are taken from it in the long run, over all partitions; nil where nothing is said.
    package let recordsPerSecond: Int64?
    /// Records that may come at once beside that.
    package let burst: Int64

    /// Records a second at the most that an entry may grant.
    package static let recordsPerSecondMax: Int64 = 1_000_000

    /// Compiles the body; everything that is wrong goes to `defects`.
    package init?(_ entry: CatalogEntry, defects: inout [String]) {
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
        var recordsPerSecond: Int64?
        var burst: Int64 = 0
        if let quota = body["quota"] {
            recordsPerSecond = quota["recordsPerSecond"]?.int
            burst = quota["burst"]?.int ?? recordsPerSecond ?? 0
            if !(1...Self.recordsPerSecondMax).contains(recordsPerSecond ?? 0) {
                defects.append("`quota.recordsPerSecond` is not 1…\(Self.recordsPerSecondMax)")
            }
            if !(1...10 * Self.recordsPerSecondMax).contains(burst) {
                defects.append("`quota.burst` is not 1…\(10 * Self.recordsPerSecondMax)")
            }
        }
        self.recordsPerSecond = recordsPerSecond
        self.burst = burst
        if defects.count > before { return nil }
    }
}
