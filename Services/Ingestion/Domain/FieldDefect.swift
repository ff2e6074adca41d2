import Wire

/// One thing that is wrong with a body.
public struct FieldDefect: Error, Hashable, Sendable {
    /// The name of the body's member that it is in, as written; empty for the body itself.
    public let field: String
    /// Where in the body it is: a JSON Pointer (RFC 6901).
    public let pointer: String
    /// Stable, for dead letters and counters.
    public let code: String
    /// What was found and what was expected. Never a personal value: dead letters are read by many.
    public let detail: String

    /// - Parameter pointer: the field itself when nothing is said.
    public init(field: String, code: String, detail: String, pointer: String? = nil) {
        self.field = field
        self.pointer = pointer ?? "/" + JSONPointer.escaped(field)
        self.code = code
        self.detail = detail
    }

    /// The same of an element of the field.
    func at(_ place: Int) -> FieldDefect { FieldDefect(field: field, code: code, detail: detail, pointer: "\(pointer)/\(place)") }

    /// The words of one refusal at the most; defects that do not fit are counted. Unit: bytes.
    public static let detailBytesMax = 16 << 10
    /// The words of one defect at the most. Unit: bytes.
    private static let wordsBytesMax = 1_024
    /// Room for `; and 1000 more`. Unit: bytes.
    private static let restBytesMax = 32

    /// All defects in one line: ``/period: date-impossible ("2026-13"); /lines/3/sales: money-decimals (1.005)``, each pointer in backquotes.
    public static func detail(of defects: [FieldDefect]) -> String {
        var text = ""
        for (count, defect) in defects.enumerated() {
            let words = (count == 0 ? "" : "; ") + defect.words
            guard text.utf8.count + words.utf8.count <= detailBytesMax - restBytesMax else {
                return "\(text); and \(defects.count - count) more"
            }
            text += words
        }
        return text
    }

    private var words: String {
        let place = pointer.isEmpty ? "the body" : "`\(Self.cut(pointer, to: 256))`"
        return Self.cut("\(place): \(code)" + (detail.isEmpty ? "" : " (\(detail))"), to: Self.wordsBytesMax)
    }

    private static func cut(_ text: String, to bytesMax: Int) -> String {
        text.utf8.count <= bytesMax ? text : String(decoding: text.utf8.prefix(bytesMax), as: UTF8.self) + "…"
    }
}
