import Wire

/// Numbers as files write them: a plus sign, leading zeros, a bare point, groups of three. Exact or nothing.
enum DecimalText {
    /// `isGrouped` allows commas between digits before the point. `implied` are digits behind a point that is not written.
    static func read(_ text: Span<UInt8>, isGrouped: Bool, implied: Int) -> ExactDecimal? {
        var index = 0
        let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        if isNegative || text.count > 0 && text[0] == UInt8(ascii: "+") { index = 1 }
        var magnitude: UInt64 = 0
        var scale = 0
        var digits = 0
        var hasPoint = false
        // Digits since the last comma; nil before the first one.
        var group: Int?
        while index < text.count {
            let byte = text[index]
            index += 1
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
                guard !overflow, !carry else { return nil }
                magnitude = sum
                digits += 1
                if hasPoint { scale += 1 } else { group = group.map { $0 + 1 } }
            case UInt8(ascii: "."):
                guard !hasPoint, group == nil || group == 3 else { return nil }
                hasPoint = true
            case UInt8(ascii: ","):
                guard isGrouped, !hasPoint, group == nil ? (1...3).contains(digits) : group == 3 else { return nil }
                group = 0
            default: return nil
            }
        }
        guard digits > 0, hasPoint || group == nil || group == 3, magnitude <= UInt64(Int64.max) else { return nil }
        let mantissa = Int64(magnitude)
        return ExactDecimal(mantissa: isNegative ? -mantissa : mantissa, scale: hasPoint ? scale : implied)
    }
}

extension ExactDecimal {
    /// Times ten to the power, exactly; nil beyond 64 bits.
    func shifted(by power: Int) -> ExactDecimal? {
        var (mantissa, scale) = (mantissa, scale - power)
        while scale < 0 {
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            mantissa = product
            scale += 1
        }
        return ExactDecimal(mantissa: mantissa, scale: scale)
    }
}
