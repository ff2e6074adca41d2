/// One field of a row that is to be stored. What a decision says and what the database gets are the same value.
public enum Cell: Hashable, Sendable {
    case null
    case text(String)
    /// For `bigint`, and for `integer` where it fits.
    case int64(Int64)
    case double(Double)
    case bool(Bool)
    case bytes([UInt8])
    case instant(Instant)
    case day(Day)
    /// UTF-8 text of a JSON document, for a `jsonb` column.
    case json([UInt8])
    /// A list of small numbers, for `smallint[]`.
    case int16s([Int16])

    public static func textOrNull(_ text: String?) -> Cell { text.map { .text($0) } ?? .null }
    public static func int64OrNull(_ number: Int64?) -> Cell { number.map { .int64($0) } ?? .null }
}
