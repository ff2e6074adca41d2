import Testing
import Vocabulary

@Suite struct PersonalNumberTests {
    @Test func `identity numbers, phones and cards are recognised`() {
        #expect(PersonalNumber(reading: "11010519491231002X") == .identity)
        #expect(PersonalNumber(reading: "11010519491231002x") == .identity)
        #expect(PersonalNumber(reading: "440524188001010014") == .identity)
        #expect(PersonalNumber(reading: "13812341234") == .phone)
        #expect(PersonalNumber(reading: "12812341234") == nil)
        #expect(PersonalNumber(reading: "4111111111111111") == .card)
        #expect(PersonalNumber(reading: "4111111111111112") == nil)
        #expect(PersonalNumber(reading: "0000000000000000") == nil)
        #expect(PersonalNumber(reading: "") == nil)
        #expect(PersonalNumber(reading: "XXXXXXXXXXXXXXXXXX") == nil)
    }

    @Test func `a birthday that does not exist is no identity number`() throws {
        // The digits before the check character decide which one would fit; none of the eleven may pass.
        for check in "0123456789X" {
            #expect(!PersonalNumber.isIdentity(Array("11010519490229002\(check)".utf8)))
            #expect(!PersonalNumber.isIdentity(Array("99010519491231002\(check)".utf8)))
        }
        #expect("0123456789X".count { PersonalNumber.isIdentity(Array("11010519491231002\($0)".utf8)) } == 1)
    }

    @Test func `every substitution of a digit of an identity number is detected`() {
        let text = Array("11010519491231002X")
        for position in 0..<17 {
            for digit in "0123456789" where digit != text[position] {
                var changed = text
                changed[position] = digit
                #expect(!PersonalNumber.isIdentity(Array(String(changed).utf8)), "\(String(changed))")
            }
        }
    }

    @Test func `a credit code of eighteen digits is not taken for a person`() {
        #expect(PersonalNumber(reading: "914403001922038216") != .identity)
    }

    @Test func `random bytes stop nothing`() {
        var generator = SplitMix64(seed: 11_643)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &generator)).map { _ in UInt8.random(in: 40...92, using: &generator) }
            if PersonalNumber.isIdentity(bytes) { #expect(bytes.count == 18) }
            _ = PersonalNumber(reading: String(decoding: bytes, as: UTF8.self))
        }
    }
}
