import Contracts

/// A table of a page.
public struct Grid: Sendable {
    /// One heading; figures stand on the right.
    public struct Column: Sendable {
        let title: Bilingual
        let isFigure: Bool

        public static func words(_ en: String, _ zh: String) -> Column { Column(title: Bilingual(en: en, zh: zh), isFigure: false) }
        public static func figure(_ en: String, _ zh: String) -> Column { Column(title: Bilingual(en: en, zh: zh), isFigure: true) }
    }

    public enum Cell: Sendable {
        case words(String)
        /// May break into lines.
        case long(String)
        case link(String, to: String)
        /// A word in a coloured pill.
        case pill(String)
    }

    private let columns: [Column]
    public private(set) var rows: [[Cell]] = []

    public init(_ columns: [Column]) { self.columns = columns }

    public mutating func add(_ row: [Cell]) { rows.append(row) }

    public func draw(in markup: inout Markup) {
        guard !rows.isEmpty else {
            markup.element("div", [("class", "empty")], text: "Nothing yet. 暂无数据。")
            return
        }
        markup.element("div", [("class", "scroll")]) { box in
            box.element("table") { table in
                table.element("thead") { head in
                    head.element("tr") { line in
                        for column in columns {
                            line.element("th", column.isFigure ? [("class", "n")] : []) { Page.words(column.title, in: &$0) }
                        }
                    }
                }
                table.element("tbody") { body in
                    for row in rows { body.element("tr") { draw(row, in: &$0) } }
                }
            }
        }
    }

    private func draw(_ row: [Cell], in line: inout Markup) {
        for (column, cell) in zip(columns, row) {
            let figure: [(StaticString, String)] = column.isFigure ? [("class", "n")] : []
            switch cell {
            case .words(let words): line.element("td", figure, text: words)
            case .long(let words): line.element("td", [("class", "wide")], text: words)
            case .link(let words, let path): line.element("td", figure) { $0.element("a", [("href", path)], text: words) }
            case .pill(let word):
                line.element("td", figure) { $0.element("span", [("class", "pill " + Grid.tone(of: word))], text: word) }
            }
        }
    }

    /// The colour of a word: an alert's own, or a quiet one for what is over.
    private static func tone(of word: String) -> String {
        switch word {
        case "blue", "yellow", "orange", "red": word
        case "declined", "unmatched", "not ready", "denied", "refused", "loss", "doubtful": "red"
        case "quarantined", "recalled", "substandard", "accept-overdue", "answer-overdue": "orange"
        case "special-mention": "yellow"
        case "none", "lowered", "withdrawn", "settled", "closed", "no answer", "": "quiet"
        default: "good"
        }
    }
}
