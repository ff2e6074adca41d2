/// What is wrong with one field of a body.
public struct FieldDefect: Error, Hashable, Sendable {
    /// The member's name, as written.
    public let field: String
    /// Stable, for dead letters and counters.
    public let code: String
    /// What was found and what was expected. Never a personal value: dead letters are read by many.
    public let detail: String

    public init(field: String, code: String, detail: String) {
        self.field = field
        self.code = code
        self.detail = detail
    }

    /// Fields named in one refusal at the most; the rest is counted.
    public static let listedMax = 40

    /// All defects in one line: ``field `period`: date-impossible ("2026-13"); field `sales`: money-decimals (1.005)``.
    public static func detail(of defects: [FieldDefect]) -> String {
        let listed = defects.prefix(listedMax).map { defect in
            "field `\(defect.field.prefix(64))`: \(defect.code)" + (defect.detail.isEmpty ? "" : " (\(defect.detail))")
        }
        let rest = defects.count - listed.count
        return listed.joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
    }
}
