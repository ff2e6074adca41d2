/// The names of the industry classification, loaded from a table.
public struct IndustryTable: Sendable {
    private let names: [IndustryCode: String]

    /// Columns of the text form; `level` is 1 section, 2 division, 3 group, 4 class.
    public static let header = ["code", "level", "name"]

    /// Reads tab-separated rows under `header`.
    public init(tsv text: String) throws(TableDefect) {
        var names: [IndustryCode: String] = [:]
        for (line, fields) in try TabText.rows(text, header: IndustryTable.header) {
            let code: IndustryCode
            do throws(IndustryCodeDefect) {
                code = try IndustryCode(fields[0])
            } catch { throw .field(line: line, column: "code", found: String(fields[0])) }
            guard fields[1] == String(code.level.rawValue) else {
                throw .field(line: line, column: "level", found: String(fields[1]))
            }
            guard names.updateValue(String(fields[2]), forKey: code) == nil else { throw .overlap(code: code.text) }
        }
        self.names = names
    }

    /// Number of rows.
    public var count: Int { names.count }

    /// Number of rows of a level.
    public func count(_ level: IndustryLevel) -> Int { names.keys.count { $0.level == level } }

    /// The code's name; nil when the table has no such code.
    ///
    /// The published table prints no group row where a group has one class only (591 is printed as 5910), so such a group takes the
    /// class's name.
    public func name(of code: IndustryCode) -> String? {
        if let name = names[code] { return name }
        guard code.level == .group, let single = try? IndustryCode(code.text + "0") else { return nil }
        return names[single]
    }
}
