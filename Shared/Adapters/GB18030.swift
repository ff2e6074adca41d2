/// GB 18030 in its edition of 2000, which every later edition reads alike but for two dozen rare characters. Pure: needs no library and no
/// locale of the machine, so a file decodes the same everywhere.
enum GB18030 {
    /// Appends the text as UTF-8. Returns nil, or the place of the first byte that begins no character.
    static func decode(_ text: Span<UInt8>, into out: inout [UInt8]) -> Int? {
        let tables = tables
        let twoByte = tables.twoByte.span
        let fourByte = tables.fourByte.span
        out.reserveCapacity(out.count + text.count + text.count / 2)
        var index = 0
        while index < text.count {
            let first = text[index]
            if first < 0x80 {
                guard first != 0 else { return index }
                out.append(first)
                index += 1
                continue
            }
            guard first != 0x80, first != 0xFF, index + 1 < text.count else { return index }
            let second = text[index + 1]
            if second >= 0x40 {
                guard second != 0x7F, second != 0xFF else { return index }
                let column = Int(second) - (second > 0x7F ? 0x41 : 0x40)
                append(UInt32(twoByte[Int(first - 0x81) * 190 + column]), to: &out)
                index += 2
                continue
            }
            guard index + 3 < text.count, case let (third, fourth) = (text[index + 2], text[index + 3]),
                (0x30...0x39).contains(second), (0x81...0xFE).contains(third), (0x30...0x39).contains(fourth)
            else { return index }
            let high = Int(first - 0x81) * 10 + Int(second - 0x30)
            let linear = high * 1_260 + Int(third - 0x81) * 10 + Int(fourth - 0x30)
            switch linear {
            case 0..<fourByte.count: append(UInt32(fourByte[linear]), to: &out)
            case 189_000..<189_000 + 0x100000: append(UInt32(0x10000 + linear - 189_000), to: &out)
            default: return index
            }
            index += 4
        }
        return nil
    }

    private static func append(_ point: UInt32, to out: inout [UInt8]) {
        if point < 0x80 {
            out.append(UInt8(truncatingIfNeeded: point))
        } else if point < 0x800 {
            out.append(UInt8(truncatingIfNeeded: 0xC0 | point >> 6))
            out.append(UInt8(truncatingIfNeeded: 0x80 | point & 0x3F))
        } else {
            if point < 0x10000 {
                out.append(UInt8(truncatingIfNeeded: 0xE0 | point >> 12))
            } else {
                out.append(UInt8(truncatingIfNeeded: 0xF0 | point >> 18))
                out.append(UInt8(truncatingIfNeeded: 0x80 | point >> 12 & 0x3F))
            }
            out.append(UInt8(truncatingIfNeeded: 0x80 | point >> 6 & 0x3F))
            out.append(UInt8(truncatingIfNeeded: 0x80 | point & 0x3F))
        }
    }

    /// Code points by place. The four-byte codes below the supplementary planes are, in order, what the two-byte codes leave over.
    private static let tables: (twoByte: [UInt16], fourByte: [UInt16]) = {
        var twoByte = GB18030Table.text.unicodeScalars.map { UInt16(truncatingIfNeeded: $0.value) }
        for run in GB18030Table.privateUse {
            for step in 0..<run.count { twoByte[run.first + step] = run.codePoint + UInt16(step) }
        }
        var isTaken = [Bool](repeating: false, count: 0x10000)
        for point in twoByte { isTaken[Int(point)] = true }
        let rest = (0x80..<0x10000).filter { !isTaken[$0] && !(0xD800..<0xE000).contains($0) }
        return (twoByte, rest.map { UInt16(truncatingIfNeeded: $0) })
    }()

    /// The other way, for examples that are written as text in an entry and read as bytes. Every character has exactly one code.
    static func encode(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard scalar.value >= 0x80 else {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
                continue
            }
            let place = scalar.value < 0x10000 ? places[Int(scalar.value)] : Int32(189_000 + Int(scalar.value) - 0x10000)
            if place < 0 {
                let twoByte = Int(-place - 1)
                let column = twoByte % 190
                bytes += [UInt8(0x81 + twoByte / 190), UInt8(column + (column < 63 ? 0x40 : 0x41))]
            } else {
                let linear = Int(place)
                bytes += [
                    UInt8(0x81 + linear / 12_600), UInt8(0x30 + linear / 1_260 % 10), UInt8(0x81 + linear / 10 % 126),
                    UInt8(0x30 + linear % 10),
                ]
            }
        }
        return bytes
    }

    /// By code point: the linear place of a four-byte code, or below zero that of a two-byte one.
    private static let places: [Int32] = {
        var places = [Int32](repeating: 0, count: 0x10000)
        for (place, point) in tables.twoByte.enumerated() { places[Int(point)] = -Int32(place) - 1 }
        for (place, point) in tables.fourByte.enumerated() { places[Int(point)] = Int32(place) }
        return places
    }()
}
