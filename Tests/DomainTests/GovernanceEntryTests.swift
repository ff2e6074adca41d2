import Deciding
import GovernanceDomain
import Testing
import Vocabulary
import Wire

@Suite struct GovernanceEntryTests {
    private func defects(_ kind: String, _ id: String, _ body: String, examples: String = "[{}]") -> [String] {
        let entry = GovernanceHouse.entry(kind, id, body)
        return Governance.defects(of: entry, examples: Array(GovernanceHouse.json(examples).elements), in: .empty)
    }

    @Test func `right entries have no defects`() {
        #expect(
            defects("purpose", "collection", #"{"title":{"en":"Collection","zh":"归集"}}"#, examples: #"[{"purpose":"collection"}]"#) == [])
        let consent =
            #"[{"consent":{"receivers":["platform"],"categories":["bank-flow"],"purposes":["collection"]},"allows":true}]"#
        #expect(defects("consentCategory", "bank-flow", #"{"title":{"en":"Flow","zh":"流水"}}"#, examples: consent) == [])
        let term = #"[{"from":"2025-12-31","workingDays":2,"due":"2026-01-04","isProvisional":true}]"#
        let years = #"{"years":[{"year":2026,"off":["2026-01-01"],"work":["2026-01-04"],"isProvisional":true}]}"#
        #expect(defects("calendar", "cn", years, examples: term) == [])
        #expect(defects("product", "of-another-service", "[]") == [])
    }

    @Test func `examples of terms, weights, purposes and consents are run`() {
        let years = #"{"years":[{"year":2026,"off":["2026-10-01"],"work":["2026-10-10"]}]}"#
        func term(_ due: String, _ isProvisional: Bool = false) -> [String] {
            defects(
                "calendar", "cn", years,
                examples: #"[{"from":"2026-09-30","workingDays":1,"due":"\#(due)","isProvisional":\#(isProvisional)}]"#)
        }
        #expect(term("2026-10-02") == [])
        #expect(term("2026-10-01") == ["example 1: 1 working days after 2026-09-30 end on 2026-10-02, not on 2026-10-01"])
        #expect(term("2026-10-02", true) == ["example 1: 2026-10-02 is not provisional"])
        #expect(defects("calendar", "cn", years) == ["example 1: not {\"from\", \"workingDays\", \"due\"}"])

        let trust = #"{"writer":"source:tax","weightBp":7500}"#
        #expect(defects("sourceTrust", "tax", trust, examples: #"[{"qualityBp":9000,"becomes":6750}]"#) == [])
        #expect(
            defects("sourceTrust", "tax", trust, examples: #"[{"qualityBp":9000,"becomes":9000}]"#)
                == ["example 1: 9000 becomes 6750, not 9000"])
        #expect(
            defects("purpose", "policy", #"{"title":{"en":"P","zh":"政"}}"#, examples: #"[{"purpose":"polcy"}]"#)
                == ["example 1: `purpose` is not `policy`"])

        func consent(_ demands: String, _ consent: String, _ isAllowed: Bool) -> [String] {
            defects(
                "consentCategory", "land", #"{"title":{"en":"L","zh":"地"},"demands":[\#(demands)]}"#,
                examples: #"[{"consent":{\#(consent),"purposes":["collection"]},"allows":\#(isAllowed)}]"#)
        }
        let all = #""receivers":["*"],"categories":["*"]"#
        let named = #""receivers":["platform"],"categories":["land"]"#
        #expect(consent("", all, true) == [] && consent(#""separate""#, named, true) == [])
        #expect(consent(#""separate""#, all, true) == ["example 1: the consent does not allow the category"])
        #expect(consent(#""written""#, named, true) == ["example 1: the consent does not allow the category"])
        #expect(consent(#""written""#, named + #","signature":"s""#, true) == [])
        #expect(consent(#""forbidden""#, named, true).count == 1 && consent(#""forbidden""#, named, false) == [])
        #expect(consent("", #""receivers":["platform"],"categories":["tax"]"#, true).count == 1)
    }

    @Test func `examples of who is who are run with the table of divisions`() {
        let rule = #"{"name":60,"division":25,"legalPerson":15,"acceptFrom":80,"leadMin":20}"#
        let table = GovernanceHouse.entry(
            "divisionTable", "gb",
            #"{"divisions":[{"code":"430124","name":"a","validTo":"2017-04-10","successor":"430182","sourceChecked":false},{"code":"430182","name":"b","validFrom":"2017-04-10","sourceChecked":false}]}"#
        )
        func found(_ firm: String, _ answer: String, on day: String = "2026-05-01", _ body: String? = nil) -> [String] {
            let known =
                #"[{"id":"a","name":"星桥（集团）","division":"430182","legalPerson":"王"},{"id":"b","name":"星桥集团","division":"430302"},{"id":"c","name":"恒达","division":"430182"}]"#
            let entry = GovernanceHouse.entry("identityRule", "cn", body ?? rule)
            let examples = #"[{"firm":{"name":"星桥(集团)",\#(firm)},"known":\#(known),"on":"\#(day)","is":\#(answer)}]"#
            return Governance.defects(
                of: entry, examples: Array(GovernanceHouse.json(examples).elements), in: Catalog(version: 1, entries: [table, entry]))
        }
        #expect(found(#""division":"430124","legalPerson":"王""#, #""a""#) == [])
        // A day before the change the county was another.
        #expect(found(#""division":"430124","legalPerson":"王""#, "null", on: "2017-04-09") == [])
        #expect(found(#""division":"430302""#, #""b""#) == [])
        #expect(found(#""legalPerson":"李""#, "null") == [])
        #expect(
            found(#""legalPerson":"李""#, #""a""#) == ["example 1: it is for people to say (b 60, a 45), not `a`"])
        #expect(found(#""division":"430302""#, "null") == ["example 1: it is `b` (b 85, a 35), not for people to say"])
        let own = String(rule.dropLast()) + #","successors":{"430124":"430182"}}"#
        #expect(found(#""division":"430302""#, #""b""#, own) == ["`successors` are the `divisionTable`'s to say"])
    }

    @Test func `wrong entries are named`() {
        #expect(defects("purpose", "Up", #"{"title":{"en":"x"}}"#, examples: "[]").count == 3)
        #expect(defects("calendar", "cn", #"{"years":[]}"#) == ["`years` is not a list, or is empty"])
        #expect(
            defects("calendar", "cn", #"{"years":[{"year":2026,"off":["2026-02-30"],"work":[]}]}"#) == ["2026: `off` has what is no day"])
        #expect(defects("calendar", "cn", #"{"years":[{"year":2026,"off":[]}]}"#) == ["2026: `work` is not a list"])
        #expect(!defects("calendar", "cn", #"{"years":[{"year":2026,"off":["2025-01-01"],"work":[]}]}"#).isEmpty)
        #expect(defects("calendar", "cn", "7") == ["the body is not an object"])
        #expect(
            defects("calendar", "cn", #"{"years":[{"year":2026,"off":[],"work":[],"isProvisional":1}]}"#)
                == ["2026: `isProvisional` is not true or false"])
    }

    @Test func `the examples of a form are run by the comparison itself`() {
        let form =
            #"{"parts":[{"as":"form","recordType":"form","key":[]},{"as":"identity","recordType":"identity","key":[]}],"form":"form","fields":[{"field":"name","part":"identity"},{"field":"seat","part":"identity","of":"town"}]}"#
        func found(_ example: String) -> [String] { defects("crossCheck", "form", form, examples: "[\(example)]") }
        let file = #""file":{"identity":{"name":"A","town":"X"}}"#
        #expect(found(#"{"form":{"name":"A","seat":"Y"},\#(file),"differing":["seat"]}"#) == [])
        #expect(found(#"{"form":{"name":"A","seat":"X"},\#(file),"differing":[]}"#) == [])
        #expect(found(#"{"form":{"name":"A","seat":"Y"},\#(file),"differing":["name"]}"#) == ["example 1: differing are `seat`"])
        #expect(found(#"{"form":{"name":"A","seat":"X"},\#(file),"differing":["seat"]}"#) == ["example 1: differing are none"])
        // What the file does not have does not differ.
        #expect(found(#"{"form":{"name":"A","seat":"Y"},"file":{"identity":{"name":"A"}},"differing":[]}"#) == [])
        #expect(
            found(#"{"form":{"name":"A"},"file":{"name":"A"},"differing":[]}"#)
                == ["example 1: `file` has `name`, which is no part with its data"])
        #expect(found(#"{"form":{},"file":{}}"#) == ["example 1: `differing` is not a list"])
        let judged = String(form.dropLast()) + #","checks":[{"id":"c","logic":true}]}"#
        #expect(
            defects("crossCheck", "form", judged, examples: #"[{"form":{},"file":{},"differing":[]}]"#)
                == ["with a `form` its fields are compared, and `checks` are not judged"])
    }

    @Test func `what stands in a record type for governance is checked before it is published`() {
        let type =
            #"{"businessKey":["period"],"fields":{"period":{"type":"month"}},"rules":[{"id":"r","stage":"before","severity":"flag","weight":1,"logic":{"var":"hasPrevious"}}]}"#
        #expect(defects("recordType", "t", type) == ["rule `r`: reads more than the record before it is in"])
        let right = type.replacing("before", with: "during")
        #expect(defects("recordType", "t", right) == [])
        let stale = String(right.dropLast()) + #","staleAfter":{"from":"period"}}"#
        #expect(defects("recordType", "t", stale) == ["`staleAfter` is not {from, months 1…240}"])
    }

    @Test func `a rule that judges afterwards holds nothing and asks for nothing that is forgotten`() {
        func found(_ more: String, _ logic: String) -> [String] {
            defects(
                "qualityRule", "late", #"{"recordTypes":["t"],"stage":"after",\#(more),"weight":1,"owner":"","logic":\#(logic)}"#,
                examples: #"[{"data":{"a":1},"ageDays":1,"truth":"yes"}]"#)
        }
        #expect(found(#""severity":"flag""#, #"{"==":[{"var":"data.a"},1]}"#) == [])
        #expect(
            found(#""severity":"quarantine""#, #"{"==":[{"var":"data.a"},1]}"#)
                == ["rule `late`: what is judged afterwards is a fact: it may be flagged and not held"])
        #expect(
            found(#""severity":"flag""#, #"{"==":[{"var":"ageDays"},1]}"#) == ["rule `late`: `ageDays` is not known any more afterwards"])
    }
}
