import Contracts
import Deciding
import Vocabulary
import Wire

extension Governance {
    /// The kinds of entries that governance answers for.
    package static let kinds: Set<String> = ["calendar", "purpose", "consentCategory"]

    /// Why an entry may not be published, in words; empty when it may. Kinds of other services are passed over.
    package static func defects(of entry: CatalogEntry, examples: [JSONValue], in catalog: Catalog) -> [String] {
        guard kinds.contains(entry.kind), !entry.isWithdrawn else { return [] }
        guard entry.body.kind == .object else { return ["the body is not an object"] }
        var defects: [String] = []
        if examples.isEmpty { defects.append("there is no example") }
        if entry.kind == "calendar" {
            checkCalendar(entry.body, &defects)
        } else {
            let isPlain = entry.id.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
            if entry.id.isEmpty || !isPlain { defects.append("the id is not of a-z, 0-9 and -") }
            let title = entry.body["title"]
            if (title?["en"]?.string ?? "").isEmpty || (title?["zh"]?.string ?? "").isEmpty { defects.append("`title` is not {en, zh}") }
        }
        return defects
    }

    private static func checkCalendar(_ body: JSONValue, _ defects: inout [String]) {
        guard let years = body["years"], years.kind == .array, years.count > 0 else {
            defects.append("`years` is not a list, or is empty")
            return
        }
        var read: [WorkingYear] = []
        for json in years.elements {
            guard let year = json["year"]?.int, (1949...9999).contains(year) else {
                defects.append("a year is not 1949…9999")
                continue
            }
            var lists: [String: [Day]] = [:]
            for name in ["off", "work"] {
                guard let list = json[name], list.kind == .array else {
                    defects.append("\(year): `\(name)` is not a list")
                    continue
                }
                for element in list.elements {
                    guard let day = element.day else {
                        defects.append("\(year): `\(name)` has what is no day")
                        continue
                    }
                    lists[name, default: []].append(day)
                }
            }
            read.append(WorkingYear(year: Int(year), off: lists["off"] ?? [], work: lists["work"] ?? []))
        }
        guard defects.isEmpty else { return }
        do throws(WorkingCalendarDefect) {
            _ = try WorkingCalendar(years: read)
        } catch {
            defects.append("the calendar is not one: \(error)")
        }
    }
}
