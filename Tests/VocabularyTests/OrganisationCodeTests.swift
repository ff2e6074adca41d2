import Testing
import Vocabulary

@Suite struct OrganisationCodeTests {
    @Test func `checks of X and 0 are read`() throws {
        #expect(try OrganisationCode("71526726-X").text == "71526726X")
        #expect(try OrganisationCode("19218149-0").hyphenated == "19218149-0")
        #expect(OrganisationCode.checkCharacter(body: "PDY00001") == "X")
        #expect(OrganisationCode.checkCharacter(body: "PDY0000") == nil)
    }

    @Test func `letters which a credit code lacks are allowed here`() throws {
        for letter in "IOSVZ" {
            let body = "A1234\(letter)78"
            let check = try #require(OrganisationCode.checkCharacter(body: body))
            #expect(try OrganisationCode(body + "-" + String(check)).text == body + String(check))
        }
    }

    @Test func `each defect names its culprit`() {
        #expect(throws: OrganisationCodeDefect.length(8)) { try OrganisationCode("71526726") }
        #expect(throws: OrganisationCodeDefect.character("_", position: 3)) { try OrganisationCode("71_26726X") }
        #expect(throws: OrganisationCodeDefect.character("九", position: 9)) { try OrganisationCode("71526726九") }
        #expect(throws: OrganisationCodeDefect.checkCharacter(expected: "X", found: "1")) { try OrganisationCode("715267261") }
    }

    @Test func `every substitution of one digit in the body is detected`() throws {
        let text = Array("192203821")
        for position in 0..<8 {
            for other in "0123456789" where other != text[position] {
                var changed = text
                changed[position] = other
                #expect(throws: OrganisationCodeDefect.self, "\(String(changed))") { try OrganisationCode(String(changed)) }
            }
        }
    }
}
