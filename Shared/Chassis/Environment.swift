@preconcurrency @unsafe import Glibc
import Vocabulary

/// The configuration of a process: typed reads from a snapshot of its environment. A wrong value does not stop the reading; it is
/// collected, so that one start shows everything that is wrong.
///
/// An empty value counts as not set, because compose passes an unset variable as an empty one.
public struct Environment: Sendable {
    /// What was wrong, in the order of the reads.
    public private(set) var defects: [ConfigDefect] = []
    /// What is in force, in the order of the reads, with secrets masked: may be printed.
    public private(set) var effective: [(key: String, value: String)] = []
    /// The secrets that were read, for `Log(hiding:)`; never print them.
    public private(set) var secretValues: [String] = []

    private let values: [String: String]
    private var keysRead: Set<String> = [Log.levelKey, WallClock.offsetKey, "XINQIAO_SHARED"]

    public init(_ values: [String: String]) {
        self.values = values
        if let text = values[WallClock.offsetKey], !text.isEmpty, Int64(text).map(WallClock.offsetRange.contains) != true {
            add(WallClock.offsetKey, text, "whole seconds in \(WallClock.offsetRange)")
        }
        if let text = values[Log.levelKey], !text.isEmpty, Log.Level(rawValue: text) == nil {
            add(Log.levelKey, text, "one of \(Log.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    /// The environment of this process, as it is now.
    public static func ofProcess() -> Environment { Environment(processValues()) }

    private static func processValues() -> [String: String] {
        var values: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let pair = unsafe String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { values[String(pair[0])] = String(pair[1]) }
            unsafe entry += 1
        }
        return values
    }
}

// MARK: Reads

extension Environment {
    /// Any text. Passwords inside connection texts are masked wherever the value is shown. A nil default makes it required.
    public mutating func text(_ key: String, default fallback: String? = nil) -> String {
        read(key, fallback: fallback, as: { $0 }, expected: "a text", show: { $0 }, onDefect: "")
    }

    /// One of some words.
    public mutating func choice(_ key: String, default fallback: String? = nil, among choices: [String]) -> String {
        read(
            key, fallback: fallback, as: { choices.contains($0) ? $0 : nil },
            expected: "one of \(choices.joined(separator: ", "))", show: { $0 }, onDefect: choices.first ?? "")
    }

    /// A whole number in a range.
    public mutating func int(_ key: String, default fallback: Int? = nil, in range: ClosedRange<Int> = 0...Int.max) -> Int {
        read(
            key, fallback: fallback, as: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } },
            expected: "a whole number in \(range)", show: { String($0) }, onDefect: range.lowerBound)
    }

    /// A length of time: a whole number and a unit of `us ms s m h d`, such as `250ms`.
    public mutating func duration(
        _ key: String, default fallback: Duration? = nil, in range: ClosedRange<Duration> = .zero ... .seconds(366 * 86_400)
    ) -> Duration {
        read(
            key, fallback: fallback, as: { text in Duration(configured: text).flatMap { range.contains($0) ? $0 : nil } },
            expected: "a length of time in \(range.lowerBound.configured)...\(range.upperBound.configured), such as 250ms, 10s or 5m",
            show: { $0.configured }, onDefect: range.lowerBound)
    }

    /// `true yes on 1` or `false no off 0`.
    public mutating func flag(_ key: String, default fallback: Bool? = nil) -> Bool {
        read(
            key, fallback: fallback,
            as: { text in
                if ["true", "yes", "on", "1"].contains(text) { return true }
                return ["false", "no", "off", "0"].contains(text) ? false : nil
            }, expected: "true or false", show: { String($0) }, onDefect: false)
    }

    /// A path of a file or folder; with `mustExist`, one that this process can read now.
    public mutating func path(_ key: String, default fallback: String? = nil, mustExist: Bool = false) -> String {
        read(
            key, fallback: fallback, as: { unsafe (!mustExist || access($0, R_OK) == 0) ? $0 : nil },
            expected: mustExist ? "a path that exists and can be read" : "a path", show: { $0 }, onDefect: "")
    }

    /// Texts between commas; spaces around them and empty ones do not count.
    public mutating func list(_ key: String, default fallback: [String]? = nil) -> [String] {
        read(
            key, fallback: fallback,
            as: { text in
                let parts = text.split(separator: ",").map { $0.trimmingBlanks }.filter { !$0.isEmpty }
                return parts.isEmpty ? nil : parts
            }, expected: "texts between commas", show: { $0.joined(separator: ",") }, onDefect: [])
    }

    /// A text that must never be shown. Comes from the file named by `KEY_FILE` (its last line break does not count), or from `KEY`
    /// itself; both at once is a defect, since one of them would silently not count. A nil default makes it required.
    public mutating func secret(_ key: String, default fallback: String? = nil) -> String {
        let fileKey = key + "_FILE"
        keysRead.formUnion([key, fileKey])
        let direct = set(key)
        guard let path = set(fileKey) else {
            guard let value = direct ?? fallback else {
                defects.append(ConfigDefect(key: key, found: "(missing)", expected: "a secret, here or in the file named by \(fileKey)"))
                return ""
            }
            return keep(secret: value, of: key)
        }
        guard direct == nil else {
            defects.append(ConfigDefect(key: key, found: "(hidden)", expected: "nothing, because \(fileKey) is set too"))
            return ""
        }
        guard let bytes = Self.readSecret(path) else {
            add(fileKey, path, "the path of a readable file of at most 64 KiB")
            return ""
        }
        guard !bytes.isEmpty, !bytes.contains(0), let value = String(validating: bytes, as: UTF8.self) else {
            add(fileKey, path, "a file with a text in it")
            return ""
        }
        effective.append((fileKey, path))
        return keep(secret: value, of: key)
    }

    /// A secret that is too precious for the environment, which every child and every core dump has: only ever the content of the file that
    /// the key names (its last line break does not count). Nil when the key is not set, and when the file is missing, too long, or not what
    /// `parse` takes; then there is a defect that names the key, the path and what was `expected`, and never the content.
    public mutating func secretFile<Value>(_ key: String, as parse: ([UInt8]) -> Value?, expected: String) -> Value? {
        keysRead.insert(key)
        guard let path = set(key) else { return nil }
        guard let bytes = Self.readSecret(path), let value = parse(bytes) else {
            add(key, path, expected)
            return nil
        }
        effective.append((key, path))
        if let text = String(validating: bytes, as: UTF8.self), !text.isEmpty { secretValues.append(text) }
        return value
    }

    private static func readSecret(_ path: String) -> [UInt8]? {
        guard var bytes = SmallFile.read(path) else { return nil }
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        return bytes
    }

    /// Notes that a secret which was read can not be used; its value is not shown.
    public mutating func refuse(secret key: String, expected: String) {
        defects.append(ConfigDefect(key: key, found: "(hidden)", expected: expected))
    }

    /// Notes that a value which was read can not be used together with the others.
    public mutating func refuse(_ key: String, expected: String) {
        guard let found = set(key) else { return defects.append(ConfigDefect(key: key, found: "(missing)", expected: expected)) }
        add(key, found, expected)
    }

    private mutating func keep(secret value: String, of key: String) -> String {
        effective.append((key, value.isEmpty ? "(none)" : "(hidden)"))
        if !value.isEmpty { secretValues.append(value) }
        return value
    }

    private mutating func read<Value>(
        _ key: String, fallback: Value?, as parse: (String) -> Value?, expected: String, show: (Value) -> String,
        onDefect placeholder: Value
    ) -> Value {
        keysRead.insert(key)
        guard let found = set(key) else {
            guard let fallback else {
                defects.append(ConfigDefect(key: key, found: "(missing)", expected: expected))
                return placeholder
            }
            effective.append((key, Self.masked(show(fallback))))
            return fallback
        }
        guard let value = parse(found) else {
            add(key, found, expected)
            return placeholder
        }
        effective.append((key, Self.masked(show(value))))
        return value
    }

    private func set(_ key: String) -> String? { values[key].flatMap { $0.isEmpty ? nil : $0 } }

    private mutating func add(_ key: String, _ found: String, _ expected: String) {
        // A password typed into the wrong key is still a password.
        let isSecret = ["PASSWORD", "SECRET", "TOKEN", "PRIVATE", "CREDENTIAL"].contains { key.contains($0) } && !key.hasSuffix("_FILE")
        let shown = isSecret ? "(hidden)" : JSONText.quoted(Self.masked(found), sizeMax: 200)
        defects.append(ConfigDefect(key: key, found: shown, expected: expected))
    }
}

// MARK: The end of the reading

extension Environment {
    /// Keys with the prefix that nothing read: usually a misspelling. Their values are not shown.
    public func warnings(unknownPrefix: String) -> [ConfigDefect] {
        values.keys.filter { $0.hasPrefix(unknownPrefix) && !keysRead.contains($0) }.sorted()
            .map { ConfigDefect(key: $0, found: "(hidden)", expected: "nothing: this process does not know this key") }
    }

    /// Call after the last read: lists every defect and every unknown key on stderr, one line each, and when there was a defect ends the
    /// process with `ExitCode.configuration`.
    public func finish(unknownPrefix: String = "XINQIAO_") {
        for line in lines(unknownPrefix: unknownPrefix) { writeToStandardError(line) }
        if !defects.isEmpty { exit(ExitCode.configuration.rawValue) }
    }

    /// What `finish` prints.
    public func lines(unknownPrefix: String) -> [String] {
        defects.map { "configuration error: " + $0.line }
            + warnings(unknownPrefix: unknownPrefix).map { "configuration warning: " + $0.line }
    }
}

// MARK: Masks

extension Environment {
    /// The text with the password of `scheme://user:password@host` and of `password=…` replaced by `(hidden)`.
    static func masked(_ text: String) -> String {
        var bytes = Array(text.utf8)
        let hidden = Array("(hidden)".utf8)
        var position = 0
        while let start = bytes.index(of: "://", from: position) {
            let from = start + 3
            let authorityEnd = bytes[from...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? bytes.endIndex
            if let at = bytes[from..<authorityEnd].lastIndex(of: UInt8(ascii: "@")),
                let colon = bytes[from..<at].firstIndex(of: UInt8(ascii: ":"))
            {
                bytes.replaceSubrange(colon + 1..<at, with: hidden)
            }
            position = from
        }
        position = 0
        while let start = bytes.index(of: "password", from: position) {
            var from = start + 8
            while from < bytes.count, bytes[from] == UInt8(ascii: " ") { from += 1 }
            position = from
            guard from < bytes.count, bytes[from] == UInt8(ascii: "=") else { continue }
            from += 1
            while from < bytes.count, bytes[from] == UInt8(ascii: " ") { from += 1 }
            // A quoted value of libpq may hold blanks and \' ; to its closing quote or, unclosed, to the end.
            var end = from
            if from < bytes.count, bytes[from] == UInt8(ascii: "'") {
                end += 1
                while end < bytes.count, bytes[end] != UInt8(ascii: "'") { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
                end = min(end + 1, bytes.count)
            } else {
                while end < bytes.count, bytes[end] != UInt8(ascii: " "), bytes[end] != UInt8(ascii: "&") { end += 1 }
            }
            bytes.replaceSubrange(from..<end, with: hidden)
            position = from + hidden.count
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Where the ASCII text occurs, in any case, at or after `start`.
    fileprivate func index(of text: StaticString, from start: Int) -> Int? {
        let wanted = Array(text.description.utf8)
        guard count >= wanted.count + start else { return nil }
        return (start...count - wanted.count).first { at in
            wanted.indices.allSatisfy { offset in
                let byte = self[at + offset]
                return byte == wanted[offset] || ((65...90).contains(byte) && byte + 32 == wanted[offset])
            }
        }
    }
}

extension StringProtocol {
    fileprivate var trimmingBlanks: String {
        let kept = drop { $0 == " " || $0 == "\t" }
        let end = kept.lastIndex { $0 != " " && $0 != "\t" }
        return end.map { String(kept[...$0]) } ?? ""
    }
}

extension Duration {
    private static let units: [(name: String, microseconds: Int64)] = [
        ("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000),
    ]

    /// Reads `250ms` and the like; nil for a missing unit, a sign, a fraction, or more than a thousand years.
    init?(configured text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), let unit = Duration.units.first(where: { $0.name == text[digits.endIndex...] }) else {
            return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.microseconds)
        guard !overflow, product < 31_557_600_000_000_000 else { return nil }
        self = .microseconds(product)
    }

    /// The text that `init(configured:)` reads back, in the largest unit that loses nothing.
    var configured: String {
        let microseconds = wholeMicroseconds
        let unit = Duration.units.last { microseconds != 0 && microseconds % $0.microseconds == 0 } ?? ("s", 1_000_000)
        return "\(microseconds / unit.microseconds)\(unit.name)"
    }
}

/// One line on stderr; for what must be said before there is a log.
func writeToStandardError(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
}
