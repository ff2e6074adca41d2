/// The cells of one line under a layout's columns, as UTF-8. Made once and filled anew for every line.
struct Cells {
    private(set) var text: [UInt8] = []
    private var ranges: [Range<Int>]
    private static let absent = -1..<(-1)

    init(columns: Int) { ranges = Array(repeating: Self.absent, count: columns) }

    mutating func clear() {
        text.removeAll(keepingCapacity: true)
        for index in ranges.indices { ranges[index] = Self.absent }
    }

    func has(_ column: Int) -> Bool { ranges[column].lowerBound >= 0 }

    /// The cell's text, with the spaces around it trimmed; nil when there is none or it is empty.
    func range(_ column: Int) -> Range<Int>? {
        let range = ranges[column]
        return range.isEmpty ? nil : range
    }

    func string(_ column: Int) -> String? { range(column).map { String(decoding: text[$0], as: UTF8.self) } }

    /// Gives the column everything appended since `start`.
    mutating func close(_ column: Int, from start: Int) {
        var begin = start
        var end = text.count
        while begin < end, let width = spaceWidth(begin, end) { begin += width }
        while begin < end, let width = spaceWidthBefore(end, begin) { end -= width }
        ranges[column] = begin..<end
    }

    mutating func append(_ byte: UInt8) { text.append(byte) }
    mutating func append(contentsOf bytes: some Collection<UInt8>) { text.append(contentsOf: bytes) }
    mutating func append(_ bytes: Span<UInt8>) { for index in 0..<bytes.count { text.append(bytes[index]) } }
    mutating func decode(_ bytes: Span<UInt8>, _ encoding: TextEncoding) -> Int? { encoding.decode(bytes, into: &text) }

    /// ASCII space and tab, and the ideographic space U+3000 that Chinese forms are filled up with.
    private func spaceWidth(_ at: Int, _ end: Int) -> Int? {
        if text[at] == 0x20 || text[at] == 9 { return 1 }
        return at + 3 <= end && text[at] == 0xE3 && text[at + 1] == 0x80 && text[at + 2] == 0x80 ? 3 : nil
    }

    private func spaceWidthBefore(_ end: Int, _ begin: Int) -> Int? {
        if text[end - 1] == 0x20 || text[end - 1] == 9 { return 1 }
        return end - 3 >= begin && text[end - 3] == 0xE3 && text[end - 2] == 0x80 && text[end - 1] == 0x80 ? 3 : nil
    }
}
