/// How grave a dishonesty record (失信信息) is, which sets how long it is published and when credit repair may be applied for.
///
/// Source: NDRC Order 36, in force 2026-04-01. Which acts fall into which class is set field by field by the regulators: data.
public enum RepairClass: String, CaseIterable, Sendable {
    /// 轻微: in principle not published.
    case minor
    /// 一般.
    case ordinary
    /// 严重.
    case serious

    /// Months which the record is published at the least.
    public var publicationMonthsMin: Int {
        switch self {
        case .minor: 0
        case .ordinary: 3
        case .serious: 12
        }
    }

    /// Months after which publication ends by itself.
    public var publicationMonthsMax: Int {
        switch self {
        case .minor: 3
        case .ordinary: 12
        case .serious: 36
        }
    }

    /// The first day on which repair may be applied for; nil while the duties are not fulfilled.
    ///
    /// Months count from day to same day; where a month has no such day, to its last: 31 January + 3 months = 30 April.
    public func earliestApplication(published: Day, fulfilled: Day?) -> Day? {
        fulfilled.map { max($0, published.adding(months: publicationMonthsMin)) }
    }

    /// The day on which publication ends by itself.
    public func automaticEnd(published: Day) -> Day { published.adding(months: publicationMonthsMax) }
}

/// What is known of a dishonesty record when repair is asked for.
public struct RepairCase: Hashable, Sendable {
    public let repairClass: RepairClass
    public let published: Day
    /// The day on which the act was corrected and all duties were fulfilled; nil while they are not.
    public let fulfilled: Day?
    /// A public commitment has been made.
    public let hasCommitment: Bool
    /// False for matters which the law excludes from repair.
    public let isRepairable: Bool

    public init(repairClass: RepairClass, published: Day, fulfilled: Day?, hasCommitment: Bool, isRepairable: Bool) {
        self.repairClass = repairClass
        self.published = published
        self.fulfilled = fulfilled
        self.hasCommitment = hasCommitment
        self.isRepairable = isRepairable
    }

    /// Whether repair may be applied for on the day; all the obstacles, not only the first.
    public func standing(on day: Day) -> RepairStanding {
        if day >= repairClass.automaticEnd(published: published) { return .endedByItself }
        var obstacles: [RepairObstacle] = []
        if !isRepairable { obstacles.append(.excludedByLaw) }
        if fulfilled.map({ $0 <= day }) != true { obstacles.append(.dutiesNotFulfilled) }
        if day < published.adding(months: repairClass.publicationMonthsMin) { obstacles.append(.publicationTooShort) }
        if !hasCommitment { obstacles.append(.noCommitment) }
        return obstacles.isEmpty ? .open : .closed(obstacles)
    }
}

/// Whether repair may be applied for.
public enum RepairStanding: Hashable, Sendable {
    case open
    case closed([RepairObstacle])
    /// The longest publication is over: nothing is left to repair.
    case endedByItself
}

/// What stands against an application for repair.
public enum RepairObstacle: String, CaseIterable, Sendable {
    case excludedByLaw = "excluded-by-law"
    case dutiesNotFulfilled = "duties-not-fulfilled"
    case publicationTooShort = "publication-too-short"
    case noCommitment = "no-commitment"
}
