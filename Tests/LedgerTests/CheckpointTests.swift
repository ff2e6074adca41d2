import Ledger
import Testing
import Vocabulary

@Suite struct CheckpointTests {
    private func signer(_ name: String = "xinqiao/governance", seed: UInt8 = 0) throws -> NoteSigner {
        let key = try #require(Ed25519PrivateKey(seed: (0..<32).map { $0 &+ seed }))
        return try #require(NoteSigner(name: name, key: key))
    }

    @Test func `signatures are those of RFC 8032`() throws {
        // Section 7.1, tests 1 and 2.
        let cases: [(seed: String, key: String, message: [UInt8], signature: String)] = [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", [],
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", [0x72],
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ]
        for one in cases {
            let key = try #require(Ed25519PrivateKey(seed: bytes(one.seed)))
            #expect(key.publicKey.bytes == bytes(one.key))
            #expect(key.sign(one.message) == bytes(one.signature))
            #expect(key.publicKey.verifies(bytes(one.signature), of: one.message))
            for place in 0..<64 {
                var wrong = bytes(one.signature)
                wrong[place] ^= 1
                #expect(!key.publicKey.verifies(wrong, of: one.message))
            }
            #expect(!key.publicKey.verifies(bytes(one.signature), of: one.message + [0]))
            #expect(!key.publicKey.verifies([], of: one.message))
        }
    }

    @Test func `a private key is read from what openssl writes, and from nothing else`() throws {
        // RFC 8410, sections 10.3 and 10.1.
        let pem = """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
            -----END PRIVATE KEY-----
            """
        let key = try #require(Ed25519PrivateKey(pem: pem))
        #expect(Base64.encode(key.publicKey.bytes) == "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")
        #expect(key.pem == pem + "\n")
        #expect(Ed25519PrivateKey(pem: key.pem)?.publicKey == key.publicKey)
        #expect("\(key)" == "Ed25519PrivateKey")
        for wrong in [
            "", "x", pem.replacing("MC4", with: "MC5"), pem.replacing("PRIVATE", with: "PUBLIC"), pem.replacing("dVhC", with: ""),
        ] {
            #expect(Ed25519PrivateKey(pem: wrong) == nil)
        }
    }

    @Test func `a signed note is read back, and one flipped bit is found`() throws {
        let signer = try signer()
        let note = SignedNote(signing: "one\n\ntwo\n", by: signer)
        let read = try #require(SignedNote(parsing: note.note))
        #expect(read == note)
        #expect(read.isSigned(by: signer.verifier))
        #expect(note.note.hasPrefix("one\n\ntwo\n\n\u{2014} xinqiao/governance "))
        let sound = Array(note.note.utf8)
        for place in sound.indices {
            for bit in 0..<8 {
                var wrong = sound
                wrong[place] ^= 1 << UInt8(bit)
                let isTaken = SignedNote(parsing: String(decoding: wrong, as: UTF8.self))?.isSigned(by: signer.verifier) ?? false
                #expect(!isTaken, "byte \(place), bit \(bit)")
            }
        }
        #expect(!read.isSigned(by: try self.signer(seed: 1).verifier))
        #expect(!read.isSigned(by: try self.signer("xinqiao/other").verifier))
        for wrong in ["", "\n", "one\n", "one\n\n", "\n\u{2014} a AAAAAAA=\n", "one\n\n\u{2014} a A\n", "one\n\n- a AAAAAAA=\n"] {
            #expect(SignedNote(parsing: wrong) == nil, "\(wrong)")
        }
        // Others may have signed too.
        let more = try #require(SignedNote(parsing: note.note + "\u{2014} witness AAAAAAA=\n"))
        #expect(more.isSigned(by: signer.verifier))
    }

    @Test func `a verifier key is that of its name and key alone`() throws {
        // The example of C2SP signed-note.
        let published = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        let known = try #require(NoteVerifier(published))
        #expect(known.name == "PeterNeumann" && known.text == published)
        let note =
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
            + "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        #expect(SignedNote(parsing: note)?.isSigned(by: known) == true)
        let own = try signer().verifier
        #expect(NoteVerifier(own.text) == own)
        for wrong in [
            "", "a", "a+b", published + "x", published.replacing("c74f", with: "c74e"), published.replacing("Peter", with: "Petra"),
        ] {
            #expect(NoteVerifier(wrong) == nil, "\(wrong)")
        }
        #expect(NoteVerifier(name: "with blank", key: own.key) == nil)
        #expect(NoteVerifier(name: "with+plus", key: own.key) == nil)
        #expect(NoteVerifier(name: "", key: own.key) == nil)
    }

    @Test func `the same log has the same checkpoint, and its text is read back`() throws {
        let signer = try signer()
        let moment = Instant(microseconds: 1_780_000_000_000_001)
        var head = LedgerHead()
        for number in UInt8(0)..<5 { head.append(Merkle.leafHash([number]), at: moment) }
        var again = head
        again.sign()
        let note = Checkpoint.note(of: head, lane: 3, by: signer)
        #expect(Checkpoint.note(of: again, lane: 3, by: signer).note == note.note)
        let read = try #require(Checkpoint(note.text))
        #expect(read == Checkpoint(origin: "xinqiao/governance/3", size: 5, root: head.tree.root, grownAt: moment))
        #expect(read.lane(of: "xinqiao/governance") == 3)
        #expect(read.lane(of: "xinqiao") == nil)
        #expect(read.lane(of: "xinqiao/governance/3") == nil)
        let text = read.text
        #expect(Checkpoint(text + "another line\n") == read)
        for wrong in [
            "", "a\n5\n", text.replacing("\n5\n", with: "\n05\n"), text.replacing("\n5\n", with: "\n-5\n"), String(text.dropLast()),
        ] {
            #expect(Checkpoint(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `a head knows since when leaves wait, is stored and taken up again, and its time never goes back`() throws {
        func moment(_ seconds: Int64) -> Instant { Instant(microseconds: seconds * 1_000_000) }
        var head = LedgerHead()
        #expect(head.unsignedSince == nil)
        head.append(Merkle.leafHash([1]), at: moment(10))
        head.append(Merkle.leafHash([2]), at: moment(20))
        head.append(Merkle.leafHash([3]), at: moment(15))
        #expect(head.unsignedSince == moment(10))
        #expect(head.grownAt == moment(20))
        head.sign()
        #expect(head.unsignedSince == nil && head.signedSize == 3)
        head.append(Merkle.leafHash([4]), at: moment(30))
        #expect(head.unsignedSince == moment(30))
        let stored = LedgerHead(
            size: head.tree.size, subtrees: head.subtrees, grownAt: head.grownAt, signedSize: head.signedSize, waitingSince: moment(30))
        #expect(stored == head)
        #expect(LedgerHead(size: 3, subtrees: head.subtrees, grownAt: .epoch, signedSize: 0, waitingSince: .epoch) == nil)
        #expect(LedgerHead(size: 4, subtrees: Array(head.subtrees.dropLast()), grownAt: .epoch, signedSize: 0, waitingSince: .epoch) == nil)
        #expect(LedgerHead(size: 4, subtrees: head.subtrees, grownAt: .epoch, signedSize: 5, waitingSince: .epoch) == nil)
    }

    @Test func `a proof needs only what was picked while the leaves passed by`() throws {
        var memory = MerkleMemory()
        for number in UInt8(0)..<70 { memory.append([number]) }
        for size in UInt64(1)...70 {
            for index in [0, size / 3, size - 1] {
                var picking = MerklePicking { _ = MerkleProof.inclusion(of: index, size: size, in: $0) }
                for number in 0..<size { picking.append(leaf: Merkle.leafHash([UInt8(number)])) }
                #expect(
                    MerkleProof.inclusion(of: index, size: size, in: picking) == MerkleProof.inclusion(of: index, size: size, in: memory))
            }
            for earlier in [1, size / 2 + 1, size] {
                var picking = MerklePicking { _ = MerkleProof.consistency(from: earlier, to: size, in: $0) }
                for number in 0..<size { picking.append(leaf: Merkle.leafHash([UInt8(number)])) }
                #expect(
                    MerkleProof.consistency(from: earlier, to: size, in: picking)
                        == MerkleProof.consistency(from: earlier, to: size, in: memory))
            }
        }
    }

    @Test func `base64 is read only as it is written`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
        for wrong in ["Zg", "Zg=", "Zh==", "Z===", "Zg==\n", "Zg ==", "Zm9vYmFy=", "Zm-v", "=Zg="] {
            #expect(Base64.decode(wrong) == nil, "\(wrong)")
        }
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    }
}
