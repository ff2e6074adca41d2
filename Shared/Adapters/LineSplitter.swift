/// Cuts a file into lines; in a delimited file a quoted cell may hold line breaks, so that a line of the table is several of the file.
struct LineSplitter {
    /// Bytes of one line at the most.
    static let lineBytesMax = 1 << 20

    /// What a quote opens, when the format has quotes.
    struct Quoting {
        let quote: UInt8
        let delimiter: [UInt8]
    }

    /// One line of the table.
    struct Line {
        /// Of the file, from 1: where it begins.
        let number: Int
        /// Bytes of the file before it.
        let offset: Int
        /// Where it lies in `window.bytes`, without its end.
        let range: Range<Int>
        let defect: LineDefect?
    }

    private(set) var window: ByteWindow
    let encoding: TextEncoding
    let quoting: Quoting?
    /// The line of the file on which what is not taken yet begins.
    private(set) var number: Int

    init(window: ByteWindow, encoding: TextEncoding, quoting: Quoting?, number: Int = 1) {
        self.window = window
        self.encoding = encoding
        self.quoting = quoting
        self.number = number
    }

    mutating func skipMark() throws(FileDefect) { try window.skip(encoding.mark) }

    /// The next line; nil at the end of the file. Its range holds until the next call.
    mutating func next() throws(FileDefect) -> Line? {
        var scan = Scan()
        while true {
            let length = look(&scan)
            if let length { return line(of: length, &scan) }
            if scan.at > Self.lineBytesMax { return try tooLong(scan) }
            if try !window.grow(line: number) {
                guard window.count > 0 else { return nil }
                // The last line needs no end. An open quote there is most often one that was never meant to open.
                return scan.isQuoted && scan.firstBreak != nil ? try tooLong(scan) : line(of: window.count, &scan)
            }
        }
    }

    /// How far the line was looked through.
    private struct Scan {
        var at = 0
        var isQuoted = false
        var isAtCellStart = true
        var breaks = 0
        /// Where the first line break inside quotes is.
        var firstBreak: Int?
    }

    /// The length of the line without its line feed; nil when it goes on beyond what is in memory.
    private func look(_ scan: inout Scan) -> Int? {
        let text = window.bytes.span.extracting(window.start..<window.bytes.count)
        let end = min(text.count, Self.lineBytesMax + 1)
        guard let quoting else {
            while scan.at < end {
                if text[scan.at] == 10 { return scan.at }
                scan.at += 1
            }
            return nil
        }
        let last = quoting.delimiter[quoting.delimiter.count - 1]
        while scan.at < end {
            let byte = text[scan.at]
            if byte >= 0x80, encoding == .gb18030, scan.at + 1 < text.count, text[scan.at + 1] >= 0x30 {
                // The second byte may look like a delimiter and is none.
                scan.isAtCellStart = false
                scan.at += 2
                continue
            }
            if scan.isQuoted {
                if byte == quoting.quote {
                    guard scan.at + 1 < text.count else { return nil }
                    if text[scan.at + 1] == quoting.quote { scan.at += 1 } else { scan.isQuoted = false }
                } else if byte == 10 {
                    scan.breaks += 1
                    scan.firstBreak = scan.firstBreak ?? scan.at
                }
            } else if byte == 10 {
                return scan.at
            } else if byte == quoting.quote, scan.isAtCellStart {
                scan.isQuoted = true
                scan.isAtCellStart = false
            } else {
                scan.isAtCellStart = byte == last && ends(with: quoting.delimiter, text, at: scan.at)
            }
            scan.at += 1
        }
        return nil
    }

    private func ends(with delimiter: [UInt8], _ text: Span<UInt8>, at: Int) -> Bool {
        guard delimiter.count > 1 else { return true }
        guard at + 1 >= delimiter.count else { return false }
        for (step, byte) in delimiter.enumerated() where text[at + 1 - delimiter.count + step] != byte { return false }
        return true
    }

    private mutating func line(of length: Int, _ scan: inout Scan, defect: LineDefect? = nil) -> Line {
        let begin = window.start
        let isEnded = begin + length < window.bytes.count
        var end = begin + length
        if end > begin, window.bytes[end - 1] == 13 { end -= 1 }
        let line = Line(number: number, offset: window.offset, range: begin..<end, defect: defect)
        number += scan.breaks + (isEnded ? 1 : 0)
        window.take(length + (isEnded ? 1 : 0))
        return line
    }

    /// A line beyond the limit, or a quote that does not end: the line of the file is refused by itself, and reading goes on behind it. So
    /// one stray quote costs one line and not the rest of the file.
    private mutating func tooLong(_ scan: Scan) throws(FileDefect) -> Line {
        if let first = scan.firstBreak {
            var single = Scan()
            return line(of: first, &single, defect: LineDefect(.quoteOpen, "a quoted cell does not end within the line's limit"))
        }
        let (begin, at) = (window.offset, number)
        let defect = LineDefect(.lineTooLong, "more than \(Self.lineBytesMax) bytes")
        while true {
            if let feed = window.bytes[window.start...].firstIndex(of: 10) {
                window.take(feed + 1 - window.start)
                number += 1
                break
            }
            window.take(window.count)
            if try !window.grow(line: number) { break }
        }
        // Its bytes are not kept; where they lie is.
        return Line(number: at, offset: begin, range: window.start..<window.start, defect: defect)
    }

    /// Bytes of the file up to what is not taken yet.
    var offset: Int { window.offset }
}
