import Deciding
import Vocabulary
import Wire

/// What is wrong with an entry of divisions.
enum DivisionEntryChecks {
    /// Runs `{"code", "on", "is"}`: the code under which statistics count another on a day.
    static func check(_ entry: CatalogEntry, _ examples: [JSONValue], in catalog: Catalog, _ defects: inout [String]) {
        if let other = catalog.latest("divisionTable").first(where: { $0.id != entry.id && !$0.isWithdrawn }) {
            defects.append("there is a table of divisions already, `\(other.id)`: raise its version")
        }
        guard let table = DivisionTable.read(entry.body, defects: &defects) else { return }
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
