/// How long dishonesty information (失信信息) of one class is published, and from when credit repair may be applied for.
///
/// Source: NDRC Order 36, in force 2026-04-01. Which acts fall into which class, and the months of each class, are set field by field by
/// the regulators: data.
public struct PublicationTerm: Hashable, Sendable {
    /// Months which the record is published at the least.
    public let monthsMin: Int
    /// Months after which publication ends by itself; nil where it lasts as long as the state does.
    public let monthsMax: Int?

    public init(monthsMin: Int, monthsMax: Int?) {
        self.monthsMin = monthsMin
        self.monthsMax = monthsMax
    }

    /// The first day on which repair may be applied for; nil while the duties are not fulfilled.
    ///
    /// Months count from day to same day; where a month has no such day, to its last: 31 January + 3 months = 30 April.
    public func earliestApplication(published: Day, fulfilled: Day?) -> Day? {
        fulfilled.map { max($0, published.adding(months: monthsMin)) }
    }

    /// The day on which publication ends by itself; nil where no length of time ends it.
    public func automaticEnd(published: Day) -> Day? { monthsMax.map { published.adding(months: $0) } }
}

/// What is known of a dishonesty record when repair is asked for.
public struct RepairCase: Hashable, Sendable {
    public let term: PublicationTerm
    public let published: Day
    /// The day on which publication ended with the state itself; nil while it has not.
    public let endedOn: Day?
    /// The day on which the act was corrected and all duties were fulfilled; nil while they are not.
    public let fulfilled: Day?
    /// A public commitment has been made.
    public let hasCommitment: Bool
    /// False for matters which the law excludes from repair.
    public let isRepairable: Bool

    public init(
        term: PublicationTerm, published: Day, endedOn: Day? = nil, fulfilled: Day?, hasCommitment: Bool, isRepairable: Bool
    ) {
        self.term = term
        self.published = published
        self.endedOn = endedOn
        self.fulfilled = fulfilled
        self.hasCommitment = hasCommitment
        self.isRepairable = isRepairable
    }

    /// Whether repair may be applied for on the day; all the obstacles, not only the first.
    public func standing(on day: Day) -> RepairStanding {
        let ends = [term.automaticEnd(published: published), endedOn].compactMap(\.self)
        if ends.contains(where: { $0 <= day }) { return .endedByItself }
        var obstacles: [RepairObstacle] = []
        if !isRepairable { obstacles.append(.excludedByLaw) }
        if fulfilled.map({ $0 <= day }) != true { obstacles.append(.dutiesNotFulfilled) }
        if day < published.adding(months: term.monthsMin) { obstacles.append(.publicationTooShort) }
        if !hasCommitment { obstacles.append(.noCommitment) }
        return obstacles.isEmpty ? .open : .closed(obstacles)
    }
}

/// Whether repair may be applied for.
public enum RepairStanding: Hashable, Sendable {
    case open
    case closed([RepairObstacle])
    /// Publication is over: nothing is left to repair.
    case endedByItself
}

/// What stands against an application for repair.
public enum RepairObstacle: String, CaseIterable, Sendable {
    case excludedByLaw = "excluded-by-law"
    case dutiesNotFulfilled = "duties-not-fulfilled"
    case publicationTooShort = "publication-too-short"
    case noCommitment = "no-commitment"
}
