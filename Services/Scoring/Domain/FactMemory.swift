import Vocabulary

/// Which facts were taken, and in which month each was counted: what makes a fact count once, and lets it be taken back exactly where it
/// was counted, in whatever order facts and their corrections come.
///
/// Holds 48 bits of a hash and a month for each fact, eleven characters in the stored state.
public struct FactMemory: Hashable, Sendable {
    public enum Entry: Hashable, Sendable {
        /// Counted in this month.
        case counted(Int32)
        /// Was counted in this month or would have been, and something took its place.
        case replaced(Int32)
        /// Not seen yet, and something has already taken its place.
        case awaited
    }

    /// One word a fact, ascending: 48 bits of the hash of its id, then sixteen of the month and what became of the fact.
    private var words: [UInt64] = []

    /// Beyond it the oldest months are forgotten: far more facts than a firm has in a lifetime.
    public static let countMax = 20_000

    public init() {}

    public subscript(id: String) -> Entry? {
        let key = Self.key(id)
        let place = place(of: key)
        guard place < words.count, words[place] >> Self.codeBits == key else { return nil }
        return Entry(code: words[place] & Self.codeMask)
    }

    public mutating func set(_ entry: Entry, for id: String) {
        let key = Self.key(id)
        let word = key << Self.codeBits | entry.code
        let place = place(of: key)
        if place < words.count, words[place] >> Self.codeBits == key {
            words[place] = word
        } else {
            words.insert(word, at: place)
            if words.count > Self.countMax { forgetOldest() }
        }
    }

    private static let codeBits: UInt64 = 16
    private static let codeMask: UInt64 = 0xFFFF

    private static func key(_ id: String) -> UInt64 { FNV64.hash(id.utf8) >> codeBits }

    /// Where the fact's word is or would be.
    private func place(of key: UInt64) -> Int { words.prefixCount { $0 >> Self.codeBits < key } }

    /// A tenth at once, so that it is rarely done. What is awaited has no month and goes last.
    private mutating func forgetOldest() {
        let byAge = words.sorted { a, b in
            let (monthA, monthB) = (Self.month(in: a), Self.month(in: b))
            return monthA != monthB ? monthA < monthB : a < b
        }
        words = byAge.dropFirst(Self.countMax / 10).sorted()
    }

    private static func month(in word: UInt64) -> Int32 { Entry(code: word & codeMask)?.month ?? .max }

    // MARK: stored form

    private static let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_".utf8)
    private static let noDigit: UInt8 = 64
    /// By byte what it stands for, or `noDigit`.
    private static let digits: [UInt8] = {
        var digits = [UInt8](repeating: noDigit, count: 256)
        for (digit, letter) in letters.enumerated() { digits[Int(letter)] = UInt8(digit) }
        return digits
    }()
    private static let letterCount = 11

    /// Eleven letters for each fact: eight of the hash, three of the month and what became of the fact.
    public var text: String {
        let letters = Self.letters
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.count * Self.letterCount)
        for word in words {
            let (key, code) = (word >> Self.codeBits, word & Self.codeMask)
            for shift in stride(from: UInt64(42), through: 0, by: -6) { bytes.append(letters[Int(key >> shift & 63)]) }
            for shift in stride(from: UInt64(12), through: 0, by: -6) { bytes.append(letters[Int(code >> shift & 63)]) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Nil for what `text` does not write.
    public init?(text: ArraySlice<UInt8>) {
        guard text.count % Self.letterCount == 0 else { return nil }
        let digits = Self.digits
        words.reserveCapacity(text.count / Self.letterCount)
        func number(_ start: Int, letters count: Int) -> UInt64? {
            var number: UInt64 = 0
            for place in start..<start + count {
                let digit = digits[Int(text[place])]
                guard digit != Self.noDigit else { return nil }
                number = number << 6 | UInt64(digit)
            }
            return number
        }
        for start in stride(from: text.startIndex, to: text.endIndex, by: Self.letterCount) {
            guard let key = number(start, letters: 8), let code = number(start + 8, letters: 3), code <= Self.codeMask,
                Entry(code: code) != nil, words.last.map({ $0 >> Self.codeBits < key }) ?? true
            else { return nil }
            words.append(key << Self.codeBits | code)
        }
    }
}

extension FactMemory.Entry {
    fileprivate var month: Int32? {
        switch self {
        case .counted(let month), .replaced(let month): month
        case .awaited: nil
        }
    }

    /// Two bits of what became of it, the rest is the month.
    fileprivate var code: UInt64 {
        switch self {
        case .counted(let month): UInt64(FactMonth.place(of: month)) << 2
        case .replaced(let month): UInt64(FactMonth.place(of: month)) << 2 | 1
        case .awaited: 2
        }
    }

    fileprivate init?(code: UInt64) {
        let month = FactMonth.first + Int32(code >> 2)
        switch code & 3 {
        case 0: self = .counted(month)
        case 1: self = .replaced(month)
        case 2: self = .awaited
        default: return nil
        }
    }
}
