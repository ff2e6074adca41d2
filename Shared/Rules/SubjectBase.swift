/// The subjects of one chunk as they were when it was built; never changes.
@safe final class SubjectBase: @unchecked Sendable {
    static let idBits = 15
    /// The most subjects of a chunk. A subject's place in it is its local id.
    static let idCount = 1 << idBits
    static let linesPerMap = idCount / BitBlock.bitsPerLine

    let slotCount: Int
    let maps: BitBlock
    /// By slot.
    let idOf: [UInt16]
    /// No bit is set in them.
    let emptyMaps: [Bool]
    /// By attribute and slot, those kept as numbers.
    private let numbers: [[Double]]
    /// Likewise, those with codes.
    private let codes: [[UInt16]]
    /// By attribute and code where its slots begin, in the order of slots or in `lists`; one place more for the end.
    private let starts: [[UInt32]]
    private let lists: [[UInt16]]

    /// `column` gives an attribute's cells by local id; those out of `ids` count.
    init(ids: [UInt16], layout: SubjectLayout, column: (Int) -> [Double]) {
        let sorted = SubjectBase.sorted(ids, layout: layout, column: column)
        idOf = sorted
        slotCount = sorted.count
        let maps = BitBlock(lines: layout.mapCount * SubjectBase.linesPerMap)
        self.maps = maps
        var numbers: [[Double]] = []
        var codes: [[UInt16]] = []
        var starts: [[UInt32]] = []
        var lists: [[UInt16]] = []
        for slot in sorted.indices { maps.set(slot, from: 0, to: true) }
        for (attribute, keeping) in layout.keepings.enumerated() {
            let cells = column(attribute)
            let column = sorted.map { cells[Int($0)] }
            switch keeping {
            case .cuts(let base, let table):
                numbers.append(column)
                codes.append([])
                starts.append([])
                lists.append([])
                for (slot, number) in column.enumerated() where !number.isNaN {
                    // At least as large as the first so many cuts.
                    for map in 0..<table.cell(of: number) { maps.set(slot, from: (base + map) * SubjectBase.linesPerMap, to: true) }
                }
            case .maps(let base, _):
                numbers.append([])
                codes.append(column.map { UInt16($0) })
                starts.append([])
                lists.append([])
                for (slot, code) in column.enumerated() { maps.set(slot, from: (base + Int(code)) * SubjectBase.linesPerMap, to: true) }
            case .runs(let count), .lists(let count):
                let column = column.map { UInt16($0) }
                let begins = SubjectBase.starts(column, count: count)
                numbers.append([])
                codes.append(column)
                starts.append(begins)
                var list: [UInt16] = []
                if case .lists = keeping {
                    list = [UInt16](repeating: 0, count: column.count)
                    var next = begins
                    for (slot, code) in column.enumerated() {
                        list[Int(next[Int(code)])] = UInt16(slot)
                        next[Int(code)] += 1
                    }
                }
                lists.append(list)
            }
        }
        self.numbers = numbers
        self.codes = codes
        self.starts = starts
        self.lists = lists
        emptyMaps = (0..<layout.mapCount).map { map in
            (0..<SubjectBase.linesPerMap).allSatisfy { unsafe maps.lines[map * SubjectBase.linesPerMap + $0].isZero }
        }
    }

    /// The ids, those of one code of the sorting attribute side by side.
    private static func sorted(_ ids: [UInt16], layout: SubjectLayout, column: (Int) -> [Double]) -> [UInt16] {
        for (attribute, keeping) in layout.keepings.enumerated() {
            guard case .runs(let count) = keeping else { continue }
            let cells = column(attribute)
            let column = ids.map { UInt16(cells[Int($0)]) }
            var next = starts(column, count: count)
            var sorted = [UInt16](repeating: 0, count: ids.count)
            for (place, code) in column.enumerated() {
                sorted[Int(next[Int(code)])] = ids[place]
                next[Int(code)] += 1
            }
            return sorted
        }
        return ids
    }

    private static func starts(_ column: [UInt16], count: Int) -> [UInt32] {
        var starts = [UInt32](repeating: 0, count: count + 1)
        for code in column { starts[Int(code) + 1] += 1 }
        for code in 0..<count { starts[code + 1] += starts[code] }
        return starts
    }

    func cell(_ slot: Int, _ attribute: Int) -> Double {
        numbers[attribute].isEmpty ? Double(codes[attribute][slot]) : numbers[attribute][slot]
    }

    /// An attribute's cells by local id.
    func column(_ attribute: Int) -> [Double] {
        var column = [Double](repeating: .nan, count: SubjectBase.idCount)
        if numbers[attribute].isEmpty {
            for (slot, code) in codes[attribute].enumerated() { column[Int(idOf[slot])] = Double(code) }
        } else {
            for (slot, number) in numbers[attribute].enumerated() { column[Int(idOf[slot])] = number }
        }
        return column
    }

    /// The slots of a code of the sorting attribute.
    func run(of code: Int, _ attribute: Int) -> Range<Int> { Int(starts[attribute][code])..<Int(starts[attribute][code + 1]) }

    /// How many subjects have one of the codes.
    func count(of set: [Int], _ attribute: Int) -> Int { set.reduce(0) { $0 + run(of: $1, attribute).count } }

    /// Sets the bit of every slot with one of the codes.
    func mark(_ set: [Int], _ attribute: Int, in words: UnsafeMutablePointer<UInt64>) {
        unsafe lists[attribute].withUnsafeBufferPointer { list in
            for code in set {
                for place in run(of: code, attribute) {
                    let slot = unsafe Int(list[place])
                    unsafe words[slot >> 6] |= 1 << UInt64(slot & 63)
                }
            }
        }
    }

    func withCodes<Result>(_ attribute: Int, _ body: (UnsafeBufferPointer<UInt16>) -> Result) -> Result {
        unsafe codes[attribute].withUnsafeBufferPointer(body)
    }

    var byteCount: Int {
        var sum = maps.byteCount + idOf.count * 2 + emptyMaps.count
        for column in numbers { sum += column.count * 8 }
        for column in codes { sum += column.count * 2 }
        for column in starts { sum += column.count * 4 }
        for column in lists { sum += column.count * 2 }
        return sum
    }
}
