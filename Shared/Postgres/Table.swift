import Vocabulary

/// A table as the batch writer sees it. Names are quoted, so they must be in the case that the table was created with;
/// the schema comes from the connection's search path.
public struct Table: Sendable {
    /// Without the schema.
    public let name: String
    /// In the order of a row's values; columns left out get their default.
    public let columns: [Column]
    /// The columns of the primary or unique key that `onConflict` speaks of.
    public let key: [String]
    public let onConflict: OnConflict

    // The statements are made once: a small batch would spend more on their words than on its rows.

    /// The text of the statement by which rows are copied straight in, as a fault names it.
    public let copyStatement: String
    /// The text of the statement by which rows are queued or inserted in small numbers, as a fault names it: one array per column.
    public let unnestStatement: String
    /// A session's own unlogged copy of the columns, emptied by every commit. Its name is made of the table's and columns'
    /// because PostgreSQL cuts names at 63 bytes.
    let loadingTable: String
    private let loading: String
    private let merging: String

    public init(name: String, columns: [Column], key: [String] = [], onConflict: OnConflict) {
        self.name = name
        self.columns = columns
        self.key = key
        self.onConflict = onConflict
        let target = quotedIdentifier(name)
        let names = columns.map { quotedIdentifier($0.name) }
        let list = names.joined(separator: ", ")
        let definitions = zip(names, columns).map { "\($0) \($1.type.sqlName)" }
        let conflict = Self.conflictClause(columns.map(\.name), key, onConflict)
        copyStatement = "COPY \(target) (\(list)) FROM STDIN (FORMAT binary)"
        let arrays = columns.enumerated().map { "$\($0.offset + 1)::\($0.element.type.elementName)[]" }.joined(separator: ", ")
        let elements = columns.indices.map { "e\($0)" }
        let selected = zip(elements, columns).map { $1.type.elementName == $1.type.sqlName ? $0 : "\($0)::\($1.type.sqlName)" }
        unnestStatement = """
            INSERT INTO \(target) (\(list)) SELECT \(selected.joined(separator: ", ")) \
            FROM unnest(\(arrays)) AS e (\(elements.joined(separator: ", ")))\(conflict)
            """
        loadingTable = "load_" + String(FNV64.hash("\(target) \(definitions)".utf8), radix: 16)
        loading = "CREATE TEMP TABLE IF NOT EXISTS \(loadingTable) (\(definitions.joined(separator: ", "))) ON COMMIT DELETE ROWS;\n"
        merging = """
            COPY pg_temp.\(loadingTable) (\(list)) FROM STDIN (FORMAT binary);
            INSERT INTO \(target) (\(list)) SELECT \(list) FROM pg_temp.\(loadingTable)\(conflict)
            """
    }

    /// One message to the server, so one round trip: make, load, merge. Without a transaction around it, it is one by itself.
    func mergeStatement(isFirstInTransaction: Bool) -> String {
        loading + (isFirstInTransaction ? "" : "TRUNCATE pg_temp.\(loadingTable);\n") + merging
    }

    private static func conflictClause(_ columns: [String], _ key: [String], _ onConflict: OnConflict) -> String {
        let target = key.isEmpty ? "" : " (\(key.map(quotedIdentifier).joined(separator: ", ")))"
        switch onConflict {
        case .refuse: return ""
        case .keepFirst: return " ON CONFLICT\(target) DO NOTHING"
        case .replace:
            let others = columns.filter { !key.contains($0) }.map(quotedIdentifier)
            guard !others.isEmpty else { return " ON CONFLICT\(target) DO NOTHING" }
            return " ON CONFLICT\(target) DO UPDATE SET " + others.map { "\($0) = EXCLUDED.\($0)" }.joined(separator: ", ")
        }
    }
}

/// A column of a `Table`; its type must be the very one of the database.
public struct Column: Sendable, Hashable {
    public let name: String
    public let type: ColumnType
    /// Whether `Value.null` is sent; if not it is refused here as 23502.
    public let isNullable: Bool

    public init(_ name: String, _ type: ColumnType, isNullable: Bool = false) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
    }
}

/// The types that a `Column` may have, by what PostgreSQL calls them.
public enum ColumnType: Sendable, Hashable, CaseIterable {
    /// `text`
    case text
    /// `integer`; takes `Value.int64` that fits
    case int32
    /// `bigint`
    case int64
    /// `double precision`
    case double
    /// `boolean`
    case bool
    /// `bytea`
    case bytes
    /// `timestamptz`
    case instant
    /// `date`
    case day
    /// `jsonb`
    case jsonb
    /// `smallint[]`
    case int16s
}

/// What happens to a row whose key is already there.
public enum OnConflict: Sendable, Hashable {
    /// The statement fails with 23505.
    case refuse
    /// The row is dropped; the first of its key in one batch is kept.
    case keepFirst
    /// All columns outside the key are replaced; the last of its key in one batch wins.
    case replace
}

/// One field of a row for the batch writer.
public typealias Value = Cell

extension ColumnType {
    var sqlName: String {
        switch self {
        case .text: "text"
        case .int32: "integer"
        case .int64: "bigint"
        case .double: "double precision"
        case .bool: "boolean"
        case .bytes: "bytea"
        case .instant: "timestamptz"
        case .day: "date"
        case .jsonb: "jsonb"
        case .int16s: "smallint[]"
        }
    }

    var typeID: UInt32 {
        switch self {
        case .text: TypeID.text
        case .int32: TypeID.int4
        case .int64: TypeID.int8
        case .double: TypeID.float8
        case .bool: TypeID.bool
        case .bytes: TypeID.bytea
        case .instant: TypeID.timestamptz
        case .day: TypeID.date
        case .jsonb: TypeID.jsonb
        case .int16s: TypeID.int2Array
        }
    }

    /// As what a value goes in an array of many: a list as its text, since an array of lists would be one array of two dimensions.
    var elementName: String { self == .int16s ? "text" : sqlName }
    var elementTypeID: UInt32 { self == .int16s ? TypeID.text : typeID }

    /// Of an array of `elementName`.
    var arrayTypeID: UInt32 {
        switch self {
        case .text: TypeID.textArray
        case .int32: TypeID.int4Array
        case .int64: TypeID.int8Array
        case .double: TypeID.float8Array
        case .bool: TypeID.boolArray
        case .bytes: TypeID.byteaArray
        case .instant: TypeID.timestamptzArray
        case .day: TypeID.dateArray
        case .jsonb: TypeID.jsonbArray
        case .int16s: TypeID.textArray
        }
    }
}

func quotedIdentifier(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
