import Contracts
import Deciding
import ReportingDomain
import Vocabulary
import Wire

/// Reporting with its states and rows in memory. States go through their bytes, as they do between batches.
final class ReportingHouse {
    private let decider = Reporting()
    var catalog = Catalog.empty
    private(set) var states: [String: [UInt8]] = [:]
    /// By table, then the key's cells.
    private(set) var rows: [String: [String: [Cell]]] = [:]
    private(set) var refusals: [String] = []

    static let start = Instant(rfc3339: "2026-01-05T01:00:00Z") ?? .epoch
    static func day(_ count: Int) -> Instant { start + .seconds(Int64(count) * 86_400) }

    // MARK: Messages

    static func message(_ payload: some Payload, on topic: String, key: String = "S", offset: Int64 = 0) -> Message {
        Message(
            topic: topic, partition: 0, offset: offset, key: key, id: "\(topic)/\(offset)", source: "test", type: type(of: payload).type,
            subject: key, time: nil, body: json(String(decoding: payload.bytes, as: UTF8.self)))
    }

    static func step(
        _ status: String, on day: Int, application: String = "A-1", institution: String = "bank-a", yuan: Int64 = 500_000,
        key: String = "S",
        loan: String = "", reason: String = ""
    ) -> Message {
        message(
            ApplicationEvent(
                applicationID: application, subject: key, status: status, institution: institution, productID: "flow-loan",
                amount: Money(yuan: yuan), months: 12, annualRate: status == "credited" || status == "disbursed" ? 435 : nil,
                region: "430102", industry: "C3411", scoreID: "S#3", loanID: loan, reason: reason, at: Self.day(day)),
            on: Topic.matchmakingEvents, key: key)
    }

    static func fact(_ number: Int64, _ type: String = "tax.return", data: String = "{}", supersedes: String? = nil, retracts: Bool = false)
        -> Message
    {
        message(
            Fact(
                factID: "f-\(number)", recordType: type, writer: "source:test", subject: "S", occurredAt: day(Int(number)),
                knownAt: day(Int(number)), origin: Origin(topic: "t", partition: 0, offset: number, sha256: ""), quality: 10_000,
                data: json(data), supersedes: supersedes, isRetraction: retracts), on: Topic.governanceFacts, offset: number)
    }

    static func portrait(_ revision: Int64, points: Int64) -> Message {
        let score = Score(
            scoreID: "S#\(revision)", points: points, grade: "A", low: points - 20, high: points + 20, defaultProbability: 210,
            reasons: [ScoreReason(code: "R-1", feature: "f", pointsLost: 12, text: Bilingual(en: "short history", zh: "经营时间短"))],
            model: "m", modelVersion: 1)
        return message(
            Portrait(
                subject: "S", revision: revision, asOf: day(Int(revision)), name: "Firm", region: "430102", industry: "C3411",
                subjectKind: "enterprise", indicators: [("x", .number(1))], tags: ["stable"], dimensions: [("financial", 700)],
                score: score, publicGrade: "A",
                officialGrade: OfficialGrade(
                    grade: "A", evaluatedOn: Day(number: 20_000), source: "source:credit-china", isStale: true, isDisputed: false),
                disputes: [
                    DisputeMark(
                        recordID: "source:tax/1", recordType: "tax.return", openedOn: Day(number: 20_400), dueOn: Day(number: 20_420),
                        indicators: ["x"], features: [])
                ], catalogVersion: 1), on: Topic.scoringPortraits)
    }

    static func json(_ text: String) -> JSONValue {
        do { return try JSONDocument(parsing: Array(text.utf8)).root } catch { preconditionFailure("\(error) in \(text)") }
    }

    // MARK: Working

    func take(_ messages: [Message]) {
        for message in messages {
            guard case .handle(let key, _) = decider.admit(message, catalog: catalog) else { continue }
            decide(.message(message), key)
        }
    }

    /// Publishes, and walks over every known subject.
    func publish(_ entry: CatalogEntry) {
        catalog = Catalog(version: catalog.version + 1, entries: catalog.all + [entry])
        guard decider.sweptKinds.contains(entry.kind) else { return }
        for key in states.keys.sorted() { decide(.sweep([entry]), key) }
    }

    /// When the timers of a subject are due; as they were set last.
    private(set) var timers: [String: Instant] = [:]

    func decide(_ input: Input, _ key: String, at now: Instant = ReportingHouse.start) {
        var state = state(key)
        var effects = Effects()
        decider.decide(input, key: key, on: &state, at: now, catalog: catalog, effects: &effects)
        if let refusal = effects.refusal { return refusals.append(refusal.code) }
        states[key] = state.bytes
        for change in effects.timers { timers[change.name] = change.due }
        for row in effects.rows {
            precondition(row.cells.count == row.table.columns.count, "\(row.table.name) has \(row.cells.count) cells")
            let id = zip(row.table.columns, row.cells).filter { row.table.key.contains($0.0.name) }.map { "\($0.1)" }.joined(
                separator: "|")
            if row.table.onConflict == .replace || rows[row.table.name]?[id] == nil {
                rows[row.table.name, default: [:]][id] = row.cells
            }
        }
    }

    func state(_ key: String) -> SubjectRecord {
        guard let bytes = states[key], let json = try? JSONDocument(parsing: bytes).root, let state = try? SubjectRecord(json) else {
            return SubjectRecord()
        }
        return state
    }

    // MARK: Looking

    /// One column of a table.
    func cells(_ table: StoreTable, _ column: String) -> [Cell] {
        guard let place = table.columns.firstIndex(where: { $0.name == column }) else { return [] }
        return (rows[table.name] ?? [:]).sorted { $0.key < $1.key }.map { $0.value[place] }
    }

    func sum(_ table: StoreTable, _ column: String) -> Int64 {
        cells(table, column).reduce(0) { sum, cell in if case .int64(let number) = cell { sum + number } else { sum } }
    }
}
