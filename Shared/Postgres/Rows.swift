import CLibPQ
import Vocabulary

/// The answer of a statement.
public struct Rows: RandomAccessCollection {
    private let result: PostgresResult
    public let count: Int

    init(_ result: PostgresResult) {
        self.result = result
        count = Int(unsafe PQntuples(result.handle))
    }

    /// Rows inserted, changed, deleted or selected.
    public var affected: Int { result.affected }

    /// What the server calls what it did: `COMMIT`, `INSERT 0 5`.
    var commandTag: String { result.commandTag }

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    public subscript(position: Int) -> Row {
        precondition(position >= 0 && position < count, "row outside the answer")
        return Row(result: result, index: Int32(position))
    }
}

/// One row. Columns count from 0. Every accessor throws `unexpectedShape` on another type, on NULL (but for `…OrNil`) and on a
/// column that is not there: a query and its reader stand side by side, so that is our mistake, never the data's.
public struct Row {
    fileprivate let result: PostgresResult
    fileprivate let index: Int32

    /// False too for a column that is not there; its accessor will say so.
    public func isNull(_ column: Int) -> Bool { unsafe PQgetisnull(result.handle, index, Int32(clamping: column)) == 1 }

    /// `bool`
    public func bool(_ column: Int) throws(PostgresFault) -> Bool { try required(column, boolOrNil(column)) }
    /// `smallint`, `integer`
    public func int32(_ column: Int) throws(PostgresFault) -> Int32 { try required(column, int32OrNil(column)) }
    /// `smallint`, `integer`, `bigint`, `oid`, and `numeric` when it is a whole number that fits (the type of `sum(bigint)`)
    public func int64(_ column: Int) throws(PostgresFault) -> Int64 { try required(column, int64OrNil(column)) }
    /// `real`, `double precision`
    public func double(_ column: Int) throws(PostgresFault) -> Double { try required(column, doubleOrNil(column)) }
    /// `text`, `varchar`, `char(n)`, `name`, `json`, `jsonb` (its text)
    public func text(_ column: Int) throws(PostgresFault) -> String { try required(column, textOrNil(column)) }
    /// `bytea`, and the UTF-8 of what `text` accepts
    public func bytes(_ column: Int) throws(PostgresFault) -> [UInt8] { try required(column, bytesOrNil(column)) }
    /// `timestamptz`; ±infinity is refused
    public func instant(_ column: Int) throws(PostgresFault) -> Instant { try required(column, instantOrNil(column)) }
    /// `date`; ±infinity is refused
    public func day(_ column: Int) throws(PostgresFault) -> Day { try required(column, dayOrNil(column)) }
    /// `numeric` in PostgreSQL's own notation, such as `-12.50` or `NaN`
    public func numericText(_ column: Int) throws(PostgresFault) -> String { try required(column, numericTextOrNil(column)) }
    /// `text[]` of one dimension without NULLs
    public func texts(_ column: Int) throws(PostgresFault) -> [String] { try required(column, textsOrNil(column)) }
    /// `bigint[]` of one dimension without NULLs
    public func int64s(_ column: Int) throws(PostgresFault) -> [Int64] { try required(column, int64sOrNil(column)) }

    public func boolOrNil(_ column: Int) throws(PostgresFault) -> Bool? {
        unsafe try read(column, as: "bool") { type, bytes in
            guard type == TypeID.bool, bytes.count == 1 else { return nil }
            return unsafe bytes[0] != 0
        }
    }

    public func int32OrNil(_ column: Int) throws(PostgresFault) -> Int32? {
        unsafe try read(column, as: "int32") { type, bytes in
            switch type {
            case TypeID.int4: unsafe bytes.number(Int32.self)
            case TypeID.int2: unsafe bytes.number(Int16.self).map(Int32.init)
            default: nil
            }
        }
    }

    public func int64OrNil(_ column: Int) throws(PostgresFault) -> Int64? {
        unsafe try read(column, as: "int64") { type, bytes in
            switch type {
            case TypeID.int8: unsafe bytes.number(Int64.self)
            case TypeID.int4: unsafe bytes.number(Int32.self).map(Int64.init)
            case TypeID.int2: unsafe bytes.number(Int16.self).map(Int64.init)
            case TypeID.oid: unsafe bytes.number(UInt32.self).map(Int64.init)
            case TypeID.numeric: unsafe Numeric(bytes).flatMap(\.wholeNumber)
            default: nil
            }
        }
    }

    public func doubleOrNil(_ column: Int) throws(PostgresFault) -> Double? {
        unsafe try read(column, as: "double") { type, bytes in
            switch type {
            case TypeID.float8: unsafe bytes.number(UInt64.self).map(Double.init(bitPattern:))
            case TypeID.float4: unsafe bytes.number(UInt32.self).map { Double(Float(bitPattern: $0)) }
            default: nil
            }
        }
    }

    public func textOrNil(_ column: Int) throws(PostgresFault) -> String? {
        unsafe try read(column, as: "text") { type, bytes in
            unsafe Row.textBytes(type, bytes).map { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }

    public func bytesOrNil(_ column: Int) throws(PostgresFault) -> [UInt8]? {
        unsafe try read(column, as: "bytes") { type, bytes in
            type == TypeID.bytea ? unsafe Array(bytes) : unsafe Row.textBytes(type, bytes).map { unsafe Array($0) }
        }
    }

    public func instantOrNil(_ column: Int) throws(PostgresFault) -> Instant? {
        unsafe try read(column, as: "finite instant") { type, bytes in
            type == TypeID.timestamptz ? unsafe bytes.number(Int64.self).flatMap(PostgresEpoch.instant) : nil
        }
    }

    public func dayOrNil(_ column: Int) throws(PostgresFault) -> Day? {
        unsafe try read(column, as: "finite day") { type, bytes in
            type == TypeID.date ? unsafe bytes.number(Int32.self).flatMap(PostgresEpoch.day) : nil
        }
    }

    public func numericTextOrNil(_ column: Int) throws(PostgresFault) -> String? {
        unsafe try read(column, as: "numeric") { type, bytes in type == TypeID.numeric ? unsafe Numeric(bytes)?.text : nil }
    }

    public func textsOrNil(_ column: Int) throws(PostgresFault) -> [String]? {
        unsafe try read(column, as: "text[] without NULL") { type, bytes in
            guard type == TypeID.textArray else { return nil }
            return unsafe Row.elements(of: bytes) { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }

    public func int64sOrNil(_ column: Int) throws(PostgresFault) -> [Int64]? {
        unsafe try read(column, as: "bigint[] without NULL") { type, bytes in
            guard type == TypeID.int8Array else { return nil }
            return unsafe Row.elements(of: bytes) { unsafe $0.number(Int64.self) }
        }
    }

    private func required<Value>(_ column: Int, _ value: Value?) throws(PostgresFault) -> Value {
        guard let value else { throw .unexpectedShape(reason: "column \(columnName(column)) is NULL") }
        return value
    }

    /// Nil for NULL. The closure answers nil for a type it does not read.
    private func read<Value>(
        _ column: Int, as wanted: StaticString, _ decode: (UInt32, UnsafeRawBufferPointer) -> Value?
    ) throws(PostgresFault) -> Value? {
        let field = Int32(clamping: column)
        guard field >= 0, unsafe field < PQnfields(result.handle) else {
            throw .unexpectedShape(reason: "there is no column \(column)")
        }
        guard unsafe PQgetisnull(result.handle, index, field) == 0 else { return nil }
        let type = unsafe PQftype(result.handle, field)
        let bytes = unsafe UnsafeRawBufferPointer(
            start: PQgetvalue(result.handle, index, field), count: Int(PQgetlength(result.handle, index, field)))
        guard let value = unsafe decode(type, bytes) else {
            throw .unexpectedShape(reason: "column \(columnName(column)), of type oid \(type), does not hold a \(wanted)")
        }
        return value
    }

    private func columnName(_ column: Int) -> String {
        "\(column) (\(unsafe Connection.text(PQfname(result.handle, Int32(clamping: column)))))"
    }

    /// The UTF-8 of a text-like type; nil for any other.
    private static func textBytes(_ type: UInt32, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        switch type {
        case TypeID.text, TypeID.varchar, TypeID.bpchar, TypeID.name, TypeID.json: unsafe bytes
        case TypeID.jsonb: unsafe bytes.first == 1 ? UnsafeRawBufferPointer(rebasing: bytes.dropFirst()) : nil
        default: nil
        }
    }

    /// Nil when there are NULLs or more than one dimension.
    private static func elements<Element>(
        of bytes: UnsafeRawBufferPointer, _ decode: (UnsafeRawBufferPointer) -> Element?
    ) -> [Element]? {
        guard let dimensions = unsafe bytes.number(Int32.self, at: 0) else { return nil }
        guard dimensions == 1 else { return dimensions == 0 ? [] : nil }
        guard let count = unsafe bytes.number(Int32.self, at: 12), count >= 0 else { return nil }
        var elements: [Element] = []
        var position = 20
        for _ in 0..<count {
            guard let size = unsafe bytes.number(Int32.self, at: position), size >= 0,
                position + 4 + Int(size) <= bytes.count,
                let element = unsafe decode(UnsafeRawBufferPointer(rebasing: bytes[position + 4..<position + 4 + Int(size)]))
            else { return nil }
            elements.append(element)
            position += 4 + Int(size)
        }
        return elements
    }
}

extension UnsafeRawBufferPointer {
    /// A big-endian number that fills the whole field.
    fileprivate func number<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Number? {
        guard count == MemoryLayout<Number>.size else { return nil }
        return unsafe Number(bigEndian: loadUnaligned(as: Number.self))
    }

    /// A big-endian number at an offset; nil when it does not lie within.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, at offset: Int) -> Number? {
        guard offset >= 0, offset + MemoryLayout<Number>.size <= count else { return nil }
        return unsafe Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}
