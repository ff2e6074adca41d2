import Vocabulary

extension CloudEvent {
    /// Reads a Kafka message in either mode: structured when its content-type says `application/cloudevents`, else binary with `ce_`
    /// headers. Headers of other names are left alone, but for `content-type` and `traceparent`.
    public static func decode(
        headers: [(name: String, value: [UInt8])], value: [UInt8], limits: CloudEventLimits = .standard
    ) throws(CloudEventDefect) -> CloudEvent {
        guard headers.count <= limits.headersMax else { throw .headersOverLimit(count: headers.count) }
        for header in headers {
            let bytes = header.name.utf8.count + header.value.count
            guard bytes <= limits.headerBytesMax else { throw .headerOverLimit(name: String(header.name.prefix(64)), bytes: bytes) }
        }
        guard value.count <= limits.json.bytesMax else { throw .dataOverLimit(bytes: value.count) }

        var contentType: String?
        var traceparent: String?
        for header in headers {
            // Its case is free, that of the others is not; compared only where the length fits.
            if header.name.utf8.count == contentTypeName.utf8.count, header.name.lowercased() == contentTypeName {
                guard contentType == nil else { throw .duplicateAttribute(contentTypeName) }
                contentType = try text(of: header)
            } else if header.name == "traceparent", let text = String(validating: header.value, as: UTF8.self), isTraceparent(text) {
                traceparent = text
            }
        }

        var event: CloudEvent
        let media = contentType == plainJSON ? plainJSON : (contentType ?? "").lowercased()
        if media.hasPrefix("application/cloudevents-batch") { throw .batchUnsupported }
        if media.hasPrefix("application/cloudevents") {
            event = try structured(value, limits: limits.json)
        } else {
            var attributes = CloudEventAttributes()
            for header in headers where header.name.utf8.starts(with: "ce_".utf8) {
                try attributes.take(String(Substring(header.name.utf8.dropFirst(3))), try text(of: header))
            }
            // In binary mode content-type is the only place for it.
            attributes.dataContentType = contentType
            event = try attributes.event(data: value)
        }
        // The transport's header is nearer than the attribute, which may stem from an earlier hop.
        event.traceparent = traceparent ?? event.traceparent
        return event
    }

    private static let contentTypeName = "content-type"
    private static let plainJSON = "application/json"

    private static func text(of header: (name: String, value: [UInt8])) throws(CloudEventDefect) -> String {
        guard let text = String(validating: header.value, as: UTF8.self) else { throw .notUTF8(header: header.name) }
        return text
    }

    /// The JSON event format: attributes and data in one object.
    private static func structured(_ value: [UInt8], limits: JSONLimits) throws(CloudEventDefect) -> CloudEvent {
        let root: JSONValue
        do throws(JSONDefect) {
            root = try JSONDocument(parsing: value, limits: limits).root
        } catch {
            throw .malformedJSON(error)
        }
        guard root.kind == .object else { throw .notAnObject }

        var attributes = CloudEventAttributes()
        var data: JSONValue?
        var base64: JSONValue?
        for (name, value) in root.members where !value.isNull {
            switch (name, value.kind) {
            case ("data", _): data = value
            case ("data_base64", _): base64 = value
            case (_, .string): try attributes.take(name, value.string ?? "")
            case (_, .number):
                guard let number = value.int else { throw .badAttributeValue(name) }
                try attributes.take(name, String(number))
            case (_, .bool): try attributes.take(name, value.bool == true ? "true" : "false")
            case (_, .null), (_, .array), (_, .object): throw .badAttributeValue(name)
            }
        }

        switch (data, base64) {
        case (.some, .some): throw .dataTwice
        case (nil, nil): return try attributes.event(data: [])
        case (let data?, nil):
            // Text of another media type travels as a JSON string and is meant without its quotes.
            if let text = data.string, !isJSON(attributes.dataContentType) { return try attributes.event(data: Array(text.utf8)) }
            return try attributes.event(data: Array(data.rawBytes))
        case (nil, let base64?):
            guard let text = base64.string else { throw .badBase64(offset: 0) }
            return try attributes.event(data: try Base64.decode(Array(text.utf8)))
        }
    }

    /// `application/json`, anything `+json`, and nothing said.
    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return true }
        let media = (contentType.split(separator: ";").first ?? "").lowercased().filter { $0 != " " && $0 != "\t" }
        return media.hasSuffix("/json") || media.hasSuffix("+json")
    }

    /// `version-traceid-parentid-flags` in lower-case hexadecimal, neither id all zeros, version not ff. Source: W3C Trace Context, 3.2.
    public static func isTraceparent(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: Ascii.minus, omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].count == 2, parts[1].count == 32, parts[2].count == 16, parts[3].count == 2,
            parts.prefix(4).allSatisfy({ $0.allSatisfy { Ascii.hexadecimalValue($0) != nil && !(0x41...0x46).contains($0) } }),
            parts[1].contains(where: { $0 != Ascii.zero }), parts[2].contains(where: { $0 != Ascii.zero })
        else { return false }
        let version = Array(parts[0])
        // A later version may say more; version 00 may not.
        return version != [Ascii.letterF, Ascii.letterF] && (parts.count == 4 || version != [Ascii.zero, Ascii.zero])
    }
}

/// An event's attributes while they come in, each at most once.
private struct CloudEventAttributes {
    private var specVersion: String?
    private var id: String?
    private var source: String?
    private var type: String?
    private var time: String?
    private var subject: String?
    private var dataSchema: String?
    private var partitionKey: String?
    private var sequence: String?
    private var traceparent: String?
    private var extensions: [(String, String)] = []
    /// As stated, unless the transport says otherwise.
    var dataContentType: String?

    mutating func take(_ name: String, _ value: String) throws(CloudEventDefect) {
        let isNamed = !name.isEmpty && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        guard isNamed, name != "data" else { throw .badAttributeName(name) }
        guard CloudEvent.mayBeAttribute(value) else { throw .badAttributeValue(name) }
        switch name {
        case "specversion": try Self.put(value, name, in: &specVersion)
        case "id": try Self.put(value, name, in: &id)
        case "source": try Self.put(value, name, in: &source)
        case "type": try Self.put(value, name, in: &type)
        case "time": try Self.put(value, name, in: &time)
        case "subject": try Self.put(value, name, in: &subject)
        case "dataschema": try Self.put(value, name, in: &dataSchema)
        case "datacontenttype": try Self.put(value, name, in: &dataContentType)
        case "partitionkey": try Self.put(value, name, in: &partitionKey)
        case "sequence": try Self.put(value, name, in: &sequence)
        case "traceparent": try Self.put(value, name, in: &traceparent)
        default:
            guard !extensions.contains(where: { $0.0 == name }) else { throw .duplicateAttribute(name) }
            extensions.append((name, value))
        }
    }

    private static func put(_ value: String, _ name: String, in place: inout String?) throws(CloudEventDefect) {
        guard place == nil else { throw .duplicateAttribute(name) }
        place = value
    }

    func event(data: [UInt8]) throws(CloudEventDefect) -> CloudEvent {
        let version = try needed(specVersion, "specversion")
        guard version == "1.0" else { throw .specVersionUnsupported(version) }
        var event = CloudEvent(id: try needed(id, "id"), source: try needed(source, "source"), type: try needed(type, "type"))
        if let time {
            guard let instant = Instant(rfc3339: time) else { throw .badTime(time) }
            event.time = instant
        }
        if let sequence {
            guard let number = Int64(sequence) else { throw .badSequence(sequence) }
            event.sequence = number
        }
        event.subject = subject
        event.dataSchema = dataSchema
        event.dataContentType = dataContentType
        event.partitionKey = partitionKey
        event.traceparent = traceparent.flatMap { CloudEvent.isTraceparent($0) ? $0 : nil }
        event.extensions = extensions
        event.data = data
        return event
    }

    private func needed(_ value: String?, _ name: String) throws(CloudEventDefect) -> String {
        guard let value, !value.isEmpty else { throw .missingAttribute(name) }
        return value
    }
}

/// RFC 4648 section 4: the standard alphabet, padded, nothing else.
private enum Base64 {
    static func decode(_ text: [UInt8]) throws(CloudEventDefect) -> [UInt8] {
        guard text.count % 4 == 0 else { throw .badBase64(offset: text.count) }
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var width = 0
        for (offset, letter) in text.dropLast(padding).enumerated() {
            guard let six = value(of: letter) else { throw .badBase64(offset: offset) }
            bits = bits << 6 | six
            width += 6
            if width >= 8 {
                width -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(width)))
            }
        }
        // Bits left over say nothing; set, they would let two texts mean the same bytes.
        guard bits & ((1 << UInt32(width)) - 1) == 0 else { throw .badBase64(offset: text.count - padding - 1) }
        return bytes
    }

    private static func value(of letter: UInt8) -> UInt32? {
        switch letter {
        case 0x41...0x5A: UInt32(letter - 0x41)
        case 0x61...0x7A: UInt32(letter - 0x61 + 26)
        case 0x30...0x39: UInt32(letter - 0x30 + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

extension CloudEvent {
    /// Whether an attribute may have the value: none may hold a control character.
    public static func mayBeAttribute(_ value: String) -> Bool {
        // Nearly all of them are ASCII, where a byte is a character.
        value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
            || value.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    }
}
