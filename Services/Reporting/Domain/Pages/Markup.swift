/// HTML under construction. Words go in only through `text` and attribute values, which are escaped; tags and names of attributes are
/// written in the code.
public struct Markup: Sendable {
    public private(set) var html = ""

    public init() {}

    /// Words, escaped.
    public mutating func text(_ words: String) { Markup.escape(words, into: &html) }

    /// An element with a body.
    public mutating func element(
        _ tag: StaticString, _ attributes: [(StaticString, String)] = [], _ body: (inout Markup) -> Void = { _ in }
    ) {
        open(tag, attributes)
        body(&self)
        html += "</\(tag)>"
    }

    /// An element with words in it.
    public mutating func element(_ tag: StaticString, _ attributes: [(StaticString, String)] = [], text words: String) {
        element(tag, attributes) { $0.text(words) }
    }

    /// An element without a body or a closing tag, such as `meta`.
    public mutating func open(_ tag: StaticString, _ attributes: [(StaticString, String)] = []) {
        html += "<\(tag)"
        for (name, value) in attributes {
            html += " \(name)=\""
            Markup.escape(value, into: &html)
            html += "\""
        }
        html += ">"
    }

    /// Text of the code itself: the style sheet, the document type.
    public mutating func verbatim(_ text: StaticString) { html += text.description }

    /// What another markup holds, which was escaped when it was made.
    public mutating func append(_ other: Markup) { html += other.html }

    /// `&`, `<`, `>`, both quotation marks; control characters and U+0000 become U+FFFD, which HTML can show.
    static func escape(_ words: String, into html: inout String) {
        for scalar in words.unicodeScalars {
            switch scalar {
            case "&": html += "&amp;"
            case "<": html += "&lt;"
            case ">": html += "&gt;"
            case "\"": html += "&quot;"
            case "'": html += "&#39;"
            case "\n", "\t": html.unicodeScalars.append(scalar)
            case let control where control.value < 32 || control.value == 127: html += "\u{FFFD}"
            default: html.unicodeScalars.append(scalar)
            }
        }
    }

    /// One segment of a path, percent-encoded.
    public static func segment(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.utf8.count == 1 ? "0" + digits : digits)
            }
        }
        return result
    }
}
