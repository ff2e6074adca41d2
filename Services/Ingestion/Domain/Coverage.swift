import Vocabulary

/// What of the list has been collected in one zone, computed from the catalogue's items and what was counted of the records.
public struct Coverage: Sendable {
    /// Firms in business with at least one record, as counted: one row for each record type, county and writer.
    public struct Count: Hashable, Sendable {
        public let recordType: String
        /// Where the firms are registered; nil when no registration has said it.
        public let division: DivisionCode?
        public let writer: String
        /// Zero when something came and all the firms it is about have ended.
        public let subjects: Int64
        /// The earliest and the latest day that a record of these firms is about; nil when there are none.
        public let firstDay: Day?
        public let latestDay: Day?

        public init(recordType: String, division: DivisionCode?, writer: String, subjects: Int64, firstDay: Day?, latestDay: Day?) {
            self.recordType = recordType
            self.division = division
            self.writer = writer
            self.subjects = subjects
            self.firstDay = firstDay
            self.latestDay = latestDay
        }
    }

    /// One item of the list, in the zone.
    public struct Line: Sendable {
        public let item: InformationItem
        /// False for an item on trial elsewhere: then nothing is missing.
        public let isDue: Bool
        /// Something has come at all, from where it is due; also when the firms have ended since.
        public let isCollected: Bool
        /// Firms that have something, where it is due: of its record types the one with the most, since one firm may have several.
        public let subjects: Int64
        /// Firms registered where it is due and not ended: what `subjects` is a part of.
        public let registered: Int64
        /// Firms of the zone that have something although their county is not on trial.
        public let beyondPilot: Int64
        /// The earliest and the latest day that a record of `subjects` is about.
        public let firstDay: Day?
        public let latestDay: Day?
        /// Record types of the item that have nothing yet, from anybody.
        public let missingTypes: [String]
        /// Who should send it from there, in the order of the item, and then who else has, by name.
        public let deliveries: [Delivery]
        public let missing: [Missing]

        public var writers: [String] { deliveries.filter(\.isCollected).map(\.writer).sorted() }

        /// Hundredths of a percent, rounded down; nil while no firm is registered.
        public var basisPoints: Int64? { Coverage.share(subjects, of: registered) }
    }

    /// What one writer has sent of an item from the zone, or from that part of it which is its own.
    public struct Delivery: Hashable, Sendable {
        public let writer: String
        /// False when the item names others.
        public let isExpected: Bool
        /// Something has come at all.
        public let isCollected: Bool
        public let subjects: Int64
        public let registered: Int64
        /// The earliest and the latest day that a record of `subjects` is about.
        public let firstDay: Day?
        public let latestDay: Day?
        /// Record types of the item that it should have sent and has not.
        public let missingTypes: [String]

        public var isMissing: Bool { isExpected && !isCollected }
        public var basisPoints: Int64? { Coverage.share(subjects, of: registered) }
    }

    /// Something that should have come.
    public struct Missing: Hashable, Sendable {
        public let recordType: String
        /// Who should have sent it; nil when no source is connected that does.
        public let source: String?
    }

    public let lines: [Line]
    /// The zone, or what took over from it; nil for everything.
    public let zone: DivisionCode?

    /// Items of the list that are required and due, and those of them that have something: the collection rate's two numbers (归集率).
    public var required: Int { lines.count { $0.item.isRequired && $0.isDue } }
    public var collected: Int { lines.count { $0.item.isRequired && $0.isDue && $0.isCollected } }
    public var missing: [Line] { lines.filter { $0.item.isRequired && $0.isDue && !$0.isCollected } }

    /// `zone` is a division of any level, nil for everything.
    public init(items: [InformationItem], ground: CoverageGround, zone: DivisionCode? = nil) {
        self.zone = zone.map { ground.counted($0) }
        let area = CoverageArea(zones: self.zone.map { [$0] })
        let sorted = items.sorted { ($0.list, $0.category.number, $0.id) < ($1.list, $1.category.number, $1.id) }
        lines = sorted.map { Line($0, in: area, on: ground) }
    }

    /// The items that a writer should send from the zone, or has sent.
    public func deliveries(of writer: String) -> [(line: Line, delivery: Delivery)] {
        lines.compactMap { line in line.deliveries.first { $0.writer == writer }.map { (line: line, delivery: $0) } }
    }

    /// Firms that have something of the record type with the most.
    static func subjects(_ counts: [Count]) -> Int64 {
        Dictionary(grouping: counts, by: \.recordType).values.map { ofType in
            // Two writers may both know a firm: the larger share of each county is certain, the sum is not.
            Dictionary(grouping: ofType, by: \.division).values.map { $0.map(\.subjects).max() ?? 0 }.reduce(0, +)
        }.max() ?? 0
    }

    private static func share(_ part: Int64, of whole: Int64) -> Int64? { whole == 0 ? nil : min(10_000, part * 10_000 / whole) }
}

extension Coverage.Line {
    init(_ item: InformationItem, in zone: CoverageArea, on ground: CoverageGround) {
        let pilot = ground.area(item.pilotZones)
        let due = zone.meeting(pilot)
        let inZone = ground.counts(of: item).filter { zone.contains($0.division) }
        let found = inZone.filter { due.contains($0.division) }
        let evidence = item.evidence
        let came = Set(found.map(\.recordType))
        self.item = item
        isDue = !due.isEmpty
        isCollected = !found.isEmpty
        subjects = Coverage.subjects(found)
        registered = ground.registered(in: due)
        beyondPilot = Coverage.subjects(inZone.filter { $0.division != nil && !pilot.contains($0.division) })
        firstDay = found.compactMap(\.firstDay).min()
        latestDay = found.compactMap(\.latestDay).max()
        missingTypes = isDue ? evidence.filter { !came.contains($0) } : []

        var deliveries: [Coverage.Delivery] = []
        var missing: [Coverage.Missing] = []
        var promised: Set<String> = []
        for provider in item.sources {
            let own = due.meeting(ground.area(provider.zones))
            guard !own.isEmpty, let types = ground.types(of: provider.source, among: evidence) else { continue }
            promised.formUnion(types)
            let delivery = Coverage.Delivery(
                provider.writer, found.filter { $0.writer == provider.writer && own.contains($0.division) }, of: ground.registered(in: own),
                expected: types)
            deliveries.append(delivery)
            missing += delivery.missingTypes.map { Coverage.Missing(recordType: $0, source: provider.source) }
        }
        let expected = Set(deliveries.map(\.writer))
        let others = Dictionary(grouping: found.filter { !expected.contains($0.writer) }, by: \.writer)
        for (writer, counts) in others.sorted(by: { $0.key < $1.key }) {
            deliveries.append(Coverage.Delivery(writer, counts, of: registered, expected: nil))
        }
        missing += missingTypes.filter { !promised.contains($0) }.map { Coverage.Missing(recordType: $0, source: nil) }
        self.deliveries = deliveries
        self.missing = missing
    }
}

extension Coverage.Delivery {
    /// `expected` are the types that it should send; nil when nothing is expected of it.
    init(_ writer: String, _ counts: [Coverage.Count], of registered: Int64, expected: [String]?) {
        let came = Set(counts.map(\.recordType))
        self.writer = writer
        isExpected = expected != nil
        isCollected = !counts.isEmpty
        subjects = Coverage.subjects(counts)
        self.registered = registered
        firstDay = counts.compactMap(\.firstDay).min()
        latestDay = counts.compactMap(\.latestDay).max()
        missingTypes = (expected ?? []).filter { !came.contains($0) }
    }
}
