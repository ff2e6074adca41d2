import Vocabulary

/// A quarter of a year, in China's days.
public struct Quarter: Hashable, Comparable, Sendable {
    public let year: Int
    /// 1…4.
    public let number: Int

    /// Reads `2026-Q3`; years 2000…2999.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 7, bytes[4] == UInt8(ascii: "-"), bytes[5] == UInt8(ascii: "Q"), let year = Int(text.prefix(4)),
            (2000...2999).contains(year), (UInt8(ascii: "1")...UInt8(ascii: "4")).contains(bytes[6])
        else { return nil }
        self.year = year
        number = Int(bytes[6] - UInt8(ascii: "0"))
    }

    /// The quarter that the moment lies in.
    public init(of moment: Instant) {
        let day = moment.dayInChina.civil
        year = day.year
        number = (day.month - 1) / 3 + 1
    }

    public var text: String { "\(year)-Q\(number)" }
    /// Its first moment.
    public var start: Instant { Month(year: year, month: number * 3 - 2).first.startInChina }
    /// The first moment after it.
    public var end: Instant { next.start }
    public var next: Quarter { Quarter(of: (Month(year: year, month: number * 3).last + 1).startInChina) }
    public var previous: Quarter { Quarter(of: (Month(year: year, month: number * 3 - 2).first - 1).startInChina) }

    /// When its report is drawn up: ten days after its end, when what was still under way has arrived.
    public var drawnAt: Instant { end + .seconds(10 * 86_400) }

    public static func < (one: Quarter, other: Quarter) -> Bool { (one.year, one.number) < (other.year, other.number) }
}
