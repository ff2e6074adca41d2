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
        #expect(defects("purpose", "collection", #"{"title":{"en":"Collection","zh":"归集"}}"#) == [])
        #expect(defects("consentCategory", "bank-flow", #"{"title":{"en":"Flow","zh":"流水"}}"#) == [])
        #expect(defects("calendar", "cn", #"{"years":[{"year":2026,"off":["2026-01-01"],"work":["2026-01-04"]}]}"#) == [])
        #expect(defects("product", "of-another-service", "[]") == [])
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
