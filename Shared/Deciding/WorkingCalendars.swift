import Vocabulary
import Wire

/// What a catalogue's `calendar` entries say of working days, every version.
public final class WorkingCalendars: CatalogView {
    private let calendars: [Versions<[WorkingYear]>]
    /// When a version takes effect, ascending.
    private let changes: [Instant]
    private let inForce = SpanCache<WorkingCalendar>()
    /// Entries that cannot be used, by `kind/id/version`. The version before stays in use.
    public let defects: [String: [String]]

    public init(_ catalog: Catalog) {
        var calendars: [String: Versions<[WorkingYear]>] = [:]
        var unusable: [String: [String]] = [:]
        // By kind and id, versions ascending.
        for entry in catalog.all where entry.kind == "calendar" {
            calendars.add(entry, unusable: &unusable) { WorkingYear.list($0.body, defects: &$1) }
        }
        self.calendars = calendars.sorted { $0.key < $1.key }.map(\.value)
        changes = Set(calendars.values.flatMap(\.starts)).sorted()
        defects = unusable
    }

    /// The years of all entries in force at `now`, by id. Where two entries do not fit, the later year is left out.
    public func calendar(at now: Instant) -> WorkingCalendar {
        inForce.made(at: now, changes: changes) {
            WorkingCalendar(fitting: calendars.compactMap { $0.inForce(at: now) }.flatMap { $0 })
        }
    }

    public func prepare(at now: Instant) { _ = calendar(at: now) }
}

extension WorkingYear {
    /// Reads a `calendar` entry's body, `{"years": [{"year", "off", "work", "isProvisional"?}]}`. Nil when the years are no calendar; why goes
    /// to `defects`.
    public static func list(_ body: JSONValue, defects: inout [String]) -> [WorkingYear]? {
        guard let years = body["years"], years.kind == .array, years.count > 0 else {
            defects.append("`years` is not a list, or is empty")
            return nil
        }
        let before = defects.count
        let read = years.elements.compactMap { WorkingYear($0, defects: &defects) }
        guard defects.count == before else { return nil }
        do throws(WorkingCalendarDefect) {
            _ = try WorkingCalendar(years: read)
        } catch {
            defects.append("the calendar is not one: \(error)")
            return nil
        }
        return read
    }

    private init?(_ json: JSONValue, defects: inout [String]) {
        guard let year = json["year"]?.int, (1949...9999).contains(year) else {
            defects.append("a year is not 1949…9999")
            return nil
        }
        var lists: [String: [Day]] = [:]
        for name in ["off", "work"] {
            guard let list = json[name], list.kind == .array else {
                defects.append("\(year): `\(name)` is not a list")
                continue
            }
            let days = list.elements.compactMap(\.day)
            if days.count < list.count { defects.append("\(year): `\(name)` has what is no day") }
            lists[name] = days
        }
        if let flag = json["isProvisional"], flag.bool == nil { defects.append("\(year): `isProvisional` is not true or false") }
        self.init(
            year: Int(year), off: lists["off"] ?? [], work: lists["work"] ?? [], isProvisional: json["isProvisional"]?.bool ?? false)
    }
}
