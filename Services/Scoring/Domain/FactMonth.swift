import Contracts
import Vocabulary
import Wire

/// The month that a fact counts in: its `period` when the data has one, else the month it happened in, in China.
package enum FactMonth {
    /// January 1900, as `Month.number`; months before count as this one.
    package static let first: Int32 = 1900 * 12
    /// Thirteen bits of months: up to 2582.
    package static let last: Int32 = first + 8_191

    package static func of(_ data: JSONValue, occurredAt: Instant) -> Int32 {
        clamped(data["period"]?.month?.number ?? occurredAt.dayInChina.month.number)
    }

    package static func clamped(_ month: Int32) -> Int32 { min(max(month, first), last) }

    /// 0…8191.
    static func place(of month: Int32) -> Int32 { clamped(month) - first }
}
