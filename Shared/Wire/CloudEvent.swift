import Vocabulary

/// One event of CloudEvents 1.0, as it crosses Kafka. Source: CloudEvents 1.0.2 and its Kafka protocol binding.
public struct CloudEvent: Sendable {
    /// Unique within `source`; the two together tell a repeat. Never empty.
    public var id: String
    /// Who sent it, a URI reference. Never empty.
    public var source: String
    /// What happened, such as `xinqiao.application.received.v1`. Never empty.
    public var type: String
    /// When it happened; kept in UTC, to the microsecond.
    public var time: Instant?
    /// What of the source it is about, such as an application's number.
    public var subject: String?
    /// The URI of the schema that `data` follows; immutable, a new one for each breaking change.
    public var dataSchema: String?
    /// The media type of `data`; application/json where absent.
    public var dataContentType: String?
    /// Extension `partitionkey`: the Kafka key, as is.
    public var partitionKey: String?
    /// Extension `sequence`: place within the source's stream.
    public var sequence: Int64?
    /// W3C Trace Context; nil when absent or malformed, as that recommendation asks to start anew then.
    public var traceparent: String?
    /// All other extension attributes, in the order they came. Names are lower-case letters and digits.
    public var extensions: [(String, String)]
    /// The payload's bytes; empty when there is none (in Kafka's binary mode: a tombstone).
    public var data: [UInt8]

    /// Checks nothing: `binaryHeaders` writes what it is given, and the receiver's `decode` refuses what is wrong.
    public init(
        id: String, source: String, type: String, time: Instant? = nil, subject: String? = nil, dataSchema: String? = nil,
        dataContentType: String? = nil, partitionKey: String? = nil, sequence: Int64? = nil, traceparent: String? = nil,
        extensions: [(String, String)] = [], data: [UInt8] = []
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.time = time
        self.subject = subject
        self.dataSchema = dataSchema
        self.dataContentType = dataContentType
        self.partitionKey = partitionKey
        self.sequence = sequence
        self.traceparent = traceparent
        self.extensions = extensions
        self.data = data
    }

    /// The headers of binary mode, in which the Kafka value is `data` itself.
    public func binaryHeaders() -> [(name: String, value: [UInt8])] {
        var headers: [(name: String, value: [UInt8])] = []
        func add(_ name: String, _ value: String?) {
            if let value { headers.append((name, Array(value.utf8))) }
        }
        add("ce_specversion", "1.0")
        add("ce_id", id)
        add("ce_source", source)
        add("ce_type", type)
        add("ce_time", time?.rfc3339)
        add("ce_subject", subject)
        add("ce_dataschema", dataSchema)
        add("ce_partitionkey", partitionKey)
        add("ce_sequence", sequence.map { String($0) })
        for (name, value) in extensions { add("ce_" + name, value) }
        add("content-type", dataContentType)
        add("traceparent", traceparent)
        return headers
    }
}

extension CloudEvent: Equatable {
    /// All attributes and the data; extensions in the same order.
    public static func == (a: CloudEvent, b: CloudEvent) -> Bool {
        a.id == b.id && a.source == b.source && a.type == b.type && a.time == b.time && a.subject == b.subject
            && a.dataSchema == b.dataSchema && a.dataContentType == b.dataContentType && a.partitionKey == b.partitionKey
            && a.sequence == b.sequence && a.traceparent == b.traceparent && a.data == b.data
            && a.extensions.elementsEqual(b.extensions) { $0 == $1 }
    }
}

/// What a message may be at most.
public struct CloudEventLimits: Sendable {
    /// Headers of one message, of any name.
    public var headersMax: Int
    /// Bytes of one header's name and value together.
    public var headerBytesMax: Int
    /// For the Kafka value: its size in both modes, and in structured mode the document.
    public var json: JSONLimits

    /// The standard's values where nothing is said.
    public init(headersMax: Int = 64, headerBytesMax: Int = 8_192, json: JSONLimits = .standard) {
        self.headersMax = headersMax
        self.headerBytesMax = headerBytesMax
        self.json = json
    }

    /// 64 headers of 8 KiB each, standard JSON.
    public static let standard = CloudEventLimits()

    /// What others may send: 384 KiB, so that what is made of it, which may hold it twice, still fits one message.
    public static let outside = CloudEventLimits(json: JSONLimits(bytesMax: 384 << 10))
}

/// Why a Kafka message is no CloudEvent that we read.
public enum CloudEventDefect: Error, Equatable, Sendable, CustomStringConvertible {
    /// Absent or empty: `specversion`, `id`, `source`, `type`.
    case missingAttribute(String)
    case specVersionUnsupported(String)
    case duplicateAttribute(String)
    /// Not lower-case letters and digits, or reserved.
    case badAttributeName(String)
    /// A control character, or in structured mode something other than a string, whole number or bool.
    case badAttributeValue(String)
    case badTime(String)
    /// `sequence` is no 64-bit whole number.
    case badSequence(String)
    /// A header's value is no UTF-8.
    case notUTF8(header: String)
    case headerOverLimit(name: String, bytes: Int)
    case headersOverLimit(count: Int)
    case dataOverLimit(bytes: Int)
    case malformedJSON(JSONDefect)
    /// Structured mode with a JSON value that is no object.
    case notAnObject
    /// Many events in one message, which the Kafka binding has no mode for.
    case batchUnsupported
    /// `data` and `data_base64` at once.
    case dataTwice
    /// The offset counts characters of `data_base64`.
    case badBase64(offset: Int)

    /// Stable: stored beside refused messages and counted in metrics.
    public var code: String {
        switch self {
        case .missingAttribute: "missing-attribute"
        case .specVersionUnsupported: "spec-version-unsupported"
        case .duplicateAttribute: "duplicate-attribute"
        case .badAttributeName: "bad-attribute-name"
        case .badAttributeValue: "bad-attribute-value"
        case .badTime: "bad-time"
        case .badSequence: "bad-sequence"
        case .notUTF8: "not-utf8"
        case .headerOverLimit: "header-over-limit"
        case .headersOverLimit: "headers-over-limit"
        case .dataOverLimit: "data-over-limit"
        case .malformedJSON: "malformed-json"
        case .notAnObject: "not-an-object"
        case .batchUnsupported: "batch-unsupported"
        case .dataTwice: "data-twice"
        case .badBase64: "bad-base64"
        }
    }

    /// The code and the culprit: `missing-attribute: id`.
    public var description: String {
        switch self {
        case .missingAttribute(let name), .duplicateAttribute(let name), .badAttributeName(let name), .badAttributeValue(let name):
            "\(code): \(name)"
        case .specVersionUnsupported(let text), .badTime(let text), .badSequence(let text): "\(code): \(text)"
        case .notUTF8(let header): "\(code): \(header)"
        case .headerOverLimit(let name, let bytes): "\(code): \(name) has \(bytes) bytes"
        case .headersOverLimit(let count): "\(code): \(count)"
        case .dataOverLimit(let bytes): "\(code): \(bytes) bytes"
        case .malformedJSON(let defect): "\(code): \(defect)"
        case .notAnObject, .batchUnsupported, .dataTwice: code
        case .badBase64(let offset): "\(code) at character \(offset)"
        }
    }
}
