import Ledger
import Testing

@Test func `hashes and keyed hashes are those of the published vectors`() {
    #expect(sha256(Array("abc".utf8)).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    // RFC 4231, cases 1, 2 and 6.
    let long = [UInt8](repeating: 0xaa, count: 131)
    #expect(
        hmacSHA256(key: [UInt8](repeating: 0x0b, count: 20), message: Array("Hi There".utf8)).hex
            == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
        hmacSHA256(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8)).hex
            == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
        hmacSHA256(key: long, message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)).hex
            == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
}

@Test func `a pseudonym depends on key, scope and identifier`() throws {
    let key = try PseudonymKey(secret: [UInt8](repeating: 1, count: 32))
    let other = try PseudonymKey(secret: [UInt8](repeating: 2, count: 32))
    let made = [
        key.pseudonym(of: "c", scope: "ab"), key.pseudonym(of: "bc", scope: "a"), key.pseudonym(of: "abc", scope: ""),
        other.pseudonym(of: "c", scope: "ab"), key.pseudonym(of: "d", scope: "ab"),
    ]
    #expect(Set(made).count == made.count)
    #expect(key.pseudonym(of: "c", scope: "ab") == made[0])
    #expect(made[0].text.count == 64)
    #expect("\(key)" == "PseudonymKey(hidden)")
    #expect(throws: PseudonymDefect.keyTooShort(byteCount: 15)) { try PseudonymKey(secret: [UInt8](repeating: 1, count: 15)) }
}

@Test func `a digest reads back from its bytes and its text`() throws {
    for index in 0..<UInt8(200) {
        let digest = sha256([index])
        #expect(Digest(digest.bytes) == digest)
        #expect(Digest(hex: digest.hex) == digest)
        #expect(Digest(hex: digest.hex.uppercased()) == digest)
    }
    #expect(Digest([UInt8](repeating: 0, count: 31)) == nil)
    #expect(Digest(hex: String(repeating: "g", count: 64)) == nil)
    let low = try #require(Digest([UInt8](repeating: 0, count: 31) + [1]))
    let high = try #require(Digest([1] + [UInt8](repeating: 0, count: 31)))
    #expect(low < high)
}
