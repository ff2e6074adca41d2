import Vocabulary

/// How a file writes a day, a month or a moment: `yyyy`, `MM`, `dd`, `HH`, `mm`, `ss`, `M` and `d` for one digit or two, and anything else as it
/// stands: `yyyy年M月d日`, `yyyyMMdd`, `dd/MM/yyyy HH:mm:ss`. Moments are in China Standard Time.
public struct DateFormat: Hashable, Sendable {
    private enum Part: Hashable {
        case year, month, day, hour, minute, second
        case monthOpen, dayOpen
        case literal([UInt8])
    }

    private let parts: [Part]
    /// Has a day, so that it names one.
    public let hasDay: Bool
    public let hasTime: Bool

    public static let dayDefault = DateFormat("yyyy-MM-dd") ?? DateFormat(parts: [])
    public static let monthDefault = DateFormat("yyyy-MM") ?? DateFormat(parts: [])

    private init(parts: [Part]) {
        self.parts = parts
        hasDay = parts.contains(.day) || parts.contains(.dayOpen)
        hasTime = parts.contains(.hour)
    }

    /// Nil when it has no year or month, a part twice, minutes without hours, or an open part that a digit may follow.
    public init?(_ text: String) {
        var rest = Substring(text)
        var parts: [Part] = []
        let words: [(String, Part)] = [
            ("yyyy", .year), ("MM", .month), ("dd", .day), ("HH", .hour), ("mm", .minute), ("ss", .second), ("M", .monthOpen),
            ("d", .dayOpen),
        ]
        while let first = rest.first {
            if let (word, part) = words.first(where: { rest.hasPrefix($0.0) }) {
                guard !parts.contains(part) else { return nil }
                parts.append(part)
                rest = rest.dropFirst(word.count)
                continue
            }
            // A letter that is no part is a slip, not a literal; `T` stands between day and time.
            guard !first.isASCII || !first.isLetter || first == "T", !first.isNumber || !first.isASCII else { return nil }
            if case .literal(let before) = parts.last {
                parts[parts.count - 1] = .literal(before + Array(String(first).utf8))
            } else {
                parts.append(.literal(Array(String(first).utf8)))
            }
            rest = rest.dropFirst()
        }
        self.init(parts: parts)
        let months = parts.count { $0 == .month || $0 == .monthOpen }
        let days = parts.count { $0 == .day || $0 == .dayOpen }
        guard parts.contains(.year), months == 1, days <= 1 else { return nil }
        guard hasTime ? hasDay && parts.contains(.minute) : !parts.contains(.minute), !parts.contains(.second) || hasTime else {
            return nil
        }
        for (part, next) in zip(parts, parts.dropFirst()) where part == .monthOpen || part == .dayOpen {
            guard case .literal = next else { return nil }
        }
    }

    /// What the text names; nil when it is written otherwise or no calendar has it.
    public struct Reading: Hashable, Sendable {
        public let month: Month
        /// Nil when the format has none.
        public let day: Day?
        /// Seconds since midnight in China.
        public let seconds: Int
    }

    func read(_ text: Span<UInt8>) -> Reading? {
        var index = 0
        func digits(_ least: Int, _ most: Int) -> Int? {
            var value = 0
            var count = 0
            while count < most, index < text.count, (48...57).contains(text[index]) {
                value = value * 10 + Int(text[index] - 48)
                index += 1
                count += 1
            }
            return count >= least ? value : nil
        }
        var (year, month, day, seconds) = (0, 0, 0, 0)
        for part in parts {
            switch part {
            case .literal(let bytes):
                for byte in bytes {
                    guard index < text.count, text[index] == byte else { return nil }
                    index += 1
                }
            case .year:
                guard let value = digits(4, 4) else { return nil }
                year = value
            case .month, .monthOpen:
                guard let value = digits(part == .month ? 2 : 1, 2) else { return nil }
                month = value
            case .day, .dayOpen:
                guard let value = digits(part == .day ? 2 : 1, 2) else { return nil }
                day = value
            case .hour:
                guard let value = digits(2, 2), value < 24 else { return nil }
                seconds += value * 3_600
            case .minute:
                guard let value = digits(2, 2), value < 60 else { return nil }
                seconds += value * 60
            case .second:
                guard let value = digits(2, 2), value < 60 else { return nil }
                seconds += value
            }
        }
        guard index == text.count, year >= 1, (1...12).contains(month) else { return nil }
        guard hasDay else { return Reading(month: Month(year: year, month: month), day: nil, seconds: 0) }
        guard let found = Day(year: year, month: month, day: day) else { return nil }
        return Reading(month: found.month, day: found, seconds: seconds)
    }
}
