import COpenSSL

/// The SHA-256 hash of the bytes. Source: FIPS 180-4, computed by libcrypto.
public func sha256(_ bytes: [UInt8]) -> Digest { SHA256.hash(bytes) }

enum SHA256 {
    /// The block length of SHA-256, in bytes.
    static let blockByteCount = 64

    // Fetched once: looking the algorithm up by name costs more than hashing a Merkle node.
    // libcrypto's algorithm objects are immutable and counted atomically, so all threads may share one.
    nonisolated(unsafe) private static let algorithm: OpaquePointer? = unsafe EVP_MD_fetch(nil, "SHA256", nil)

    static func hash(_ bytes: [UInt8]) -> Digest { unsafe bytes.withUnsafeBytes { unsafe hash($0) } }

    static func hash(_ input: UnsafeRawBufferPointer) -> Digest {
        var output: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var written: UInt32 = 0
        let isDone = unsafe withUnsafeMutableBytes(of: &output) { output in
            unsafe EVP_Digest(
                input.baseAddress, input.count, output.baseAddress?.assumingMemoryBound(to: UInt8.self), &written, algorithm, nil)
        }
        guard isDone == 1, written == 32 else {
            preconditionFailure("libcrypto without SHA-256, or out of memory: nothing could be proved from here on")
        }
        return Digest(words: (output.0.bigEndian, output.1.bigEndian, output.2.bigEndian, output.3.bigEndian))
    }
}
