import Wire

/// A `codeList` entry: what a source's codes mean in ours.
public struct CodeList: Sendable {
    private let meanings: [String: String]
    /// What a code that is not listed means; nil refuses it.
    public let others: String?

    /// Codes of one list at the most.
    public static let countMax = 20_000

    /// Reads `{"codes": [{"code", "means"}], "others"?}`. Refuses a code that comes twice, with both lines.
    public init?(_ body: JSONValue, defects: inout [LayoutDefect]) {
        let before = defects.count
        var meanings: [String: String] = [:]
        // Kept as values, because working out a line walks the text.
        var places: [String: JSONValue] = [:]
        guard let codes = body["codes"], codes.kind == .array, (1...Self.countMax).contains(codes.count) else {
            defects.append(LayoutDefect(body["codes"] ?? body, "`codes` is not a list of 1…\(Self.countMax) codes"))
            return nil
        }
        for element in codes.elements {
            guard let code = element["code"]?.string, !code.isEmpty, let means = element["means"]?.string, !means.isEmpty else {
                defects.append(LayoutDefect(element, "a code is not {\"code\", \"means\"} with texts"))
                continue
            }
            if let first = places[code] {
                defects.append(LayoutDefect(element, "the code `\(code)` stands already on line \(first.line)"))
                continue
            }
            places[code] = element
            meanings[code] = means
        }
        others = body["others"]?.string
        if let member = body["others"], !member.isNull, others == nil { defects.append(LayoutDefect(member, "`others` is not a text")) }
        self.meanings = meanings
        if defects.count > before { return nil }
    }

    public func meaning(of code: String) -> String? { meanings[code] ?? others }

    /// Everything that a code may become.
    public var values: Set<String> { Set(meanings.values).union(others.map { [$0] } ?? []) }
}

/// What is wrong with an entry, and on which line of its file.
public struct LayoutDefect: Error, Hashable, Sendable, CustomStringConvertible {
    public let line: Int
    public let text: String

    init(_ culprit: JSONValue, _ text: String) {
        line = culprit.line
        self.text = text
    }

    public var description: String { "line \(line): \(text)" }
}
