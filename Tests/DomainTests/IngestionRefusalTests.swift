import Contracts
import Deciding
import IngestionDomain
import Testing
import Vocabulary
import Wire

/// Ingestion at one moment: one message in, and what comes of it.
struct IngestionDoor {
    var now = GovernanceHouse.instant("2026-08-01T08:00:00Z")
    var catalog = IngestionDoor.base
    var topic = "source.tax.records.v1"
    var type = "tax.return"
    var id = "1"
    var subject = GovernanceHouse.firm(1)
    var time: Instant? = GovernanceHouse.instant("2026-07-15T00:00:00Z")

    static let base = Catalog(
        version: 1,
        entries: [
            GovernanceHouse.entry("source", "tax", "{}"), GovernanceHouse.entry("source", "court", "{}"),
            GovernanceHouse.entry("institution", "bank-a", "{}"),
            GovernanceHouse.entry(
                "recordType", "tax.return",
                #"{"class":"public","writers":["source:tax"],"consentCategory":null,"businessKey":["period"],"institutionField":null,"rules":[],"fields":{"period":{"type":"month","required":true},"sales":{"type":"yuan","required":true,"min":0},"grade":{"type":"enum","values":["A","B"]},"legalPerson":{"type":"text","maxLength":4,"class":"pii.name"},"payer":{"type":"uscc"},"staff":{"type":"int","max":1000},"share":{"type":"number","min":0,"max":1},"ok":{"type":"bool"},"on":{"type":"day"},"at":{"type":"instant"},"where":{"type":"division"},"trade":{"type":"industry"},"list":{"type":"list","maxLength":3},"no":{"type":"text","pattern":"[A-Z]{2}\\d+"},"title":{"type":"text","required":true}}}"#
            ),
            GovernanceHouse.entry(
                "recordType", "financing.accepted",
                #"{"class":"financial","writers":["institution:*"],"consentCategory":null,"businessKey":["institution","applicationId"],"institutionField":"institution","rules":[],"fields":{"applicationId":{"type":"text","required":true},"institution":{"type":"text","required":true}}}"#
            ),
            GovernanceHouse.entry(
                "recordType", "consent.granted",
                #"{"class":"control","writers":["portal"],"consentCategory":null,"businessKey":[],"rules":[],"fields":{"consentId":{"type":"text"}}}"#
            ),
            GovernanceHouse.entry("recordType", "broken", #"{"writers":["nobody"],"fields":{"x":{"type":"y"}},"businessKey":["z"]}"#),
        ])

    func message(_ body: JSONValue) -> Message {
        Message(
            topic: topic, partition: 3, offset: 17, key: subject, id: id, source: "test", type: type, subject: subject, time: time,
            body: body,
            sha256: "ab12")
    }

    func take(_ body: JSONValue) -> (refusal: Refusal?, effects: Effects, key: String) {
        let ingestion = Ingestion()
        var effects = Effects()
        switch ingestion.admit(message(body), catalog: catalog) {
        case .pass: return (Refusal(code: "passed", detail: ""), effects, "")
        case .refuse(let refusal): return (refusal, effects, "")
        case .handle(let key, _):
            var state = IngestionState()
            ingestion.decide(.message(message(body)), key: key, on: &state, at: now, catalog: catalog, effects: &effects)
            return (effects.refusal, effects, key)
        }
    }

    func code(_ body: String) -> String { take(GovernanceHouse.json(body)).refusal?.code ?? "accepted" }
    func detail(_ body: String) -> String { take(GovernanceHouse.json(body)).refusal?.detail ?? "" }
}

@Suite struct IngestionRefusalTests {
    private let right = #""period":"2026-06","sales":100.5,"title":"x""#

    @Test func `a right message becomes an accepted record and a row`() throws {
        let body = "{\(right)}"
        let (refusal, effects, key) = IngestionDoor().take(GovernanceHouse.json(body))
        #expect(refusal == nil)
        #expect(key == GovernanceHouse.firm(1))
        let sent = try #require(effects.messages.first)
        #expect(effects.messages.count == 1)
        #expect(sent.topic == Topic.ingestionRecords)
        #expect(sent.key == key)
        let record = try AcceptedRecord(JSONDocument(parsing: sent.value).root)
        #expect(record.recordID == "source:tax/1")
        #expect(record.receivedAt == GovernanceHouse.instant("2026-08-01T08:00:00Z"))
        #expect(record.origin == Origin(topic: "source.tax.records.v1", partition: 3, offset: 17, sha256: "ab12"))
        #expect(Array(record.data.rawBytes) == Array(body.utf8))
        #expect(effects.rows.map(\.table.name) == ["accepted_record"])
        #expect(effects.rows.first?.cells.count == AcceptedRecordTable.table.columns.count)
        let admission = Ingestion().admit(IngestionDoor().message(record.data), catalog: .empty)
        guard case .handle(_, let outsideID) = admission else { return #expect(Bool(false), "\(admission)") }
        #expect(outsideID == OutsideID(writer: "source:tax", id: "1"))
    }

    @Test func `an answer of a verification is one bit, whatever its type allows, and only while the item asks for it`() {
        var door = IngestionDoor()
        door.type = "answered"
        let type = GovernanceHouse.entry(
            "recordType", "answered",
            #"{"class":"control","writers":["source:tax"],"consentCategory":null,"businessKey":[],"rules":[],"fields":{"holds":{"type":"bool"},"askedId":{"type":"text","maxLength":4000},"amount":{"type":"int"}}}"#
        )
        let item =
            #""mode":"verification","recordTypes":[],"verification":{"request":"q","answer":"answered","bit":"holds","reference":"askedId"}"#
        let asked = GovernanceHouse.entry(
            "informationItem", "i", from: GovernanceHouse.instant("2026-07-01T00:00:00Z"), IngestionZoneTests.body(item))
        door.catalog = Catalog(version: 1, entries: IngestionDoor.base.all + [type, asked])
        #expect(door.code(#"{"askedId":"V-1","holds":true}"#) == "accepted")
        #expect(door.code(#"{"askedId":"V-1","holds":false,"amount":1200}"#) == "field-unknown")
        #expect(!door.detail(#"{"askedId":"V-1","holds":false,"amount":1200}"#).contains("1200"))
        #expect(door.code(#"{"askedId":"V-1","holds":null}"#) == "field-type")
        #expect(door.code(#"{"askedId":"\#(String(repeating: "信", count: 80))","holds":true}"#) == "accepted")
        #expect(door.code(#"{"askedId":"\#(String(repeating: "x", count: 81))","holds":true}"#) == "too-long")
        // Before the item was in force, nobody had promised that it is one bit.
        door.now = GovernanceHouse.instant("2026-06-30T00:00:00Z")
        door.time = GovernanceHouse.instant("2026-06-15T00:00:00Z")
        #expect(door.code(#"{"askedId":"V-1","holds":false,"amount":1200}"#) == "accepted")
    }

    @Test func `each wrong envelope is refused under its own code`() {
        func code(_ change: (inout IngestionDoor) -> Void, _ body: String? = nil) -> String {
            var door = IngestionDoor()
            change(&door)
            return door.code(body ?? "{\(right)}")
        }
        #expect(code { _ in } == "accepted")
        #expect(code { $0.topic = "elsewhere" } == "writer-unknown")
        #expect(code { $0.topic = "source.never-registered.records.v1" } == "writer-unknown")
        #expect(code { $0.topic = "institution.bank-z.in.v1" } == "writer-unknown")
        #expect(code { $0.type = "no.such" } == "type-unknown")
        #expect(code { $0.type = "" } == "type-unknown")
        #expect(code { $0.type = "broken" } == "type-unknown")
        #expect(code { $0.topic = "source.court.records.v1" } == "writer-not-allowed")
        #expect(code { $0.topic = "institution.bank-a.in.v1" } == "writer-not-allowed")
        #expect(code { $0.topic = "portal.in.v1" } == "writer-not-allowed")
        #expect(code { $0.id = "" } == "id-missing")
        #expect(code { $0.id = String(repeating: "x", count: 201) } == "id-too-long")
        #expect(code { $0.time = nil } == "time-missing")
        #expect(code { $0.time = $0.now + .seconds(86_401) } == "time-in-future")
        #expect(code { $0.time = $0.now + .seconds(86_400) } == "accepted")
        #expect(code({ _ in }, "[1]") == "body-not-an-object")
        #expect(code({ _ in }, "null") == "body-not-an-object")
    }

    @Test func `each wrong subject is refused under its own code`() {
        let right = GovernanceHouse.firm(1)
        func code(_ subject: String) -> String {
            var door = IngestionDoor()
            door.subject = subject
            return door.code("{\(self.right)}")
        }
        #expect(code("") == "subject-missing")
        #expect(code(String(right.dropLast()) + (right.last == "0" ? "1" : "0")) == "uscc-check-character")
        #expect(code("O" + right.dropFirst()) == "uscc-character")
        #expect(code("00" + right.dropFirst(2)) == "uscc-authority-and-kind")
        #expect(code("Ana Ltd") == "accepted")
        #expect(code("湖南某某有限公司") == "accepted")
        #expect(code(String(repeating: "信", count: 64)) == "accepted")
        #expect(code(String(repeating: "信", count: 65)) == "subject-invalid")
        #expect(code("a\nb") == "subject-invalid")
        #expect(code(" a") == "subject-invalid")
        #expect(code("a\u{85}b") == "subject-invalid")
    }

    @Test func `a code of the pilot years is an alias when the list has it and no code when it has not`() {
        let right = GovernanceHouse.firm(1)
        let pilot = String(right.dropLast()) + (right.last == "0" ? "1" : "0")
        let list = GovernanceHouse.entry("codeList", "pilot-codes", #"{"codes":[{"code":"\#(pilot)","means":"pilot"}]}"#)
        var door = IngestionDoor()
        door.catalog = Catalog(version: 2, entries: IngestionDoor.base.all + [list])
        for subject in [pilot, pilot.lowercased()] {
            door.subject = subject
            let taken = door.take(GovernanceHouse.json("{\(self.right)}"))
            #expect(taken.refusal == nil && taken.key == pilot)
        }
        door.subject = String(right.dropLast()) + (right.last == "2" ? "3" : "2")
        #expect(door.subject == pilot || door.code("{\(self.right)}") == "uscc-check-character")
    }

    @Test func `a code written in small letters lies in the same lane`() {
        var door = IngestionDoor()
        door.subject = door.subject.lowercased()
        #expect(door.take(GovernanceHouse.json("{\(right)}")).key == GovernanceHouse.firm(1))
    }

    @Test func `each wrong field is refused under its own code`() {
        let firm = GovernanceHouse.firm(1)
        let cases = [
            (#""extra":1"#, "field-unknown"), (#""grade":"C""#, "enum-value"), (#""grade":1"#, "field-type"),
            (#""legalPerson":"abcde""#, "too-long"), (#""legalPerson":1"#, "field-type"), (#""payer":"X""#, "uscc-length"),
            (#""payer":"\#(firm)""#, "accepted"), (#""payer":1"#, "field-type"), (#""staff":1.5"#, "field-type"),
            (#""staff":"7""#, "field-type"), (#""staff":1001"#, "out-of-range"), (#""staff":99999999999999999999"#, "out-of-range"),
            (#""staff":1e2"#, "accepted"), (#""share":1.01"#, "out-of-range"), (#""share":1e400"#, "out-of-range"),
            (#""share":1e-300"#, "accepted"), (#""ok":"true""#, "field-type"), (#""on":"2026-02-29""#, "date-impossible"),
            (#""on":"2026-02-28""#, "accepted"), (#""on":20260228"#, "field-type"), (#""at":"yesterday""#, "date-impossible"),
            (#""at":"2026-02-28T00:00:00+08:00""#, "accepted"), (#""where":"43010""#, "enum-value"), (#""where":"430100""#, "accepted"),
            (#""trade":"C3911""#, "accepted"), (#""trade":"Z1""#, "enum-value"), (#""list":["abc","abcd"]"#, "too-long"),
            (#""list":[1]"#, "field-type"), (#""list":"abc""#, "field-type"), (#""list":[]"#, "accepted"), (#""no":"AB1""#, "accepted"),
            (#""no":"AB""#, "pattern"), (#""no":"xAB1""#, "pattern"), (#""ok":null"#, "accepted"),
        ]
        for (field, code) in cases { #expect(IngestionDoor().code("{\(right),\(field)}") == code, "\(field)") }
        #expect(IngestionDoor().code(#"{"period":"2026-06","sales":100.5}"#) == "field-missing")
        #expect(IngestionDoor().code(#"{"period":"2026-06","sales":100.5,"title":""}"#) == "field-missing")
        #expect(IngestionDoor().code(#"{"period":"2026-06","sales":100.5,"title":null}"#) == "field-missing")
        #expect(IngestionDoor().code(#"{"period":"2026-13","sales":100.5,"title":"x"}"#) == "date-impossible")
        #expect(IngestionDoor().code(#"{"period":"2026-06","sales":100.505,"title":"x"}"#) == "money-decimals")
        #expect(IngestionDoor().code(#"{"period":"2026-06","sales":100.500,"title":"x"}"#) == "accepted")
        #expect(IngestionDoor().code(#"{"period":"2026-06","sales":-1,"title":"x"}"#) == "out-of-range")
        #expect(IngestionDoor().code(#"{"period":"2026-06","sales":92233720368547758.08,"title":"x"}"#) == "out-of-range")
    }

    @Test func `a refusal names every wrong field and no personal value`() {
        let detail = IngestionDoor().detail(#"{"period":"2026-13","sales":1.005,"extra":1,"legalPerson":"Zhang San"}"#)
        for part in [
            "`/period`: date-impossible", "`/sales`: money-decimals", "`/extra`: field-unknown", "`/title`: field-missing", "too-long",
        ] {
            #expect(detail.contains(part))
        }
        #expect(!detail.contains("Zhang"))
        let wrongKind = IngestionDoor().detail(#"{\#(right),"legalPerson":["Zhang San"],"grade":["Zhang San"]}"#)
        #expect(wrongKind.contains("`/legalPerson`: field-type (a text expected)"))
        #expect(wrongKind.contains(#"`/grade`: field-type (["Zhang San"]"#))
        #expect(IngestionDoor().detail(#"{\#(right),"list":["a","abcd"]}"#).contains("`/list/1`: too-long"))
    }

    @Test func `all wrong fields are named, up to sixteen thousand bytes, and the rest is counted`() {
        func detail(_ count: Int) -> String {
            IngestionDoor().detail("{" + (0..<count).map { "\"x\($0)\":1" }.joined(separator: ",") + "}")
        }
        let sixty = detail(60)
        for number in 0..<60 { #expect(sixty.contains("`/x\(number)`: field-unknown"), "\(number)") }
        #expect(!sixty.contains("; and ") && sixty.hasSuffix("`/title`: field-missing"), "\(sixty)")
        let many = detail(3_000)
        #expect(many.utf8.count <= FieldDefect.detailBytesMax && many.utf8.count > FieldDefect.detailBytesMax - 100)
        let named = many.ranges(of: "`: field-unknown").count
        // And the three that are missing.
        #expect(many.hasSuffix("; and \(3_003 - named) more"), "\(many.suffix(60))")
        #expect(IngestionDoor().detail("{\"\(String(repeating: "信", count: 9_000))\":1}").utf8.count < 2_000)
    }

    @Test func `an institution that speaks for another is refused as a security event`() {
        var door = IngestionDoor()
        door.topic = "institution.bank-a.in.v1"
        door.type = "financing.accepted"
        #expect(door.code(#"{"applicationId":"1","institution":"bank-a"}"#) == "accepted")
        #expect(door.code(#"{"applicationId":"1","institution":"bank-b"}"#) == "institution-mismatch")
        // One spelling, so that it is one institution everywhere.
        #expect(door.code(#"{"applicationId":"1","institution":"institution:bank-a"}"#) == "institution-mismatch")
    }

    @Test func `each moment has the version of the type that is in force then`() {
        func type(_ version: Int64, from: String, withdrawn: Bool = false, field: String) -> CatalogEntry {
            CatalogEntry(
                kind: "recordType", id: "t", version: version, effectiveFrom: GovernanceHouse.instant(from), isWithdrawn: withdrawn,
                body: GovernanceHouse.json(
                    #"{"writers":["portal"],"businessKey":[],"fields":{"\#(field)":{"type":"text","required":true}}}"#))
        }
        let broken = CatalogEntry(
            kind: "recordType", id: "t", version: 3, effectiveFrom: .epoch, body: GovernanceHouse.json(#"{"fields":{}}"#))
        var door = IngestionDoor()
        door.topic = Topic.portalIn
        door.type = "t"
        door.catalog = Catalog(
            version: 1,
            entries: [
                type(1, from: "2026-01-01T00:00:00Z", field: "a"), type(2, from: "2026-09-01T00:00:00Z", field: "b"), broken,
                type(4, from: "2026-10-01T00:00:00Z", withdrawn: true, field: "b"),
            ])
        #expect(door.catalog.view(IngestionCatalog.self).defects.keys.sorted() == ["recordType/t/3"])
        #expect(door.code(#"{"a":"x"}"#) == "accepted")
        door.now = GovernanceHouse.instant("2026-09-01T00:00:00Z")
        #expect(door.code(#"{"a":"x"}"#) == "field-unknown")
        #expect(door.code(#"{"b":"x"}"#) == "accepted")
        door.now = GovernanceHouse.instant("2026-10-01T00:00:00Z")
        #expect(door.code(#"{"b":"x"}"#) == "type-unknown")
    }
}
