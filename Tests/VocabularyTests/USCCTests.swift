import Testing
import Vocabulary

@Suite struct USCCTests {
    private func defect(_ text: String) -> USCCDefect? {
        do throws(USCCDefect) {
            _ = try USCC(text)
            return nil
        } catch { return error }
    }

    /// Codes of real firms that anyone can look up, and codes that the standard's rules lead to.
    private let real = [
        "914403001922038216", "9144030071526726XG", "91440300708461136T", "91110108551385082Q", "91330100799655058B",
        "91440300192317458F", "91440300192181490G", "9152000071430580XT", "91100000100003962T", "911100001000044477",
        "914300007121944054", "91430000796858896G", "91430000745928604G", "91133100MA0D8N1J7G",
    ]
    private let built = [
        "91350100M000100Y43", "91430100PDY0000600", "91430100PDY0008370", "91430100PDY00001XL", "92430100PDY000079R",
        "93430100PDY000079N", "N2430102PDY0000799", "52430000PDY000079Q",
    ]

    @Test func `every known code is read and written back unchanged`() throws {
        for text in real + built {
            let code = try USCC(text)
            #expect(code.text == text)
            #expect(String(decoding: code.ascii, as: UTF8.self) == text)
            #expect(try USCC(utf8: Array(text.utf8).span) == code)
            #expect(code.organisationCode.text == String(text.dropFirst(8).prefix(9)))
            #expect(try OrganisationCode(String(text.dropFirst(8).prefix(9))) == code.organisationCode)
            #expect(code.region.text == String(text.dropFirst(2).prefix(6)))
        }
    }

    @Test func `the kind follows from the first two characters`() throws {
        #expect(try USCC("914403001922038216").kind == .enterprise)
        #expect(try USCC("92430100PDY000079R").kind == .soleTrader)
        #expect(try USCC("93430100PDY000079N").kind == .cooperative)
        #expect(try USCC("N2430102PDY0000799").kind == .ruralCollective)
        #expect(try USCC("52430000PDY000079Q").kind == .privateNonEnterprise)
    }

    @Test func `people's ways of writing lead to the same code`() throws {
        let code = try USCC("9144030071526726XG")
        for text in [
            "9144030071526726xg", " 9144030071526726XG\n", "91 440300 71526726-X G", "９１４４０３００７１５２６７２６ＸＧ", "９１４４０３００　７１５２６７２６－ｘｇ",
            "91440300\u{2010}71526726\u{2014}XG", "\t9144030071526726XG\u{00A0}",
        ] {
            #expect(try USCC(text) == code)
            #expect(try USCC(utf8: Array(text.utf8).span) == code)
        }
    }

    @Test func `the standard's own example is refused for its Z`() {
        #expect(defect("91350100M000100Y4Z") == .character("Z", position: 18))
    }

    @Test func `each defect names its culprit`() {
        #expect(defect("") == .length(0))
        #expect(defect("91440300192203821") == .length(17))
        #expect(defect("9144030019220382166") == .length(19))
        #expect(defect("9144O3001922038216") == .character("O", position: 5))
        #expect(defect("9I4403001922038216") == .character("I", position: 2))
        #expect(defect("91440300192203821企") == .character("企", position: 18))
        #expect(defect("99440300192203821X") == .authorityAndKind("99"))
        #expect(defect("00440300192203821X") == .authorityAndKind("00"))
        #expect(defect("9144A3001922038216") == .regionNotDigits("44A300"))
        #expect(defect("914403001922038217") == .checkCharacter(expected: "6", found: "7"))
        #expect(defect("91350100M000100Y44") == .checkCharacter(expected: "3", found: "4"))
    }

    @Test func `O and I are reported with the digit that may be meant, and never corrected`() {
        #expect(USCCDefect.character("O", position: 5).digitLikelyMeant == "0")
        #expect(USCCDefect.character("I", position: 2).digitLikelyMeant == "1")
        #expect(USCCDefect.character("Z", position: 18).digitLikelyMeant == nil)
        let said = USCCDefect.character("O", position: 5).description
        #expect(said == "'O' at position 5 is not a character of the code; the digit 0 may be meant")
    }

    @Test func `a wrong organisation check is found even when the last character fits`() throws {
        // 192203821 has the right check 1; give the body the check 2 and compute the last character for it.
        let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
        var found: Set<String> = []
        for last in alphabet {
            let text = "91440300192203822" + String(last)
            if let defect = defect(text) {
                found.insert(defect.code)
                if case .organisationCheck(let expected, let written) = defect {
                    #expect(expected == "1")
                    #expect(written == "2")
                }
            } else {
                Issue.record("\(text) was accepted")
            }
        }
        #expect(found == ["uscc-check-character", "uscc-organisation-check"])
    }

    @Test func `every substitution of one character is detected`() {
        let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
        var tried = 0
        for text in real {
            let characters = Array(text)
            for position in characters.indices {
                for other in alphabet where other != characters[position] {
                    var changed = characters
                    changed[position] = other
                    #expect(defect(String(changed)) != nil, "\(String(changed))")
                    tried += 1
                }
            }
        }
        #expect(tried == 540 * real.count)
    }

    @Test func `every swap of two different neighbours is detected`() {
        for (text, expected) in [("914403001922038216", 14)] {
            let characters = Array(text)
            var tried = 0
            for position in 0..<17 where characters[position] != characters[position + 1] {
                var changed = characters
                changed.swapAt(position, position + 1)
                #expect(defect(String(changed)) != nil, "\(String(changed))")
                tried += 1
            }
            #expect(tried == expected)
        }
    }

    @Test func `synthetic codes are valid, distinct and known as synthetic`() throws {
        var seen: Set<USCC> = []
        for kind in USCC.Kind.allCases {
            for number in [1, 2, 60, 79, 837, 10_000, 99_999] {
                let code = try #require(USCC.synthetic(number: number, kind: kind, region: "430102"))
                #expect(try USCC(code.text) == code)
                #expect(code.kind == kind)
                #expect(code.isSynthetic)
                seen.insert(code)
            }
        }
        #expect(seen.count == 7 * USCC.Kind.allCases.count)
        #expect(USCC.synthetic(number: 1)?.text == "91430100PDY00001XL")
        #expect(USCC.synthetic(number: 7, kind: .soleTrader)?.text == "92430100PDY000079R")
        #expect(USCC.synthetic(number: 0) == nil)
        #expect(USCC.synthetic(number: 100_000) == nil)
        #expect(USCC.synthetic(number: 1, region: "43010") == nil)
        #expect(USCC.synthetic(number: 1, region: "43010A") == nil)
        for text in real { #expect(try !USCC(text).isSynthetic) }
    }

    @Test func `all 99,999 synthetic enterprises of a region have different codes`() throws {
        var seen: Set<USCC> = []
        for number in 1...99_999 {
            let code = try #require(USCC.synthetic(number: number))
            seen.insert(code)
        }
        #expect(seen.count == 99_999)
    }

    @Test func `a code completed from its parts is the known one`() throws {
        #expect(try USCC.make(organisationBody: "M000100Y", authorityKind: "91", region: "350100").text == "91350100M000100Y43")
        #expect(try USCC.make(organisationBody: "pdy00006", authorityKind: "91", region: "430100").text == "91430100PDY0000600")
        #expect(throws: USCCDefect.character("O", position: 9)) {
            try USCC.make(organisationBody: "O0001000", authorityKind: "91", region: "350100")
        }
        #expect(throws: USCCDefect.authorityAndKind("98")) {
            try USCC.make(organisationBody: "M000100Y", authorityKind: "98", region: "350100")
        }
    }

    @Test func `codes order as their texts do`() throws {
        let codes = try (real + built).map { try USCC($0) }
        #expect(codes.sorted().map(\.text) == (real + built).sorted())
    }

    @Test func `a listed pilot code is set aside, not refused`() {
        let pilots: Set<String> = ["914403001922038217"]
        #expect(USCC.Reading("91440300-1922038217", pilotExceptions: pilots) == .pilot("914403001922038217"))
        #expect(USCC.Reading("914403001922038218", pilotExceptions: pilots) == .defect(.checkCharacter(expected: "6", found: "8")))
        if case .valid(let code) = USCC.Reading("914403001922038216", pilotExceptions: ["914403001922038216"]) {
            #expect(code.text == "914403001922038216")
        } else {
            Issue.record("a valid code stays valid although it is listed")
        }
    }

    @Test func `random bytes are refused and stop nothing`() {
        var generator = SplitMix64(seed: 32_100)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(throws: USCCDefect.self) { try USCC(utf8: bytes.span) }
        }
    }

    @Test func `every pair of the standard's table is read, and no other`() {
        var pairs: [String] = []
        for kind in USCC.Kind.allCases {
            for pair in kind.authorityAndKinds {
                #expect(USCC.Kind(authorityAndKind: pair) == kind)
                pairs.append(pair)
            }
        }
        let expected = [
            "11", "12", "13", "19", "21", "29", "31", "32", "33", "34", "35", "39", "41", "49", "51", "52", "53", "59", "61", "62",
            "69", "71", "72", "79", "81", "89", "91", "92", "93", "A1", "A9", "N1", "N2", "N3", "N9", "Y1",
        ]
        #expect(pairs.sorted() == expected)
    }
}
