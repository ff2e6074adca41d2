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
        ExampleRun.all(examples, &defects) { example in
            guard let code = example["code"]?.string.flatMap({ DivisionCode($0) }), let day = example["on"]?.day,
                let expected = example["is"]?.string
            else { return "not {\"code\", \"on\", \"is\"}" }
            let counted = table.counted(code, on: day).text
            return counted == expected ? nil : "\(code) counts under \(counted), not under \(expected)"
        }
    }
}
