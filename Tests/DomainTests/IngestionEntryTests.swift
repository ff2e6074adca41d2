import Contracts
import Deciding
import IngestionDomain
import Testing
import Vocabulary
import Wire

@Suite struct IngestionEntryTests {
    private let type =
        #""title":{"en":"T","zh":"税"},"class":"public","writers":["source:tax"],"consentCategory":null,"businessKey":["period"],"rules":[{"id":"positive","severity":"quarantine","weight":10,"logic":{">":[{"var":"data.sales"},0]}}],"fields":{"period":{"type":"month","required":true},"sales":{"type":"yuan","required":true}}"#

    private func defects(_ kind: String, _ body: String, examples: String, id: String = "t") -> [String] {
        Ingestion.defects(
            of: GovernanceHouse.entry(kind, id, body), examples: Array(GovernanceHouse.json(examples).elements), in: .empty)
    }

    @Test func `examples of a record type are run`() {
        let right = #"{"data":{"period":"2026-01","sales":1},"valid":true}"#
        #expect(defects("recordType", "{\(type)}", examples: "[\(right)]") == [])
        #expect(defects("recordType", "{\(type)}", examples: "[]") == ["there is no example"])
        let cases = [
            (#"{"data":{"period":"2026-01","sales":1.005},"valid":true}"#, "should be valid"),
            (#"{"data":{"period":"2026-01","sales":1},"valid":false}"#, "should not be valid"),
            (#"{"data":{"period":"2026-01","sales":1.005},"valid":false,"code":"too-long"}"#, "should be refused with `too-long`"),
            (#"{"data":{"period":"2026-01","sales":0},"valid":true}"#, "positive"),
            (#"{"data":1,"valid":true}"#, "`data`"), (#"{"data":{}}"#, "`valid`"),
        ]
        for (example, words) in cases {
            let found = defects("recordType", "{\(type)}", examples: "[\(right),\(example)]")
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix("example 2: ") == true && found.first?.contains(words) == true, "\(found)")
        }
        for example in [
            #"{"data":{"period":"2026-01","sales":1.005},"valid":false,"code":"money-decimals"}"#,
            #"{"data":{"period":"2026-01","sales":0},"valid":false,"code":"positive"}"#,
        ] {
            #expect(defects("recordType", "{\(type)}", examples: "[\(example)]") == [])
        }
    }

    @Test func `a rule measures against its threshold when its type's examples are run`() {
        let measured = type.replacing(#"{">":[{"var":"data.sales"},0]}"#, with: #"{"<":[{"var":"data.sales"},{"var":"threshold"}]}"#)
            .replacing(#""weight":10"#, with: #""weight":10,"threshold":50"#)
        func example(_ sales: Int, _ isValid: Bool) -> String { #"[{"data":{"period":"2026-01","sales":\#(sales)},"valid":\#(isValid)}]"# }
        #expect(defects("recordType", "{\(measured)}", examples: example(49, true)) == [])
        #expect(defects("recordType", "{\(measured)}", examples: example(50, false)) == [])
        #expect(defects("recordType", "{\(measured)}", examples: example(50, true)).count == 1)
    }

    @Test func `a record type that can not be used is named by what is wrong`() {
        let changes = [
            (#""writers":["source:tax"]"#, #""writers":[]"#), (#""writers":["source:tax"]"#, #""writers":["tax"]"#),
            (#""businessKey":["period"]"#, #""businessKey":["none"]"#), (#""class":"public""#, #""class":"secret""#),
            (#""type":"month""#, #""type":"moon""#), (#""weight":10"#, #""weight":0"#), (#""severity":"quarantine""#, #""severity":"bad""#),
            (#""businessKey":["period"]"#, #""businessKey":["period"],"institutionField":"x""#), (#"{">":"#, #"{"no-such":"#),
            (#""period":{"type":"month","required":true}"#, #""period":{"type":"month"}"#),
            (#""type":"yuan""#, #""type":"yuan","min":2,"max":1"#), (#""type":"yuan""#, #""type":"text","pattern":"(a|b)""#),
            (#""type":"yuan""#, #""type":"enum""#), (#""type":"yuan""#, #""type":"yuan","class":"pii.shoe""#), (#""en":"T""#, #""en":"""#),
        ]
        for (from, to) in changes {
            let body = "{" + type.split(separator: from).joined(separator: to) + "}"
            #expect(body != "{\(type)}")
            let found = defects("recordType", body, examples: #"[{"data":{"period":"2026-01","sales":1},"valid":true}]"#)
            #expect(!found.isEmpty, "\(to)")
        }
    }

    @Test func `a business key has no part that is about a person or secret`() {
        let example = #"[{"data":{"period":"2026-01","sales":1},"valid":true}]"#
        for word in ["pii.name", "pii.id", "pii.phone", "pii.account", "secret"] {
            let found = defects(
                "recordType",
                "{" + type.replacing(#""type":"month""#, with: #""type":"month","class":"\#(word)""#) + "}", examples: example)
            #expect(found.count == 1 && found.first?.hasPrefix("`businessKey` names `period`, which is \(word)") == true, "\(found)")
        }
        for word in ["public", "internal"] {
            let body = "{" + type.replacing(#""type":"month""#, with: #""type":"month","class":"\#(word)""#) + "}"
            #expect(defects("recordType", body, examples: example) == [])
        }
        // Stated as a schema, and deeper than the field itself.
        let schema =
            #"{"$schema":"urn:xinqiao:schema:record","type":"object","required":["who"],"properties":{"who":{"type":"array","class":"internal","items":{"type":"string","class":"CLASS"}}}}"#
        func stated(_ word: String) -> [String] {
            defects(
                "recordType",
                #"{"title":{"en":"T","zh":"人"},"class":"public","writers":["source:tax"],"consentCategory":null,"businessKey":["who"],"rules":[],"schema":"#
                    + schema.replacing("CLASS", with: word) + "}", examples: #"[{"data":{"who":["a"]},"valid":true}]"#)
        }
        #expect(stated("pii.name").count == 1)
        #expect(stated("internal") == [])
    }

    @Test func `sources and institutions are checked for what their topics and deadlines need`() {
        let source = #"{"title":{"en":"T","zh":"税"},"recordTypes":["tax.return"],"rhythmDays":30,"owner":{"en":"O","zh":"局"}}"#
        #expect(defects("source", source, examples: "[{}]", id: "tax-hunan") == [])
        #expect(defects("source", source, examples: "[{}]", id: "tax.hunan") == ["the id is not of a-z, 0-9 and -"])
        #expect(defects("source", "{}", examples: "[{}]").count == 4)
        let bank = #"{"title":{"en":"B","zh":"行"},"kind":"bank","region":"430100","acceptDays":3,"answerDays":10}"#
        let topics = #"[{"in":"institution.bank-a.in.v1","out":"institution.bank-a.out.v1"}]"#
        #expect(defects("institution", bank, examples: topics, id: "bank-a") == [])
        #expect(
            defects("institution", bank, examples: topics, id: "bank-b") == [
                "example 1: `in` is not institution.bank-b.in.v1", "example 1: `out` is not institution.bank-b.out.v1",
            ])
        #expect(defects("institution", "{}", examples: "[]").count == 6)
    }

    @Test func `patterns match whole texts`() throws {
        let cases = [
            ("[A-Z]{2}[0-9]*", "AB12", true), ("[A-Z]{2}[0-9]*", "AB", true), ("[A-Z]{2}[0-9]*", "A1", false), ("^a.c$", "abc", true),
            ("a.c", "abbc", false), (#"\d{4}-\d{1,2}"#, "2026-1", true), (#"\d{4}-\d{1,2}"#, "2026-123", false), ("[^0-9]+", "ab", true),
            ("[^0-9]+", "", false), ("a?a?a?aaa", "aaa", true), (#"1\.5"#, "1x5", false), ("[a-]+", "a-a", true), ("", "", true),
            ("信+", "信信", true),
        ]
        for (pattern, text, matches) in cases {
            #expect(try #require(TextPattern(pattern)).matches(text) == matches, "\(pattern) \(text)")
        }
        for pattern in ["(a)", "a|b", "*", "[", "[]", "a{2", "a{3,2}", #"\w"#, "a{999}", "[z-a]"] {
            #expect(TextPattern(pattern) == nil, "\(pattern)")
        }
    }

    private func defects(_ entry: CatalogEntry, _ examples: String, beside others: [CatalogEntry]) -> [String] {
        Ingestion.defects(
            of: entry, examples: Array(GovernanceHouse.json(examples).elements), in: Catalog(version: 1, entries: others + [entry]))
    }

    @Test func `an item names its sources and where each should send, or is refused`() {
        let types = ["a", "b"].map {
            GovernanceHouse.entry("recordType", $0, "{\(type)}")
        }
        let sources = [("tax", #"["a"]"#), ("hub", #"["b"]"#), ("idle", #"["c"]"#)].map {
            GovernanceHouse.entry("source", $0.0, #"{"recordTypes":\#($0.1)}"#)
        }
        func defects(_ more: String) -> [String] {
            self.defects(
                GovernanceHouse.entry("informationItem", "i", IngestionZoneTests.body(#""mode":"stored","recordTypes":["a","b"]"# + more)),
                #"[{"recordType":"a","fills":true}]"#, beside: types + sources)
        }
        #expect(defects("") == [])
        #expect(defects(#","source":"tax""#) == [])
        #expect(defects(#","sources":[{"id":"tax","zones":["430100"]},{"id":"hub"}],"pilotZones":["430100"]"#) == [])
        let cases = [
            (#","source":"tax","sources":[{"id":"hub"}]"#, "exclude"), (#","sources":[]"#, "`sources`"),
            (#","sources":{"id":"tax"}"#, "`sources`"), (#","sources":[{"id":"tax"},{"id":"tax"}]"#, "each source once"),
            (#","sources":[{"id":"tax","zones":["4301"]}]"#, "division"), (#","sources":[{"id":"tax","zones":"430100"}]"#, "division"),
            (#","source":"idle""#, "sends none"),
            (#","pilotZones":["x"]"#, "`pilotZones`"), (#","pilotZones":null"#, "`pilotZones`"),
        ]
        for (more, words) in cases {
            let found = defects(more)
            #expect(found.count == 1 && found.first?.contains(words) == true, "\(more): \(found)")
        }
    }

    @Test func `an item and its record types are of one consent, whichever of the entries comes last`() {
        func asking(_ category: String) -> CatalogEntry {
            GovernanceHouse.entry(
                "recordType", "a", "{" + type.replacing(#""consentCategory":null"#, with: "\n\"consentCategory\":\(category)") + "}")
        }
        func item(_ category: String) -> CatalogEntry {
            GovernanceHouse.entry(
                "informationItem", "i",
                IngestionZoneTests.body("\"mode\":\"stored\",\"recordTypes\":[\"a\"],\n\n\"consentCategory\":\(category)"))
        }
        let fills = #"[{"recordType":"a","fills":true}]"#
        let valid = #"[{"data":{"period":"2026-01","sales":1},"valid":true}]"#
        for (said, asked, words) in [
            (#""tax""#, "null", "`a` is taken in without a consent, the item `i` under the consent category `tax`"),
            ("null", #""tax""#, "`a` is taken in under the consent category `tax`, the item `i` without a consent"),
            (#""tax""#, #""flow""#, "`a` is taken in under the consent category `flow`, the item `i` under the consent category `tax`"),
        ] {
            #expect(defects(item(said), fills, beside: [asking(asked)]) == ["line 3: \(words)"])
            #expect(defects(asking(asked), valid, beside: [item(said)]) == ["line 2: \(words)"])
        }
        for same in ["null", #""tax""#] {
            #expect(defects(item(same), fills, beside: [asking(same)]) == [])
            #expect(defects(asking(same), valid, beside: [item(same)]) == [])
        }
    }

    @Test func `what is only verified is asked under the consent of its question`() {
        let question = GovernanceHouse.entry(
            "recordType", "q", "{" + type.replacing(#""consentCategory":null"#, with: #""consentCategory":"fund""#) + "}")
        let example = #"[{"recordType":"a","fills":false}]"#
        let beside = [question, Self.answer(Self.oneBit)]
        let right = GovernanceHouse.entry("informationItem", "i", Self.verified(#","consentCategory":"fund""#))
        #expect(defects(right, example, beside: beside) == [])
        let wrong = GovernanceHouse.entry("informationItem", "i", Self.verified())
        #expect(
            defects(wrong, example, beside: beside) == [
                "line 1: `q` is taken in under the consent category `fund`, the item `i` without a consent"
            ])
    }

    private static func verified(_ more: String = "") -> String {
        IngestionZoneTests.body(
            #""mode":"verification","recordTypes":[],"verification":{"request":"q","answer":"t","bit":"holds","reference":"askedId"}"#
                + more)
    }

    /// `fields` as a schema's, so that what a schema lets through beside them is seen, too.
    private static func answer(
        _ fields: String, required: String = #"["askedId","holds"]"#, open: String = "false"
    ) -> CatalogEntry {
        GovernanceHouse.entry(
            "recordType", "t",
            #"{"title":{"en":"T","zh":"答"},"class":"control","writers":["source:fund","source:land"],"consentCategory":null,"businessKey":[],"rules":[],"schema":{"$schema":"urn:xinqiao:schema:record","type":"object","required":\#(required),"additionalProperties":\#(open),"properties":\#(fields)}}"#
        )
    }

    private static let oneBit = #"{"askedId":{"type":"string","class":"public"},"holds":{"type":"boolean","class":"public"}}"#

    @Test func `what is only verified is answered by one bit, whichever of the two entries comes last`() {
        let question = GovernanceHouse.entry("recordType", "q", "{\(type)}")
        let item = GovernanceHouse.entry("informationItem", "i", Self.verified())
        let example = #"[{"recordType":"a","fills":false}]"#
        let answered = #"[{"data":{"askedId":"V-1","holds":true},"valid":true}]"#
        #expect(defects(item, example, beside: [question, Self.answer(Self.oneBit)]) == [])
        #expect(defects(Self.answer(Self.oneBit), answered, beside: [question, item]) == [])
        let wide = [
            (Self.answer(Self.oneBit.replacing("}}", with: #"},"amount":{"type":["integer","null"],"class":"public"}}"#)), "`amount`"),
            (Self.answer(Self.oneBit.replacing(#""boolean""#, with: #""integer""#)), "true or false"),
            (Self.answer(Self.oneBit.replacing(#""boolean""#, with: #"["boolean","null"]"#)), "true or false"),
            (Self.answer(Self.oneBit.replacing(#""string""#, with: #""object""#)), "a text"),
            (Self.answer(Self.oneBit, required: #"["holds"]"#), "a text, and required"),
            (Self.answer(Self.oneBit, open: "true"), "does not name"),
        ]
        for (answer, words) in wide {
            for found in [defects(item, example, beside: [question, answer]), defects(answer, "[{}]", beside: [question, item])] {
                #expect(found.contains { $0.contains(words) }, "\(words): \(found)")
            }
        }
        // A type of that name which answers nothing may hold what it likes.
        let free = defects(
            Self.answer(Self.oneBit.replacing("}}", with: #"},"amount":{"type":["integer","null"],"class":"public"}}"#)), answered,
            beside: [question])
        #expect(free == [])
    }

    @Test func `an item that is only verified fills nothing, and shares its answers with no other of its source`() {
        let types = [GovernanceHouse.entry("recordType", "q", "{\(type)}"), Self.answer(Self.oneBit)]
        let sources = ["fund", "land"].map { GovernanceHouse.entry("source", $0, #"{"recordTypes":["t"]}"#) }
        let example = #"[{"recordType":"a","fills":false}]"#
        func item(_ id: String, _ source: String) -> CatalogEntry {
            GovernanceHouse.entry("informationItem", id, Self.verified(#","source":"\#(source)""#))
        }
        #expect(defects(item("i", "fund"), example, beside: types + sources + [item("j", "land")]) == [])
        let shared = defects(item("i", "fund"), example, beside: types + sources + [item("j", "fund")])
        #expect(shared.count == 1 && shared.first?.contains("`j`") == true, "\(shared)")
        let stored = GovernanceHouse.entry(
            "informationItem", "i", Self.verified().replacing(#""recordTypes":[]"#, with: #""recordTypes":["q"]"#))
        let found = defects(stored, example, beside: types)
        #expect(found == ["`recordTypes`: of what is only verified, nothing is stored"])
    }

    @Test func `divisions are one table that leads forward, and its examples are run`() {
        let right =
            #"{"title":{"en":"D","zh":"区划"},"divisions":[{"code":"430124","name":"a","validTo":"2017-04-10","successor":"430182","sourceChecked":false},{"code":"430182","name":"b","validFrom":"2017-04-10","validTo":null,"successor":null,"sourceChecked":false}]}"#
        let example = #"[{"code":"430124","on":"2017-04-10","is":"430182"},{"code":"430124","on":"2017-04-09","is":"430124"}]"#
        func defects(_ body: String, _ examples: String, beside others: [CatalogEntry] = []) -> [String] {
            self.defects(GovernanceHouse.entry("divisionTable", "d", body), examples, beside: others)
        }
        #expect(defects(right, example) == [])
        #expect(defects(right, #"[{"code":"430124","on":"2017-04-09","is":"430182"}]"#).first?.hasPrefix("example 1: ") == true)
        #expect(defects(right, "[{}]").count == 1)
        for (was, becomes) in [
            (#""successor":"430182""#, #""successor":"430199""#), (#""2017-04-10","successor":"430182""#, #"null,"successor":"430182""#),
            (#""validFrom":"2017-04-10""#, #""validFrom":"2017-04-11""#), (#""name":"b","#, ""), (#""code":"430124""#, #""code":"4301""#),
            (#""validTo":"2017-04-10""#, #""validTo":"2017-02-30""#), ("divisions", "rows"),
        ] {
            let broken = right.replacing(was, with: becomes)
            #expect(broken != right && !defects(broken, example).isEmpty, "\(becomes)")
        }
        let other = defects(right, example, beside: [GovernanceHouse.entry("divisionTable", "e", right)])
        #expect(other.count == 1 && other.first?.contains("`e`") == true, "\(other)")
    }
}
