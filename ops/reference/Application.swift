/// An application of CREDIT-REF-1, parsed and checked by the job's schema in one pass over its bytes; nil where it does not keep to it.
struct Application {
    let id: String
    let uscc: Range<Int>
    let amount: Double
    /// Not a number where the application has null.
    let features: InlineArray<20, Double>

    init?(_ bytes: [UInt8]) {
        let parsed = unsafe bytes.withUnsafeBufferPointer { text -> Fields? in
            var reader = unsafe ApplicationReader(text: text)
            return reader.object()
        }
        guard let parsed else { return nil }
        id = String(decoding: bytes[parsed.id], as: UTF8.self)
        uscc = parsed.uscc
        amount = parsed.amount
        features = parsed.features
    }

    struct Fields {
        var id = 0..<0
        var uscc = 0..<0
        var amount = 0.0
        var features = InlineArray<20, Double>(repeating: .nan)
        /// A bit for each member that was seen.
        var seen: UInt32 = 0
    }
}

/// Reads one application. Every member may come once, in any order; the twelve are all there and nothing else is.
@safe private struct ApplicationReader {
    let text: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var fields = Application.Fields()

    init(text: UnsafeBufferPointer<UInt8>) { unsafe self.text = text }

    private static let all: UInt32 = 0xFFF

    mutating func object() -> Application.Fields? {
        space()
        guard take(UInt8(ascii: "{")) else { return nil }
        repeat {
            space()
            guard let key = plainString(), member(key) else { return nil }
            space()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { return nil }
        space()
        return unsafe at == text.count && fields.seen == Self.all ? fields : nil
    }

    private mutating func member(_ key: Range<Int>) -> Bool {
        space()
        guard take(UInt8(ascii: ":")) else { return false }
        space()
        let bit: UInt32
        let isRight: Bool
        switch (key.count, unsafe text[key.lowerBound]) {
        case (13, 0x61) where isKey(key, "applicationId"):
            bit = 0
            isRight = applicationID()
        case (4, 0x75) where isKey(key, "uscc"):
            bit = 1
            isRight = uscc()
        case (4, 0x6E) where isKey(key, "name"):
            bit = 2
            isRight = name()
        case (11, 0x73) where isKey(key, "submittedAt"):
            bit = 3
            isRight = moment()
        case (6, 0x61) where isKey(key, "amount"):
            bit = 4
            guard let amount = number(), amount > 0, amount <= 10_000_000_000 else { return false }
            fields.amount = amount
            isRight = true
        case (10, 0x74) where isKey(key, "termMonths"):
            bit = 5
            guard let months = number() else { return false }
            isRight = months >= 1 && months <= 360 && months == months.rounded()
        case (8, 0x63) where isKey(key, "currency"):
            bit = 6
            isRight = oneOf("CNY", "USD", "EUR", "HKD")
        case (7, 0x63) where isKey(key, "channel"):
            bit = 7
            isRight = oneOf("WEB", "APP", "BANK", "GOV")
        case (7, 0x70) where isKey(key, "purpose"):
            bit = 8
            isRight = oneOf("WORKING", "EQUIPMENT", "TRADE", "TRADE")
        case (7, 0x63) where isKey(key, "contact"):
            bit = 9
            isRight = contact()
        case (7, 0x63) where isKey(key, "consent"):
            bit = 10
            isRight = word("true")
        case (8, 0x66) where isKey(key, "features"):
            bit = 11
            isRight = features()
        default: return false
        }
        guard isRight, fields.seen & 1 << bit == 0 else { return false }
        fields.seen |= 1 << bit
        return true
    }

    // MARK: members

    private mutating func applicationID() -> Bool {
        guard let range = plainString(), range.count == 13, unsafe text[range.lowerBound] == 0x41,
            unsafe text[range.lowerBound + 1] == 0x50,
            digits(range.dropFirst(2))
        else { return false }
        fields.id = range
        return true
    }

    private mutating func uscc() -> Bool {
        guard let range = plainString(), range.count == 18 else { return false }
        for place in range where FirmCode.value(of: unsafe text[place]) == nil { return false }
        fields.uscc = range
        return true
    }

    /// 1 to 200 characters.
    private mutating func name() -> Bool {
        guard let characters = string() else { return false }
        return characters >= 1 && characters <= 200
    }

    private mutating func moment() -> Bool {
        guard let range = plainString(), range.count == 20 else { return false }
        let start = range.lowerBound
        return unsafe digits(start..<start + 4) && text[start + 4] == 0x2D && digits(start + 5..<start + 7) && text[start + 7] == 0x2D
            && digits(start + 8..<start + 10) && text[start + 10] == 0x54 && digits(start + 11..<start + 13) && text[start + 13] == 0x3A
            && digits(start + 14..<start + 16) && text[start + 16] == 0x3A && digits(start + 17..<start + 19) && text[start + 19] == 0x5A
    }

    private mutating func contact() -> Bool {
        guard take(UInt8(ascii: "{")) else { return false }
        var seen = 0
        repeat {
            space()
            guard let key = plainString() else { return false }
            space()
            guard take(UInt8(ascii: ":")) else { return false }
            space()
            if isKey(key, "phone") {
                guard let phone = plainString(), phone.count == 11, unsafe text[phone.lowerBound] == 0x31, digits(phone) else {
                    return false
                }
                seen |= seen & 1 == 0 ? 1 : 4
            } else if isKey(key, "email") {
                let start = at + 1
                guard string() != nil, isEmail(start..<at - 1) else { return false }
                seen |= seen & 2 == 0 ? 2 : 4
            } else {
                return false
            }
            space()
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) && seen == 3
    }

    /// Something, one @, something; neither with a space.
    private func isEmail(_ range: Range<Int>) -> Bool {
        var at = -1
        for place in range {
            let byte = unsafe text[place]
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\\") { return false }
            if byte == UInt8(ascii: "@") {
                if at >= 0 { return false }
                at = place
            }
        }
        return at > range.lowerBound && at < range.upperBound - 1
    }

    private mutating func features() -> Bool {
        guard take(UInt8(ascii: "[")) else { return false }
        for place in 0..<20 {
            if place > 0 {
                guard take(UInt8(ascii: ",")) else { return false }
            }
            space()
            if unsafe at < text.count, unsafe text[at] == UInt8(ascii: "n") {
                guard word("null") else { return false }
            } else {
                guard let value = number() else { return false }
                fields.features[place] = value
            }
            space()
        }
        return take(UInt8(ascii: "]"))
    }

    // MARK: tokens

    @inline(__always) private mutating func space() {
        while unsafe at < text.count, unsafe text[at] <= 0x20,
            unsafe text[at] == 0x20 || text[at] == 0x0A || text[at] == 0x0D || text[at] == 0x09
        {
            at += 1
        }
    }

    @inline(__always) private mutating func take(_ byte: UInt8) -> Bool {
        guard unsafe at < text.count, unsafe text[at] == byte else { return false }
        at += 1
        return true
    }

    private mutating func word(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard unsafe at + count <= text.count else { return false }
        for place in 0..<count where unsafe text[at + place] != word.utf8Start[place] { return false }
        at += count
        return true
    }

    @inline(__always) private func isKey(_ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        for place in 0..<range.count where unsafe text[range.lowerBound + place] != word.utf8Start[place] { return false }
        return true
    }

    private mutating func oneOf(_ first: StaticString, _ second: StaticString, _ third: StaticString, _ fourth: StaticString) -> Bool {
        guard let range = plainString() else { return false }
        return isKey(range, first) || isKey(range, second) || isKey(range, third) || isKey(range, fourth)
    }

    @inline(__always) private func digits(_ range: Range<Int>) -> Bool {
        for place in range where unsafe text[place] &- 0x30 > 9 { return false }
        return true
    }

    /// A string of printable ASCII without escapes: its range without the quotes.
    @inline(__always) private mutating func plainString() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = at
        while unsafe at < text.count {
            let byte = unsafe text[at]
            if byte == UInt8(ascii: "\"") {
                at += 1
                return start..<at - 1
            }
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\\") { return nil }
            at += 1
        }
        return nil
    }

    /// A string of well-formed UTF-8; an escape counts as one character. How many characters it has.
    private mutating func string() -> Int? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var characters = 0
        while unsafe at < text.count {
            let byte = unsafe text[at]
            if byte == UInt8(ascii: "\"") {
                at += 1
                return characters
            }
            let length: Int
            switch byte {
            case 0..<0x20: return nil
            case UInt8(ascii: "\\"):
                guard let escape = escapeLength() else { return nil }
                length = escape
            case 0..<0x80: length = 1
            case 0xC2..<0xE0: length = 2
            case 0xE0..<0xF0: length = 3
            case 0xF0..<0xF5: length = 4
            default: return nil
            }
            guard unsafe at + length <= text.count else { return nil }
            if byte >= 0x80 {
                for place in at + 1..<at + length where unsafe text[place] & 0xC0 != 0x80 { return nil }
                let second = unsafe text[at + 1]
                if byte == 0xE0 && second < 0xA0 || byte == 0xED && second > 0x9F || byte == 0xF0 && second < 0x90
                    || byte == 0xF4 && second > 0x8F
                {
                    return nil
                }
            }
            at += length
            characters += 1
        }
        return nil
    }

    private func escapeLength() -> Int? {
        guard unsafe at + 1 < text.count else { return nil }
        switch unsafe text[at + 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return 2
        case 0x75:
            guard unsafe at + 6 <= text.count else { return nil }
            for place in at + 2..<at + 6 {
                let byte = unsafe text[place] | 0x20
                guard byte &- 0x30 <= 9 || byte &- 0x61 <= 5 else { return nil }
            }
            return 6
        default: return nil
        }
    }

    /// A JSON number. Exact up to 15 digits, which a double holds; longer ones are read by the library.
    private mutating func number() -> Double? {
        let start = at
        let isNegative = take(UInt8(ascii: "-"))
        var mantissa: Int64 = 0
        var count = 0
        let first = at
        while unsafe at < text.count, unsafe text[at] &- 0x30 <= 9 {
            mantissa = mantissa &* 10 &+ Int64(unsafe text[at] &- 0x30)
            at += 1
        }
        count = at - first
        guard count > 0, unsafe count == 1 || text[first] != 0x30 else { return nil }
        var scale = 0
        if take(UInt8(ascii: ".")) {
            let fraction = at
            while unsafe at < text.count, unsafe text[at] &- 0x30 <= 9 {
                mantissa = mantissa &* 10 &+ Int64(unsafe text[at] &- 0x30)
                at += 1
            }
            scale = at - fraction
            guard scale > 0 else { return nil }
        }
        if unsafe at < text.count, unsafe text[at] | 0x20 == UInt8(ascii: "e") { return long(from: start) }
        guard count + scale <= 15 else { return long(from: start) }
        let value = Double(mantissa) / Self.powers[scale]
        return isNegative ? -value : value
    }

    private static let powers: [Double] = (0...15).map { (0..<$0).reduce(1.0) { power, _ in power * 10 } }

    private mutating func long(from start: Int) -> Double? {
        var end = at
        while unsafe end < text.count, Self.isOfNumber(unsafe text[end]) { end += 1 }
        let token = unsafe String(decoding: UnsafeBufferPointer(rebasing: text[start..<end]), as: UTF8.self)
        guard let value = Double(token), value.isFinite else { return nil }
        at = end
        return value
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        byte &- 0x30 <= 9 || byte == 0x2B || byte == 0x2D || byte == 0x2E || byte | 0x20 == 0x65
    }
}
