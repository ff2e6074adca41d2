import Rules

/// Invented enterprises, and the conditions of products and policies over them, as the peers have them.
enum Eligibility {
    static let regions = 340
    static let industries = 1_380
    static let flags = 16

    /// The attributes of an enterprise. `cuts` are the thresholds to expect, by attribute.
    static func schema(cuts: [String: [Double]] = [:]) throws -> AttributeSchema {
        func codes(_ count: Int) -> AttributeSchema.Kind { .codes((0..<count).map { Double($0) }) }
        func number(_ name: String) -> AttributeSchema.Attribute { .init(name, .number(cuts: cuts[name] ?? [])) }
        return try AttributeSchema(
            [
                .init("region", codes(regions)), .init("industry", codes(industries)), .init("size", codes(4)), .init("tax", codes(5)),
                number("years"), number("revenue"), number("score"), number("debt"), number("overdue"),
            ] + (0..<flags).map { .init("f\($0)", .flag) })
    }

    /// The first `count` enterprises. Floats are compared as 32-bit floats, so they are widened from those.
    static func enterprises(_ data: PeerData, count: Int, schema: AttributeSchema) throws -> [SubjectRow] {
        let region = try data.column("ent_region", of: UInt16.self, count: count)
        let industry = try data.column("ent_industry", of: UInt16.self, count: count)
        let size = try data.column("ent_size", of: UInt8.self, count: count)
        let tax = try data.column("ent_tax", of: UInt8.self, count: count)
        let years = try data.column("ent_years", of: Float.self, count: count)
        let revenue = try data.column("ent_revenue", of: Float.self, count: count)
        let score = try data.column("ent_score", of: UInt16.self, count: count)
        let debt = try data.column("ent_debt", of: Float.self, count: count)
        let overdue = try data.column("ent_overdue", of: UInt8.self, count: count)
        let flag = try data.column("ent_flags", of: UInt32.self, count: count)
        return try (0..<count).map { i in
            // Listed codes begin at 2: 0 is a missing value, 1 a stranger. A flag's codes are 1 and 2.
            var cells = [Double(region[i]) + 2, Double(industry[i]) + 2, Double(size[i]) + 2, Double(tax[i]) + 2]
            cells += [Double(years[i]), Double(revenue[i]), Double(score[i]), Double(debt[i]), Double(overdue[i])]
            for bit in 0..<flags { cells.append(Double(flag[i] >> UInt32(bit) & 1) + 1) }
            return try SubjectRow(cells: cells, schema: schema)
        }
    }

    /// The same enterprise as facts, for the evaluator.
    static func facts(_ row: SubjectRow) -> [String: RuleValue] {
        var facts: [String: RuleValue] = [:]
        for (place, name) in ["region", "industry", "size", "tax"].enumerated() { facts[name] = .number(row.cells[place] - 2) }
        for (place, name) in ["years", "revenue", "score", "debt", "overdue"].enumerated() { facts[name] = .number(row.cells[4 + place]) }
        for bit in 0..<flags { facts["f\(bit)"] = .bool(row.cells[9 + bit] == 2) }
        return facts
    }

    /// The conditions of the first `count` products (`prod`) or policies (`pol`), as requirements: rules like any others.
    static func requirements(_ data: PeerData, _ prefix: String, count: Int) throws -> [[Requirement]] {
        let regions = try Lists(data, prefix + "_regions", count: count)
        let industries = try Lists(data, prefix + "_industries", count: count)
        let sizes = try data.column(prefix + "_sizemask", of: UInt8.self, count: count)
        let taxes = try data.column(prefix + "_taxmask", of: UInt8.self, count: count)
        let yearsMin = try data.column(prefix + "_years_min", of: Float.self, count: count)
        let revenueMin = try data.column(prefix + "_rev_min", of: Float.self, count: count)
        let revenueMax = try data.column(prefix + "_rev_max", of: Float.self, count: count)
        let scoreMin = try data.column(prefix + "_score_min", of: UInt16.self, count: count)
        let required = try data.column(prefix + "_req", of: UInt32.self, count: count)
        let forbidden = try data.column(prefix + "_forbid", of: UInt32.self, count: count)
        let debtMax = try data.column(prefix + "_debt_max", of: Float.self, count: count)
        let overdueMax = try data.column(prefix + "_overdue_max", of: UInt8.self, count: count)
        return (0..<count).map { i in
            var all: [Requirement] = []
            if let values = regions[i] { all.append(.oneOf("region", values)) }
            if let values = industries[i] { all.append(.oneOf("industry", values)) }
            if sizes[i] != 0b1111 { all.append(.oneOf("size", members(sizes[i]))) }
            if taxes[i] != 0b11111 { all.append(.oneOf("tax", members(taxes[i]))) }
            if yearsMin[i] > 0 { all.append(.atLeast("years", Double(yearsMin[i]))) }
            if revenueMin[i] > 0 { all.append(.atLeast("revenue", Double(revenueMin[i]))) }
            if revenueMax[i].isFinite { all.append(.atMost("revenue", Double(revenueMax[i]))) }
            if scoreMin[i] > 300 { all.append(.atLeast("score", Double(scoreMin[i]))) }
            if debtMax[i] < 9 { all.append(.atMost("debt", Double(debtMax[i]))) }
            if overdueMax[i] < 9 { all.append(.atMost("overdue", Double(overdueMax[i]))) }
            for bit in 0..<flags where required[i] >> UInt32(bit) & 1 == 1 { all.append(.flag("f\(bit)", true)) }
            for bit in 0..<flags where forbidden[i] >> UInt32(bit) & 1 == 1 { all.append(.flag("f\(bit)", false)) }
            return all
        }
    }

    private static func members(_ mask: UInt8) -> Set<RuleValue> { Set((0..<8).filter { mask >> $0 & 1 == 1 }.map { .number(Double($0)) }) }

    /// Lists of codes one after another; no list stands for all codes.
    private struct Lists {
        let offsets: [UInt32]
        let values: [UInt16]
        let isAny: [UInt8]

        init(_ data: PeerData, _ name: String, count: Int) throws {
            offsets = try data.column(name + "_off", of: UInt32.self, count: count + 1)
            values = try data.column(name + "_val", of: UInt16.self, count: Int(offsets[count]))
            isAny = try data.column(name + "_any", of: UInt8.self, count: count)
        }

        subscript(place: Int) -> Set<RuleValue>? {
            isAny[place] == 1 ? nil : Set(values[Int(offsets[place])..<Int(offsets[place + 1])].map { .number(Double($0)) })
        }
    }
}
