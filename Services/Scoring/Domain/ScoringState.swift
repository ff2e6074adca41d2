import Contracts
import Deciding
import Vocabulary
import Wire

/// What is known of one subject: no facts, only what indicators need of them. The order in which facts came leaves no trace in it.
public struct ScoringState: DecidedState {
    /// Facts taken, each once.
    public private(set) var factCount: Int64 = 0
    /// The latest moment at which any fact happened; windows end in its month.
    public private(set) var latest: Instant?
    /// The latest moment at which any fact became known.
    public private(set) var known: Instant?
    /// The latest value of each field that is asked for, by `<record type>/<field>`.
    public private(set) var profile: [String: ProfileValue] = [:]
    /// By `SeriesSource.key`.
    public private(set) var series: [String: MonthlySeries] = [:]
    public private(set) var memory = FactMemory()
    /// Nil where no official grade stands.
    public private(set) var officialGrade: GradeOnFile?
    /// What the subject has objected to.
    public private(set) var disputes = DisputeBook()
    /// When the official grade becomes stale, for which a timer is set.
    public internal(set) var gradeStaleFrom: Instant?

    /// Portraits sent.
    public internal(set) var revision: Int64 = 0
    /// FNV-1a of what the last portrait said; nil before the first.
    public internal(set) var saidLast: UInt64?
    /// White lists that the subject is on, and since when.
    public internal(set) var lists: [String: Instant] = [:]
    /// About white lists.
    public internal(set) var said = LastWord()

    public struct ProfileValue: Hashable, Sendable {
        public let order: FactOrder
        public let value: IndicatorValue
    }

    public init() {}

    // MARK: taking facts

    /// Takes a fact; false when it was taken before, and nothing has changed.
    mutating func take(_ fact: Fact, _ collected: Collected) -> Bool {
        // One repair may take several things back.
        let id = fact.isRetraction ? "\(fact.factID)\n\(fact.supersedes ?? "")" : fact.factID
        let before = memory[id]
        guard before == nil || before == .awaited else { return false }

        let keptBefore = latest.map { Self.firstMonthKept($0) }
        let latest = max(latest ?? fact.occurredAt, fact.occurredAt)
        let firstKept = Self.firstMonthKept(latest)
        if let keptBefore, keptBefore < firstKept { for key in Array(series.keys) { series[key]?.fold(before: firstKept) } }
        self.latest = latest
        known = max(known ?? fact.knownAt, fact.knownAt)
        factCount += 1

        let month = FactMonth.of(fact.data, occurredAt: fact.occurredAt)
        let order = FactOrder(at: fact.occurredAt, id: fact.factID)
        let sources = collected.series[fact.recordType] ?? []
        if fact.recordType == SubjectProfile.publicGrade, let former = fact.supersedes { forgetGrade(former) }
        if fact.isRetraction {
            memory.set(.replaced(month), for: id)
        } else {
            let stands = before == nil
            memory.set(stands ? .counted(month) : .replaced(month), for: id)
            add(fact.data, order, in: month, count: stands ? 1 : 0, to: sources, keeping: firstKept)
            if fact.recordType != SubjectProfile.publicGrade {
                keepFields(of: fact, order, collected.fields[fact.recordType] ?? [])
            } else if stands {
                keepFields(of: fact, order, collected.fields[fact.recordType] ?? [])
                keepGrade(of: fact)
            }
        }

        guard let former = fact.supersedes, let said = fact.supersededData else { return true }
        switch memory[former] {
        case .counted(let month):
            memory.set(.replaced(month), for: former)
            add(said, nil, in: month, count: -1, to: sources, keeping: firstKept)
        case nil: memory.set(.awaited, for: former)
        case .replaced, .awaited: break
        }
        return true
    }

    private static func firstMonthKept(_ latest: Instant) -> Int32 {
        FactMonth.clamped(latest.dayInChina.month.number) - MonthlySeries.monthsKept + 1
    }

    /// Adds with `count` 1, takes back with -1. With 0 only the greatest and the last amount hear of it.
    private mutating func add(
        _ data: JSONValue, _ order: FactOrder?, in month: Int32, count: Int64, to list: [Collected.Series], keeping firstKept: Int32
    ) {
        for collected in list {
            guard let amount = collected.source.amount(in: data) else { continue }
            let change = MonthTotal(
                month: month, count: count, sum: amount * count, max: collected.needsMax && order != nil ? amount : nil,
                last: collected.needsLast ? order.map { .init(order: $0, amount: amount) } : nil)
            series[collected.source.key, default: MonthlySeries()].add(change, keeping: firstKept)
            if series[collected.source.key]?.isEmpty == true { series[collected.source.key] = nil }
        }
    }

    private mutating func keepFields(of fact: Fact, _ order: FactOrder, _ fields: Set<String>) {
        for field in fields {
            guard let value = fact.data[field].flatMap({ IndicatorValue(scalar: $0) }) else { continue }
            let key = fact.recordType + "/" + field
            if let held = profile[key], order < held.order { continue }
            profile[key] = ProfileValue(order: order, value: value)
        }
    }

    private mutating func keepGrade(of fact: Fact) {
        guard let grade = GradeOnFile(fact), officialGrade.map({ $0.order < grade.order }) ?? true else { return }
        officialGrade = grade
    }

    /// Of the official grade one statement stands at a time, so one that was replaced or taken back leaves nothing behind. Of other fields the
    /// latest value stays: what was said before it is no longer known.
    private mutating func forgetGrade(_ factID: String) {
        if officialGrade?.order.id == factID { officialGrade = nil }
        for key in Array(profile.keys) where key.hasPrefix(SubjectProfile.publicGrade + "/") && profile[key]?.order.id == factID {
            profile[key] = nil
        }
    }

    /// Takes what governance says of a dispute; false when it says nothing new.
    mutating func take(_ dispute: FactDispute) -> Bool {
        guard disputes.take(dispute) else { return false }
        known = max(known ?? dispute.at, dispute.at)
        return true
    }

    /// The latest value of a field; nil when no fact had one.
    func value(_ recordType: String, _ field: String) -> IndicatorValue? { profile[recordType + "/" + field]?.value }

    /// The latest value of a field as a text; empty when there is none.
    func text(_ recordType: String, _ field: String) -> String {
        if case .text(let text)? = value(recordType, field) { text } else { "" }
    }

    // MARK: stored form

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        factCount = try fields.int("facts")
        latest = try fields.intOrNil("latest").map { Instant(microseconds: $0) }
        known = try fields.intOrNil("known").map { Instant(microseconds: $0) }
        revision = try fields.int("revision")
        saidLast = try fields.intOrNil("said").map { UInt64(bitPattern: $0) }
        for (key, json) in try fields.required("profile").members {
            let parts = Array(json.elements)
            guard parts.count == 3, let at = parts[0].int, let id = parts[1].string, let value = IndicatorValue(scalar: parts[2]) else {
                throw .wrong(field: "profile", expected: "a time, an id and a value")
            }
            profile[key] = ProfileValue(order: FactOrder(at: Instant(microseconds: at), id: id), value: value)
        }
        for (key, json) in try fields.required("series").members { series[key] = try MonthlySeries(json) }
        guard let text = try fields.required("memory").utf8, let memory = FactMemory(text: text) else {
            throw .wrong(field: "memory", expected: "facts taken")
        }
        self.memory = memory
        officialGrade = try fields["officialGrade"].map { json throws(ContractDefect) in try GradeOnFile(json) }
        disputes = try DisputeBook(fields, "disputes")
        gradeStaleFrom = try fields.intOrNil("gradeStaleFrom").map { Instant(microseconds: $0) }
        for (list, since) in try fields.required("lists").members {
            guard let microseconds = since.int else { throw .wrong(field: "lists", expected: "times") }
            lists[list] = Instant(microseconds: microseconds)
        }
        said = LastWord(at: try fields.intOrNil("listsSaid").map { Instant(microseconds: $0) })
    }

    public func write(to object: inout JSONWriter) {
        object.member("facts", factCount)
        object.memberIfPresent("latest", latest?.microseconds)
        object.memberIfPresent("known", known?.microseconds)
        object.member("revision", revision)
        object.memberIfPresent("said", saidLast.map { Int64(bitPattern: $0) })
        object.member(
            "profile",
            object: { object in
                for (key, held) in profile.sorted(by: { $0.key < $1.key }) {
                    object.member(
                        key,
                        array: { list in
                            list.element(held.order.at.microseconds)
                            list.element(held.order.id)
                            switch held.value {
                            case .number(let number): list.element(number)
                            case .text(let text): list.element(text)
                            }
                        })
                }
            })
        object.member(
            "series",
            object: { object in
                for (key, series) in series.sorted(by: { $0.key < $1.key }) { series.write(as: key, to: &object) }
            })
        object.member("memory", memory.text)
        if let officialGrade { object.member("officialGrade", object: { officialGrade.write(to: &$0) }) }
        disputes.write(to: &object, as: "disputes")
        object.memberIfPresent("gradeStaleFrom", gradeStaleFrom?.microseconds)
        object.member(
            "lists",
            object: { object in
                for (list, since) in lists.sorted(by: { $0.key < $1.key }) { object.member(list, since.microseconds) }
            })
        object.memberIfPresent("listsSaid", said.at?.microseconds)
    }
}

extension IndicatorValue {
    /// A number, a text, or 1 and 0 for true and false; nil for everything else and for the empty text.
    init?(scalar json: JSONValue) {
        if let number = json.double, number.isFinite {
            self = .number(number)
        } else if let flag = json.bool {
            self = .number(flag ? 1 : 0)
        } else if let text = json.string, !text.isEmpty {
            self = .text(text)
        } else {
            return nil
        }
    }
}
