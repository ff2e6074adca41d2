import Vocabulary

/// A quarter of a year, in China's days.
package struct Quarter: Hashable, Comparable, Sendable {
    package let year: Int
    /// 1…4.
    package let number: Int

    /// Reads `2026-Q3`; years 2000…2999.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 7, bytes[4] == UInt8(ascii: "-"), bytes[5] == UInt8(ascii: "Q"), let year = Int(text.prefix(4)),
            (2000...2999).contains(year), (UInt8(ascii: "1")...UInt8(ascii: "4")).contains(bytes[6])
        else { return nil }
        self.year = year
        number = Int(bytes[6] - UInt8(ascii: "0"))
    }

    /// The quarter that the moment lies in.
    package init(of moment: Instant) {
        let day = moment.dayInChina.civil
        year = day.year
        number = (day.month - 1) / 3 + 1
    }

    package var text: String { "\(year)-Q\(number)" }
    /// Its first moment.
    package var start: Instant { Month(year: year, month: number * 3 - 2).first.startInChina }
    /// The first moment after it.
    package var end: Instant { next.start }
    package var next: Quarter { Quarter(of: (Month(year: year, month: number * 3).last + 1).startInChina) }
    package var previous: Quarter { Quarter(of: (Month(year: year, month: number * 3 - 2).first - 1).startInChina) }

    /// When its report is drawn up: ten days after its end, when what was still under way has arrived.
    package var drawnAt: Instant { end + .seconds(10 * 86_400) }

    package static func < (one: Quarter, other: Quarter) -> Bool { (one.year, one.number) < (other.year, other.number) }
}
