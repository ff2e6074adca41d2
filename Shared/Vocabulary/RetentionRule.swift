/// How long adverse personal data may be kept, and the clocks of objection and complaint. Source: 征信业管理条例, articles 16, 25, 26.
public enum RetentionRule {
    /// Years from the end of the adverse act or event.
    public static let adverseYears = 5

    /// The last day on which adverse personal data may be kept and used; from the next day on it must be gone.
    ///
    /// For an act that ended on 29 February, the last day of February five years later.
    public static func adverseLastDay(endedOn: Day) -> Day { endedOn.adding(months: adverseYears * 12) }

    /// The last day to answer an objection (异议): 20 calendar days from its receipt, the record marked as disputed meanwhile.
    public static func objectionDue(receivedOn: Day) -> Day { receivedOn + 20 }

    /// The last day to answer a complaint: 30 calendar days from its receipt.
    public static func complaintDue(receivedOn: Day) -> Day { receivedOn + 30 }
}
