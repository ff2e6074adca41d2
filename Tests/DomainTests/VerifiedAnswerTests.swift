import Deciding
import Testing
import Wire

@testable import IngestionDomain

/// One bit, at both doors.
@Suite struct VerifiedAnswerTests {
    private static let item =
        #"{"mode":"verification","verification":{"request":"q","answer":"a","bit":"holds","reference":"askedId"}}"#

    @Test func `what the front door lets in is what the exit door tells, and of all else no more`() throws {
        let asked = try #require(VerifiedAnswer(ofItem: GovernanceHouse.json(Self.item)))
        let longest = String(repeating: "x", count: VerifiedAnswer.referenceLengthMax)
        let cases = [
            (#"{"holds":true,"askedId":"V-1"}"#, #"{"holds":true,"askedId":"V-1"}"#),
            (#"{"holds":false,"askedId":"\#(longest)"}"#, #"{"holds":false,"askedId":"\#(longest)"}"#),
            (#"{"holds":false,"askedId":"\#(longest)x"}"#, #"{"holds":false}"#),
            (#"{"holds":true,"askedId":"V-1","amount":1200}"#, #"{"holds":true,"askedId":"V-1"}"#),
            (#"{"holds":1200,"askedId":"V-1"}"#, #"{"askedId":"V-1"}"#), (#"{"holds":null,"askedId":7}"#, "{}"),
        ]
        for (data, told) in cases {
            let json = GovernanceHouse.json(data)
            #expect(asked.told(of: json).canonicalBytes == GovernanceHouse.json(told).canonicalBytes, "\(data)")
            #expect(asked.defects(in: json).isEmpty == (data == told), "\(data)")
        }
    }

    @Test func `an item of another mode, or one that says it wrongly, promises nothing`() {
        for body in [
            Self.item.replacing(#""verification","#, with: #""stored","#), Self.item.replacing(#","reference":"askedId""#, with: ""),
            #"{"mode":"verification"}"#, "{}", "[]",
        ] {
            #expect(VerifiedAnswer(ofItem: GovernanceHouse.json(body)) == nil, "\(body)")
        }
    }
}
