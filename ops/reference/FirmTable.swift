import Foundation

/// A unified social credit code as numbers: 31 letters fit five bits, 18 of them 90 bits.
struct FirmCode: Hashable {
    let high: UInt64
    let low: UInt64
    /// The check character is the one that the first seventeen ask for. Source: GB 32100-2015.
    let isRight: Bool

    private static let weights: [UInt64] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in "0123456789ABCDEFGHJKLMNPQRTUWXY".utf8.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    static func value(of byte: UInt8) -> UInt64? {
        let value = values[Int(byte)]
        return value == 0xFF ? nil : UInt64(value)
    }

    init?(_ text: ArraySlice<UInt8>) {
        guard text.count == 18 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        var sum: UInt64 = 0
        var place = 0
        for byte in text {
            guard let value = Self.value(of: byte) else { return nil }
            if place < 9 { high = high << 5 | value } else { low = low << 5 | value }
            if place < 17 { sum += value * Self.weights[place] } else { sum = sum % 31 + value }
            place += 1
        }
        self.high = high
        self.low = low
        isRight = sum % 31 == 0
    }

    static func == (a: FirmCode, b: FirmCode) -> Bool { a.low == b.low && a.high == b.high }
    func hash(into hasher: inout Hasher) {
        hasher.combine(low)
        hasher.combine(high)
    }
}

/// What the job looks up: `uscc,region,industry,industry_risk` a line.
struct FirmTable: Sendable {
    struct Firm: Sendable {
        let region: Int32
        let industry: Int32
        let risk: Double
    }

    /// Open addressing, at most half full: one look-up touches one or two lines of the cache.
    private var codes: [(high: UInt64, low: UInt64)]
    private var firms: [Firm]
    private let mask: Int

    init(path: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        var size = 1_024
        while size < lines.count * 2 { size *= 2 }
        mask = size - 1
        codes = Array(repeating: (0, 0), count: size)
        firms = Array(repeating: Firm(region: 0, industry: 0, risk: 0), count: size)
        for (number, line) in lines.enumerated() {
            let fields = line.split(separator: UInt8(ascii: ","))
            guard fields.count == 4, let code = FirmCode(fields[0]), let region = Int32(String(decoding: fields[1], as: UTF8.self)),
                let industry = Int32(String(decoding: fields[2], as: UTF8.self)),
                let risk = Double(String(decoding: fields[3], as: UTF8.self))
            else { throw ReferenceFault.line(path, number + 1) }
            var place = Self.place(code) & mask
            while codes[place] != (0, 0) { place = (place + 1) & mask }
            codes[place] = (code.high, code.low)
            firms[place] = Firm(region: region, industry: industry, risk: risk)
        }
    }

    private static func place(_ code: FirmCode) -> Int {
        let mixed = (code.low ^ code.high &* 0x9E37_79B9_7F4A_7C15) &* 0xBF58_476D_1CE4_E5B9
        return Int(truncatingIfNeeded: mixed >> 20)
    }

    subscript(code: FirmCode) -> Firm? {
        var place = Self.place(code) & mask
        while true {
            let found = codes[place]
            if found == (code.high, code.low) { return firms[place] }
            if found == (0, 0) { return nil }
            place = (place + 1) & mask
        }
    }
}

enum ReferenceFault: Error, CustomStringConvertible {
    case line(String, Int)
    case card(String)
    case environment(String)

    var description: String {
        switch self {
        case .line(let path, let number): "\(path), line \(number): not uscc,region,industry,risk"
        case .card(let why): "the card: \(why)"
        case .environment(let name): "\(name) is not set; see ops/reference/README.md"
        }
    }
}
