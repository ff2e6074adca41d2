import Wire

/// How far a source's word counts: the entry of kind `sourceTrust` for one writer.
///
/// The operator publishes the weight, as a rule the `trust_bp` of `source_league`. It weighs the quality of what the source says, and where
/// sources differ it says who is asked first.
struct SourceTrust: Sendable {
    /// As records have it: `source:tax`.
    let writer: String
    /// 0…10,000 basis points.
    let weight: Int64

    /// Of whom nothing is said.
    static let full: Int64 = 10_000

    init?(_ body: JSONValue, defects: inout [String]) {
        guard let weight = body["weightBp"]?.int, (0...Self.full).contains(weight), let writer = body["writer"]?.string, !writer.isEmpty
        else {
            defects.append("`writer` is missing or `weightBp` is not 0…10000")
            return nil
        }
        self.writer = writer
        self.weight = weight
    }

    func weigh(_ quality: Int64) -> Int64 { Self.weigh(quality, by: weight) }

    /// Rounds down: trust makes nothing better.
    static func weigh(_ quality: Int64, by weight: Int64) -> Int64 { quality * weight / full }
}
