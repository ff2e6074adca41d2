/// The head of a request, as far as the status server wants to know it. Anything unusual is refused, not interpreted.
struct HTTPRequestHead: Equatable {
    let isHead: Bool
    /// As sent, before percent decoding; starts with `/`.
    let rawPath: String
    /// Decoded; of a name given twice the first counts.
    let query: [String: String]

    /// Why a head was not taken, as the status to answer with.
    enum Refusal: UInt16, Error {
        case badRequest = 400
        case methodNotAllowed = 405
        case bodyNotAllowed = 413
        case targetTooLong = 414
        case expectationFailed = 417
        case headTooLarge = 431
        case versionNotSupported = 505
    }

    /// Bytes of the head with its last line break.
    static let sizeMax = 8 * 1024
    static let headersMax = 64
    static let targetSizeMax = 2 * 1024

    /// The end of the head (the index after its empty line), or nil when it is not all there.
    static func end(in bytes: [UInt8], from start: Int = 0) -> Int? {
        guard bytes.count >= 4 else { return nil }
        var index = max(3, start)
        while index < bytes.count {
            if bytes[index] == 10, bytes[index - 1] == 13, bytes[index - 2] == 10, bytes[index - 3] == 13 { return index + 1 }
            index += 1
        }
        return nil
    }

    /// Reads a whole head, that is, bytes up to and with its empty line.
    init(_ bytes: ArraySlice<UInt8>) throws(Refusal) {
        var lines = try HTTPRequestHead.lines(bytes)
        guard !lines.isEmpty else { throw .badRequest }
        let request = lines.removeFirst().split(separator: 32, omittingEmptySubsequences: false)
        guard request.count == 3, !request[0].isEmpty, request[0].allSatisfy(isTokenByte) else { throw .badRequest }
        let method = String(decoding: request[0], as: UTF8.self)
        let version = String(decoding: request[2], as: UTF8.self)
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw version.hasPrefix("HTTP/") ? .versionNotSupported : .badRequest
        }
        try HTTPRequestHead.check(headers: lines, needsHost: version == "HTTP/1.1")
        guard method == "GET" || method == "HEAD" else { throw .methodNotAllowed }
        isHead = method == "HEAD"

        let target = request[1]
        guard target.count <= HTTPRequestHead.targetSizeMax else { throw .targetTooLong }
        // Only the origin form: a proxy's absolute form, `*` and fragments are not for us.
        guard target.first == UInt8(ascii: "/"), target.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") })
        else { throw .badRequest }
        let parts = target.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        rawPath = String(decoding: parts[0], as: UTF8.self)
        query = parts.count == 2 ? try HTTPRequestHead.query(parts[1]) : [:]
    }

    private static func lines(_ bytes: ArraySlice<UInt8>) throws(Refusal) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        for index in bytes.indices where bytes[index] == 10 {
            // A bare line feed means one thing to us and another to a proxy.
            guard index > start, bytes[index - 1] == 13 else { throw .badRequest }
            lines.append(bytes[start..<index - 1])
            start = index + 1
        }
        guard start == bytes.endIndex, lines.last?.isEmpty == true else { throw .badRequest }
        lines.removeLast()
        return lines
    }

    private static func check(headers: [ArraySlice<UInt8>], needsHost: Bool) throws(Refusal) {
        guard headers.count <= headersMax else { throw .headTooLarge }
        var hosts = 0
        for line in headers {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[..<colon].allSatisfy(isTokenByte), line.allSatisfy({ $0 == 9 || ($0 >= 0x20 && $0 != 0x7F) })
            else { throw .badRequest }
            let value = String(decoding: line[(colon + 1)...].filter { $0 != 32 && $0 != 9 }, as: UTF8.self)
            switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
            case "transfer-encoding": throw .badRequest
            case "content-length": if value != "0" { throw .bodyNotAllowed }
            case "expect": throw .expectationFailed
            case "host": hosts += 1
            default: continue
            }
        }
        guard hosts == 1 || (hosts == 0 && !needsHost) else { throw .badRequest }
    }

    private static func query(_ bytes: ArraySlice<UInt8>) throws(Refusal) -> [String: String] {
        var query: [String: String] = [:]
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(parts[0], plusIsBlank: true),
                let value = percentDecoded(parts.count == 2 ? parts[1] : [], plusIsBlank: true)
            else { throw .badRequest }
            if query[name] == nil { query[name] = value }
        }
        return query
    }

    /// Nil for a broken escape, for what is not UTF-8 and for control characters.
    static func percentDecoded(_ bytes: ArraySlice<UInt8>, plusIsBlank: Bool = false) -> String? {
        var decoded: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.endIndex, let high = hexDigit(bytes[index + 1]), let low = hexDigit(bytes[index + 2])
                else { return nil }
                decoded.append(high << 4 | low)
                index += 3
            case UInt8(ascii: "+") where plusIsBlank:
                decoded.append(32)
                index += 1
            case let byte:
                decoded.append(byte)
                index += 1
            }
        }
        guard decoded.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
}

/// A byte of a method or a header name. Source: RFC 9110 section 5.6.2.
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 94...122, 124, 126: true
    case 33, 35...39, 42, 43, 45, 46: true
    default: false
    }
}
