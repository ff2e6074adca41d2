import Contracts
import Deciding
import IngestionDomain
import Testing
import Vocabulary

@Suite struct IngestionTotalityTests {
    @Test func `no body stops ingestion and each is either let in or refused`() {
        let names = [
            "period", "sales", "grade", "legalPerson", "payer", "staff", "share", "ok", "on", "at", "where", "trade", "list", "no", "title",
            "institution", "applicationId", "consentId",
        ]
        var dice = SplitMix64(seed: 99)
        var codes: Set<String> = []
        var door = IngestionDoor()
        for _ in 0..<10_000 {
            door.type = ["tax.return", "financing.accepted", "consent.granted"].randomElement(using: &dice) ?? ""
            door.topic =
                ["source.tax.records.v1", "institution.bank-a.in.v1", "portal.in.v1"].randomElement(using: &dice) ?? ""
            door.time = Instant(microseconds: Int64.random(in: .min ... .max, using: &dice) >> 10)
            let (refusal, effects, _) = door.take(GovernanceHouse.json(dice.tree(names)))
            codes.insert(refusal?.code ?? "accepted")
            #expect((refusal == nil) == (effects.messages.count == 1 && effects.rows.count == 1))
        }
        #expect(
            codes.isSuperset(of: ["accepted", "body-not-an-object", "field-type", "field-unknown", "time-in-future", "writer-not-allowed"]))
    }

    @Test func `neither a clock nor a change of the catalogue makes ingestion do anything`() {
        let ingestion = Ingestion()
        var state = IngestionState()
        var effects = Effects()
        for input in [Input.timer(DueTimer(name: "x", due: .epoch)), .sweep([GovernanceHouse.entry("source", "tax", "{}")])] {
            ingestion.decide(input, key: "x", on: &state, at: .epoch, catalog: .empty, effects: &effects)
        }
        #expect(effects.messages.isEmpty && effects.rows.isEmpty && effects.refusal == nil)
        #expect(state.bytes == Array("{}".utf8))
    }
}
