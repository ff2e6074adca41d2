import Vocabulary

/// One `$n` of a statement, sent in binary with its type, so that the SQL needs no casts.
/// Text with U+0000 and moments outside PostgreSQL's range are refused before anything is sent.
public enum Parameter: Sendable {
    /// NULL of whatever type the server infers.
    case null
    case bool(Bool)
    /// `integer`
    case int32(Int32)
    /// `bigint`
    case int64(Int64)
    /// `double precision`
    case double(Double)
    case text(String)
    /// `bytea`
    case bytes([UInt8])
    /// `timestamptz`
    case instant(Instant)
    /// `date`
    case day(Day)
    /// `jsonb`, given as UTF-8 text.
    case jsonb([UInt8])

    // Arrays of one dimension. Those of optionals may hold NULLs.

    case texts([String])
    case textsOrNull([String?])
    case int64s([Int64])
    case int64sOrNull([Int64?])
    case int32s([Int32])
    case doubles([Double?])
    case bools([Bool?])
    case bytesArray([[UInt8]?])
    case instants([Instant?])
    case days([Day?])
    case jsonbs([[UInt8]?])
}

extension Parameter {
    var typeID: UInt32 {
        switch self {
        case .null: TypeID.unspecified
        case .bool: TypeID.bool
        case .int32: TypeID.int4
        case .int64: TypeID.int8
        case .double: TypeID.float8
        case .text: TypeID.text
        case .bytes: TypeID.bytea
        case .instant: TypeID.timestamptz
        case .day: TypeID.date
        case .jsonb: TypeID.jsonb
        case .texts, .textsOrNull: TypeID.textArray
        case .int64s, .int64sOrNull: TypeID.int8Array
        case .int32s: TypeID.int4Array
        case .doubles: TypeID.float8Array
        case .bools: TypeID.boolArray
        case .bytesArray: TypeID.byteaArray
        case .instants: TypeID.timestamptzArray
        case .days: TypeID.dateArray
        case .jsonbs: TypeID.jsonbArray
        }
    }
}

extension WireBuffer {
    /// The value with its length in front.
    mutating func append(_ parameter: Parameter) throws(Unwritable) {
        switch parameter {
        case .null: appendNull()
        case .bool(let value): append(field: value)
        case .int32(let value): append(field: value)
        case .int64(let value): append(field: value)
        case .double(let value): append(field: value)
        case .text(let value): try append(field: value)
        case .bytes(let value): try append(field: value)
        case .instant(let value): try append(field: value)
        case .day(let value): try append(field: value)
        case .jsonb(let value): try append(json: value)
        case .texts(let values):
            try appendArray(of: TypeID.text, values) { (buffer: inout WireBuffer, value) throws(Unwritable) in
                try buffer.append(field: value)
            }
        case .textsOrNull(let values):
            try appendNullableArray(of: TypeID.text, values) { (buffer: inout WireBuffer, value) throws(Unwritable) in
                try buffer.append(field: value)
            }
        case .int64s(let values):
            try appendArray(of: TypeID.int8, values) { (buffer: inout WireBuffer, value) throws(Unwritable) in
                buffer.append(field: value)
            }
        case .int64sOrNull(let values):
            try appendNullableArray(of: TypeID.int8, values) { (buffer: inout WireBuffer, value) throws(Unwritable) in
                buffer.append(field: value)
            }
        case .int32s(let values):
            try appendArray(of: TypeID.int4, values) { (buffer: inout WireBuffer, value) throws(Unwritable) in
                buffer.append(field: value)
            }
        case .doubles(let values):
            try appendNullableArray(of: TypeID.float8, values) { (buffer: inout WireBuffer, value) throws(Unwritable) in
                buffer.append(field: value)
            }
        case .bools(let values):
            try appendNullableArray(of: TypeID.bool, values) { (buffer: inout WireBuffer, value) throws(Unwritable) in
                buffer.append(field: value)
            }
        case .bytesArray(let values):
            try appendNullableArray(of: TypeID.bytea, values) { (buffer: inout WireBuffer, value) throws(Unwritable) in
                try buffer.append(field: value)
            }
        case .instants(let values):
            try appendNullableArray(of: TypeID.timestamptz, values) { (buffer: inout WireBuffer, value) throws(Unwritable) in
                try buffer.append(field: value)
            }
        case .days(let values):
            try appendNullableArray(of: TypeID.date, values) { (buffer: inout WireBuffer, value) throws(Unwritable) in
                try buffer.append(field: value)
            }
        case .jsonbs(let values):
            try appendNullableArray(of: TypeID.jsonb, values) { (buffer: inout WireBuffer, value) throws(Unwritable) in
                try buffer.append(json: value)
            }
        }
    }

    private mutating func appendArray<Element>(
        of typeID: UInt32, _ values: [Element], _ write: (inout WireBuffer, Element) throws(Unwritable) -> Void
    ) throws(Unwritable) {
        let start = beginArray(of: typeID, count: values.count)
        for value in values { try write(&self, value) }
        try endArray(begunAt: start)
    }

    private mutating func appendNullableArray<Element>(
        of typeID: UInt32, _ values: [Element?], _ write: (inout WireBuffer, Element) throws(Unwritable) -> Void
    ) throws(Unwritable) {
        try appendArray(of: typeID, values) { (buffer: inout WireBuffer, value: Element?) throws(Unwritable) in
            if let value { try write(&buffer, value) } else { buffer.appendNull() }
        }
    }

    /// Leaves room for the length, and writes what comes before the elements: dimensions, whether there may be NULLs, type, extent.
    mutating func beginArray(of typeID: UInt32, count elements: Int) -> Int {
        let start = count
        append(Int32(0))
        append(Int32(elements == 0 ? 0 : 1))
        append(Int32(1))
        append(typeID)
        if elements > 0 {
            append(Int32(clamping: elements))
            append(Int32(1))
        }
        return start
    }

    mutating func endArray(begunAt start: Int) throws(Unwritable) {
        let length = count - start - 4
        guard length < WireBuffer.valueSizeMax else { throw .tooLong }
        overwrite(at: start, with: Int32(length))
    }
}
