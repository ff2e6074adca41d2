/// How the cells of a line are told apart in a delimited file. Source: RFC 4180, with any delimiter and any quote, or none.
public struct DelimitedFormat: Hashable, Sendable {
    /// ASCII, one byte to four.
    let delimiter: [UInt8]
    let quote: UInt8?

    /// Calls `cell` with every cell's text in order, quotes resolved. `line` is UTF-8 without its end.
    func split(_ line: Span<UInt8>, _ cell: (Int, Span<UInt8>) -> Void) -> LineDefect? {
        let first = delimiter[0]
        var index = 0
        var number = 0
        while true {
            if let quote, index < line.count, line[index] == quote {
                var resolved: [UInt8] = []
                let opening = index
                index += 1
                var isClosed = false
                while index < line.count {
                    let byte = line[index]
                    index += 1
                    if byte != quote {
                        resolved.append(byte)
                    } else if index < line.count, line[index] == quote {
                        resolved.append(quote)
                        index += 1
                    } else {
                        isClosed = true
                        break
                    }
                }
                guard isClosed else { return LineDefect(.quoteOpen, place: opening + 1, "the quoted cell does not end") }
                guard index == line.count || isDelimiter(line, at: index) else {
                    return LineDefect(.quote, place: index + 1, "something follows the closing quote")
                }
                cell(number, resolved.span)
            } else {
                let begin = index
                while index < line.count, line[index] != first || !isDelimiter(line, at: index) {
                    if line[index] == quote { return LineDefect(.quote, place: index + 1, "a quote inside a cell without quotes") }
                    index += 1
                }
                cell(number, line.extracting(begin..<index))
            }
            guard index < line.count else { return nil }
            index += delimiter.count
            number += 1
        }
    }

    private func isDelimiter(_ line: Span<UInt8>, at index: Int) -> Bool {
        if delimiter.count == 1 { return line[index] == delimiter[0] }
        guard index + delimiter.count <= line.count else { return false }
        for (step, byte) in delimiter.enumerated() where line[index + step] != byte { return false }
        return true
    }
}
