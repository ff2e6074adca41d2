import Adapters
import Deciding
import Vocabulary
import Wire

/// The catalogue's layouts, compiled with the code lists and record types they speak of.
public enum Layouts {
    /// The layout in force at `now`; nil when there is none, with what is wrong in `defects` when there is one that can not be used.
    public static func layout(_ id: String, at now: Instant, in catalog: Catalog, defects: inout [LayoutDefect]) -> Layout? {
        catalog.entry("layout", id, at: now).flatMap { compile($0, in: catalog, defects: &defects) }
    }

    static func compile(_ entry: CatalogEntry, in catalog: Catalog, defects: inout [LayoutDefect]) -> Layout? {
        let type = entry.body["recordType"]?.string.flatMap { id in catalog.latest("recordType").last { $0.id == id && !$0.isWithdrawn } }
        return Layout(
            id: entry.id, version: entry.version, body: entry.body, targets: type.flatMap { fieldNames(of: $0) },
            codeList: { id in
                guard let list = catalog.latest("codeList").first(where: { $0.id == id && !$0.isWithdrawn }) else { return nil }
                var unusable: [LayoutDefect] = []
                return CodeList(list.body, defects: &unusable)
            }, defects: &defects)
    }

    /// The names of a record type's fields, from its own list or from the properties of its schema; nil when it has neither.
    static func fieldNames(of type: CatalogEntry) -> Set<String>? {
        fields(of: type).map { Set($0.map(\.key)) }
    }

    static func fields(of type: CatalogEntry) -> [(key: String, value: JSONValue)]? {
        guard let fields = type.body["fields"] ?? type.body["schema"]?["properties"], fields.kind == .object else { return nil }
        return Array(fields.members)
    }
}
