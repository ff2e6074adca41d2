import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary
import Wire

@Suite struct GovernanceTotalityTests {
    @Test func `no body stops governance and every state can be read again`() throws {
        let names = [
            "period", "sales", "uscc", "name", "aliases", "decisionNo", "class", "publishedOn", "fulfilledOn", "approvedOn", "consentId",
            "receivers", "categories", "purposes", "from", "until", "bank", "inflow", "amount", "recordId", "objectionId", "outcome",
            "appliedOn", "commitment", "recordType", "key", "repairable", "into", "alias", "division", "legalPerson", "endedOn",
        ]
        let types = [
            "registration", "tax.return", "bank-flow.month", "penalty", "penalty.repaired", "consent.granted", "consent.revoked",
            "happening", "pair", "quality.release", "quality.override", "objection.opened", "objection.answered", "repair.applied",
            "repair.approved", "consent.paused", "consent.resumed", "identity.merged", "identity.unmerged", "identity.resolved",
            "judicial.person",
        ]
        let more = [
            GovernanceHouse.type(
                "judicial.person", key: ["name", "period"],
                #","adverse":{"when":{">":[{"var":"data.amount"},0]},"from":"publishedOn","ended":{"nextInRow":true},"publication":{"classes":{"any":{"monthsMin":1,"monthsMax":9}},"otherwise":"any","untilEnded":true},"retention":"all"}"#,
                fields: #"{"name":{"type":"text"},"period":{"type":"month"},"amount":{"type":"int"},"publishedOn":{"type":"day"}}"#),
            GovernanceHouse.entry(
                "identityRule", "cn",
                #"{"name":60,"division":25,"legalPerson":15,"acceptFrom":60,"leadMin":20}"#),
            GovernanceHouse.entry(
                "crossCheck", "any",
                #"{"form":"a","parts":[{"as":"a","recordType":"tax.return","key":["period"]},{"as":"b","recordType":"bank-flow.month","key":["period"]}],"fields":[{"field":"sales","part":"b","of":"inflow"}]}"#
            ),
            GovernanceHouse.entry(
                "qualityRule", "any",
                #"{"recordTypes":["tax.return","happening"],"kind":"unit","severity":"flag","weight":5,"others":{"bank":"bank-flow.month"},"correctWithinWorkingDays":3,"logic":{"and":[{"<":[{"var":"data.sales"},{"var":"median.sales"}]},{"<":[{"var":"yearAgo.sales"},{"var":"other.bank.inflow"}]},{"!":[{"var":"sameAsPrevious"}]}]}}"#
            ),
        ]
        let subjects = (1...20).map { GovernanceHouse.firm($0) } + ["Ana", "Ben", "|"]
        var dice = SplitMix64(seed: 2026)
        var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + more))
        #expect(house.catalog.view(GovernanceCatalog.self).defects == [:])
        house.writesStates = false
        for number in 0..<5_000 {
            let subject = subjects.randomElement(using: &dice) ?? ""
            let data = dice.tree(names)
            let time = Instant(microseconds: Int64.random(in: .min ... .max, using: &dice) >> Int64.random(in: 0...20, using: &dice))
            let record = AcceptedRecord(
                recordID: "source:test/\(number % 2_500)", recordType: types.randomElement(using: &dice) ?? "", writer: "source:test",
                subject: subject, occurredAt: number % 2 == 0 ? GovernanceHouse.instant("2026-01-01T00:00:00Z") : time,
                receivedAt: house.now, origin: Origin(topic: "t", partition: 0, offset: 0, sha256: ""), data: GovernanceHouse.json(data))
            house.take(record)
            // Bodies that are no records at all, on both topics.
            let loose = Array(dice.tree(["recordId", "recordType", "writer", "subject", "occurredAt", "origin", "data", "alias"]).utf8)
            house.take(AcceptedRecord.type, loose, topic: Topic.ingestionRecords, key: subject)
            house.take(IdentityMessage.type, loose, topic: Topic.governanceIdentity, key: subject)
            for type in number % 4 > 0 ? [] : [NameClaim.type, NameQuestion.type, MergedStatement.type, TakenAway.type] {
                let names = [
                    "alias", "subject", "name", "division", "recordId", "occurredAt", "from", "recordType", "at", "quality", "origin",
                    "coming", "number", "data", "topic", "partition", "offset", "sha256", "saidAs", "said", "records", "type", "id",
                ]
                house.take(type, Array(dice.tree(names).utf8), topic: Topic.governanceIdentity, key: subject)
            }
            if number % 1_000 == 0 {
                house.now = house.now + .seconds(86_400 * 30)
                house.ring()
            }
        }
        #expect(house.facts.count > 100)
        for bytes in house.states.values {
            let json = try JSONDocument(parsing: bytes, limits: JSONLimits(bytesMax: 64 << 20)).root
            #expect(try GovernanceState(json).bytes == bytes)
        }
    }

    @Test func `a damaged state is refused and not overwritten`() throws {
        var state = try GovernanceState(GovernanceHouse.json(#"{"types":{"tax.return":{"slots":[{"key":"x"}]}}}"#))
        let before = state.bytes
        let record = GovernanceHouse.record(
            "1", "tax.return", of: GovernanceHouse.firm(1), at: "2026-01-01T00:00:00Z", #"{"period":"2026-01","sales":1}"#)
        let message = Message(
            topic: Topic.ingestionRecords, partition: 0, offset: 0, key: record.subject, id: "1", source: "", type: AcceptedRecord.type,
            subject: record.subject, time: nil, body: GovernanceHouse.json(String(decoding: record.bytes, as: UTF8.self)))
        var effects = Effects()
        Governance().decide(
            .message(message), key: record.subject, on: &state, at: .epoch, catalog: GovernanceHouse.base, effects: &effects)
        #expect(effects.refusal?.code == "field-missing")
        #expect(state.bytes == before)
    }
}
