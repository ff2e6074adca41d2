import Vocabulary

/// A table as the batch writer sees it. Names are quoted, so they must be in the case that the table was created with;
/// the schema comes from the connection's search path.
public struct Table: Sendable, Hashable {
    /// Without the schema.
    public let name: String
    /// In the order of a row's values; columns left out get their default.
    public let columns: [Column]
    /// The columns of the primary or unique key that `onConflict` speaks of.
    public let key: [String]
    public let onConflict: OnConflict

    public init(name: String, columns: [Column], key: [String] = [], onConflict: OnConflict) {
        self.name = name
        self.columns = columns
        self.key = key
        self.onConflict = onConflict
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
        // An array of arrays is one array of two dimensions, which is not what a column of lists wants.
        case .int16s: TypeID.unspecified
        }
    }
}

extension Table {
    /// The text of the statement by which rows are copied straight in, as a fault names it.
    public var copyStatement: String { "COPY \(quotedName) (\(columnList)) FROM STDIN (FORMAT binary)" }

    var quotedName: String { quotedIdentifier(name) }

    /// The columns, quoted and separated by commas.
    var columnList: String { columns.map { quotedIdentifier($0.name) }.joined(separator: ", ") }

    /// The text of the statement by which rows are queued or inserted in small numbers, as a fault names it: one array per column.
    public var unnestStatement: String {
        let arrays = columns.enumerated().map { "$\($0.offset + 1)::\($0.element.type.sqlName)[]" }.joined(separator: ", ")
        return "INSERT INTO \(quotedName) (\(columnList)) SELECT * FROM unnest(\(arrays))\(conflictClause)"
    }

    /// A session's own unlogged copy of the columns, emptied by every commit. Its name is made of the table's and columns'
    /// because PostgreSQL cuts names at 63 bytes.
    var loadingTable: String {
        let text = "\(quotedName) \(columns.map { "\(quotedIdentifier($0.name)) \($0.type.sqlName)" })"
        return "load_" + String(FNV64.hash(text.utf8), radix: 16)
    }

    /// One message to the server, so one round trip: make, load, merge. Without a transaction around it, it is one by itself.
    func mergeStatement(isFirstInTransaction: Bool) -> String {
        let definition = columns.map { "\(quotedIdentifier($0.name)) \($0.type.sqlName)" }.joined(separator: ", ")
        return """
            CREATE TEMP TABLE IF NOT EXISTS \(loadingTable) (\(definition)) ON COMMIT DELETE ROWS;
            \(isFirstInTransaction ? "" : "TRUNCATE pg_temp.\(loadingTable);")
            COPY pg_temp.\(loadingTable) (\(columnList)) FROM STDIN (FORMAT binary);
            INSERT INTO \(quotedName) (\(columnList)) SELECT \(columnList) FROM pg_temp.\(loadingTable)\(conflictClause)
            """
    }

    private var conflictClause: String {
        let target = key.isEmpty ? "" : " (\(key.map(quotedIdentifier).joined(separator: ", ")))"
        switch onConflict {
        case .refuse: return ""
        case .keepFirst: return " ON CONFLICT\(target) DO NOTHING"
        case .replace:
            let others = columns.map(\.name).filter { !key.contains($0) }.map(quotedIdentifier)
            guard !others.isEmpty else { return " ON CONFLICT\(target) DO NOTHING" }
            return " ON CONFLICT\(target) DO UPDATE SET " + others.map { "\($0) = EXCLUDED.\($0)" }.joined(separator: ", ")
        }
    }
}

func quotedIdentifier(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
