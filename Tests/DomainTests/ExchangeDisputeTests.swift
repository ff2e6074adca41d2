import Contracts
import Deciding
import ExchangeDomain
import Testing
import Vocabulary
import Wire

/// What is told as it comes leaves with the mark of a statement under dispute.
@Suite struct ExchangeDisputeTests {
    private static func rule(_ fields: String, id: String = "penalty.told.v1") -> CatalogEntry {
        CatalogEntry(
            kind: "releaseRule", id: id, version: 1, effectiveFrom: exchangeInstant("2020-01-01T00:00:00Z"),
            body: exchangeJSON(
                #"{"title":{"en":"x","zh":"x"},"purpose":"supervision","needsConsent":false,"receivers":["source"],"categories":[],"#
                    + #""forwards":[{"recordType":"penalty","to":"source:tax"}],"fields":\#(fields)}"#))
    }

    private static let marked = #"{"factId":"internal","isDisputed":"internal","data.amount":"internal"}"#

    private func message(_ payload: some Payload, id: String) -> Message {
        Message(
            topic: Topic.governanceFacts, partition: 0, offset: 0, key: ExchangeHouse.subject, id: id, source: "xinqiao",
            type: type(of: payload).type, subject: ExchangeHouse.subject, time: nil,
            body: exchangeJSON(String(decoding: payload.bytes, as: UTF8.self)))
    }

    private func fact(_ id: String) -> Message {
        let at = exchangeInstant("2026-03-01T00:00:00Z")
        return message(
            Fact(
                factID: id, recordType: "penalty", writer: "source:court", subject: ExchangeHouse.subject, occurredAt: at, knownAt: at,
                origin: Origin(topic: "t", partition: 0, offset: 1, sha256: ""), quality: 10_000,
                data: exchangeJSON(#"{"amount":5,"x":1}"#)), id: id)
    }

    private func dispute(
        _ isOpen: Bool, second: Int64, objection: String = "X1", type: String = "penalty", of record: String = "p", as fact: String = "p"
    ) -> Message {
        message(
            FactDispute(
                disputeID: "\(ExchangeHouse.subject)/\(objection)", subject: ExchangeHouse.subject, recordID: record, factID: fact,
                recordType: type, occurredAt: exchangeInstant("2026-03-01T00:00:00Z"), period: nil, isOpen: isOpen,
                openedOn: Day(number: 20_500),
                dueOn: Day(number: 20_520), at: exchangeInstant("2026-05-01T00:00:00Z") + .seconds(second)), id: "\(objection)-\(second)")
    }

    /// What left, as the mark and whether the data went along.
    private func told(_ house: ExchangeHouse) -> [String] {
        house.left.map { message in
            let body = exchangeJSON(String(decoding: message.value, as: UTF8.self))
            let mark = body["isDisputed"]?.bool.map { String($0) } ?? "-"
            return "\(body["factId"]?.string ?? "-") \(mark) \(body["data"] == nil ? "mark" : "fact")"
        }
    }

    @Test func `a forwarded fact leaves with its mark, and the mark is told when it comes and goes`() {
        var house = ExchangeHouse(ExchangeHouse.entries + [Self.rule(Self.marked)])
        house.hear(fact("p"))
        house.hear(dispute(true, second: 1))
        house.hear(fact("q"))
        house.hear(dispute(false, second: 2))
        #expect(told(house) == ["p false fact", "p true mark", "q false fact", "p false mark"])
        #expect(house.left.allSatisfy { $0.topic == Topic.sourceOut("tax") && $0.type == "penalty.told.v1" })
        // Said again, and an older word after a newer one.
        house.hear(dispute(false, second: 2))
        house.hear(dispute(true, second: 1))
        #expect(house.left.count == 4)
    }

    @Test func `the dispute may come before the fact, and two of them end one by one`() {
        var house = ExchangeHouse(ExchangeHouse.entries + [Self.rule(Self.marked)])
        house.hear(dispute(true, second: 1))
        house.hear(dispute(true, second: 2, objection: "X2"))
        house.hear(fact("p"))
        house.hear(dispute(false, second: 3))
        house.hear(dispute(false, second: 4, objection: "X2"))
        #expect(told(house) == ["p true mark", "p true mark", "p true fact", "p true mark", "p false mark"])
    }

    @Test func `the mark is on the fact that was sent, whatever the record is called that the objection names`() {
        var house = ExchangeHouse(ExchangeHouse.entries + [Self.rule(Self.marked)])
        // Said again as `p2`, and `p` went with a merger and came back as `p/m`.
        house.hear(dispute(true, second: 1, of: "p2", as: "p"))
        house.hear(fact("p"))
        house.hear(fact("p2"))
        house.hear(fact("p/m"))
        house.hear(dispute(true, second: 2, of: "p2", as: "p/m"))
        house.hear(fact("p/m2"))
        #expect(
            told(house) == ["p true mark", "p true fact", "p2 false fact", "p/m false fact", "p/m true mark", "p/m2 false fact"])
    }

    @Test func `nobody hears of a dispute about what is not forwarded, and a rule without the mark is not published`() {
        var house = ExchangeHouse(ExchangeHouse.entries + [Self.rule(#"{"factId":"internal","data.amount":"internal"}"#)])
        guard case .pass = Exchange().admit(dispute(true, second: 1, type: "tax.return"), catalog: house.catalog) else {
            Issue.record("it is admitted")
            return
        }
        house.hear(dispute(true, second: 1))
        #expect(house.left.isEmpty)

        func defects(_ fields: String) -> [String] {
            Exchange.defects(
                of: Self.rule(fields), examples: [exchangeJSON(#"{"body":{"factId":"p"},"released":{"factId":"p"}}"#)], in: .empty)
        }
        #expect(defects(Self.marked) == [])
        let lacking = defects(#"{"factId":"internal","isDisputed.x":"internal"}"#)
        #expect(lacking == ["`forwards`: `fields` lacks `isDisputed`, so a contested statement would leave without its mark"])
    }
}
