/// The official public credit grade. Imported, never issued by us, and it guards our own score. Source: GB/T 45255-2025, 国办发〔2026〕8号.
public enum PublicGrade: String, CaseIterable, Sendable {
    case a = "A"
    case b = "B"
    case c = "C"
    case d = "D"
    /// 未评: no evaluation yet. Not a bad grade.
    case unrated

    /// Reads today's wording (`A`, `A级`, full-width too) and the older 优, 良, 中, 差; `未评` is unrated. Nil for anything else.
    public init?(wording text: some StringProtocol) {
        var word = CodeText.normalised(text)
        if word.last == "级" || word.last == "等" { word.removeLast() }
        switch word {
        case "A", "优", "优秀": self = .a
        case "B", "良", "良好": self = .b
        case "C", "中", "中等": self = .c
        case "D", "差": self = .d
        case "未评", "UNRATED": self = .unrated
        default: return nil
        }
    }
}
