import Contracts
import Deciding
import RiskMonitoringDomain
import Testing
import Vocabulary
import Wire

/// Risk monitoring alone, with one subject: every input is decided on a state that went through its bytes.
struct RiskMonitoringHouse {
    static let subject = "91430102PDY000079R"

    var catalog: Catalog
    var now = riskInstant("2026-05-10T08:00:00Z")
    private(set) var state = RiskState()
    /// All that was sent and written so far.
    private(set) var messages: [OutgoingMessage] = []
    private(set) var rows: [RowWrite] = []
    private var offset: Int64 = 0

    init(_ rules: [CatalogEntry]) { catalog = Catalog(version: 1, entries: rules) }

    @discardableResult mutating func decide(_ input: Input) -> Effects {
        var effects = Effects()
        do {
            var next = try RiskState(riskJSON(String(decoding: state.bytes, as: UTF8.self)))
            RiskMonitoring().decide(input, key: Self.subject, on: &next, at: now, catalog: catalog, effects: &effects)
            if effects.refusal == nil { state = next }
        } catch {
            Issue.record("the state can not be read again: \(error)")
        }
        guard effects.refusal == nil else { return effects }
        messages += effects.messages
        rows += effects.rows
        return effects
    }

    @discardableResult mutating func hear(_ message: Message) -> Effects {
        guard case .handle(let key, _) = RiskMonitoring().admit(message, catalog: catalog), key == Self.subject else {
            Issue.record("not admitted: \(message.type)")
            return Effects()
        }
        return decide(.message(message))
    }

    /// The alert events so far, as `kind rule level`.
    var alerts: [String] {
        messages.filter { $0.type == RiskAlert.type }.compactMap { message in
            (try? RiskAlert(riskJSON(String(decoding: message.value, as: UTF8.self)))).map { "\($0.kind) \($0.rule) \($0.level)" }
        }
    }

    var watches: [String] {
        messages.filter { $0.type == WatchEvent.type }.compactMap { message in
            (try? WatchEvent(riskJSON(String(decoding: message.value, as: UTF8.self)))).map { "\($0.kind) \($0.loanID) \($0.loanClass)" }
        }
    }

    var releases: [ReleaseRequest] {
        messages.filter { $0.type == ReleaseRequest.type }.compactMap {
            try? ReleaseRequest(riskJSON(String(decoding: $0.value, as: UTF8.self)))
        }
    }

    /// The rows of a table as they stand, by key.
    func table(_ table: StoreTable) -> [[Cell]: [Cell]] {
        let places = table.key.compactMap { name in table.columns.firstIndex { $0.name == name } }
        var standing: [[Cell]: [Cell]] = [:]
        for row in rows where row.table == table { standing[places.map { row.cells[$0] }] = row.cells }
        return standing
    }
}

/// However long it is: what may be too long is for the path to say.
func riskJSON(_ text: String) -> JSONValue {
    do {
        return try JSONDocument(parsing: Array(text.utf8), limits: JSONLimits(bytesMax: .max, membersMax: .max)).root
    } catch {
        preconditionFailure("the test's own JSON: \(error) in \(text)")
    }
}

func riskInstant(_ text: String) -> Instant { Instant(rfc3339: text) ?? .epoch }

func riskRule(
    _ id: String, _ logic: String, level: String = "red", version: Int64 = 1, isWithdrawn: Bool = false,
    from: String = "2020-01-01T00:00:00Z"
) -> CatalogEntry {
    CatalogEntry(
        kind: "riskRule", id: id, version: version, effectiveFrom: riskInstant(from), isWithdrawn: isWithdrawn,
        body: riskJSON(#"{"title":{"en":"\#(id)","zh":"\#(id)"},"dimension":"repayment","level":"\#(level)","logic":\#(logic)}"#))
}

private func riskFact(_ type: String, _ id: String, at: String, data: String, more: String = "") -> Message {
    let subject = RiskMonitoringHouse.subject
    let json = """
        {"factId":"\(id)","recordType":"\(type)","writer":"institution:bank-a","subject":"\(subject)","occurredAt":"\(at)",
        "knownAt":"\(at)","origin":{"topic":"t","partition":0,"offset":1,"sha256":""},"quality":10000,"data":\(data)\(more)}
        """
    return Message(
        topic: Topic.governanceFacts, partition: 0, offset: 0, key: subject, id: id, source: "xinqiao", type: Fact.type, subject: subject,
        time: nil, body: riskJSON(json))
}

func riskDisbursed(
    _ loan: String, bank: String = "bank-a", amount: Int = 3_000_000, on day: String = "2025-12-10", id: String? = nil, more: String = ""
) -> Message {
    riskFact(
        "financing.disbursed", id ?? "d-\(bank)-\(loan)", at: day + "T08:00:00Z",
        data: #"{"applicationId":"a","institution":"\#(bank)","loanId":"\#(loan)","amount":\#(amount),"annualRateBp":385,"months":12,"#
            + #""disbursedOn":"\#(day)"}"#, more: more)
}

func riskSettled(
    _ loan: String, bank: String = "bank-a", on day: String = "2026-05-01", id: String? = nil, more: String = ""
) -> Message {
    riskFact(
        "financing.settled", id ?? "s-\(bank)-\(loan)", at: day + "T08:00:00Z",
        data: #"{"applicationId":"a","institution":"\#(bank)","loanId":"\#(loan)","settledOn":"\#(day)"}"#, more: more)
}

func riskStatus(
    _ loan: String, bank: String = "bank-a", asOf: String = "2026-03-31", overdue: Int = 0, balance: Int = 2_500_000, at: String? = nil,
    id: String? = nil, more: String = ""
) -> Message {
    riskFact(
        "loan.status", id ?? "l-\(bank)-\(loan)-\(asOf)", at: at ?? asOf + "T08:00:00Z",
        data: #"{"loanId":"\#(loan)","institution":"\#(bank)","asOf":"\#(asOf)","balance":\#(balance),"overdueDays":\#(overdue)}"#,
        more: more)
}

func riskPortrait(revision: Int64, _ indicators: String, tags: String = "[]", score: String = "") -> Message {
    let subject = RiskMonitoringHouse.subject
    let json = """
        {"subject":"\(subject)","revision":\(revision),"asOf":"2026-05-01T00:00:00Z","name":"x","region":"430000","industry":"C",
        "subjectKind":"enterprise","indicators":\(indicators),"tags":\(tags),"dimensions":{}\(score),"publicGrade":"","catalogVersion":1}
        """
    return Message(
        topic: Topic.scoringPortraits, partition: 0, offset: 0, key: subject, id: "p", source: "xinqiao", type: Portrait.type,
        subject: subject, time: nil, body: riskJSON(json))
}
