import COpenSSL

/// A key that signs. Never printed, never encoded. Source: RFC 8032, computed by libcrypto; the same bytes get the same signature.
public struct Ed25519PrivateKey: Sendable, CustomStringConvertible {
    private let seed: [UInt8]
    /// What everybody may have.
    public let publicKey: Ed25519PublicKey

    /// Takes the 32 bytes of the seed; nil for any other count.
    public init?(seed: [UInt8]) {
        guard seed.count == 32, let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else { return nil }
        defer { unsafe EVP_PKEY_free(key) }
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, let publicKey = Ed25519PublicKey(bytes[..<count]) else {
            return nil
        }
        self.seed = seed
        self.publicKey = publicKey
    }

    /// Reads what `openssl genpkey -algorithm ed25519` writes: PKCS#8 in PEM, without a password. Nil for anything else. Source: RFC 8410.
    public init?(pem: String) {
        let lines = pem.split(whereSeparator: \.isNewline)
        guard lines.count >= 3, lines.first == Self.pemBegin[...], lines.last == Self.pemEnd[...],
            let der = Base64.decode(lines[1..<(lines.count - 1)].joined()), der.count == Self.derPrefix.count + 32,
            der.starts(with: Self.derPrefix)
        else { return nil }
        self.init(seed: Array(der.dropFirst(Self.derPrefix.count)))
    }

    /// The key as a file that `init(pem:)` reads back. Keep it from everybody's eyes.
    public var pem: String { "\(Self.pemBegin)\n\(Base64.encode(Self.derPrefix + seed))\n\(Self.pemEnd)\n" }

    public var description: String { "Ed25519PrivateKey" }

    /// The signature over the bytes. Unit: 64 bytes.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        guard let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count), let context = unsafe EVP_MD_CTX_new()
        else { preconditionFailure("libcrypto without memory: nothing could be signed from here on") }
        defer {
            unsafe EVP_MD_CTX_free(context)
            unsafe EVP_PKEY_free(key)
        }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        guard unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == 64
        else { preconditionFailure("libcrypto without Ed25519, or out of memory: nothing could be signed from here on") }
        return signature
    }

    private static let pemBegin = "-----BEGIN PRIVATE KEY-----"
    private static let pemEnd = "-----END PRIVATE KEY-----"
    // SEQUENCE { version 0, SEQUENCE { OID 1.3.101.112 }, OCTET STRING { OCTET STRING of 32 bytes } }
    private static let derPrefix: [UInt8] = [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20]
}

/// A key that checks signatures. Unit: 32 bytes.
public struct Ed25519PublicKey: Hashable, Sendable {
    public let bytes: [UInt8]

    /// Takes exactly 32 bytes; nil for any other count.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Whether the signature is that of the holder of the private key over exactly these bytes. Total: no for whatever does not fit.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == 64, let key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count),
            let context = unsafe EVP_MD_CTX_new()
        else { return false }
        defer {
            unsafe EVP_MD_CTX_free(context)
            unsafe EVP_PKEY_free(key)
        }
        return unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
