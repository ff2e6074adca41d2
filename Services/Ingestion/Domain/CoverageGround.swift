import Vocabulary

/// What coverage is computed from: what was counted, under the divisions of one day. A firm that was registered in a county which is no more
/// counts where its successor is.
public struct CoverageGround: Sendable {
    private let countsByType: [String: [Coverage.Count]]
    private let firms: [DivisionCode: Int64]
    private let sources: [String: Set<String>]
    private let divisions: DivisionTable
    private let day: Day

    /// `registered` are the firms in force by county, `sources` the record types that each source in force says it sends.
    public init(
        counts: [Coverage.Count], registered: [DivisionCode: Int64], sources: [String: Set<String>], divisions: DivisionTable, on day: Day
    ) {
        var merged: [CountedPlace: Coverage.Count] = [:]
        for count in counts {
            let place = CountedPlace(
                recordType: count.recordType, division: count.division.map { divisions.counted($0, on: day) }, writer: count.writer)
            let other = merged[place]
            // No firm is in two counties at once, so what one writer has of both is the sum.
            merged[place] = Coverage.Count(
                recordType: place.recordType, division: place.division, writer: place.writer,
                subjects: count.subjects + (other?.subjects ?? 0),
                firstDay: [count.firstDay, other?.firstDay].compactMap(\.self).min(),
                latestDay: [count.latestDay, other?.latestDay].compactMap(\.self).max())
        }
        countsByType = Dictionary(grouping: merged.values, by: \.recordType)
        firms = Dictionary(registered.map { (divisions.counted($0.key, on: day), $0.value) }) { $0 + $1 }
        self.sources = sources
        self.divisions = divisions
        self.day = day
    }

    /// The counties of the zone where firms are registered or where something has come from, ascending.
    public func counties(in zone: DivisionCode?) -> [DivisionCode] {
        let area = CoverageArea(zones: zone.map { [counted($0)] })
        return Set(firms.keys).union(countsByType.values.joined().compactMap(\.division)).filter { area.contains($0) }.sorted()
    }

    func counted(_ division: DivisionCode) -> DivisionCode { divisions.counted(division, on: day) }

    /// The zones as they are today; everywhere when there are none.
    func area(_ zones: [DivisionCode]) -> CoverageArea { CoverageArea(zones: zones.isEmpty ? nil : zones.map { counted($0) }) }

    func registered(in area: CoverageArea) -> Int64 { firms.filter { area.contains($0.key) }.values.reduce(0, +) }

    /// Answers say nothing of the item by themselves: what is only verified counts by the answers of its own sources.
    func counts(of item: InformationItem) -> [Coverage.Count] {
        let counts = item.evidence.flatMap { countsByType[$0] ?? [] }
        guard item.mode == .verification else { return counts }
        let writers = Set(item.sources.map(\.writer))
        return counts.filter { writers.contains($0.writer) }
    }

    /// Those that the source says it sends; all of them when it says none. Nil for a source that is not in force: one that was withdrawn owes
    /// nothing any more.
    func types(of source: String, among types: [String]) -> [String]? {
        guard let said = sources[source] else { return nil }
        let sent = types.filter { said.contains($0) }
        return sent.isEmpty ? types : sent
    }
}

private struct CountedPlace: Hashable {
    let recordType: String
    let division: DivisionCode?
    let writer: String
}

/// Some divisions with all that lies in them; or everywhere, also where it is not known.
struct CoverageArea: Sendable {
    /// Nil for everywhere.
    let zones: [DivisionCode]?

    var isEmpty: Bool { zones?.isEmpty ?? false }

    func contains(_ division: DivisionCode?) -> Bool {
        guard let zones else { return true }
        guard let division else { return false }
        return zones.contains { division.lies(in: $0) }
    }

    /// What lies in both.
    func meeting(_ other: CoverageArea) -> CoverageArea {
        guard let zones else { return other }
        guard let others = other.zones else { return self }
        return CoverageArea(
            zones: zones.flatMap { zone in
                others.compactMap { other -> DivisionCode? in
                    if zone.lies(in: other) { return zone }
                    return other.lies(in: zone) ? other : nil
                }
            })
    }
}
