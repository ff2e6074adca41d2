/// An error of content that a source makes now and then: every field has the right form, and the record is wrong all the same.
///
/// The rules are not told of them: what they find is measured against what was planted (`make quality`).
public enum PlantedError: String, CaseIterable, Sendable {
    /// The books do not close: one side of a balance is off by 2 to 30 %.
    case doubleEntry = "double-entry"
    /// Three to ten times what the month should say.
    case yearOnYear = "year-on-year"
    /// Last month's record sent again as this month's.
    case stale
    /// Ten-thousands written as if they were yuan ten thousand times over.
    case unitUp = "unit-up"
    /// Yuan written in ten-thousands.
    case unitDown = "unit-down"
    /// The two leading digits of an amount change places, and the amount changes by half or more.
    case swappedDigits = "swapped-digits"
    /// What another source says can not be so at the same time.
    case crossSource = "cross-source"
    /// An amount left at zero.
    case zeroed
    /// Put down under the month before or after.
    case wrongPeriod = "wrong-period"
    /// The same record sent again under another id.
    case repeated
}
