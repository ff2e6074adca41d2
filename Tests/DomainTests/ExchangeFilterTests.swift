import Deciding
import ExchangeDomain
import Foundation
import Testing
import Vocabulary
import Wire

/// Only what the rule lists leaves, and personal data leave masked.
@Suite struct ExchangeFilterTests {
    private func defects(_ fields: String, _ body: String, _ released: String) -> [String] {
        let rule = exchangeRule("x.v1", purpose: "post-loan", categories: #"["loan"]"#, fields: fields)
        return Exchange.defects(of: rule, examples: [exchangeJSON(#"{"body":\#(body),"released":\#(released)}"#)], in: .empty)
    }

    @Test func `what leaves of a body is what is listed and no more`() {
        let cases = [
            (#"{"a":"public"}"#, #"{"a":1,"b":2}"#, #"{"a":1}"#),
            (#"{"a":"internal"}"#, #"{"a":null,"A":1,"a ":2}"#, #"{"a":null}"#),
            // An object that is listed does not carry its members out.
            (#"{"a":"public"}"#, #"{"a":{"b":1}}"#, "{}"),
            (#"{"a.b":"public"}"#, #"{"a":{"b":1,"c":2},"b":3}"#, #"{"a":{"b":1}}"#),
            // A dotted key is not a path.
            (#"{"a.b":"public"}"#, #"{"a.b":1}"#, "{}"),
            // Lists are passed through, at any depth.
            (#"{"a.b":"public"}"#, #"{"a":[{"b":1},{"c":2},[{"b":3,"c":4}]]}"#, #"{"a":[{"b":1},[{"b":3}]]}"#),
            (#"{"a":"public"}"#, #"{"a":[1,"x",{"b":2},[3]]}"#, #"{"a":[1,"x",[3]]}"#),
            (#"{"a.b":"public"}"#, #"{"a":[1,"x"]}"#, #"{"a":[]}"#),
            (#"{"a":"public","a.b.c":"public"}"#, #"{"a":{"b":{"c":1,"d":2},"e":3}}"#, #"{"a":{"b":{"c":1}}}"#),
        ]
        for (fields, body, released) in cases { #expect(defects(fields, body, released) == []) }
    }

    @Test func `personal data leave masked whatever their shape`() {
        let cases = [
            (#"{"x":"pii.name"}"#, #"{"x":"张三丰"}"#, #"{"x":"张*"}"#),
            (#"{"x":"pii.id"}"#, #"{"x":"11010519491231002X"}"#, #"{"x":"110105********002X"}"#),
            (#"{"x":"pii.phone"}"#, #"{"x":"13812341234"}"#, #"{"x":"138****1234"}"#),
            (#"{"x":"pii.phone"}"#, #"{"x":13812341234}"#, #"{"x":"138****1234"}"#),
            (#"{"x":"pii.account"}"#, #"{"x":"6222020200001234"}"#, #"{"x":"****1234"}"#),
            (#"{"x":"pii.id"}"#, #"{"x":"odd"}"#, #"{"x":"****"}"#),
            (#"{"x":"pii.id"}"#, #"{"x":true}"#, #"{"x":"****"}"#),
            (#"{"x":"pii.name"}"#, #"{"x":["张三","李四"]}"#, #"{"x":["张*","李*"]}"#),
            (#"{"x":"pii.name"}"#, #"{"x":{"y":"张三"}}"#, "{}"),
            (#"{"p.x":"pii.name","p":"public"}"#, #"{"p":{"x":"张三"}}"#, #"{"p":{"x":"张*"}}"#),
        ]
        for (fields, body, released) in cases { #expect(defects(fields, body, released) == []) }
    }

    @Test func `of an answer to a verification only the bit is told, also of a fact that holds more and by a rule that lists more`() {
        let rule = CatalogEntry(
            kind: "releaseRule", id: "answered.v1", version: 1, effectiveFrom: exchangeInstant("2020-01-01T00:00:00Z"),
            body: exchangeJSON(
                #"{"title":{"en":"x","zh":"x"},"purpose":"p","needsConsent":false,"receivers":["source"],"categories":[],"forwards":[{"recordType":"answered","to":"source:tax"}],"fields":{"data.holds":"public","data.askedId":"public","data.amount":"public"}}"#
            ))
        func item(_ mode: String, version: Int64 = 1, reference: String = #","reference":"askedId""#) -> CatalogEntry {
            CatalogEntry(
                kind: "informationItem", id: "i", version: version, effectiveFrom: exchangeInstant("2020-01-01T00:00:00Z"),
                body: exchangeJSON(
                    #"{"mode":"\#(mode)","verification":{"request":"q","answer":"answered","bit":"holds"\#(reference)}}"#))
        }
        func told(_ data: String, _ mode: String = "verification", then more: [CatalogEntry] = []) -> [String] {
            var house = ExchangeHouse(ExchangeHouse.entries + [rule, item(mode)] + more)
            house.hear(exchangeFact("answered", "f1", at: "2026-05-01T00:00:00Z", data: data))
            return house.left.map { message in
                let body = exchangeJSON(String(decoding: message.value, as: UTF8.self))
                return body["data"].map { String(decoding: $0.rawBytes, as: UTF8.self) } ?? "nothing"
            }
        }
        #expect(told(#"{"askedId":"V-1","holds":true,"amount":1200}"#) == [#"{"holds":true,"askedId":"V-1"}"#])
        #expect(told(#"{"askedId":"V-1","holds":{"amount":1200}}"#) == [#"{"askedId":"V-1"}"#])
        #expect(told(#"{"askedId":"\#(String(repeating: "x", count: 81))","holds":1200}"#) == ["nothing"])
        // A version that says it wrongly does not open the door.
        let wrong = item("verification", version: 2, reference: "")
        #expect(told(#"{"askedId":"V-1","holds":true,"amount":1200}"#, then: [wrong]) == [#"{"holds":true,"askedId":"V-1"}"#])
        // What is stored is told as the rule lists it.
        #expect(told(#"{"askedId":"V-1","holds":true,"amount":1200}"#, "stored") == [#"{"askedId":"V-1","holds":true,"amount":1200}"#])
    }

    @Test func `a field that is masked in the rule is masked on the way out`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant())
        house.hear(
            exchangeRequest(
                type: "financing.application.v1", purpose: "loan-application", categories: [],
                body: #"{"applicationId":"a","legalPerson":"王小明","consentId":"forged","releaseId":"forged","secret":1}"#))
        #expect(
            house.left.map { String(decoding: $0.value, as: UTF8.self) }
                == [#"{"releaseId":"r1","consentId":"c1","applicationId":"a","legalPerson":"王*"}"#])
    }

    @Test func `each defect of a rule is named`() {
        #expect(defects(#"{"a":"secret"}"#, "{}", "{}").contains { $0.contains("no class that may leave") })
        #expect(defects(#"{"a":"open"}"#, "{}", "{}").contains { $0.contains("no class that may leave") })
        #expect(defects(#"{"a..b":"public"}"#, "{}", "{}").contains { $0.contains("no class that may leave") })
        #expect(defects("{}", "{}", "{}").contains { $0.contains("lists nothing") })
        #expect(defects(#"{"a":"public"}"#, #"{"a":1}"#, "{}").contains { $0.contains("should release {} and releases {\"a\":1}") })
        #expect(defects(#"{"a":"public"}"#, "[]", "{}").contains { $0.contains("`body`") })
        let careless = exchangeRule("x.v1", purpose: "post-loan", categories: "[]", fields: #"{"a":"public"}"#)
        let twoDefects = ["there is no example", "consent is needed and `categories` names none"]
        #expect(Exchange.defects(of: careless, examples: [], in: .empty) == twoDefects)
        for receivers in ["[]", #"["source","bank"]"#, #""source""#] {
            let rule = exchangeRule(
                "x.v1", purpose: "p", needsConsent: false, receivers: receivers, categories: "[]", fields: #"{"a":"public"}"#)
            #expect(
                Exchange.defects(of: rule, examples: [], in: .empty).contains("`receivers` is not a list of portal, institution, source"))
        }
        let consented = exchangeRule(
            "x.v1", purpose: "p", receivers: #"["source"]"#, categories: #"["loan"]"#, fields: #"{"a":"public"}"#)
        #expect(Exchange.defects(of: consented, examples: [], in: .empty).contains("`receivers` names source, and consent is needed"))
        for (needsConsent, categories, onlyTo, defect) in [
            (true, #"["loan"]"#, #""writer""#, "`onlyTo` is for what needs no consent and has no categories"),
            (false, #"["loan"]"#, #""writer""#, "`onlyTo` is for what needs no consent and has no categories"),
            (false, "[]", "\"\"", "`onlyTo` is not the name of a member"), (false, "[]", "true", "`onlyTo` is not the name of a member"),
        ] {
            let rule = exchangeRule(
                "x.v1", purpose: "p", needsConsent: needsConsent, categories: categories, fields: #"{"a":"public"}"#,
                more: #","onlyTo":\#(onlyTo)"#)
            #expect(Exchange.defects(of: rule, examples: [], in: .empty).contains(defect), "\(onlyTo)")
        }
        let empty = CatalogEntry(kind: "releaseRule", id: "x", version: 1, effectiveFrom: .epoch, body: exchangeJSON("[]"))
        #expect(Exchange.defects(of: empty, examples: [], in: .empty).contains("the body is not an object"))
        let purpose = CatalogEntry(kind: "purpose", id: "policy", version: 1, effectiveFrom: .epoch, body: exchangeJSON("{}"))
        let rule = exchangeRule("x.v1", purpose: "post-loan", categories: #"["loan"]"#, fields: #"{"a":"public"}"#)
        let catalog = Catalog(version: 1, entries: [purpose])
        #expect(Exchange.defects(of: rule, examples: [exchangeJSON(#"{"body":{},"out":{}}"#)], in: catalog) == [])
        #expect(
            CatalogNames(catalog).defects(of: Exchange.references(of: rule)) == [
                "line 1: `purpose` names `post-loan`, and there is no such purpose; nothing that is known reads like it",
                "line 1: `categories` names `loan`, and there is no such consent category; nothing that is known reads like it",
            ])
    }

    @Test(arguments: ["base", "governance"]) func `the release rules of a pack have no defect`(name: String) throws {
        let pack = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "packs/\(name)/releaseRules.json")
        guard let bytes = try? Data(contentsOf: pack) else { return print("skipped: no pack \(name)") }
        let entries = try JSONDocument(parsing: Array(bytes)).root
        #expect(entries.count > 0)
        for json in entries.elements {
            let entry = try CatalogEntry(json)
            let examples = json["examples"].map { Array($0.elements) } ?? []
            #expect(Exchange.defects(of: entry, examples: examples, in: .empty) == [], "\(entry.id)")
        }
    }
}
