import Vocabulary

/// Which facts were taken, and in which month each was counted: what makes a fact count once, and lets it be taken back exactly where it
/// was counted, in whatever order facts and their corrections come.
///
/// Holds 48 bits of a hash and a month for each fact, eleven characters in the stored state.
package struct FactMemory: Hashable, Sendable {
    package enum Entry: Hashable, Sendable {
        /// Counted in this month.
        case counted(Int32)
        /// Was counted in this month or would have been, and something took its place.
        case replaced(Int32)
        /// Not seen yet, and something has already taken its place.
        case awaited
    }

    private var entries: [UInt64: Entry] = [:]

    /// Beyond it the oldest months are forgotten: far more facts than a firm has in a lifetime.
    package static let countMax = 20_000

    package init() {}

    package subscript(id: String) -> Entry? { entries[Self.key(id)] }

    package mutating func set(_ entry: Entry, for id: String) {
        entries[Self.key(id)] = entry
        if entries.count > Self.countMax { forgetOldest() }
    }

    private static func key(_ id: String) -> UInt64 { FNV64.hash(id.utf8) >> 16 }

    /// A tenth at once, so that it is rarely done.
    private mutating func forgetOldest() {
        let byAge = entries.sorted { a, b in
            let (monthA, monthB) = (a.value.month ?? Int32.max, b.value.month ?? Int32.max)
            return monthA != monthB ? monthA < monthB : a.key < b.key
        }
        for (key, _) in byAge.prefix(Self.countMax / 10) { entries[key] = nil }
    }

    // MARK: stored form

    private static let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_".utf8)
    private static let digits: [UInt8: UInt64] = Dictionary(uniqueKeysWithValues: letters.enumerated().map { ($1, UInt64($0)) })
    private static let letterCount = 11

    /// Eleven letters for each fact: eight of the hash, three of the month and what became of the fact.
    package var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * Self.letterCount)
        for (key, entry) in entries.sorted(by: { $0.key < $1.key }) {
            Self.append(key, letters: 8, to: &bytes)
            Self.append(entry.code, letters: 3, to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Nil for what `text` does not write.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count % Self.letterCount == 0 else { return nil }
        entries.reserveCapacity(bytes.count / Self.letterCount)
        for start in stride(from: 0, to: bytes.count, by: Self.letterCount) {
            guard let key = Self.number(bytes[start..<start + 8]), let code = Self.number(bytes[start + 8..<start + Self.letterCount]),
                let entry = Entry(code: code)
            else { return nil }
            entries[key] = entry
        }
    }

    private static func append(_ number: UInt64, letters count: Int, to bytes: inout [UInt8]) {
        for place in 1...count { bytes.append(letters[Int(number >> UInt64(6 * (count - place)) & 63)]) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for byte in bytes {
            guard let digit = digits[byte] else { return nil }
            number = number << 6 | digit
        }
        return number
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

/// FNV-1a, 64 bits: small, and the same on every machine. Not for secrets.
package enum FNV64 {
    package static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}
