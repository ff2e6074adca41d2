/// Administrative divisions in time. Identity keeps the code as issued; statistics follow the successor and roll up.
public struct DivisionTable: Sendable {
    private let byCode: [DivisionCode: [Division]]

    /// Knows no code, so each stands for itself.
    public static let empty = DivisionTable(byCode: [:])

    private init(byCode: [DivisionCode: [Division]]) { self.byCode = byCode }

    /// Columns of the text form.
    public static let header = ["code", "name", "valid_from", "valid_to", "successor", "source_checked"]

    /// Reads tab-separated rows under `header`; empty dates are open ends. Source of the shipped rows: packs/codes/README.md.
    public init(tsv text: String) throws(TableDefect) {
        var rows: [Division] = []
        for (line, fields) in try TabText.rows(text, header: DivisionTable.header) {
            func fault(_ column: Int) -> TableDefect {
                .field(line: line, column: DivisionTable.header[column], found: String(fields[column]))
            }
            func day(_ column: Int) throws(TableDefect) -> Day? {
                if fields[column].isEmpty { return nil }
                guard let day = Day(fields[column]) else { throw fault(column) }
                return day
            }
            guard let code = DivisionCode(fields[0]) else { throw fault(0) }
            guard !fields[1].isEmpty else { throw fault(1) }
            let successor = fields[4].isEmpty ? nil : DivisionCode(fields[4])
            guard fields[4].isEmpty || successor != nil else { throw fault(4) }
            guard fields[5] == "true" || fields[5] == "false" else { throw fault(5) }
            rows.append(
                Division(
                    code: code, name: String(fields[1]), validFrom: try day(2), validTo: try day(3), successor: successor,
                    isSourceChecked: fields[5] == "true"))
        }
        try self.init(rows: rows)
    }

    /// Refuses two rows of a code at one time, a successor without an end, and a successor that is unknown or already over by then.
    public init(rows: [Division]) throws(TableDefect) {
        var byCode: [DivisionCode: [Division]] = [:]
        for row in rows { byCode[row.code, default: []].append(row) }
        for (code, list) in byCode {
            let sorted = list.sorted { ($0.validFrom?.number ?? .min) < ($1.validFrom?.number ?? .min) }
            for (earlier, later) in zip(sorted, sorted.dropFirst()) {
                guard let end = earlier.validTo, let start = later.validFrom, end <= start else { throw .overlap(code: code.text) }
            }
            byCode[code] = sorted
        }
        for row in rows {
            guard let successor = row.successor else { continue }
            // In force on the day of the change, so a chain of successors always moves forward in time and ends.
            guard let end = row.validTo, successor != row.code, byCode[successor]?.contains(where: { $0.isValid(on: end) }) == true
            else { throw .successor(code: row.code.text, successor: successor.text) }
        }
        self.byCode = byCode
    }

    /// Number of codes, past and present.
    public var count: Int { byCode.count }

    /// The division which the code named on `day`; nil when it named none.
    public func division(_ code: DivisionCode, on day: Day) -> Division? {
        byCode[code]?.first { $0.isValid(on: day) }
    }

    /// What the table says of a code on a day. A code unknown to it is no reason to refuse anything: see `USCC.region`.
    public func standing(of code: DivisionCode, on day: Day) -> DivisionStanding {
        guard let rows = byCode[code] else { return .unknown }
        if let current = rows.first(where: { $0.isValid(on: day) }) { return .inForce(current) }
        let past = rows.last { row in row.validTo.map { $0 <= day } ?? false }
        return past.map { .abolished($0) } ?? .notYet
    }

    /// The division that stands for `code` on `day`, following successors forward; nil when there is none.
    ///
    /// A code still in force stands for itself. A code that begins only after `day` has none.
    public func successor(of code: DivisionCode, on day: Day) -> Division? {
        var code = code
        // Each step goes to a later beginning, so the chain is no longer than the table.
        for _ in 0...byCode.count {
            switch standing(of: code, on: day) {
            case .inForce(let division): return division
            case .abolished(let past):
                guard let next = past.successor else { return nil }
                code = next
            case .notYet, .unknown: return nil
            }
        }
        return nil
    }

    /// The code under which statistics on `day` count `code`: the last of its successors, and itself where it is in force or the table knows
    /// of none. So nothing is lost for a gap in the table.
    public func counted(_ code: DivisionCode, on day: Day) -> DivisionCode {
        var code = code
        // As long as the table at the most: see `successor(of:on:)`.
        for _ in 0...byCode.count {
            guard case .abolished(let past) = standing(of: code, on: day), let next = past.successor else { break }
            code = next
        }
        return code
    }

    /// The same for a code as text. What is no code stands for itself.
    public func counted(_ text: String, on day: Day) -> String { DivisionCode(text).map { counted($0, on: day).text } ?? text }

    /// The days on which a code may begin to count as another one: where a division comes into force, and the first on which it is no more.
    public var turns: Set<Day> { Set(byCode.values.joined().flatMap { [$0.validFrom, $0.validTo].compactMap(\.self) }) }

    /// The division of `level` to which statistics on `day` count `code`.
    ///
    /// Nil when the code stands for nothing on that day, when it is above `level`, or when the province has no such level (county-level
    /// divisions directly under a province, municipalities): count those under the province.
    public func rollUp(_ code: DivisionCode, to level: DivisionLevel, on day: Day) -> Division? {
        guard let current = successor(of: code, on: day) else { return nil }
        switch (level, current.code.level) {
        case (.province, _): return division(current.code.province, on: day)
        case (.prefecture, .prefecture), (.prefecture, .county): return current.code.prefecture.flatMap { division($0, on: day) }
        case (.county, .county): return current
        case (.prefecture, .province), (.county, .province), (.county, .prefecture): return nil
        }
    }

    /// All divisions in force on `day` whose codes lie under `code`, itself excluded, in order of code.
    public func divisions(under code: DivisionCode, on day: Day) -> [Division] {
        let under: (DivisionCode) -> Bool =
            switch code.level {
            case .province: { $0.province == code }
            case .prefecture: { $0.prefecture == code }
            case .county: { _ in false }
            }
        return byCode.keys.filter { $0 != code && under($0) }.sorted().compactMap { division($0, on: day) }
    }
}

/// What a `DivisionTable` says of a code on a day.
public enum DivisionStanding: Hashable, Sendable {
    /// In force.
    case inForce(Division)
    /// Over since the row's `validTo`.
    case abolished(Division)
    /// In the table, but only from a later day.
    case notYet
    /// Never in the table.
    case unknown
}
