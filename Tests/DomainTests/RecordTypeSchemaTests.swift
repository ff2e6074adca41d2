import Contracts
import Deciding
import IngestionDomain
import Schema
import Testing
import Vocabulary
import Wire

/// A record type stated as a JSON Schema says the same as one stated as fields.
@Suite struct RecordTypeSchemaTests {
    private let fields =
        #"{"period":{"type":"month","required":true},"sales":{"type":"yuan","required":true,"min":0},"grade":{"type":"enum","values":["A","B"]},"legalPerson":{"type":"text","maxLength":4,"class":"pii.name"},"payer":{"type":"uscc"},"staff":{"type":"int","max":1000},"share":{"type":"number","min":0,"max":1},"free":{"type":"number"},"ok":{"type":"bool"},"on":{"type":"day"},"at":{"type":"instant"},"where":{"type":"division"},"trade":{"type":"industry"},"list":{"type":"list","maxLength":3},"few":{"type":"list","values":["x","y"],"required":true},"no":{"type":"text","pattern":"[A-Z]{2}\\d+"},"any":{"type":"text","pattern":".+","required":true},"title":{"type":"text","required":true}}"#

    private static let values = [
        "null", "true", "1", "-1", "0.5", "1.5", "1.005", "1.500", "1001", "1e2", "1e400", "1e-300", "99999999999999999999",
        "-99999999999999999999",
        "92233720368547758.08", #""""#, #""A""#, #""C""#, #""abcde""#, #""2026-06""#, #""2026-13""#, #""2026-02-28""#, #""2026-02-30""#,
        #""2026-02-28T00:00:00+08:00""#, #""430100""#, #""43010""#, #""C3911""#, #""Z1""#, #""AB1""#, #""xAB1""#, #""a\nb""#,
        #""\u0041B1""#,
        #""91430102PDY000079R""#, #""91430102PDY0000790""#, #"[]"#, #"["x"]"#, #"["abc","abcd"]"#, #"["z"]"#, "[1]", "{}",
    ]

    private func type(_ member: String) throws -> RecordType {
        let body = GovernanceHouse.json(#"{"writers":["source:tax"],"businessKey":["period"],"rules":[],\#(member)}"#)
        var defects: [String] = []
        let type = RecordType(
            CatalogEntry(kind: "recordType", id: "t", version: 1, effectiveFrom: .epoch, body: body), defects: &defects)
        #expect(defects == [])
        return try #require(type)
    }

    private func converted(_ fields: String) throws -> String {
        let schema = try #require(RecordTypeSchema.schema(ofFields: GovernanceHouse.json(fields)))
        return String(decoding: schema, as: UTF8.self)
    }

    @Test func `converted fields refuse the same bodies with the same codes`() throws {
        let old = try type("\"fields\":\(fields)")
        let new = try type("\"schema\":\(try converted(fields))")
        let names = GovernanceHouse.json(fields).members.map(\.key) + ["extra"]
        let right: [String: String] = [
            "period": #""2026-06""#, "sales": "1.5", "few": #"["x"]"#, "any": #""a""#, "title": #""t""#, "grade": #""B""#,
        ]
        var compared = 0
        for name in names {
            for value in Self.values {
                var members = right
                members[name] = value
                for left in [nil, "sales", "title"] where left != name {
                    let body = members.filter { $0.key != left }.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
                    let text = "{" + body.joined(separator: ",") + "}"
                    // What 64 bits can not hold is out of range to a checker; a schema sees that it is no whole number, or no fen.
                    let isBeyond = ["sales", "staff"].contains(name) && ["1e-300", "92233720368547758.08"].contains(value)
                    // The first of each field: a schema goes on and says what else is wrong with it.
                    func words(_ type: RecordType) -> [String] {
                        var named: Set<String> = []
                        return type.defects(in: GovernanceHouse.json(text)).filter { named.insert($0.field).inserted }
                            .map { isBeyond ? $0.field : "\($0.field) \($0.code)" }.sorted()
                    }
                    #expect(words(old) == words(new), "\(text)")
                    compared += 1
                }
            }
        }
        print("record types as fields and as schemas: \(compared) bodies, the same codes")
    }

    @Test func `every record type of every pack is a schema, read from the bytes unless it is very wide, and its examples hold`() throws {
        let types = try GovernancePacks.all().flatMap { try GovernancePacks.entries(of: $0) }.filter { $0.entry.kind == "recordType" }
        #expect(types.count >= 104)
        for (entry, examples) in types {
            let stated = try #require(entry.body["schema"], "\(entry.id) states no schema")
            // An object of more members is read as a tree: the form of 161 fields is.
            #expect(try Schema(stated).readsBytes == ((stated["properties"]?.count ?? 0) <= 128), "\(entry.id)")
            #expect(!examples.isEmpty, "\(entry.id)")
            #expect(Ingestion.defects(of: entry, examples: examples, in: .empty) == [], "\(entry.id)")
        }
    }

    @Test func `no value is repeated of a field that is personal or does not say that it is not`() throws {
        let schema =
            #"{"$schema":"urn:xinqiao:schema:record","type":"object","required":["period"],"properties":{"period":{"format":"month","type":"string"},"open":{"class":"public","maxLength":1,"type":"integer"},"person":{"class":"pii.name","type":"integer"},"unsaid":{"type":"integer"},"deep":{"class":"public","type":"object","properties":{"name":{"class":"pii.name","type":"integer"}}}}}"#
        let found = try type("\"schema\":\(schema)").defects(
            in: GovernanceHouse.json(
                #"{"period":"2026-01","open":"Zhang A","person":"Zhang B","unsaid":"Zhang C","deep":{"name":"Zhang D"}}"#))
        // Too long for its `maxLength`, and a text where a number should be.
        #expect(found.map(\.pointer) == ["/open", "/person", "/unsaid", "/deep/name", "/open"])
        #expect(found.filter { $0.detail.contains("Zhang") }.map(\.field) == ["open"])
    }

    @Test func `every violation is listed with its pointer and none twice`() throws {
        let schema =
            #"{"$schema":"urn:xinqiao:schema:record","type":"object","required":["period","payer"],"additionalProperties":false,"properties":{"period":{"format":"month","type":"string","class":"public"},"payer":{"type":"string","enum":["a","b"],"class":"public"},"no":{"type":"string","pattern":"^[A-Z]+$","maxLength":3,"class":"public"},"lines":{"type":"array","class":"public","items":{"type":"object","required":["sales"],"additionalProperties":false,"properties":{"sales":{"type":"number","format":"money","class":"public"},"a/b":{"type":"integer","class":"public"}}}}}}"#
        let body =
            #"{"period":"2026-13","payer":null,"no":"abcd","lines":[{"sales":1.005},{"sales":2},{"a/b":"x","extra":1}],"more":1}"#
        let found = try type("\"schema\":\(schema)").defects(in: GovernanceHouse.json(body))
        let expected = [
            "/period date-impossible", "/payer field-missing", "/no pattern", "/no too-long", "/lines/0/sales money-decimals",
            "/lines/2/sales field-missing", "/lines/2/a~1b field-type", "/lines/2/extra field-unknown", "/more field-unknown",
        ]
        #expect(found.map { "\($0.pointer) \($0.code)" }.sorted() == expected.sorted())
        // The code of the refusal is the first thing of a field that is there.
        #expect(found.first?.code == "date-impossible")
        let detail = FieldDefect.detail(of: found)
        for defect in found { #expect(detail.contains("`\(defect.pointer)`: \(defect.code)"), "\(detail)") }
        #expect(!detail.contains("; and "), "\(detail)")
    }

    @Test(arguments: [
        (#""schema":{"type":"object","properties":{}}"#, "does not name"), (#""schema":[]"#, "not the schema of an object"),
        (
            #""schema":{"$schema":"urn:xinqiao:schema:record","type":"object","properties":{"period":{"type":"string","maxlength":3}},"required":["period"]}"#,
            "/properties/period/maxlength"
        ),
        (
            #""schema":{"$schema":"urn:xinqiao:schema:record","type":"object","properties":{"period":{"format":"date"}},"required":["period"]}"#,
            "format-unknown"
        ),
        (
            #""schema":{"$schema":"urn:xinqiao:schema:record","type":"object","properties":{"period":{"format":"month"}}}"#,
            "not required"
        ),
        (#""fields":{},"schema":{"$schema":"urn:xinqiao:schema:record","type":"object","properties":{}}"#, "exclude one another"),
    ])
    func `a schema that can not be used is named by what is wrong`(member: String, words: String) {
        let body = GovernanceHouse.json(#"{"writers":["source:tax"],"businessKey":["period"],"rules":[],\#(member)}"#)
        var defects: [String] = []
        let type = RecordType(CatalogEntry(kind: "recordType", id: "t", version: 1, effectiveFrom: .epoch, body: body), defects: &defects)
        #expect(type == nil)
        #expect(defects.contains { $0.contains(words) }, "\(defects)")
    }
}
