/// A text with signatures beneath it. Source: C2SP signed-note; each signature is `— name base64(key id, signature)` on a line of its own.
public struct SignedNote: Hashable, Sendable {
    public struct Signature: Hashable, Sendable {
        public let name: String
        /// The key's id, 4 bytes, and the signature.
        public let bytes: [UInt8]
    }

    /// What is signed; ends in a line break.
    public let text: String
    public let signatures: [Signature]

    /// Signs the text, which must end in a line break.
    public init(signing text: String, by signer: NoteSigner) {
        self.text = text
        signatures = [Signature(name: signer.verifier.name, bytes: signer.verifier.keyID + signer.key.sign(Array(text.utf8)))]
    }

    /// Reads a note; nil for what is none. Nothing is checked by that but the form.
    public init?(parsing note: String) {
        // The text may hold empty lines itself, so the signatures begin behind the last one.
        guard note.hasSuffix("\n") else { return nil }
        let lines = note.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        guard let empty = lines.lastIndex(where: \.isEmpty), empty > 0, empty < lines.count - 1 else { return nil }
        var signatures: [Signature] = []
        for line in lines[(empty + 1)...] {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 3, words[0] == "\u{2014}", !words[1].isEmpty, let bytes = Base64.decode(words[2]), bytes.count > 4 else {
                return nil
            }
            signatures.append(Signature(name: String(words[1]), bytes: bytes))
        }
        text = lines[..<empty].joined(separator: "\n") + "\n"
        self.signatures = signatures
    }

    /// The note as it is given away.
    public var note: String {
        text + "\n" + signatures.map { "\u{2014} \($0.name) \(Base64.encode($0.bytes))\n" }.joined()
    }

    /// Whether the key has signed this very text. Signatures of others are passed over, as the source asks.
    public func isSigned(by verifier: NoteVerifier) -> Bool {
        signatures.contains { signature in
            signature.name == verifier.name && signature.bytes.starts(with: verifier.keyID)
                && verifier.key.verifies(Array(signature.bytes.dropFirst(verifier.keyID.count)), of: Array(text.utf8))
        }
    }
}

/// Who signs notes: a name and a private key.
public struct NoteSigner: Sendable {
    let key: Ed25519PrivateKey
    /// What is given to those who check.
    public let verifier: NoteVerifier

    /// Nil when the name is none: empty, or with blanks or a plus sign.
    public init?(name: String, key: Ed25519PrivateKey) {
        guard let verifier = NoteVerifier(name: name, key: key.publicKey) else { return nil }
        self.key = key
        self.verifier = verifier
    }
}

/// A name and a public key. Shape: `name+id+base64`, the verifier key of C2SP signed-note.
public struct NoteVerifier: Hashable, Sendable {
    public let name: String
    public let key: Ed25519PublicKey

    /// Nil when the name is none: empty, or with blanks or a plus sign.
    public init?(name: String, key: Ed25519PublicKey) {
        guard !name.isEmpty, !name.contains(where: { $0.isWhitespace || $0 == "+" }) else { return nil }
        self.name = name
        self.key = key
    }

    /// Reads `text`; nil when it is none, or when its id is not that of its name and key.
    public init?(_ text: String) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decode(parts[2]), bytes.first == Self.ed25519,
            let key = Ed25519PublicKey(bytes.dropFirst()),
            let found = NoteVerifier(name: String(parts[0]), key: key), found.text == text
        else { return nil }
        self = found
    }

    /// The line that is given to those who check.
    public var text: String {
        let id = keyID.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(name)+\(id)+\(Base64.encode([Self.ed25519] + key.bytes))"
    }

    /// The first four bytes of the hash of name and key: enough to pick a signature, not to trust it.
    var keyID: [UInt8] { Array(sha256(Array(name.utf8) + [0x0A, Self.ed25519] + key.bytes).bytes.prefix(4)) }

    /// The signature type of Ed25519.
    private static let ed25519: UInt8 = 1
}
