import Contracts
import Deciding
import Vocabulary
import Wire

@testable import ScoringDomain

/// A small catalogue, facts and a subject for the tests of scoring.
enum ScoringGround {
    static let firm = "91430102PDY000079R"
    static let now = instant("2026-01-20T08:00:00Z")

    static func json(_ text: String) -> JSONValue {
        guard let document = try? JSONDocument(parsing: Array(text.utf8)) else {
            preconditionFailure("the test's JSON is wrong: \(text)")
        }
        return document.root
    }

    static func instant(_ text: String) -> Instant { Instant(rfc3339: text) ?? .epoch }

    static func entry(_ kind: String, _ id: String, _ body: String, version: Int64 = 1, from: Instant = .epoch) -> CatalogEntry {
        CatalogEntry(kind: kind, id: id, version: version, effectiveFrom: from, body: json(body))
    }

    static func series(_ id: String, _ type: String, _ field: String?, _ aggregate: String, _ months: Int, filter: String = "")
        -> CatalogEntry
    {
        let field = field.map { "\"\($0)\"" } ?? "null"
        let filter = filter.isEmpty ? "" : ",\"where\":\(filter)"
        return entry(
            "indicator", id,
            """
            {"title":{"en":"\(id)","zh":"\(id)"},"unit":"u","type":"series","recordType":"\(type)","field":\(field),
             "aggregate":"\(aggregate)","months":\(months)\(filter)}
            """)
    }

    static func other(_ id: String, _ rest: String) -> CatalogEntry {
        entry("indicator", id, "{\"title\":{\"en\":\"\(id)\",\"zh\":\"\(id)\"},\"unit\":\"u\",\(rest)}")
    }

    static func fact(
        _ id: String, _ type: String, _ at: String, _ data: String, supersedes: String? = nil, said: String? = nil,
        isRetraction: Bool = false
    ) -> Fact {
        Fact(
            factID: id, recordType: type, writer: "source:test", subject: firm, occurredAt: instant(at), knownAt: instant(at),
            origin: Origin(topic: "t", partition: 0, offset: 0, sha256: ""), quality: 10_000, data: json(data), supersedes: supersedes,
            supersededData: said.map { json($0) }, isRetraction: isRetraction)
    }

    static func registration(_ id: String = "reg", at: String = "2025-02-01T04:00:00Z", name: String = "长沙星桥有限公司") -> Fact {
        fact(
            id, "registration", at,
            "{\"name\":\"\(name)\",\"division\":\"430102\",\"industry\":\"3921\",\"registeredOn\":\"2017-03-15\",\"capital\":10000000}")
    }

    static func tax(_ month: String, _ sales: String, id: String? = nil) -> Fact {
        fact(id ?? "tax/\(month)", "tax.return", month + "-28T04:00:00Z", "{\"period\":\"\(month)\",\"sales\":\(sales),\"grade\":\"B\"}")
    }

    static func request(_ id: String = "app-1", at: String = "2025-12-20T04:00:00Z", amount: String = "500000.50") -> Fact {
        fact(
            "portal/\(id)", "financing.requested", at,
            "{\"applicationId\":\"\(id)\",\"amount\":\(amount),\"months\":12,\"purpose\":\"trade\",\"consentId\":\"c-1\"}")
    }

    static func message(_ fact: Fact) -> Message {
        let body = (try? JSONDocument(parsing: fact.bytes).root) ?? json("{}")
        return Message(
            topic: Topic.governanceFacts, partition: 0, offset: 0, key: fact.subject, id: fact.factID, source: "governance",
            type: Fact.type,
            subject: fact.subject, time: fact.knownAt, body: body)
    }

    static func dispute(
        _ record: String, _ type: String, as fact: String? = nil, isOpen: Bool = true, at: String = "2026-01-10T04:00:00Z",
        occurredAt: String = "2025-11-03T00:00:00Z", period: Month? = nil
    ) -> FactDispute {
        FactDispute(
            disputeID: "\(firm)/about-\(record)", subject: firm, recordID: record, factID: fact ?? record, recordType: type,
            occurredAt: instant(occurredAt), period: period, isOpen: isOpen, openedOn: Day(year: 2026, month: 1, day: 10) ?? Day(number: 0),
            dueOn: Day(year: 2026, month: 1, day: 30) ?? Day(number: 0), at: instant(at))
    }

    static func message(_ dispute: FactDispute) -> Message {
        let body = (try? JSONDocument(parsing: dispute.bytes).root) ?? json("{}")
        return Message(
            topic: Topic.governanceFacts, partition: 0, offset: 0, key: dispute.subject, id: dispute.disputeID, source: "governance",
            type: FactDispute.type, subject: dispute.subject, time: dispute.at, body: body)
    }

    /// Indicators of sales, cases, penalties and loans; a card of five features; one list; three tags.
    static let catalog = Catalog(version: 7, entries: entries)

    static let entries: [CatalogEntry] = [
        series("sales-12m", "tax.return", "sales", "sum", 12),
        series("sales-max", "tax.return", "sales", "max", 12),
        series("sales-last", "tax.return", "sales", "last", 12),
        series("tax-months", "tax.return", nil, "activeMonths", 12),
        series("penalties", "penalty", nil, "count", 24),
        series("open-cases", "judicial.case", nil, "count", 0, filter: "{\"role\":[\"defendant\",\"executed\"],\"status\":\"open\"}"),
        series("overdue", "loan.status", "overdueDays", "max", 24),
        series("loans-12m", "financing.disbursed", "amount", "sum", 12),
        other("tax-grade", "\"type\":\"profile\",\"recordType\":\"tax.return\",\"field\":\"grade\""),
        other("public-grade", "\"type\":\"profile\",\"recordType\":\"public-grade\",\"field\":\"grade\""),
        other("age", "\"type\":\"age\",\"recordType\":\"registration\",\"field\":\"registeredOn\""),
        other("sales-a-month", "\"type\":\"ratio\",\"numerator\":\"sales-12m\",\"denominator\":\"tax-months\""),
        other(
            "tax-rank",
            "\"type\":\"logic\",\"logic\":{\"if\":[{\"==\":[{\"var\":\"tax-grade\"},\"A\"]},1,{\"==\":[{\"var\":\"tax-grade\"},\"B\"]},2,null]}"
        ),
        entry("tag", "big", "{\"title\":{\"en\":\"Big\",\"zh\":\"大\"},\"logic\":{\">\":[{\"var\":\"sales-12m\"},1000]}}"),
        entry("tag", "punished", "{\"title\":{\"en\":\"Punished\",\"zh\":\"受罚\"},\"logic\":{\">\":[{\"var\":\"penalties\"},0]}}"),
        entry(
            "dimension", "commercial",
            """
            {"title":{"en":"Commercial","zh":"商业"},"base":300,
             "items":[{"id":"s","title":{"en":"s","zh":"s"},"logic":{">":[{"var":"sales-12m"},1000]},"points":900}]}
            """),
        entry(
            "dimension", "regulatory",
            """
            {"title":{"en":"Regulatory","zh":"监管"},"base":500,
             "items":[{"id":"p","title":{"en":"p","zh":"p"},"logic":{">":[{"var":"penalties"},0]},"points":-100}]}
            """),
        entry(
            "model", "card",
            """
            {"title":{"en":"Card","zh":"卡"},"appliesTo":{"==":[{"var":"subjectKind"},"enterprise"]},"priority":10,
             "scorecard":{"kind":"scorecard","base":600,"scoreMin":300,"scoreMax":900,"margin":10,"features":[
              \(feature("sales-12m", "R-SALES", "{\"below\":1000,\"points\":0},{\"else\":true,\"points\":150}", missing: 20)),
              \(feature("penalties", "R-PEN", "{\"below\":1,\"points\":50},{\"else\":true,\"points\":-100}", missing: 50)),
              \(feature("age", "R-AGE", "{\"below\":36,\"points\":0},{\"else\":true,\"points\":30}", missing: 0)),
              \(feature("overdue", "R-LOAN", "{\"below\":1,\"points\":20},{\"else\":true,\"points\":-80}", missing: 0)),
              \(feature("tax-rank", "R-TAX", "{\"below\":2,\"points\":20},{\"else\":true,\"points\":5}", missing: 0))],
             "grades":[{"atLeast":820,"grade":"AA"},{"atLeast":740,"grade":"A"},{"atLeast":650,"grade":"B"},{"atLeast":560,"grade":"C"},
              {"atLeast":300,"grade":"D"}],
             "calibration":{"scoreAtOdds":600,"odds":20,"pdo":50}},"publicGrade":{"caps":{"D":"C"},"staleAfterMonths":12}}
            """),
        entry(
            "whitelist", "steady",
            """
            {"title":{"en":"Steady","zh":"稳健"},"logic":{"and":[{">=":[{"var":"points"},740]},{">=":[{"var":"tax-months"},2]},
             {"==":[{"var":["penalties",0]},0]}]},"reason":{"en":"good and declared","zh":"良好"}}
            """),
    ]

    private static func feature(_ id: String, _ code: String, _ bins: String, missing: Int) -> String {
        """
        {"indicator":"\(id)","label":{"en":"\(id)","zh":"\(id)"},"reason":{"code":"\(code)","en":"\(id) is bad","zh":"\(id)不佳"},
         "bins":[\(bins),{"missing":true,"points":\(missing)}]}
        """
    }
}

/// A subject that is told facts one after the other.
struct ScoringDrive {
    var state = ScoringState()
    var catalog = ScoringGround.catalog
    private let scoring = Scoring()

    @discardableResult
    mutating func decide(_ input: Input, at now: Instant = ScoringGround.now) -> Effects {
        var effects = Effects()
        scoring.decide(input, key: ScoringGround.firm, on: &state, at: now, catalog: catalog, effects: &effects)
        return effects
    }

    @discardableResult
    mutating func tell(_ fact: Fact, at now: Instant = ScoringGround.now) -> Effects {
        decide(.message(ScoringGround.message(fact)), at: now)
    }

    @discardableResult
    mutating func tell(_ dispute: FactDispute, at now: Instant = ScoringGround.now) -> Effects {
        decide(.message(ScoringGround.message(dispute)), at: now)
    }

    @discardableResult
    mutating func ring(at now: Instant = ScoringGround.now) -> Effects { decide(.timer(DueTimer(name: "portrait", due: now)), at: now) }

    /// The value of an indicator as the portrait would have it now.
    func value(_ id: String) -> IndicatorValue? {
        let book = catalog.view(ScoringCatalog.self).book(at: ScoringGround.now)
        return PortraitMaking(of: ScoringGround.firm, state, book, on: ScoringGround.now.dayInChina).unnumbered.indicator(id)
    }
}

extension Effects {
    var types: [String] { messages.map(\.type) }

    /// Timers by name; nil takes one away.
    var schedule: [String: Instant?] { Dictionary(timers.map { ($0.name, $0.due) }) { _, last in last } }

    func payload<Body: Payload>(_ type: Body.Type) -> Body? {
        guard let message = messages.last(where: { $0.type == type.type }), let document = try? JSONDocument(parsing: message.value) else {
            return nil
        }
        return try? Body(document.root)
    }
}
