/// PostgreSQL's `numeric` as it comes over the wire: groups of four decimal digits.
struct Numeric {
    private let groups: [Int16]
    /// The first group counts 10,000 to this power.
    private let weight: Int
    private let sign: UInt16
    /// Decimal digits after the point, as the server would show them.
    private let scale: Int

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let count = unsafe bytes.number(Int16.self, at: 0), count >= 0, bytes.count == 8 + 2 * Int(count),
            let weight = unsafe bytes.number(Int16.self, at: 2), let sign = unsafe bytes.number(UInt16.self, at: 4),
            let scale = unsafe bytes.number(Int16.self, at: 6)
        else { return nil }
        var groups: [Int16] = []
        for index in 0..<Int(count) {
            guard let group = unsafe bytes.number(Int16.self, at: 8 + 2 * index), (0...9999).contains(group) else { return nil }
            groups.append(group)
        }
        self.groups = groups
        self.weight = Int(weight)
        self.sign = sign
        self.scale = Int(scale)
    }

    /// Nil for a fraction, for NaN and infinity, and for what 64 bits do not hold.
    var wholeNumber: Int64? {
        let isZeroAfterPoint = groups.indices.allSatisfy { $0 <= weight || groups[$0] == 0 }
        guard isZeroAfterPoint else { return nil }
        return Int64(text.prefix { $0 != "." })
    }

    var text: String {
        switch sign {
        case 0xC000: return "NaN"
        case 0xD000: return "Infinity"
        case 0xF000: return "-Infinity"
        default: break
        }
        var whole = ""
        if weight >= 0 { for power in 0...weight { whole += digits(of: group(power), isFirst: power == 0) } }
        var fraction = ""
        var index = weight + 1
        while fraction.count < scale {
            fraction += digits(of: group(index), isFirst: false)
            index += 1
        }
        return (sign == 0x4000 ? "-" : "") + (whole.isEmpty ? "0" : whole) + (scale > 0 ? "." + fraction.prefix(scale) : "")
    }

    /// Groups outside the stored ones are zero.
    private func group(_ index: Int) -> Int16 { groups.indices.contains(index) ? groups[index] : 0 }

    private func digits(of group: Int16, isFirst: Bool) -> String {
        let text = String(group)
        return isFirst ? text : String(repeating: "0", count: 4 - text.count) + text
    }
}
