/// Rows of tab-separated text with a header line. What the code tables of `packs/codes` are read with.
enum TabText {
    /// The rows under the header, each with its line number (from 1) and exactly the header's number of fields. Empty lines are skipped.
    static func rows(_ text: String, header: [String]) throws(TableDefect) -> [(line: Int, fields: [Substring])] {
        var rows: [(line: Int, fields: [Substring])] = []
        var number = 0
        var headerSeen = false
        // By scalars: as characters, a carriage return and a line feed together are one, which is not equal to a line feed.
        for scalars in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let line = Substring(scalars.last == "\r" ? scalars.dropLast() : scalars)
            if line.isEmpty { continue }
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            if !headerSeen {
                guard fields.map(String.init) == header else { throw .header(found: String(line)) }
                headerSeen = true
                continue
            }
            guard fields.count == header.count else { throw .columns(line: number, found: fields.count) }
            rows.append((number, fields))
        }
        guard headerSeen else { throw .header(found: "") }
        return rows
    }
}

/// Why a table of codes cannot be loaded.
public enum TableDefect: Error, Hashable, Sendable {
    /// The first line is not the expected header.
    case header(found: String)
    /// A line has another number of fields than the header.
    case columns(line: Int, found: Int)
    /// A field cannot be read; `column` is the header's word for it.
    case field(line: Int, column: String, found: String)
    /// The same code twice at the same time.
    case overlap(code: String)
    /// A successor which the table lacks, or which does not begin later.
    case successor(code: String, successor: String)

    /// Stable name, for records and counters.
    public var code: String {
        switch self {
        case .header: "table-header"
        case .columns: "table-columns"
        case .field: "table-field"
        case .overlap: "table-overlap"
        case .successor: "table-successor"
        }
    }
}
