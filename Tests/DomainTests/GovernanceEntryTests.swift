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
    }
}
