import Glibc
import Synchronization
import Vocabulary

/// Says what happened: one event is one JSON object on one line, whatever is in it.
///
/// Shape: `{"time":…,"level":…,"service":…,"msg":…[,"event":…], fields…[,"truncated":true]}`, at most 8 KiB with the line break.
/// The field names are OpenTelemetry's where there is one: `trace_id span_id topic partition offset event_id`.
public struct Log: Sendable {
    /// How much an event matters.
    public enum Level: String, CaseIterable, Comparable, Sendable {
        case debug, info, warning, error

        private var rank: Int {
            switch self {
            case .debug: 0
            case .info: 1
            case .warning: 2
            case .error: 3
            }
        }

        public static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }
    }

    /// Where lines go.
    public struct Sink: Sendable {
        /// Takes one whole line with its line break.
        public let write: @Sendable ([UInt8]) -> Void

        public init(_ write: @escaping @Sendable ([UInt8]) -> Void) { self.write = write }

        /// One write(2) for each line. A line that cannot be written is lost: the log never stops the work.
        public static let standardOutput = Sink { line in
            standardOutputLock.withLock { _ in
                var start = 0
                while start < line.count {
                    let count = unsafe line.withUnsafeBytes { bytes in
                        unsafe Glibc.write(STDOUT_FILENO, bytes.baseAddress.map { unsafe $0 + start }, bytes.count - start)
                    }
                    if count > 0 {
                        start += count
                    } else if errno != EINTR {
                        return
                    }
                }
            }
        }

        /// Nothing is kept.
        public static let nowhere = Sink { _ in }

        // Linux writes more than 4 KiB to a pipe in pieces, between which another thread's line could come.
        private static let standardOutputLock = Mutex(())
    }

    /// The environment key that holds the lowest level that is written.
    public static let levelKey = "XINQIAO_LOG_LEVEL"
    /// Bytes of a line with its line break.
    public static let lineSizeMax = 8 * 1024

    private let service: String
    private let level: Level
    private let sink: Sink
    private let hidden: [String]
    private let now: @Sendable () -> Instant

    /// - Parameters:
    ///   - level: the lowest level that is written; by default what XINQIAO_LOG_LEVEL says, or `info`.
    ///   - hidden: texts that are replaced by `(hidden)` wherever they occur: `Environment.secretValues`. Those shorter than six
    ///     bytes are not looked for, since hiding them would blank ordinary words.
    public init(
        service: String, level: Level? = nil, hiding hidden: [String] = [], sink: Sink = .standardOutput,
        now: @escaping @Sendable () -> Instant = { WallClock.now }
    ) {
        self.service = service
        self.level = level ?? Log.configuredLevel
        self.sink = sink
        self.hidden = hidden.filter { $0.utf8.count >= 6 }
        self.now = now
    }

    private static let configuredLevel =
        unsafe getenv(levelKey).flatMap { Level(rawValue: unsafe String(cString: $0)) } ?? .info

    /// Whether an event of that level would be written; ask before building costly fields.
    public func writes(_ level: Level) -> Bool { level >= self.level }

    public func debug(_ message: String, event: String? = nil, _ fields: LogFields = [:]) { log(.debug, message, event: event, fields) }
    public func info(_ message: String, event: String? = nil, _ fields: LogFields = [:]) { log(.info, message, event: event, fields) }
    public func warning(_ message: String, event: String? = nil, _ fields: LogFields = [:]) {
        log(.warning, message, event: event, fields)
    }
    public func error(_ message: String, event: String? = nil, _ fields: LogFields = [:]) { log(.error, message, event: event, fields) }

    /// Writes one event. `event` is a stable code such as `lane-paused`, which alerts and searches may rely on; the message may change.
    public func log(_ level: Level, _ message: String, event: String? = nil, _ fields: LogFields = [:]) {
        guard writes(level) else { return }
        sink.write(line(level, message, event: event, fields))
    }

    private func line(_ level: Level, _ message: String, event: String?, _ fields: LogFields) -> [UInt8] {
        var line = LogLine()
        line.append("time", .text(now().rfc3339))
        line.append("level", .text(level.rawValue))
        line.append("service", .text(service))
        line.append("msg", .text(hiding(message)))
        if let event { line.append("event", .text(hiding(event))) }
        for (name, value) in fields.pairs {
            // A field may not pass itself off as one of the line's own.
            let isOurs = ["time", "level", "service", "msg", "event", "truncated"].contains(name)
            if case .text(let text) = value {
                line.append(isOurs ? name + "_" : hiding(name), .text(hiding(text)))
            } else {
                line.append(isOurs ? name + "_" : hiding(name), value)
            }
        }
        return line.finished()
    }

    private func hiding(_ text: String) -> String {
        var text = text
        for secret in hidden { text = text.replacingAll(secret, with: "(hidden)") }
        return text
    }
}

/// What an event carries besides its message, in the order written.
public struct LogFields: ExpressibleByDictionaryLiteral, Sendable {
    /// One value of a field.
    public enum Value: Sendable {
        case text(String)
        case integer(Int64)
        /// Infinities and not-a-number are written as texts, since JSON has none.
        case double(Double)
        case flag(Bool)

        /// Any whole number; clamped at the ends of 64 bits.
        public static func int(_ value: some BinaryInteger) -> Value { .integer(Int64(clamping: value)) }
    }

    /// Names and values; a name given twice is written twice.
    public var pairs: [(name: String, value: Value)]

    public init(dictionaryLiteral elements: (String, Value)...) { pairs = elements.map { ($0.0, $0.1) } }

    public mutating func append(_ name: String, _ value: Value) { pairs.append((name, value)) }
}

/// The bytes of one line, never more than `Log.lineSizeMax`.
private struct LogLine {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]
    private var isWhole = true

    private static let cutMark = Array(#","truncated":true}"#.utf8)
    private static let sizeMax = Log.lineSizeMax - cutMark.count - 1
    // So that one long text leaves room for the fields after it.
    private static let textSizeMax = 4 * 1024

    mutating func append(_ name: String, _ value: LogFields.Value) {
        let size = bytes.count
        if size > 1 { bytes.append(UInt8(ascii: ",")) }
        let nameIsWhole = JSONText.append(name, to: &bytes, sizeMax: min(LogLine.sizeMax, bytes.count + 256))
        bytes.append(UInt8(ascii: ":"))
        guard nameIsWhole else { return drop(to: size) }
        switch value {
        case .text(let text):
            guard bytes.count + 2 < LogLine.sizeMax else { return drop(to: size) }
            if !JSONText.append(text, to: &bytes, sizeMax: min(LogLine.sizeMax, bytes.count + LogLine.textSizeMax)) { isWhole = false }
        case .integer(let number): bytes += Array(String(number).utf8)
        case .double(let number): bytes += Array((number.isFinite ? String(number) : "\"\(number)\"").utf8)
        case .flag(let flag): bytes += Array((flag ? "true" : "false").utf8)
        }
        if bytes.count > LogLine.sizeMax { drop(to: size) }
    }

    private mutating func drop(to size: Int) {
        bytes.removeLast(bytes.count - size)
        isWhole = false
    }

    mutating func finished() -> [UInt8] {
        if isWhole { bytes.append(UInt8(ascii: "}")) } else { bytes += LogLine.cutMark }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}

extension String {
    /// Every occurrence replaced, compared byte by byte.
    fileprivate func replacingAll(_ wanted: String, with replacement: String) -> String {
        let text = Array(utf8)
        let wanted = Array(wanted.utf8)
        guard text.count >= wanted.count else { return self }
        var result: [UInt8] = []
        var position = 0
        var found = false
        while position < text.count {
            if text[position...].starts(with: wanted) {
                result += Array(replacement.utf8)
                position += wanted.count
                found = true
            } else {
                result.append(text[position])
                position += 1
            }
        }
        return found ? String(decoding: result, as: UTF8.self) : self
    }
}
