import Contracts
import Deciding
import ExchangeDomain
import Testing
import Vocabulary
import Wire

/// The exit door alone, with one subject: every input is decided on a state that went through its bytes.
struct ExchangeHouse {
    static let subject = "91430102PDY000079R"

    var catalog: Catalog
    var now = exchangeInstant("2026-05-10T08:00:00Z")
    private(set) var state = ExchangeState()
    private(set) var messages: [OutgoingMessage] = []
    private(set) var rows: [RowWrite] = []
    private(set) var timers: [String: Instant] = [:]

    init(_ entries: [CatalogEntry] = ExchangeHouse.entries) { catalog = Catalog(version: 1, entries: entries) }

    @discardableResult mutating func decide(_ input: Input) -> Effects {
        var effects = Effects()
        do {
            var next = try ExchangeState(exchangeJSON(String(decoding: state.bytes, as: UTF8.self)))
            Exchange().decide(input, key: Self.subject, on: &next, at: now, catalog: catalog, effects: &effects)
            if effects.refusal == nil { state = next }
        } catch {
            Issue.record("the state can not be read again: \(error)")
        }
        guard effects.refusal == nil else { return effects }
        messages += effects.messages
        rows += effects.rows
        for change in effects.timers { timers[change.name] = change.due }
        return effects
    }

    @discardableResult mutating func hear(_ message: Message) -> Effects {
        guard case .handle(let key, _) = Exchange().admit(message, catalog: catalog), key == Self.subject else {
            Issue.record("not admitted: \(message.type)")
            return Effects()
        }
        return decide(.message(message))
    }

    /// Moves the clock and fires what is due by then.
    mutating func pass(until moment: String) {
        now = exchangeInstant(moment)
        for (name, due) in timers.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) where due <= now {
            timers[name] = nil
            decide(.timer(DueTimer(name: name, due: due)))
        }
    }

    /// What left the house.
    var left: [OutgoingMessage] { messages.filter { $0.topic != Topic.exchangeEvents } }

    /// The events so far, as `kind id reason`.
    var events: [String] {
        messages.filter { $0.topic == Topic.exchangeEvents }.compactMap { message in
            (try? ExchangeEvent(exchangeJSON(String(decoding: message.value, as: UTF8.self)))).map {
                $0.reason.isEmpty ? "\($0.kind) \($0.releaseID)" : "\($0.kind) \($0.releaseID) \($0.reason)"
            }
        }
    }

    /// The release rows as they stand.
    var releaseRows: [Cell: [Cell]] {
        var standing: [Cell: [Cell]] = [:]
        for row in rows where row.table == ExchangeTables.release { standing[row.cells[1]] = row.cells }
        return standing
    }

    static let alertRule = exchangeRule(
        "risk.alert.v1", purpose: "post-loan", categories: #"["loan"]"#,
        fields: #"{"alertId":"internal","level":"internal","title":"internal","title.en":"public"}"#)
    static let applicationRule = exchangeRule(
        "financing.application.v1", purpose: "loan-application", categories: #"["application","score"]"#,
        fields: #"{"applicationId":"internal","consentId":"internal","legalPerson":"pii.name"}"#)
    static let pushRule = exchangeRule(
        "policy.push.v1", purpose: "policy", needsConsent: false, categories: "[]", fields: #"{"policyId":"public"}"#)
    static let institutions = ["bank-a", "bank-b"].map { id in
        CatalogEntry(
            kind: "institution", id: id, version: 1, effectiveFrom: exchangeInstant("2020-01-01T00:00:00Z"), body: exchangeJSON("{}"))
    }
    static let correctionRule = exchangeRule(
        "correction.requested.v1", purpose: "correction", needsConsent: false, receivers: #"["source"]"#, categories: "[]",
        fields: #"{"recordId":"internal","dueOn":"internal"}"#)
    static let source = CatalogEntry(
        kind: "source", id: "tax", version: 1, effectiveFrom: exchangeInstant("2020-01-01T00:00:00Z"), body: exchangeJSON("{}"))
    static let entries = [alertRule, applicationRule, pushRule, correctionRule, source] + institutions
}

/// However long it is: what may be too long is for the path to say.
func exchangeJSON(_ text: String) -> JSONValue {
    do {
        return try JSONDocument(parsing: Array(text.utf8), limits: JSONLimits(bytesMax: .max, membersMax: .max)).root
    } catch {
        preconditionFailure("the test's own JSON: \(error) in \(text)")
    }
}

func exchangeInstant(_ text: String) -> Instant { Instant(rfc3339: text) ?? .epoch }

func exchangeRule(
    _ id: String, purpose: String, needsConsent: Bool = true, receivers: String? = nil, categories: String, fields: String,
    version: Int64 = 1, more: String = ""
) -> CatalogEntry {
    let listed = receivers.map { #""receivers":\#($0),"# } ?? ""
    return CatalogEntry(
        kind: "releaseRule", id: id, version: version, effectiveFrom: exchangeInstant("2020-01-01T00:00:00Z"),
        body: exchangeJSON(
            #"{"title":{"en":"x","zh":"x"},"purpose":"\#(purpose)","needsConsent":\#(needsConsent),\#(listed)"#
                + #""categories":\#(categories),"fields":\#(fields)\#(more)}"#))
}

func exchangeFact(_ type: String, _ id: String, at: String, data: String, isRetraction: Bool = false) -> Message {
    let subject = ExchangeHouse.subject
    let json = """
        {"factId":"\(id)","recordType":"\(type)","writer":"portal","subject":"\(subject)","occurredAt":"\(at)","knownAt":"\(at)",
        "origin":{"topic":"t","partition":0,"offset":1,"sha256":""},"quality":10000,"data":\(data),"isRetraction":\(isRetraction)}
        """
    return Message(
        topic: Topic.governanceFacts, partition: 0, offset: 0, key: subject, id: id, source: "xinqiao", type: Fact.type, subject: subject,
        time: nil, body: exchangeJSON(json))
}

private func exchangeList(_ texts: [String]) -> String {
    String(decoding: JSONWriter.encode { $0.element(texts) }, as: UTF8.self)
}

func exchangeGrant(
    _ id: String = "c1", receivers: [String] = ["*"], categories: [String] = ["loan", "application", "score"],
    purposes: [String] = ["post-loan", "loan-application"], from: String = "2026-01-01", until: String = "2026-12-31",
    at: String = "2026-01-01T00:00:00Z", isRetraction: Bool = false, more: String = ""
) -> Message {
    exchangeFact(
        "consent.granted", "g-\(id)-\(at)", at: at,
        data: #"{"consentId":"\#(id)","receivers":\#(exchangeList(receivers)),"categories":\#(exchangeList(categories)),"#
            + #""purposes":\#(exchangeList(purposes)),"from":"\#(from)","until":"\#(until)","signature":"s","channel":"portal"\#(more)}"#,
        isRetraction: isRetraction)
}

func exchangeRevoke(_ id: String = "c1", at: String = "2026-05-09T00:00:00Z") -> Message {
    exchangeFact("consent.revoked", "r-\(id)-\(at)", at: at, data: #"{"consentId":"\#(id)","reason":"call 13800001234"}"#)
}

/// `paused` or `resumed`.
func exchangeSwitch(_ word: String, _ id: String = "c1", at: String) -> Message {
    exchangeFact("consent.\(word)", "\(word)-\(id)-\(at)", at: at, data: #"{"consentId":"\#(id)"}"#)
}

func exchangeRequest(
    _ id: String = "r1", receiver: String = "institution:bank-a", type: String = "risk.alert.v1", purpose: String = "post-loan",
    categories: [String] = ["loan"], consent: String = "c1", at: String = "2026-05-10T07:59:00Z",
    body: String = #"{"alertId":"a","level":"red","lenders":["x"],"title":{"en":"t","zh":"t"}}"#
) -> Message {
    let request = ReleaseRequest(
        releaseID: id, subject: ExchangeHouse.subject, receiver: receiver, messageType: type, purpose: purpose, categories: categories,
        consentID: consent, at: exchangeInstant(at), body: exchangeJSON(body))
    return Message(
        topic: Topic.riskMonitoringEvents, partition: 0, offset: 0, key: ExchangeHouse.subject, id: id, source: "xinqiao",
        type: ReleaseRequest.type, subject: ExchangeHouse.subject, time: nil,
        body: exchangeJSON(String(decoding: request.bytes, as: UTF8.self)))
}
