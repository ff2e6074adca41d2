import Vocabulary

/// Figures as people read them. Every text carries its unit or stands under a heading that does.
public enum Shown {
    /// `1,234,567`.
    public static func count(_ number: Int64) -> String {
        let digits = String(number.magnitude)
        var result = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { result += "," }
            result.append(digit)
        }
        return number < 0 ? "−" + result : result
    }

    /// `¥ 12.3456 million` is hard to compare, so money is in 万元 with two decimals, and in 亿元 from a hundred million on.
    /// Rounds toward zero.
    public static func money(fen: Int64) -> String {
        let sign = fen < 0 ? "−" : ""
        let size = fen.magnitude
        let (unit, name): (UInt64, String) = size >= 10_000_000_000 ? (10_000_000_000, "亿元") : (1_000_000, "万元")
        let hundredths = size / (unit / 100)
        let rest = hundredths % 100
        return sign + count(Int64(clamping: hundredths / 100)) + "." + (rest < 10 ? "0" : "") + "\(rest) " + name
    }

    /// `93.50 %` of basis points; rounds nothing.
    public static func percent(_ ratio: BasisPoints) -> String {
        let size = ratio.value.magnitude
        let rest = size % 100
        return (ratio.value < 0 ? "−" : "") + "\(size / 100)." + (rest < 10 ? "0" : "") + "\(rest) %"
    }

    /// A share of counts; a dash when there is nothing to divide by. Rounds down.
    public static func share(_ part: Int64, of whole: Int64) -> String {
        guard whole > 0, part >= 0 else { return "–" }
        return percent(BasisPoints(part.multipliedClamped(by: 10_000) / whole))
    }

    /// `2026-07-01 09:30`, China Standard Time.
    public static func moment(_ instant: Instant) -> String {
        let local = (instant + .seconds(8 * 3_600)).rfc3339
        return String(local.prefix(10)) + " " + String(local.dropFirst(11).prefix(5))
    }
}
