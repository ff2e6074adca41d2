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

    @Test func `sources and institutions are checked for what their topics and deadlines need`() {
        let source = #"{"title":{"en":"T","zh":"税"},"recordTypes":["tax.return"],"rhythmDays":30,"owner":{"en":"O","zh":"局"}}"#
        #expect(defects("source", source, examples: "[{}]", id: "tax-hunan") == [])
        #expect(defects("source", source, examples: "[{}]", id: "tax.hunan") == ["the id is not of a-z, 0-9 and -"])
        #expect(defects("source", "{}", examples: "[{}]").count == 4)
        let bank = #"{"title":{"en":"B","zh":"行"},"kind":"bank","region":"430100","acceptDays":3,"answerDays":10}"#
        #expect(defects("institution", bank, examples: "[{}]", id: "bank-a") == [])
        #expect(defects("institution", "{}", examples: "[{}]").count == 5)
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
}
