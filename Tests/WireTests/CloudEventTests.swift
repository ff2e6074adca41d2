import Testing
import Vocabulary
import Wire

struct CloudEventTests {
    static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    static let full = CloudEvent(
        id: "A-1", source: "/banks/icbc", type: "application.received.v1", time: Instant(rfc3339: "2026-05-10T08:00:00.5Z"),
        subject: "杭州", dataSchema: "urn:xinqiao:application:1", dataContentType: "application/json", partitionKey: "91330106MA2XYZ1234",
        sequence: 42, traceparent: trace, extensions: [("region", "330106"), ("lane", "a")], data: bytes(#"{"amountFen":1}"#))

    @Test func `binary mode goes out and comes back the same`() throws {
        let headers = Self.full.binaryHeaders()
        #expect(
            headers.map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" } == [
                "ce_specversion=1.0", "ce_id=A-1", "ce_source=/banks/icbc", "ce_type=application.received.v1",
                "ce_time=2026-05-10T08:00:00.500000Z", "ce_subject=杭州", "ce_dataschema=urn:xinqiao:application:1",
                "ce_partitionkey=91330106MA2XYZ1234", "ce_sequence=42", "ce_region=330106", "ce_lane=a", "content-type=application/json",
                "traceparent=" + Self.trace,
            ])
        #expect(try CloudEvent.decode(headers: headers + [("other", [0xFF])], value: Self.full.data) == Self.full)
        let bare = CloudEvent(id: "1", source: "s", type: "t")
        #expect(try CloudEvent.decode(headers: bare.binaryHeaders(), value: []) == bare)
    }

    @Test func `structured mode is read, whatever the case of its content type`() throws {
        let text = #"""
            {"specversion":"1.0","id":"A-1","source":"/banks/icbc","type":"application.received.v1","time":"2026-05-10T16:00:00.5+08:00",
             "subject":"杭州","dataschema":"urn:xinqiao:application:1","datacontenttype":"application/json",
             "partitionkey":"91330106MA2XYZ1234","sequence":"42","region":330106,"lane":"a","ignored":null,
             "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","data":{"amountFen":1}}
            """#
        for contentType in ["application/cloudevents+json", "Application/CloudEvents+JSON; charset=UTF-8", "APPLICATION/CLOUDEVENTS"] {
            #expect(try CloudEvent.decode(headers: [("Content-Type", bytes(contentType))], value: bytes(text)) == Self.full)
        }
    }

    @Test func `data in structured mode is JSON, text or base64`() throws {
        let cases: [(members: String, data: String)] = [
            (#""data":"text""#, #""text""#),
            (#""data":"te\"xt","datacontenttype":"text/plain""#, "te\"xt"),
            (#""data":[1, 2],"datacontenttype":"text/plain""#, "[1, 2]"),
            (#""data":"text","datacontenttype":"application/vnd.bank+json; charset=utf-8""#, #""text""#),
            (#""data_base64":"aGVsbG8=""#, "hello"), (#""data_base64":"aGVsbA==""#, "hell"), (#""data_base64":"aGVs""#, "hel"),
            (#""data_base64":"""#, ""), (#""data":null"#, ""), (#""data":null,"data_base64":"aGVs""#, "hel"), (#""x":true"#, ""),
        ]
        for (members, data) in cases {
            #expect(try structured(members).data == bytes(data), "\(members)")
        }
        #expect(try structured(#""x":true,"y":7"#).extensions.map { "\($0.0)=\($0.1)" } == ["x=true", "y=7"])
    }

    @Test func `a transport's traceparent wins and a malformed one is left out`() throws {
        let bare = CloudEvent(id: "1", source: "s", type: "t").binaryHeaders()
        let other = "00-ffffffffffffffffffffffffffffffff-b7ad6b7169203331-00"
        #expect(try CloudEvent.decode(headers: bare + [("ce_traceparent", bytes(other))], value: []).traceparent == other)
        let both = bare + [("ce_traceparent", bytes(other)), ("traceparent", bytes(Self.trace))]
        #expect(try CloudEvent.decode(headers: both, value: []).traceparent == Self.trace)
        for text in [
            "", "00", Self.trace.uppercased(), Self.trace + "-x", "ff" + Self.trace.dropFirst(2),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ] {
            #expect(try CloudEvent.decode(headers: bare + [("traceparent", bytes(text))], value: []).traceparent == nil, "\(text)")
        }
        #expect(CloudEvent.isTraceparent("01" + Self.trace.dropFirst(2) + "-later"))
    }

    @Test func `each defect of binary mode is named with its culprit`() {
        let cases: [(changed: String, to: [UInt8]?, CloudEventDefect, code: String)] = [
            ("ce_specversion", nil, .missingAttribute("specversion"), "missing-attribute"),
            ("ce_id", nil, .missingAttribute("id"), "missing-attribute"),
            ("ce_source", [], .missingAttribute("source"), "missing-attribute"),
            ("ce_type", [], .missingAttribute("type"), "missing-attribute"),
            ("ce_specversion", bytes("0.3"), .specVersionUnsupported("0.3"), "spec-version-unsupported"),
            ("ce_time", bytes("yesterday"), .badTime("yesterday"), "bad-time"),
            ("ce_sequence", bytes("4x"), .badSequence("4x"), "bad-sequence"),
            ("ce_subject", [0xFF], .notUTF8(header: "ce_subject"), "not-utf8"),
            ("content-type", [0xFF], .notUTF8(header: "content-type"), "not-utf8"),
            ("ce_subject", [0x61, 0], .badAttributeValue("subject"), "bad-attribute-value"),
            ("ce_Bad-Name", bytes("x"), .badAttributeName("Bad-Name"), "bad-attribute-name"),
            ("ce_data", bytes("x"), .badAttributeName("data"), "bad-attribute-name"),
            ("ce_long", [UInt8](repeating: 0x61, count: 8_186), .headerOverLimit(name: "ce_long", bytes: 8_193), "header-over-limit"),
            ("content-type", bytes("application/cloudevents-batch+json"), .batchUnsupported, "batch-unsupported"),
        ]
        for (name, value, expected, code) in cases {
            var headers = Self.full.binaryHeaders().filter { $0.name != name }
            if let value { headers.append((name, value)) }
            #expect(refusal(headers, Self.full.data) == expected, "\(name)")
            #expect(expected.code == code)
            #expect(expected.description.hasPrefix(code))
        }
        let headers = Self.full.binaryHeaders()
        #expect(refusal(headers + [("ce_id", bytes("B"))], []) == .duplicateAttribute("id"))
        #expect(refusal(headers + [("Content-Type", bytes("B"))], []) == .duplicateAttribute("content-type"))
        #expect(refusal(headers + (0..<64).map { ("x\($0)", []) }, []) == .headersOverLimit(count: headers.count + 64))
        #expect(refusal(headers, [UInt8](repeating: 0x20, count: 1_048_577)) == .dataOverLimit(bytes: 1_048_577))
    }

    @Test func `each defect of structured mode is named with its culprit`() {
        let cases: [(members: String, CloudEventDefect)] = [
            (#""data":1,"data_base64":"""#, .dataTwice),
            (#""data_base64":"a""#, .badBase64(offset: 1)), (#""data_base64":"a*==""#, .badBase64(offset: 1)),
            (#""data_base64":"aGVsbG9=""#, .badBase64(offset: 6)), (#""data_base64":"====""#, .badBase64(offset: 0)),
            (#""data_base64":7"#, .badBase64(offset: 0)),
            (#""region":{}"#, .badAttributeValue("region")), (#""region":1.5"#, .badAttributeValue("region")),
            (#""Region":"x""#, .badAttributeName("Region")), (#""time":"x""#, .badTime("x")), (#""sequence":"""#, .badSequence("")),
            (#""id":"again""#, .malformedJSON(JSONDefect(.duplicateKey, at: 54))),
        ]
        for (members, expected) in cases {
            #expect(throws: expected, "\(members)") { try structured(members) }
        }
        let contentType = [(name: "content-type", value: bytes("application/cloudevents+json"))]
        #expect(refusal(contentType, bytes("{")) == .malformedJSON(JSONDefect(.unterminated, at: 1)))
        #expect(refusal(contentType, bytes("[]")) == .notAnObject)
        #expect(refusal(contentType, bytes("{}")) == .missingAttribute("specversion"))
        #expect(refusal([], bytes("{}")) == .missingAttribute("specversion"))
    }

    private func structured(_ members: String) throws -> CloudEvent {
        let text = #"{"specversion":"1.0","id":"1","source":"s","type":"t","# + members + "}"
        return try CloudEvent.decode(headers: [("content-type", bytes("application/cloudevents+json"))], value: bytes(text))
    }

    private func refusal(_ headers: [(name: String, value: [UInt8])], _ value: [UInt8]) -> CloudEventDefect? {
        do throws(CloudEventDefect) {
            _ = try CloudEvent.decode(headers: headers, value: value)
            return nil
        } catch {
            return error
        }
    }
}
