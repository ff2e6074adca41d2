import Vocabulary
import Wire

/// What a catalogue's `divisionTable` entries say of administrative divisions, every version: the one place where a code that came to an end
/// leads on to what took over. Whoever compares divisions, or counts by them, asks here.
public final class DivisionTables: CatalogView {
    private let tables: [Versions<DivisionTable>]
    /// When a version takes effect, ascending.
    public let starts: [Instant]
    /// When a version takes effect, or a division of one begins or is no more in force, ascending.
    public let changes: [Instant]
    /// Entries that cannot be used, by `kind/id/version`. The version before stays in use.
    public let defects: [String: [String]]

    public init(_ catalog: Catalog) {
        var tables: [String: Versions<DivisionTable>] = [:]
        var unusable: [String: [String]] = [:]
        var turns: Set<Day> = []
        // By kind and id, versions ascending.
        for entry in catalog.all where entry.kind == "divisionTable" {
            tables.add(entry, unusable: &unusable) { entry, defects in
                let table = DivisionTable.read(entry.body, defects: &defects)
                turns.formUnion(table?.turns ?? [])
                return table
            }
        }
        self.tables = tables.sorted { $0.key < $1.key }.map(\.value)
        let starts = tables.values.reduce(into: Set<Instant>()) { $0.formUnion($1.starts) }
        self.starts = starts.sorted()
        changes = starts.union(turns.map(\.startInChina)).sorted()
        defects = unusable
    }

    /// The table in force at `now`; of no code when there is none.
    public func table(at now: Instant) -> DivisionTable { tables.lazy.compactMap { $0.inForce(at: now) }.first ?? .empty }

    /// The code under which the division counts at `now`: of what took over, or its own. What is no code stays as it is.
    public func counted(_ code: String, at now: Instant) -> String { table(at: now).counted(code, on: now.dayInChina) }

    /// The first moment after `now` at which another code may count.
    public func nextChange(after now: Instant) -> Instant? { changes.first { $0 > now } }
}

extension DivisionTable {
    /// Reads a `divisionTable` entry's body: the divisions that came to an end, and what took over. A code that it does not name stands for
    /// itself. Nil when it is no table; why goes to `defects`.
    public static func read(_ body: JSONValue, defects: inout [String]) -> DivisionTable? {
        let before = defects.count
        var rows: [Division] = []
        for (number, json) in (body["divisions"].map { Array($0.elements) } ?? []).enumerated() {
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
