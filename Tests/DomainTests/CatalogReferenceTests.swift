import Contracts
import Deciding
import ExchangeDomain
import GovernanceDomain
import IngestionDomain
import MatchmakingDomain
import PolicyPushDomain
import ScoringDomain
import Testing
import Vocabulary
import Wire

@testable import RiskMonitoringDomain

/// Names in one entry that must be the names of others.
@Suite struct CatalogReferenceTests {
    private func references(of entry: CatalogEntry) -> [CatalogReference] {
        [
            Ingestion.references(of: entry), Governance.references(of: entry), Scoring.references(of: entry),
            Matchmaking.references(of: entry), PolicyPush.references(of: entry), RiskMonitoring.references(of: entry),
            Exchange.references(of: entry),
        ].flatMap { $0 }
    }

    @Test func `every name in the packs leads somewhere`() throws {
        let entries = try GovernancePacks.all().flatMap { try GovernancePacks.entries(of: $0).map(\.entry) }
        let names = CatalogNames(Catalog(version: 1, entries: entries))
        var counts: [String: Int] = [:]
        for entry in entries {
            let found = references(of: entry)
            counts[entry.kind, default: 0] += found.count
            #expect(names.defects(of: found) == [], "\(entry.key)")
        }
        for kind in [
            "recordType", "source", "layout", "indicator", "tag", "dimension", "model", "whitelist", "product", "policy", "riskRule",
            "releaseRule", "qualityRule", "crossCheck", "sourceTrust", "informationItem",
        ] {
            #expect(counts[kind, default: 0] > 0, "\(kind)")
        }
    }

    private static let known: Catalog = {
        var entries = GovernanceHouse.baseEntries
        for (kind, id) in [
            ("source", "tax-office"), ("institution", "bank-a"), ("indicator", "sales-12m"), ("tag", "steady"), ("purpose", "collection"),
            ("consentCategory", "bank-flow"),
        ] {
            entries.append(GovernanceHouse.entry(kind, id, "{}"))
        }
        entries.append(
            CatalogEntry(
                kind: "source", id: "gone", version: 1, effectiveFrom: .epoch, isWithdrawn: true, body: GovernanceHouse.json("{}")))
        return Catalog(version: 1, entries: entries)
    }()

    private func defects(_ kind: String, _ body: String, id: String = "x") -> [String] {
        CatalogNames(Self.known).defects(of: references(of: GovernanceHouse.entry(kind, id, body)))
    }

    private struct Slip {
        let kind: String
        let body: String
        let said: String

        init(_ kind: String, _ body: String, _ said: String) {
            self.kind = kind
            self.body = body
            self.said = said
        }
    }

    /// A body with one wrong name, and what is said of it.
    private static let slips: [Slip] = [
        Slip(
            "recordType", "{\n\"consentCategory\":\"bank-folw\",\"writers\":[\"source:tax-office\",\"source:*\",\"portal\",\"house\"]}",
            "line 2: `consentCategory` names `bank-folw`, and there is no such consent category; the nearest is `bank-flow`"),
        Slip(
            "recordType", "{\"writers\":[\"institution:bank-a\",\n\"source:tax-ofice\"]}",
            "line 2: `writers` names `tax-ofice`, and there is no such source; the nearest is `tax-office`"),
        Slip(
            "recordType", "{\"writers\":[\"source:gone\"]}",
            "line 1: `writers` names `gone`, a source that was withdrawn; nothing that is known reads like it"),
        Slip(
            "recordType", "{\"writers\":[\"portal\"],\n\"repairs\":{\"step\":\"approved\",\"recordType\":\"penatly\"}}",
            "line 2: `repairs` names `penatly`, and there is no such record type; the nearest is `penalty`"),
        Slip(
            "source", "{\"recordTypes\":[\"tax.return\",\n\"tax.retrun\"]}",
            "line 2: `recordTypes` names `tax.retrun`, and there is no such record type; the nearest is `tax.return`"),
        Slip(
            "layout", "{\"source\":\"tax-office\",\"recordType\":\"tax.returns\"}",
            "line 1: `recordType` names `tax.returns`, and there is no such record type; the nearest is `tax.return`"),
        Slip(
            "informationItem", "{\"source\":\"tax-office\",\"recordTypes\":[\"tax.return\",\n\"tax.retrun\"]}",
            "line 2: `recordTypes` names `tax.retrun`, and there is no such record type; the nearest is `tax.return`"),
        Slip(
            "informationItem", "{\"sources\":[{\"id\":\"tax-office\"},\n{\"id\":\"tax-ofice\"}]}",
            "line 2: `sources` names `tax-ofice`, and there is no such source; the nearest is `tax-office`"),
        Slip(
            "informationItem", #"{"source":"gone"}"#,
            "line 1: `source` names `gone`, a source that was withdrawn; nothing that is known reads like it"),
        Slip(
            "informationItem", #"{"consentCategory":"bank-folw"}"#,
            "line 1: `consentCategory` names `bank-folw`, and there is no such consent category; the nearest is `bank-flow`"),
        Slip(
            "informationItem", #"{"recordTypes":["penalty"],"registry":{"division":"clas","status":"class"}}"#,
            "line 1: `registry` names `clas`, and `penalty` has no such field; the nearest is `class`"),
        Slip(
            "informationItem", "{\"verification\":{\"request\":\"pair\",\n\"answer\":\"penatly\"}}",
            "line 2: `verification` names `penatly`, and there is no such record type; the nearest is `penalty`"),
        Slip(
            "qualityRule",
            #"{"recordTypes":["tax.return"],"severity":"flag","weight":1,"owner":"source:tax-ofice","logic":{"var":"data.sales"}}"#,
            "line 1: `owner` names `tax-ofice`, and there is no such source; the nearest is `tax-office`"),
        Slip(
            "crossCheck",
            #"{"owner":"institution:bank-b","parts":[{"as":"a","recordType":"pair","key":["left"]},{"as":"b","recordType":"penalty","key":["class"]}],"checks":[{"id":"c","logic":{"==":[{"var":"a.amount"},{"var":"b.count"}]}}]}"#,
            "line 1: `owner` names `bank-b`, and there is no such institution; the nearest is `bank-a`"),
        Slip(
            "qualityRule",
            #"{"recordTypes":["tax.retrun"],"severity":"flag","weight":1,"logic":{"==":[{"var":"data.sales"},1]}}"#,
            "line 1: `recordTypes` names `tax.retrun`, and there is no such record type; the nearest is `tax.return`"),
        Slip(
            "qualityRule",
            "{\"recordTypes\":[\"tax.return\"],\"severity\":\"flag\",\"weight\":1,\"logic\":{\"==\":[{\"var\":\"previous.sales\"},\n{\"var\":\"data.sale\"}]}}",
            "line 2: `logic` names `sale`, and `tax.return` has no such field; the nearest is `sales`"),
        Slip(
            "qualityRule", #"{"recordTypes":["tax.return"],"severity":"flag","weight":1,"logic":{"var":"hasPrevius"}}"#,
            "line 1: `logic` names `hasPrevius`, which means nothing there; the nearest is `hasPrevious`"),
        Slip(
            "qualityRule",
            #"{"recordTypes":["tax.return"],"severity":"flag","weight":1,"others":{"pairs":"pair"},"logic":{"var":"other.pair.amount"}}"#,
            "line 1: `logic` names `pair`, which means nothing there; the nearest is `pairs`"),
        Slip(
            "qualityRule",
            #"{"recordTypes":["tax.return"],"severity":"flag","weight":1,"others":{"pairs":"pairs"},"logic":{"var":"data.sales"}}"#,
            "line 1: `others` names `pairs`, and there is no such record type; the nearest is `pair`"),
        Slip(
            "qualityRule",
            #"{"recordTypes":["tax.return"],"severity":"flag","weight":1,"owner":"source:tax-ofice","logic":{"var":"hasPrevious"}}"#,
            "line 1: `owner` names `tax-ofice`, and there is no such source; the nearest is `tax-office`"),
        Slip(
            "crossCheck",
            #"{"parts":[{"as":"a","recordType":"pair","key":["left"]},{"as":"b","recordType":"penatly","key":["class"]}],"checks":[{"id":"c","logic":{"==":[{"var":"a.amount"},{"var":"b.count"}]}}]}"#,
            "line 1: `parts` names `penatly`, and there is no such record type; the nearest is `penalty`"),
        Slip(
            "crossCheck",
            #"{"parts":[{"as":"a","recordType":"pair","key":["left"]},{"as":"b","recordType":"penalty","key":["klass"]}],"checks":[{"id":"c","logic":{"==":[{"var":"a.amount"},{"var":"key"}]}}]}"#,
            "line 1: `key` names `klass`, and `penalty` has no such field; the nearest is `class`"),
        Slip(
            "crossCheck",
            #"{"parts":[{"as":"a","recordType":"pair","key":["left"]},{"as":"b","recordType":"penalty","key":["class"]}],"tolerance":{"share":1},"checks":[{"id":"c","logic":{"==":[{"var":"tolerance.shere"},1]}}]}"#,
            "line 1: `c` names `shere`, which means nothing there; the nearest is `share`"),
        Slip(
            "crossCheck",
            #"{"parts":[{"as":"form","recordType":"pair","key":[]},{"as":"b","recordType":"penalty","key":[]}],"form":"form","fields":[{"field":"amount","part":"b","of":"clas"}]}"#,
            "line 1: `fields` names `clas`, and `penalty` has no such field; the nearest is `class`"),
        Slip(
            "sourceTrust", #"{"writer":"source:tax-ofice","weightBp":1}"#,
            "line 1: `writer` names `tax-ofice`, and there is no such source; the nearest is `tax-office`"),
        Slip(
            "indicator", #"{"type":"series","recordType":"tax.return","aggregate":"sum","field":"sale","months":12}"#,
            "line 1: `field` names `sale`, and `tax.return` has no such field; the nearest is `sales`"),
        Slip(
            "indicator", #"{"type":"ratio","numerator":"sales-12m","denominator":"sales-21m"}"#,
            "line 1: `ratio` names `sales-21m`, and there is no such indicator; the nearest is `sales-12m`"),
        Slip(
            "tag", #"{"logic":{">":[{"var":"points"},1]}}"#,
            "line 1: `logic` names `points`, and there is no such indicator; nothing that is known reads like it"),
        Slip(
            "dimension", #"{"items":[{"id":"i","logic":{"var":"sales12m"},"points":1}]}"#,
            "line 1: `items` names `sales12m`, and there is no such indicator; the nearest is `sales-12m`"),
        Slip(
            "model", "{\"appliesTo\":true,\"scorecard\":{\"features\":[\n{\"indicator\":\"sales-12\"}]}}",
            "line 2: `features` names `sales-12`, and there is no such indicator; the nearest is `sales-12m`"),
        Slip(
            "model", #"{"appliesTo":{">":[{"var":"points"},1]}}"#,
            "line 1: `appliesTo` names `points`, and there is no such indicator, tag or other fact; nothing that is known reads like it"),
        Slip(
            "whitelist", #"{"logic":{"var":"tag.stedy"}}"#,
            "line 1: `logic` names `tag.stedy`, and there is no such indicator, tag or other fact; the nearest is `tag.steady`"),
        Slip(
            "product", #"{"institution":"bank-b","conditions":[],"limit":1}"#,
            "line 1: `institution` names `bank-b`, and there is no such institution; the nearest is `bank-a`"),
        Slip(
            "product", #"{"institution":"bank-a","conditions":[{"logic":{"var":"ponits"}}],"limit":{"var":"request.amount"}}"#,
            "line 1: `conditions` names `ponits`, and there is no such indicator, tag or other fact; the nearest is `points`"),
        Slip(
            "policy", #"{"conditions":[{"logic":{"var":"points"}}],"amount":{"var":"request.amount"}}"#,
            "line 1: `amount` names `request.amount`, and there is no such indicator, tag or other fact; nothing that is known reads like it"
        ),
        Slip(
            "riskRule", #"{"logic":{"and":[{"var":"loan.count"},{"var":"loan.balanse"}]}}"#,
            "line 1: `logic` names `loan.balanse`, and there is no such indicator, tag or other fact; the nearest is `loan.balance`"),
        Slip(
            "releaseRule",
            #"{"purpose":"colection","needsConsent":false,"categories":["bank-flow"],"fields":{"a":"public"}}"#,
            "line 1: `purpose` names `colection`, and there is no such purpose; the nearest is `collection`"),
        Slip(
            "releaseRule",
            #"{"purpose":"collection","needsConsent":false,"receivers":["source"],"categories":[],"fields":{"a":"public"},"forwards":[{"recordType":"pair","to":"source:tax"}]}"#,
            "line 1: `forwards` names `tax`, and there is no such source; nothing that is known reads like it"),
    ]

    @Test func `a name that leads nowhere is told with its line and the nearest that is known`() {
        for slip in Self.slips { #expect(defects(slip.kind, slip.body) == [slip.said], "\(slip.kind) \(slip.body)") }
    }

    @Test func `the rules in a record type speak of its own fields`() {
        let body =
            #"{"writers":["portal"],"businessKey":[],"fields":{},"staleAfter":{"from":"publishdOn","months":1},"rules":[{"id":"r","severity":"flag","weight":1,"logic":{"var":"data.decisionNr"}}]}"#
        #expect(
            defects("recordType", body, id: "penalty") == [
                "line 1: `logic` names `decisionNr`, and `penalty` has no such field; the nearest is `decisionNo`",
                "line 1: `staleAfter` names `publishdOn`, and `penalty` has no such field; the nearest is `publishedOn`",
            ])
    }

    @Test func `a desk that answers for a rule is no entry, and neither is nobody`() {
        for owner in ["", "desk", "desk:data-quality", "source:tax-office", "institution:bank-a"] {
            let rule =
                #"{"recordTypes":["tax.return"],"severity":"flag","weight":1,"owner":"\#(owner)","logic":{"var":"data.sales"}}"#
            #expect(defects("qualityRule", rule) == [], "\(owner)")
        }
    }

    @Test func `what was withdrawn speaks of nothing`() {
        for slip in Self.slips {
            let entry = CatalogEntry(
                kind: slip.kind, id: "x", version: 1, effectiveFrom: .epoch, isWithdrawn: true, body: GovernanceHouse.json(slip.body))
            #expect(references(of: entry).isEmpty, "\(slip.kind)")
        }
    }

    @Test func `what rules may ask about a subject is what it is told with`() throws {
        let score = Score(
            scoreID: "s", points: 1, grade: "A", low: 1, high: 1, defaultProbability: 0, reasons: [], model: "m", modelVersion: 1)
        let portrait = Portrait(
            subject: "s", revision: 1, asOf: .epoch, name: "n", region: "430100", industry: "C", subjectKind: "enterprise", indicators: [],
            tags: [], dimensions: [], score: score, publicGrade: "A", catalogVersion: 1)
        let facts = SubjectFacts(portrait)
        for name in SubjectFacts.names { #expect(facts.value(name) != nil, "\(name)") }
        for name in SubjectFacts.requestNames { #expect(facts.value(name) == nil, "\(name)") }
        var state = RiskState()
        state.portrait = try PortraitFacts(try JSONDocument(parsing: portrait.bytes).root)
        #expect(Set(state.facts(over: []).keys) == RiskState.factNames)
    }
}
