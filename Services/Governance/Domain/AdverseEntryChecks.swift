import Deciding
import Vocabulary
import Wire

/// What of a `recordType` entry is governance's own: `adverse` and `repairs`, with their examples.
enum AdverseEntryChecks {
    /// Why the type may not be published; empty for one that has neither.
    static func defects(of type: GovernedType, examples: [JSONValue], in catalog: Catalog) -> [String] {
        var defects: [String] = []
        if let adverse = type.adverse {
            if let record = adverse.endRecord { check(record, in: catalog, &defects) }
            check(adverse, examples, &defects)
        }
        if let word = type.repairs { check(word, examples, in: catalog, &defects) }
        return defects
    }

    /// A catalogue being built up may not have the type yet.
    private static func recordType(_ id: String, in catalog: Catalog) -> CatalogEntry? {
        catalog.latest("recordType").first { $0.id == id && !$0.isWithdrawn }
    }

    private static func check(_ record: AdverseInformation.EndRecord, in catalog: Catalog, _ defects: inout [String]) {
        guard let other = recordType(record.recordType, in: catalog), let fields = RecordFields(other.body) else { return }
        if !fields.days.contains(record.dayField) {
            defects.append("`adverse.ended.orBy.on`: `\(record.dayField)` is not a day of `\(record.recordType)`")
        }
        for field in record.fields where !fields.has(field) {
            defects.append("`adverse.ended.orBy.fields`: `\(record.recordType)` has no `\(field)`")
        }
    }

    /// Beside `data` and `occurredDay`, such an example has `adverse`: `false` for a statement that is not, else `{goneOn, repairFrom, person?,
    /// later?: [{data, occurredDay}], endedBy?: [data]}`, the last being what `ended.orBy`'s type says; both days may be null, for never.
    private static func check(_ adverse: AdverseInformation, _ examples: [JSONValue], _ defects: inout [String]) {
        var isShown = false
        for (number, example) in examples.enumerated() {
            guard let expected = example["adverse"] else { continue }
            let place = "example \(number + 1)"
            guard let statement = Self.statement(example) else {
                defects.append("\(place) has no `data` or no `occurredDay`")
                continue
            }
            let isAdverse = adverse.isAdverse(statement)
            if expected.bool == false {
                if isAdverse { defects.append("\(place) is adverse, and should not be") }
                continue
            }
            guard expected.kind == .object, let goneOn = day(expected["goneOn"]), let repairFrom = day(expected["repairFrom"]) else {
                defects.append("\(place): `adverse` is neither false nor {goneOn, repairFrom}, each a day or null")
                continue
            }
            isShown = true
            guard isAdverse else {
                defects.append("\(place) is not adverse, and should be")
                continue
            }
            let later = expected.list("later").compactMap { Self.statement($0) }
            let next = adverse.readsRow ? later.first { !adverse.isAdverse($0) } : nil
            let days = adverse.endRecord.map { record in
                expected.list("endedBy").filter { record.key(of: $0) == record.key(of: statement.data) }.compactMap { record.day(in: $0) }
            }
            let told = adverse.toldEnd(of: statement, next: next, days: days ?? [])
            let ending = adverse.ending(of: statement, told: told, isPerson: expected["person"]?.bool ?? false)
            if ending?.day != goneOn { defects.append("\(place) is gone on \(text(ending?.day)) instead of \(text(goneOn))") }
            let earliest = adverse.earliestRepair(statement)
            if earliest != repairFrom {
                defects.append("\(place) may be repaired from \(text(earliest)) instead of \(text(repairFrom))")
            }
        }
        if !isShown { defects.append("`adverse` has no example that says when such a statement is gone") }
    }

    /// Such an example has `repairs`: `{recordType, key}`, the type and the values of the business key that the record names.
    private static func check(_ word: RepairWord, _ examples: [JSONValue], in catalog: Catalog, _ defects: inout [String]) {
        var isShown = false
        for (number, example) in examples.enumerated() {
            guard let expected = example["repairs"] else { continue }
            let place = "example \(number + 1)"
            guard let id = expected["recordType"]?.string, let key = expected["key"], key.kind == .array, let data = example["data"] else {
                defects.append("\(place): `repairs` is not {recordType, key: […]}")
                continue
            }
            isShown = true
            let named = word.recordType(of: data)
            if named != id {
                defects.append("\(place) names the type `\(named ?? "")` instead of `\(id)`")
                continue
            }
            guard let other = recordType(id, in: catalog) else { continue }
            var unused: [String] = []
            guard let type = GovernedType(other, defects: &unused), type.adverse != nil else {
                defects.append("\(place): `\(id)` is no adverse record type")
                continue
            }
            let found = word.key(in: data, of: type)
            if found == nil || found != type.slotKey(naming: Array(key.elements)) {
                defects.append("\(place) names the statement `\(found ?? "")`, which is another")
            }
        }
        if !isShown { defects.append("`repairs` has no example that says what is repaired") }
    }

    private static func statement(_ example: JSONValue) -> AdverseInformation.Statement? {
        guard let data = example["data"], data.kind == .object, let day = example["occurredDay"]?.day else { return nil }
        return AdverseInformation.Statement(data: data, occurredOn: day)
    }

    /// A day, or null for never; nil for anything else.
    private static func day(_ json: JSONValue?) -> Day?? {
        guard let json else { return Day??.none }
        if json.isNull { return Day??.some(nil) }
        return json.day.map { Day?.some($0) }
    }

    private static func text(_ day: Day?) -> String { day?.text ?? "never" }
}
