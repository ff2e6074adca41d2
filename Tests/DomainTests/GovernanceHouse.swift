import Contracts
import Deciding
import GovernanceDomain
import Ledger
import Vocabulary
import Wire

/// Governance in memory: states as JSON bytes between two decisions, the detour topic fed back, rows kept as a database would.
struct GovernanceHouse {
    private var kept: [String: GovernanceState] = [:]
    private var written: [String: [UInt8]] = [:]
    /// False: states stay as they are between two decisions, which is much faster.
    var writesStates = true
    private(set) var facts: [Fact] = []
    /// In the order in which they were told.
    private(set) var disputes: [FactDispute] = []
    private(set) var events: [GovernanceEvent] = []
    private(set) var refusals: [Refusal] = []
    private(set) var requests: [ReleaseRequest] = []
    /// By table, then the key's cells as text.
    private(set) var rows: [String: [String: [Cell]]] = [:]
    private(set) var timers: [String: Instant] = [:]
    /// The log of the one lane that there is.
    private(set) var leaves: [LedgerLeaf] = []
    var now = GovernanceHouse.instant("2026-08-01T08:00:00Z")

    /// What is published; a test may publish more on the way.
    var catalog: Catalog
    private let governance: Governance
    private var offset: Int64 = 0

    init(catalog: Catalog = GovernanceHouse.base, persons: PseudonymKey? = nil) {
        self.catalog = catalog
        governance = Governance(persons: persons)
    }

    // MARK: Feeding

    /// A record as ingestion would pass it on.
    static func record(
        _ id: String, _ type: String, of subject: String, at time: String, writer: String = "source:test", received: String? = nil,
        _ data: String
    ) -> AcceptedRecord {
        AcceptedRecord(
            recordID: "\(writer)/\(id)", recordType: type, writer: writer, subject: subject, occurredAt: instant(time),
            receivedAt: instant(received ?? "2026-08-01T08:00:00Z"),
            origin: Origin(topic: "source.test.records.v1", partition: 0, offset: 1, sha256: "ab"), data: json(data))
    }

    mutating func take(_ records: AcceptedRecord...) {
        for record in records { take(AcceptedRecord.type, record.bytes, topic: Topic.ingestionRecords, key: record.subject) }
    }

    mutating func take(_ type: String, _ bytes: [UInt8], topic: String, key: String) {
        var waiting = [OutgoingMessage(topic: topic, key: key, subject: key, type: type, value: bytes)]
        while let next = waiting.first {
            waiting.removeFirst()
            offset += 1
            guard let document = try? JSONDocument(parsing: next.value) else { continue }
            let message = Message(
                topic: next.topic, partition: 0, offset: offset, key: next.key, id: "\(offset)", source: "test", type: next.type,
                subject: next.subject, time: now, body: document.root)
            switch governance.admit(message, catalog: catalog) {
            case .pass: break
            case .refuse(let refusal): refusals.append(refusal)
            case .handle(let key, _): waiting += decide(.message(message), key)
            }
        }
    }

    /// Lets all timers ring that are due.
    mutating func ring() {
        for (name, due) in timers.filter({ $0.value <= now }).sorted(by: { $0.key < $1.key }) {
            timers[name] = nil
            let parts = name.split(separator: "\n").map(String.init)
            _ = decide(.timer(DueTimer(name: parts[1], due: due)), parts[0])
        }
    }

    private mutating func decide(_ input: Input, _ key: String) -> [OutgoingMessage] {
        var state = self.state(key)
        var effects = Effects()
        governance.decide(input, key: key, on: &state, at: now, catalog: catalog, effects: &effects)
        if let refusal = effects.refusal {
            refusals.append(refusal)
            return []
        }
        if writesStates {
            let bytes = state.bytes
            written[key] = bytes == Array("{}".utf8) ? nil : bytes
        } else {
            kept[key] = state
        }
        for row in effects.rows {
            let id = zip(row.table.columns, row.cells).filter { row.table.key.contains($0.0.name) }.map { "\($0.1)" }.joined()
            switch row.table.onConflict {
            case .replace: rows[row.table.name, default: [:]][id] = row.cells
            case .keepFirst, .refuse: if rows[row.table.name]?[id] == nil { rows[row.table.name, default: [:]][id] = row.cells }
            }
        }
        leaves += effects.leaves
        for timer in effects.timers { timers[key + "\n" + timer.name] = timer.due }
        var again: [OutgoingMessage] = []
        for message in effects.messages {
            guard let body = try? JSONDocument(parsing: message.value).root else { continue }
            switch message.topic {
            case Topic.governanceFacts where message.type == FactDispute.type:
                if let dispute = try? FactDispute(body) { disputes.append(dispute) }
            case Topic.governanceFacts: if let fact = try? Fact(body) { facts.append(fact) }
            case Topic.governanceEvents where message.type == ReleaseRequest.type:
                if let request = try? ReleaseRequest(body) { requests.append(request) }
            case Topic.governanceEvents: if let event = try? GovernanceEvent(body) { events.append(event) }
            default: again.append(message)
            }
        }
        return again
    }

    // MARK: Looking

    /// All states as they are stored.
    var states: [String: [UInt8]] { writesStates ? written : kept.mapValues(\.bytes) }

    func state(_ key: String) -> GovernanceState {
        if let state = kept[key] { return state }
        guard let bytes = written[key], let json = try? JSONDocument(parsing: bytes).root, let state = try? GovernanceState(json) else {
            return GovernanceState()
        }
        return state
    }

    /// `quarantined consent-missing`, in the order in which they happened.
    var told: [String] { events.map { "\($0.kind) \($0.reason)" } }

    /// What stands for one who followed all facts: by type, the data, sorted.
    var standing: [String] {
        var byID: [String: String] = [:]
        for fact in facts {
            if let replaced = fact.supersedes { byID[replaced] = nil }
            if !fact.isRetraction {
                byID[fact.factID] = "\(fact.recordType) \(fact.subject) " + String(decoding: fact.data.canonicalBytes, as: UTF8.self)
            }
        }
        return byID.values.sorted()
    }

    /// Statements that bear the mark for one who followed every word, as `<subject> <type> <record>`.
    var marked: [String] {
        var books: [String: DisputeBook] = [:]
        for dispute in disputes { _ = books[dispute.subject, default: DisputeBook()].take(dispute) }
        return books.values.flatMap(\.open).map { "\($0.subject) \($0.recordType) \($0.recordID)" }.sorted()
    }

    /// Ids of the facts that bear the mark, for one who followed every word.
    var markedFacts: [String] {
        var books: [String: DisputeBook] = [:]
        for dispute in disputes { _ = books[dispute.subject, default: DisputeBook()].take(dispute) }
        return books.values.flatMap(\.open).map(\.factID).sorted()
    }

    /// The facts that stand for one who followed all of them.
    var standingFacts: [Fact] {
        var byID: [String: Fact] = [:]
        for fact in facts {
            if let replaced = fact.supersedes { byID[replaced] = nil }
            if !fact.isRetraction { byID[fact.factID] = fact }
        }
        return byID.values.sorted { $0.factID < $1.factID }
    }

    /// The sum of a field over all facts, taking back what is superseded: what scoring would have.
    func sum(_ field: String) -> Int64 {
        facts.reduce(0) { sum, fact in
            sum + (fact.isRetraction ? 0 : fact.data[field]?.int ?? 0) - (fact.supersededData?[field]?.int ?? 0)
        }
    }

    func cells(_ table: StoreTable, _ column: String) -> [String] {
        guard let place = table.columns.firstIndex(where: { $0.name == column }) else { return [] }
        return (rows[table.name] ?? [:]).values.map { cells in
            if case .text(let text) = cells[place] { return text }
            return "\(cells[place])"
        }.sorted()
    }

    /// The facts whose latest row in `fact_retracted` says that they stand no more.
    var retracted: Set<String> {
        var latest: [String: (at: Instant, isGone: Bool)] = [:]
        for cells in (rows[GovernanceTables.factRetracted.name] ?? [:]).values {
            guard case .text(let id) = cells[0], case .text(let cause) = cells[1], case .instant(let at) = cells[2] else { continue }
            if at >= (latest[id]?.at ?? at) { latest[id] = (at, !cause.isEmpty) }
        }
        return Set(latest.filter(\.value.isGone).keys)
    }

    // MARK: Making

    static func json(_ text: String) -> JSONValue {
        do { return try JSONDocument(parsing: Array(text.utf8)).root } catch { preconditionFailure("\(error) in \(text)") }
    }

    static func instant(_ text: String) -> Instant {
        Instant(rfc3339: text) ?? .epoch
    }

    static func entry(_ kind: String, _ id: String, version: Int64 = 1, from: Instant = .epoch, _ body: String) -> CatalogEntry {
        CatalogEntry(kind: kind, id: id, version: version, effectiveFrom: from, body: json(body))
    }

    /// The code of an invented firm.
    static func firm(_ number: Int) -> String { USCC.synthetic(number: number)?.text ?? "" }

    static let base = Catalog(version: 1, entries: baseEntries)

    /// A record type with free fields.
    static func type(_ id: String, class: String = "public", key: [String], _ more: String = "", fields: String = "{}") -> CatalogEntry {
        let names = Set(key + ["period"]).map { #""\#($0)":{"type":"\#($0 == "period" ? "month" : "text")"}"# }.joined(separator: ",")
        let all = fields == "{}" ? "{\(names)}" : fields
        let list = key.map { "\"\($0)\"" }.joined(separator: ",")
        return entry(
            "recordType", id,
            #"{"class":"\#(`class`)","writers":["source:test"],"consentCategory":null,"businessKey":[\#(list)],"fields":\#(all)\#(more)}"#)
    }

    static let baseEntries: [CatalogEntry] =
        [
            entry(
                "recordType", "registration",
                #"{"class":"public","writers":["source:test"],"consentCategory":null,"businessKey":[],"fields":{"uscc":{"type":"uscc"},"name":{"type":"text"},"aliases":{"type":"list"}},"rules":[]}"#
            ),
            entry(
                "recordType", "tax.return",
                #"{"class":"public","writers":["source:test"],"consentCategory":null,"businessKey":["period"],"fields":{"period":{"type":"month"},"sales":{"type":"yuan"},"legalPerson":{"type":"text","class":"pii.name"}},"rules":[{"id":"sales-not-negative","severity":"quarantine","weight":60,"logic":{">=":[{"var":"data.sales"},0]}},{"id":"no-jump","severity":"flag","weight":40,"logic":{"or":[{"!":[{"var":"hasPrevious"}]},{"<=":[{"var":"data.sales"},{"*":[10,{"var":"previous.sales"}]}]}]}}]}"#
            ),
            entry(
                "recordType", "bank-flow.month",
                #"{"class":"financial","writers":["source:test"],"consentCategory":"bank-flow","businessKey":["period","bank"],"fields":{"period":{"type":"month"},"bank":{"type":"text"},"inflow":{"type":"yuan"}},"rules":[{"id":"inflow-not-negative","severity":"quarantine","weight":1,"logic":{">=":[{"var":"data.inflow"},0]}}]}"#
            ),
            entry(
                "recordType", "penalty",
                #"{"class":"public","writers":["source:test"],"consentCategory":null,"businessKey":["decisionNo"],"fields":{"decisionNo":{"type":"text"},"class":{"type":"enum"},"publishedOn":{"type":"day"},"fulfilledOn":{"type":"day"},"repairable":{"type":"bool"}},"adverse":{"from":"publishedOn","publication":{"class":"class","classes":{"minor":{"monthsMin":0,"monthsMax":3},"ordinary":{"monthsMin":3,"monthsMax":12},"serious":{"monthsMin":12,"monthsMax":36}},"otherwise":"serious"},"fulfilled":"fulfilledOn","repairable":"repairable"},"rules":[]}"#
            ),
            entry(
                "recordType", "penalty.repaired",
                #"{"class":"public","writers":["source:test"],"consentCategory":null,"businessKey":["decisionNo"],"fields":{"decisionNo":{"type":"text"},"approvedOn":{"type":"day"}},"repairs":{"step":"approved","recordType":"penalty","day":"approvedOn"},"rules":[]}"#
            ),
            entry(
                "recordType", "consent.granted",
                #"{"class":"control","writers":["portal"],"consentCategory":null,"businessKey":["consentId"],"fields":{"consentId":{"type":"text"}},"rules":[]}"#
            ),
            entry(
                "recordType", "consent.revoked",
                #"{"class":"control","writers":["portal"],"consentCategory":null,"businessKey":["consentId"],"fields":{"consentId":{"type":"text"}},"rules":[]}"#
            ),
            entry(
                "recordType", "pair",
                #"{"class":"market","writers":["source:test"],"consentCategory":null,"businessKey":["left","right"],"fields":{"left":{"type":"text"},"right":{"type":"text"},"amount":{"type":"int"}},"rules":[]}"#
            ),
            entry(
                "recordType", "happening",
                #"{"class":"market","writers":["source:test"],"consentCategory":null,"businessKey":[],"fields":{"amount":{"type":"int"}},"rules":[]}"#
            ),
        ] + [
            type(
                "repair.applied", class: "control", key: [],
                #","repairs":{"step":"applied","recordType":"penalty","typeField":"recordType","keyField":"key","day":"appliedOn","fulfilled":"fulfilledOn","commitment":"commitment"}"#,
                fields:
                    #"{"decisionNo":{"type":"text"},"recordType":{"type":"text"},"key":{"type":"list"},"appliedOn":{"type":"day"},"fulfilledOn":{"type":"day"},"commitment":{"type":"bool"}}"#
            ),
            type(
                "repair.approved", class: "control", key: ["recordType", "key"],
                #","repairs":{"step":"approved","typeField":"recordType","keyField":"key","day":"approvedOn"}"#,
                fields: #"{"recordType":{"type":"text"},"key":{"type":"list"},"approvedOn":{"type":"day"}}"#),
            type("quality.release", class: "control", key: ["recordId"]),
            type("quality.override", class: "control", key: ["recordId"]),
            type("objection.opened", class: "control", key: ["objectionId"]),
            type("objection.answered", class: "control", key: ["objectionId"]),
            type("consent.requested", class: "control", key: ["consentId"]),
            type("consent.paused", class: "control", key: ["consentId"]),
            type("consent.resumed", class: "control", key: ["consentId"]),
            type("identity.merged", class: "control", key: ["into"]),
            type("identity.unmerged", class: "control", key: ["into"]),
            type("identity.resolved", class: "control", key: ["alias"]),
        ]
}

extension SplitMix64 {
    /// A JSON text of any shape whose names are often those that the deciders look for.
    mutating func tree(_ names: [String], depth: Int = 0) -> String {
        let kind = Int.random(in: 0..<(depth > 3 ? 6 : 9), using: &self)
        switch kind {
        case 0: return "null"
        case 1: return Bool.random(using: &self) ? "true" : "false"
        case 2: return String(Int64.random(in: .min ... .max, using: &self) >> Int64.random(in: 0...62, using: &self))
        case 3: return ["1e400", "-0.0", "1.005", "1e-400", "99999999999999999999", "0.1"].randomElement(using: &self) ?? "0"
        case 4:
            let texts = [
                "", "2026-01", "2026-02-30", "2026-05-10", "2026-08-01T00:00:00Z", "serious", "platform", "*", "collection", "bank-flow",
                "tax.return", "penalty", "consent.granted", GovernanceHouse.firm(1), GovernanceHouse.firm(2), "Ana", "|", "\\\\",
                "\\ud83d\\ude00", "9999-12-31", "0001-01-01",
            ]
            return "\"" + (texts.randomElement(using: &self) ?? "") + "\""
        case 5: return "\"" + String(repeating: "信", count: Int.random(in: 0...80, using: &self)) + "\""
        case 6:
            let count = Int.random(in: 0...4, using: &self)
            return "[" + (0..<count).map { _ in tree(names, depth: depth + 1) }.joined(separator: ",") + "]"
        default:
            let picked = names.shuffled(using: &self).prefix(Int.random(in: 0...names.count, using: &self))
            return "{" + picked.map { "\"\($0)\":" + tree(names, depth: depth + 1) }.joined(separator: ",") + "}"
        }
    }
}
