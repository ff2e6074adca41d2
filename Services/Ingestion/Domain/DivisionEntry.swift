import Deciding
import Vocabulary
import Wire

/// A `divisionTable` entry: the divisions that came to an end, and what took over. A code that it does not name stands for itself.
enum DivisionEntry {
    /// Compiles the body; everything that is wrong goes to `defects`.
    static func table(_ entry: CatalogEntry, defects: inout [String]) -> DivisionTable? {
        let before = defects.count
        var rows: [Division] = []
        for (number, json) in (entry.body["divisions"].map { Array($0.elements) } ?? []).enumerated() {
            func day(_ name: String) -> Day? {
                guard let value = json[name], !value.isNull else { return nil }
                if value.day == nil { defects.append("division \(number + 1): `\(name)` is not a day") }
                return value.day
            }
            func code(_ name: String) -> DivisionCode? {
                guard let value = json[name], !value.isNull else { return nil }
                let code = value.string.flatMap { DivisionCode($0) }
                if code == nil { defects.append("division \(number + 1): `\(name)` is not a six-digit code") }
                return code
            }
            let (validFrom, validTo, successor) = (day("validFrom"), day("validTo"), code("successor"))
            guard let own = code("code"), let name = json["name"]?.string, !name.isEmpty, let isChecked = json["sourceChecked"]?.bool else {
                defects.append("division \(number + 1): not {code, name, validFrom, validTo, successor, sourceChecked}")
                continue
            }
            rows.append(
                Division(
                    code: own, name: name, validFrom: validFrom, validTo: validTo, successor: successor, isSourceChecked: isChecked))
        }
        if rows.isEmpty { defects.append("`divisions` is missing or empty") }
        guard defects.count == before else { return nil }
        do throws(TableDefect) {
            return try DivisionTable(rows: rows)
        } catch {
            defects.append("`divisions`: \(error.code) (\(error))")
            return nil
        }
    }
}

/// What is wrong with an entry of divisions.
enum DivisionEntryChecks {
    /// Runs `{"code", "on", "is"}`: the code under which statistics count another on a day.
    static func check(_ entry: CatalogEntry, _ examples: [JSONValue], in catalog: Catalog, _ defects: inout [String]) {
        if let other = catalog.latest("divisionTable").first(where: { $0.id != entry.id && !$0.isWithdrawn }) {
            defects.append("there is a table of divisions already, `\(other.id)`: raise its version")
        }
        guard let table = DivisionEntry.table(entry, defects: &defects) else { return }
        for (number, example) in examples.enumerated() {
            guard let code = example["code"]?.string.flatMap({ DivisionCode($0) }), let day = example["on"]?.day,
                let expected = example["is"]?.string
            else {
                defects.append("example \(number + 1): not {\"code\", \"on\", \"is\"}")
                continue
            }
            let counted = table.counted(code, on: day).text
            if counted != expected { defects.append("example \(number + 1): \(code) counts under \(counted), not under \(expected)") }
        }
    }
}
