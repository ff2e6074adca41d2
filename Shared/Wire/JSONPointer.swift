/// RFC 6901: the address of a value inside a document, such as `/lines/0/amountFen`.
public enum JSONPointer {
    /// A key as it stands between the slashes: `~` becomes `~0`, `/` becomes `~1`.
    public static func escaped(_ key: String) -> String {
        var text = ""
        for scalar in key.unicodeScalars {
            switch scalar {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The pointer that passes through these keys and places; empty for the whole document.
    public static func text(through keys: [String]) -> String {
        keys.reduce(into: "") { $0 += "/" + escaped($1) }
    }

    /// The key of one escaped step; nil for a `~` that is neither `~0` nor `~1`.
    static func unescaped(_ step: some Sequence<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in step {
            switch (isEscaped, byte) {
            case (true, UInt8(ascii: "0")): bytes.append(UInt8(ascii: "~"))
            case (true, UInt8(ascii: "1")): bytes.append(UInt8(ascii: "/"))
            case (true, _): return nil
            case (false, UInt8(ascii: "~")): break
            case (false, _): bytes.append(byte)
            }
            isEscaped = !isEscaped && byte == UInt8(ascii: "~")
        }
        return isEscaped ? nil : String(decoding: bytes, as: UTF8.self)
    }
}

extension JSONValue {
    /// The value that the RFC 6901 pointer leads to from here; nil when it leads nowhere.
    public func value(at pointer: String) -> JSONValue? {
        guard !pointer.isEmpty else { return self }
        let steps = pointer.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard steps.first?.isEmpty == true else { return nil }
        var value = self
        for step in steps.dropFirst() {
            guard let key = JSONPointer.unescaped(step) else { return nil }
            let next = value.kind == .array ? JSONPointer.place(key).flatMap { value[at: $0] } : value[key]
            guard let next else { return nil }
            value = next
        }
        return value
    }
}

extension JSONPointer {
    /// An array index: digits without a leading zero.
    private static func isPlace(_ key: String) -> Bool {
        key == "0" || key.utf8.first.map { $0 != Ascii.zero } == true && key.utf8.allSatisfy { $0 &- Ascii.zero < 10 }
    }

    static func place(_ key: String) -> Int? { isPlace(key) ? Int(key) : nil }
}
