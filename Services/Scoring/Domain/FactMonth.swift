import Contracts
import Vocabulary
import Wire

/// The month that a fact counts in: its `period` when the data has one, else the month it happened in, in China.
public enum FactMonth {
    /// January 1900, as `Month.number`; months before count as this one.
    public static let first: Int32 = 1900 * 12
    /// Thirteen bits of months: up to 2582.
    public static let last: Int32 = first + 8_191

    public static func of(_ data: JSONValue, occurredAt: Instant) -> Int32 {
        clamped(data["period"]?.month?.number ?? occurredAt.dayInChina.month.number)
    }

    public static func clamped(_ month: Int32) -> Int32 { min(max(month, first), last) }

    /// 0…8191.
    static func place(of month: Int32) -> Int32 { clamped(month) - first }
}
