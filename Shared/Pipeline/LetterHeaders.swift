/// The headers of a dead letter as the table keeps them: name (two bytes of length) and value (four), in order, big-endian.
public enum LetterHeaders {
    public static func encode(_ headers: [(name: String, value: [UInt8])]) -> [UInt8] {
        var bytes: [UInt8] = []
        for header in headers {
            let name = Array(header.name.utf8.prefix(Int(UInt16.max)))
            for shift in [8, 0] { bytes.append(UInt8(truncatingIfNeeded: name.count >> shift)) }
            bytes += name
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: header.value.count >> shift)) }
            bytes += header.value
        }
        return bytes
    }

    /// Nil when the bytes are not what `encode` writes.
    public static func decode(_ bytes: [UInt8]) -> [(name: String, value: [UInt8])]? {
        var headers: [(name: String, value: [UInt8])] = []
        var rest = bytes[...]
        func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        func field(_ lengthBytes: Int) -> [UInt8]? {
            guard let length = take(lengthBytes) else { return nil }
            return take(length.reduce(0) { $0 << 8 | Int($1) }).map(Array.init)
        }
        while !rest.isEmpty {
            guard let name = field(2), let value = field(4) else { return nil }
            headers.append((String(decoding: name, as: UTF8.self), value))
        }
        return headers
    }
}
