import Contracts
import Deciding
import Vocabulary
import Wire

/// A decider in memory: states as JSON between two decisions, timers that fire, catalogue changes walked over all keys, and messages of
/// `loop` fed back to it.
struct OfferDesk<Service: Decider> {
    let service: Service
    /// A topic that the service both writes and reads; empty when there is none.
    let loop: String
    private(set) var catalog = Catalog.empty
    private var entries: [CatalogEntry] = []
    private(set) var states: [String: [UInt8]] = [:]
    private(set) var sent: [OutgoingMessage] = []
    private(set) var refusals: [Refusal] = []
    /// By table, then the key's cells as text.
    private(set) var rows: [String: [String: [String: Cell]]] = [:]
    /// By key, then name.
    private(set) var timers: [String: [String: Instant]] = [:]
    private(set) var now: Instant

    init(_ service: Service, loop: String = "", now: String, _ entries: [CatalogEntry]) {
        self.service = service
        self.loop = loop
        self.now = Offer.instant(now)
        self.entries = entries
        catalog = Catalog(version: Int64(entries.count), entries: entries)
    }

    mutating func take(_ payload: some Payload, key: String) {
        var waiting = [(key, Swift.type(of: payload).type, payload.bytes)]
        while let (key, type, bytes) = waiting.first {
            waiting.removeFirst()
            guard let body = Offer.read(bytes) else { continue }
            let message = Message(
                topic: "test", partition: 0, offset: 0, key: key, id: "1", source: "test", type: type, subject: key, time: now, body: body)
            switch service.admit(message, catalog: catalog) {
            case .pass: continue
            case .refuse(let refusal): refusals.append(refusal)
            case .handle(let key, _):
                for out in decide(.message(message), key) where out.topic == loop && !loop.isEmpty {
                    waiting.append((out.key, out.type, out.value))
                }
            }
        }
    }

    /// Publishes and walks over every known key.
    mutating func publish(_ new: CatalogEntry...) {
        entries += new
        catalog = Catalog(version: Int64(entries.count), entries: entries)
        for entry in new where service.sweptKinds.contains(entry.kind) {
            for key in states.keys.sorted() { _ = decide(.sweep([entry]), key) }
        }
    }

    /// Stops at every timer on the way.
    mutating func advance(to moment: String) {
        let end = Offer.instant(moment)
        for _ in 0..<1_000 {
            let all = timers.flatMap { key, named in named.map { (key: key, name: $0.key, due: $0.value) } }
            guard let next = all.min(by: { ($0.due, $0.key, $0.name) < ($1.due, $1.key, $1.name) }), next.due <= end else { break }
            now = max(now, next.due)
            timers[next.key]?[next.name] = nil
            _ = decide(.timer(DueTimer(name: next.name, due: next.due)), next.key)
        }
        now = max(now, end)
    }

    @discardableResult
    private mutating func decide(_ input: Input, _ key: String) -> [OutgoingMessage] {
        var state = Service.State()
        if let bytes = states[key], let json = Offer.read(bytes), let read = try? Service.State(json) { state = read }
        var effects = Effects()
        service.decide(input, key: key, on: &state, at: now, catalog: catalog, effects: &effects)
        if let refusal = effects.refusal {
            refusals.append(refusal)
            return []
        }
        states[key] = state.bytes
        for row in effects.rows {
            let cells = Dictionary(uniqueKeysWithValues: zip(row.table.columns.map(\.name), row.cells))
            let id = row.table.key.map { "\(cells[$0] ?? .null)" }.joined(separator: "|")
            if row.table.onConflict == .keepFirst, rows[row.table.name]?[id] != nil { continue }
            rows[row.table.name, default: [:]][id] = cells
        }
        for change in effects.timers { timers[key, default: [:]][change.name] = change.due }
        sent += effects.messages
        return effects.messages
    }

    func all<P: Payload>(_ type: P.Type) -> [P] {
        sent.filter { $0.type == P.type }.compactMap { message in
            guard let body = Offer.read(message.value) else { return nil }
            return try? P(body)
        }
    }

    func table(_ name: String) -> [[String: Cell]] { (rows[name] ?? [:]).sorted { $0.key < $1.key }.map(\.value) }
}

/// What tests of matchmaking and policy push are made of.
enum Offer {
    static func instant(_ text: String) -> Instant { Instant(rfc3339: text) ?? .epoch }

    static func json(_ text: String) -> JSONValue {
        guard let root = read(Array(text.utf8)) else { preconditionFailure("no JSON: \(text)") }
        return root
    }

    /// However long it is: what may be too long is for the path to say.
    static func read(_ bytes: [UInt8]) -> JSONValue? {
        (try? JSONDocument(parsing: bytes, limits: JSONLimits(bytesMax: .max, membersMax: .max)))?.root
    }

    static func entry(
        _ kind: String, _ id: String, version: Int64 = 1, from: String = "2020-01-01T00:00:00Z", withdrawn: Bool = false, _ body: String
    ) -> CatalogEntry {
        CatalogEntry(kind: kind, id: id, version: version, effectiveFrom: instant(from), isWithdrawn: withdrawn, body: json(body))
    }

    static let firm = "91430102PDY000079R"

    /// 430102, where the firm is registered, became 430299 in another city.
    static let divisions = entry(
        "divisionTable", "gb",
        #"{"divisions":[{"code":"430102","name":"a","validTo":"2026-01-01","successor":"430299","sourceChecked":false},{"code":"430299","name":"b","validFrom":"2026-01-01","sourceChecked":false}]}"#
    )

    static func portrait(
        _ revision: Int64 = 1, of subject: String = firm, grade: String? = "A", _ indicators: [String: Double] = [:], tags: [String] = []
    ) -> Portrait {
        Portrait(
            subject: subject, revision: revision, asOf: instant("2026-04-01T00:00:00Z"), name: "Firm", region: "430102", industry: "3911",
            subjectKind: "enterprise", indicators: indicators.keys.sorted().map { ($0, .number(indicators[$0] ?? 0)) },
            tags: tags.sorted(), dimensions: [],
            score: grade.map {
                Score(
                    scoreID: "\(subject)#\(revision)", points: 750, grade: $0, low: 700, high: 800, defaultProbability: 120,
                    reasons: [ScoreReason(code: "R-1", feature: "sales", pointsLost: 5, text: Bilingual(en: "Sales", zh: "销售"))],
                    model: "m", modelVersion: 1)
            },
            publicGrade: "A",
            officialGrade: OfficialGrade(
                grade: "A", evaluatedOn: Day(number: 20_300), source: "source:credit-china", isStale: false, isDisputed: false),
            disputes: [
                DisputeMark(
                    recordID: "source:tax/1", recordType: "tax.return", openedOn: Day(number: 20_500), dueOn: Day(number: 20_520),
                    indicators: ["sales"], features: ["sales"])
            ], catalogVersion: 1)
    }

    static func portrait(_ indicators: [String: Double]) -> Portrait { portrait(1, indicators) }

    static func product(
        _ id: String, version: Int64 = 1, from: String = "2020-01-01T00:00:00Z", withdrawn: Bool = false, institution: String = "bank-a",
        base: Int = 400, fee: Int = 0, days: Int = 3, service: Int = 5_000, success: Int = 8_000, kind: String = "credit",
        salesMin: Int = 1_000_000, limit: String = #"{"*": [0.5, {"var": "sales"}]}"#, more: String = ""
    ) -> CatalogEntry {
        entry(
            "product", id, version: version, from: from, withdrawn: withdrawn,
            """
            {"title": {"en": "P", "zh": "产品"}, "institution": "\(institution)", "kind": "\(kind)", "amountMin": 50000,
             "amountMax": 5000000, "monthsMin": 3, "monthsMax": 24, "purposes": ["working-capital", "trade"],
             "conditions": [
              {"id": "firm", "title": {"en": "A firm", "zh": "企业"}, "logic": {"==": [{"var": "subjectKind"}, "enterprise"]}},
              {"id": "sales", "title": {"en": "Sales", "zh": "销售"}, "logic": {">=": [{"var": "sales"}, \(salesMin)]}},
              {"id": "young", "title": {"en": "Age", "zh": "年限"}, "logic": {">=": [{"var": "age"}, 12]}, "isHard": true},
              {"id": "nice", "title": {"en": "Nice", "zh": "加分"}, "logic": {">": [{"var": "patents"}, 0]}, "isHard": false}],
             "rate": {"baseBp": \(base), "gradeBp": {"A": -50, "B": 0, "C": 80}}, "feeBp": \(fee), "limit": \(limit),
             "successBp": {"A": \(success), "B": 6000, "C": 2000}, "days": \(days), "serviceBp": \(service)\(more)}
            """)
    }

    static func request(
        _ id: String, amount: Int64 = 1_000_000, months: Int64 = 12, purpose: String = "working-capital", product: String = "",
        institution: String = "", at: String = "2026-04-29T03:00:00Z"
    ) -> FinancingRequest {
        FinancingRequest(
            applicationID: id, amount: Money(yuan: amount), months: months, purpose: purpose, productID: product, institution: institution,
            consentID: "c-1", requestedAt: instant(at))
    }

    static func fact(
        _ id: String, _ step: String, _ application: String = "app-1", at: String, by institution: String = "bank-a",
        supersedes: String? = nil, isRetraction: Bool = false, _ more: String = ""
    ) -> Fact {
        let isFirm = step == "withdrawn"
        return Fact(
            factID: id, recordType: "financing." + step, writer: isFirm ? "portal" : "institution:" + institution, subject: firm,
            occurredAt: instant(at), knownAt: instant(at), origin: Origin(topic: "t", partition: 0, offset: 0, sha256: ""), quality: 10_000,
            data: json(
                #"{"applicationId": "\#(application)""# + (isFirm ? "" : #", "institution": "\#(institution)""#) + more + "}"),
            supersedes: supersedes, isRetraction: isRetraction)
    }

    static let good: [String: Double] = ["sales": 4_000_000, "age": 40]

    /// All orders of a list.
    static func orders<Element>(of list: [Element]) -> [[Element]] {
        guard let first = list.first else { return [[]] }
        return orders(of: Array(list.dropFirst())).flatMap { rest in
            (0...rest.count).map { place in
                var order = rest
                order.insert(first, at: place)
                return order
            }
        }
    }
}
