/// An error put into a record on purpose, so that a test can count what the suite must find.
public enum PlantedDefect: String, CaseIterable, Sendable {
    /// The last character of the subject's code is not the one that the others ask for.
    case wrongCheckDigit = "wrong-check-digit"
    /// A day that no calendar has: 30 February.
    case impossibleDate = "impossible-date"
    /// An amount with a tenth of a fen.
    case moneyDecimals = "money-decimals"
    /// A field that the record type does not have.
    case unknownField = "unknown-field"
    /// Ten-thousands of yuan reported as yuan ten thousand times over: the amount is 10,000 times too large.
    case unitSlip = "unit-slip"
    /// The same record sent again, byte for byte.
    case duplicateSameBytes = "duplicate-same-bytes"
    /// Another record under an id that was used before.
    case duplicateOtherBytes = "duplicate-other-bytes"

    /// What must become of the record.
    public enum Fate: String, Sendable {
        /// It never becomes a fact: its form, its subject or its id is wrong.
        case refused
        /// Its form is right; a quality rule holds it back.
        case quarantined
        /// It says nothing new and leaves no trace but a count.
        case dropped
    }

    public var fate: Fate {
        switch self {
        case .wrongCheckDigit, .impossibleDate, .moneyDecimals, .unknownField, .duplicateOtherBytes: .refused
        case .unitSlip: .quarantined
        case .duplicateSameBytes: .dropped
        }
    }

    /// True when the record comes in addition to a good one; false when it stands in a good one's place.
    public var isAddition: Bool {
        switch self {
        case .duplicateSameBytes, .duplicateOtherBytes: true
        case .wrongCheckDigit, .impossibleDate, .moneyDecimals, .unknownField, .unitSlip: false
        }
    }
}
