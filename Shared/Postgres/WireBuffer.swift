import Glibc
import Vocabulary

/// Bytes in PostgreSQL's binary format, big end first. Grows, and keeps its room when cleared.
@safe struct WireBuffer: ~Copyable {
    private var storage: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 4096) {
        self.capacity = max(capacity, 16)
        unsafe storage = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { unsafe storage.deallocate() }

    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: storage, count: count) }

    mutating func clear() { count = 0 }

    /// Gives memory back after an unusually large batch.
    mutating func shrink(to limit: Int) {
        guard capacity > limit else { return }
        unsafe storage.deallocate()
        capacity = limit
        unsafe storage = .allocate(byteCount: limit, alignment: 16)
        count = 0
    }

    private mutating func grow(for more: Int) {
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        unsafe moved.copyMemory(from: storage, byteCount: count)
        unsafe storage.deallocate()
        unsafe storage = moved
        capacity = larger
    }

    @inline(__always)
    mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        let width = MemoryLayout<Number>.size
        if count + width > capacity { grow(for: width) }
        unsafe storage.storeBytes(of: number.bigEndian, toByteOffset: count, as: Number.self)
        count += width
    }

    mutating func append(_ source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress, source.count > 0 else { return }
        if count + source.count > capacity { grow(for: source.count) }
        unsafe (storage + count).copyMemory(from: start, byteCount: source.count)
        count += source.count
    }

    /// Replaces the four bytes at `offset`, for lengths known only afterwards.
    mutating func overwrite(at offset: Int, with number: Int32) {
        precondition(offset >= 0 && offset + 4 <= count, "only bytes already written can be replaced")
        unsafe storage.storeBytes(of: number.bigEndian, toByteOffset: offset, as: Int32.self)
    }
}

/// Why a value cannot be written; the caller adds which statement.
enum Unwritable: Error {
    case nulInText
    case instantOutOfRange
    case dayOutOfRange
    case tooLong
    case integerOutOfRange
    case nullInRequired
    case otherType

    /// The same SQLSTATE that the server would answer with.
    func fault(in statement: String) -> PostgresFault {
        let (sqlstate, message) =
            switch self {
            case .nulInText: ("22021", "text holds U+0000, which PostgreSQL cannot store")
            case .instantOutOfRange: ("22008", "instant outside the range of timestamptz")
            case .dayOutOfRange: ("22008", "day outside the range of date")
            case .tooLong: ("22001", "value longer than PostgreSQL's limit of 1 GB")
            case .integerOutOfRange: ("22003", "number outside the range of integer")
            case .nullInRequired: ("23502", "NULL in a column that requires a value")
            case .otherType: ("42804", "value of another type than its column")
            }
        return .statement(sqlstate: sqlstate, message: message, detail: nil, statement: statement)
    }
}

/// Fields: a length (−1 for NULL) and then the value.
extension WireBuffer {
    static let null: Int32 = -1

    mutating func appendNull() { append(WireBuffer.null) }

    mutating func append(field value: Bool) {
        append(Int32(1))
        append(UInt8(value ? 1 : 0))
    }

    mutating func append(field value: Int32) {
        append(Int32(4))
        append(value)
    }

    mutating func append(field value: Int64) {
        append(Int32(8))
        append(value)
    }

    mutating func append(field value: Double) {
        append(Int32(8))
        append(value.bitPattern)
    }

    mutating func append(field value: Instant) throws(Unwritable) {
        guard let microseconds = PostgresEpoch.microseconds(of: value) else { throw .instantOutOfRange }
        append(field: microseconds)
    }

    mutating func append(field value: Day) throws(Unwritable) {
        guard let days = PostgresEpoch.days(of: value) else { throw .dayOutOfRange }
        append(field: days)
    }

    mutating func append(field value: String) throws(Unwritable) {
        let written: Bool? = unsafe value.utf8.withContiguousStorageIfAvailable { (utf8: UnsafeBufferPointer<UInt8>) -> Bool in
            unsafe appendText(UnsafeRawBufferPointer(utf8))
        }
        if let written {
            if !written { throw .nulInText }
        } else if unsafe !Array(value.utf8).withUnsafeBytes({ (utf8: UnsafeRawBufferPointer) -> Bool in unsafe appendText(utf8) }) {
            throw .nulInText
        }
    }

    /// False, and nothing written, when there is a NUL among the bytes.
    private mutating func appendText(_ utf8: UnsafeRawBufferPointer) -> Bool {
        if let start = utf8.baseAddress, unsafe memchr(start, 0, utf8.count) != nil { return false }
        append(Int32(clamping: utf8.count))
        unsafe append(utf8)
        return true
    }

    mutating func append(field value: [UInt8]) throws(Unwritable) {
        guard value.count < WireBuffer.valueSizeMax else { throw .tooLong }
        append(Int32(value.count))
        unsafe value.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in unsafe append(bytes) }
    }

    /// `jsonb` is one version byte and then the text.
    mutating func append(json value: [UInt8]) throws(Unwritable) {
        guard value.count < WireBuffer.valueSizeMax else { throw .tooLong }
        guard !value.contains(0) else { throw .nulInText }
        append(Int32(value.count + 1))
        append(UInt8(1))
        unsafe value.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in unsafe append(bytes) }
    }

    /// `smallint[]` of one dimension, without NULLs.
    mutating func append(field values: [Int16]) throws(Unwritable) {
        guard values.count < WireBuffer.valueSizeMax / 8 else { throw .tooLong }
        append(Int32(values.isEmpty ? 12 : 20 + values.count * 6))
        append(Int32(values.isEmpty ? 0 : 1))
        append(Int32(0))
        append(TypeID.int2)
        guard !values.isEmpty else { return }
        append(Int32(values.count))
        append(Int32(1))
        for value in values {
            append(Int32(2))
            append(value)
        }
    }

    /// PostgreSQL's own limit of one field, 1 GB.
    static let valueSizeMax = 0x3FFF_FFFF
}

/// PostgreSQL counts from 2000-01-01.
enum PostgresEpoch {
    private static let microsecondsAfterUnix: Int64 = 946_684_800_000_000
    private static let daysAfterUnix: Int32 = 10_957
    /// 4714-11-24 BC, the first moment that `timestamptz` and `date` hold.
    private static let microsecondsMin: Int64 = -211_813_488_000_000_000
    private static let daysMin: Int32 = -2_451_545
    /// The day after the last one of `date`, in 5874897.
    private static let daysEnd: Int32 = 2_145_031_949

    static func microseconds(of instant: Instant) -> Int64? {
        let (shifted, overflow) = instant.microseconds.subtractingReportingOverflow(microsecondsAfterUnix)
        return overflow || shifted < microsecondsMin ? nil : shifted
    }

    static func days(of day: Day) -> Int32? {
        let (shifted, overflow) = day.number.subtractingReportingOverflow(daysAfterUnix)
        return overflow || shifted < daysMin || shifted >= daysEnd ? nil : shifted
    }

    /// Nil for ±infinity and for the last centuries of `timestamptz`, which an `Instant` cannot hold.
    static func instant(_ microseconds: Int64) -> Instant? {
        guard microseconds != .min, microseconds != .max else { return nil }
        let (shifted, overflow) = microseconds.addingReportingOverflow(microsecondsAfterUnix)
        return overflow ? nil : Instant(microseconds: shifted)
    }

    /// Nil for ±infinity.
    static func day(_ days: Int32) -> Day? {
        guard days != .min, days != .max else { return nil }
        let (shifted, overflow) = days.addingReportingOverflow(daysAfterUnix)
        return overflow ? nil : Day(number: shifted)
    }
}
