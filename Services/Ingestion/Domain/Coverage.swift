import Deciding
import Vocabulary

/// What of the list has been collected, computed from the catalogue's items and what was counted of the records.
public struct Coverage: Sendable {
    /// Firms with at least one record, as counted: one row for each record type, county and writer.
    public struct Count: Hashable, Sendable {
        public let recordType: String
        /// Where the firms are registered; nil when no registration has said it.
        public let division: DivisionCode?
        public let writer: String
        public let subjects: Int64
        public let firstDay: Day
        public let latestDay: Day

        public init(recordType: String, division: DivisionCode?, writer: String, subjects: Int64, firstDay: Day, latestDay: Day) {
            self.recordType = recordType
            self.division = division
            self.writer = writer
            self.subjects = subjects
            self.firstDay = firstDay
            self.latestDay = latestDay
        }
    }

    /// One item of the list, in one zone.
    public struct Line: Sendable {
        public let item: InformationItem
        /// Something has come at all.
        public let isCollected: Bool
        /// Firms of the zone that have something: of its record types the one with the most, since one firm may have several.
        public let subjects: Int64
        /// Firms registered in the zone and not ended: what `subjects` is a part of.
        public let registered: Int64
        public let firstDay: Day?
        public let latestDay: Day?
        /// Record types of the item that have nothing yet.
        public let missingTypes: [String]
        public let writers: [String]

        /// Hundredths of a percent, rounded down; nil while no firm is registered.
        public var basisPoints: Int64? { registered == 0 ? nil : min(10_000, subjects * 10_000 / registered) }
    }

    public let lines: [Line]

    /// Items of the list that are required, and those of them that have something: the collection rate's two numbers (归集率).
    public var required: Int { lines.count { $0.item.isRequired } }
    public var collected: Int { lines.count { $0.item.isRequired && $0.isCollected } }
    public var missing: [Line] { lines.filter { $0.item.isRequired && !$0.isCollected } }

    /// `registered` are the firms in force by county. `zone` is a division of any level, nil for everything.
    public init(items: [InformationItem], counts: [Count], registered: [DivisionCode: Int64], zone: DivisionCode? = nil) {
        let inZone = counts.filter { count in zone == nil || count.division.map { Self.lies($0, in: zone) } == true }
        let firms = registered.filter { Self.lies($0.key, in: zone) }.values.reduce(0, +)
        let byType = Dictionary(grouping: inZone, by: \.recordType)
        let sorted = items.sorted { ($0.list, $0.category.number, $0.id) < ($1.list, $1.category.number, $1.id) }
        lines = sorted.map { item in
            let found = item.recordTypes.flatMap { byType[$0] ?? [] }
            let most = item.recordTypes.map { type in
                // Two writers may both know a firm: the larger share of each county is certain, the sum is not.
                Dictionary(grouping: byType[type] ?? [], by: \.division).values.map { $0.map(\.subjects).max() ?? 0 }.reduce(0, +)
            }.max()
            return Line(
                item: item, isCollected: !found.isEmpty, subjects: most ?? 0, registered: firms, firstDay: found.map(\.firstDay).min(),
                latestDay: found.map(\.latestDay).max(), missingTypes: item.recordTypes.filter { byType[$0] == nil },
                writers: Set(found.map(\.writer)).sorted())
        }
    }

    /// 430102 lies in 430102, in 430100 and in 430000.
    public static func lies(_ division: DivisionCode, in zone: DivisionCode?) -> Bool {
        guard let zone else { return true }
        let (inner, outer) = (division.text, zone.text)
        if outer.hasSuffix("0000") { return inner.prefix(2) == outer.prefix(2) }
        if outer.hasSuffix("00") { return inner.prefix(4) == outer.prefix(4) }
        return inner == outer
    }
}
