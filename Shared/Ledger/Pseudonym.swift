/// A stand-in for an identifier that only the holder of the key can recompute. Shape: 64 hexadecimal digits.
public struct Pseudonym: Hashable, Sendable {
    /// The keyed hash.
    public let digest: Digest

    /// 64 lower-case hexadecimal digits.
    public var text: String { digest.hex }
}

/// Why a key is refused.
public enum PseudonymDefect: Error, Hashable, Sendable {
    /// Fewer bytes than `PseudonymKey.byteCountMin`.
    case keyTooShort(byteCount: Int)
}

/// The secret behind pseudonyms. Never printed, never encoded.
public struct PseudonymKey: Sendable, CustomStringConvertible {
    private let innerPad: [UInt8]
    private let outerPad: [UInt8]

    /// 16: below that a key can be guessed.
    public static let byteCountMin = 16

    /// Refuses a short key.
    public init(secret: [UInt8]) throws(PseudonymDefect) {
        guard secret.count >= PseudonymKey.byteCountMin else { throw .keyTooShort(byteCount: secret.count) }
        (innerPad, outerPad) = hmacPads(of: secret)
    }

    /// The same identifier has unlinkable pseudonyms in different scopes; a scope is a receiver, a purpose, or both.
    public func pseudonym(of identifier: String, scope: String) -> Pseudonym {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        var message: [UInt8] = []
        let scopeBytes = Array(scope.utf8)
        for shift in stride(from: 56, through: 0, by: -8) {
            message.append(UInt8(truncatingIfNeeded: UInt64(scopeBytes.count) >> UInt64(shift)))
        }
        message += scopeBytes
        message += Array(identifier.utf8)
        return Pseudonym(digest: hmac(message, innerPad: innerPad, outerPad: outerPad))
    }

    public var description: String { "PseudonymKey(hidden)" }
}

/// HMAC-SHA256 of the message under the key, of any length. Source: RFC 2104.
public func hmacSHA256(key: [UInt8], message: [UInt8]) -> Digest {
    let (innerPad, outerPad) = hmacPads(of: key)
    return hmac(message, innerPad: innerPad, outerPad: outerPad)
}

private func hmac(_ message: [UInt8], innerPad: [UInt8], outerPad: [UInt8]) -> Digest {
    sha256(outerPad + sha256(innerPad + message).bytes)
}

private func hmacPads(of key: [UInt8]) -> (inner: [UInt8], outer: [UInt8]) {
    var block = key.count > SHA256.blockByteCount ? sha256(key).bytes : key
    block += [UInt8](repeating: 0, count: SHA256.blockByteCount - block.count)
    return (block.map { $0 ^ 0x36 }, block.map { $0 ^ 0x5c })
}
