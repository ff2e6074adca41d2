import Contracts
import Deciding
import Vocabulary
import Wire

/// What is known of one subject: no facts, only what indicators need of them. The order in which facts came leaves no trace in it.
public struct ScoringState: DecidedState {
    /// Facts taken, each once.
    public private(set) var factCount: Int64 = 0
    /// The latest moment at which any fact happened, whether it stands or not: what is sixty months before is folded together.
    private var latest: Instant?
    /// The facts that happened last, with whether they stand.
    private var last = Latest<Bool>()
    /// When the latest fact that stands happened; windows end in its month. Where none of those that are kept stands, when the earliest of them
    /// happened, which is later than any other that does.
    public var windowsEnd: Instant? { last.first?.order.at ?? last.hindmost?.at }
    /// The latest moment at which any fact became known.
    public private(set) var known: Instant?
    /// What stands of each field that is asked for, by `<record type>/<field>`; the latest value counts.
    public private(set) var profile: [String: Latest<IndicatorValue>] = [:]
    /// By `SeriesSource.key`.
    public private(set) var series: [String: MonthlySeries] = [:]
    public private(set) var memory = FactMemory()
    /// The official grades that were told.
    private var grades = Latest<GradeOnFile>()
    /// The latest; nil where none stands.
    public var officialGrade: GradeOnFile? { grades.first?.value }
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
        if fact.isRetraction {
            memory.set(.replaced(month), for: id)
        } else {
            // Something may have taken its place already.
            let stands = before == nil
            last.add(stands ? true : nil, order)
            memory.set(stands ? .counted(month) : .replaced(month), for: id)
            add(fact.data, order, in: month, stands: stands, to: sources, keeping: firstKept)
            keepFields(of: fact, order, collected.fields[fact.recordType] ?? [], stands: stands)
            if fact.recordType == SubjectProfile.publicGrade, let grade = GradeOnFile(fact) {
                grades.add(stands ? grade : nil, grade.order)
            }
        }

        guard let former = fact.supersedes, let said = fact.supersededData else { return true }
        switch memory[former] {
        case .counted(let month):
            memory.set(.replaced(month), for: former)
            last.takeBack(former)
            takeBack(said, former, in: month, from: sources, keeping: firstKept)
            forgetFields(of: former, fact.recordType)
            grades.takeBack(former)
        case nil: memory.set(.awaited, for: former)
        case .replaced, .awaited: break
        }
        return true
    }

    private static func firstMonthKept(_ latest: Instant) -> Int32 {
        FactMonth.clamped(latest.dayInChina.month.number) - MonthlySeries.monthsKept + 1
    }

    private mutating func add(
        _ data: JSONValue, _ order: FactOrder, in month: Int32, stands: Bool, to list: [Collected.Series], keeping firstKept: Int32
    ) {
        for collected in list {
            guard stands || collected.needsMax || collected.needsLast, let amount = collected.source.amount(in: data) else { continue }
            var total = stands ? MonthTotal(month: month, count: 1, sum: amount) : MonthTotal(month: month)
            if collected.needsMax { total.greatest.add(amount, of: order.id, stands: stands) }
            if collected.needsLast { total.latest.add(stands ? amount : nil, order) }
            series[collected.source.key, default: MonthlySeries()].add(total, keeping: firstKept)
            if series[collected.source.key]?.isEmpty == true { series[collected.source.key] = nil }
        }
    }

    private mutating func takeBack(
        _ data: JSONValue, _ id: String, in month: Int32, from list: [Collected.Series], keeping firstKept: Int32
    ) {
        for collected in list {
            guard let amount = collected.source.amount(in: data) else { continue }
            series[collected.source.key, default: MonthlySeries()].takeBack(amount, of: id, in: month, keeping: firstKept)
            if series[collected.source.key]?.isEmpty == true { series[collected.source.key] = nil }
        }
    }

    private mutating func keepFields(of fact: Fact, _ order: FactOrder, _ fields: Set<String>, stands: Bool) {
        for field in fields {
            guard let value = fact.data[field].flatMap({ IndicatorValue(scalar: $0) }) else { continue }
            profile[fact.recordType + "/" + field, default: Latest()].add(stands ? value : nil, order)
        }
    }

    private mutating func forgetFields(of id: String, _ recordType: String) {
        let prefix = recordType + "/"
        for key in Array(profile.keys) where key.hasPrefix(prefix) { profile[key]?.takeBack(id) }
    }

    /// Takes what governance says of a dispute; false when it says nothing new.
    mutating func take(_ dispute: FactDispute) -> Bool {
        guard disputes.take(dispute) else { return false }
        known = max(known ?? dispute.at, dispute.at)
        return true
    }

    /// The latest value of a field; nil when no fact had one.
    func value(_ recordType: String, _ field: String) -> IndicatorValue? { profile[recordType + "/" + field]?.first?.value }

    /// The latest value of a field as a text; empty when there is none.
    func text(_ recordType: String, _ field: String) -> String {
        if case .text(let text)? = value(recordType, field) { text } else { "" }
    }

    // MARK: stored form

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        factCount = try fields.int("facts")
        latest = try fields.intOrNil("latest").map { Instant(microseconds: $0) }
        if let list = fields["last"] { last = try Latest(list.elements, "last") { $0.bool } }
        known = try fields.intOrNil("known").map { Instant(microseconds: $0) }
        revision = try fields.int("revision")
        saidLast = try fields.intOrNil("said").map { UInt64(bitPattern: $0) }
        for (key, json) in try fields.required("profile").members {
            profile[key] = try Latest(json.elements, "profile") { IndicatorValue(scalar: $0) }
        }
        for (key, json) in try fields.required("series").members { series[key] = try MonthlySeries(json) }
        guard let text = try fields.required("memory").utf8, let memory = FactMemory(text: text) else {
            throw .wrong(field: "memory", expected: "facts taken")
        }
        self.memory = memory
        if let list = fields["officialGrades"] { grades = try Latest(list.elements, "officialGrades") { try? GradeOnFile($0) } }
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
        if !last.isEmpty {
            object.member(
                "last",
                array: { list in
                    last.write(to: &list) { stands, list in list.element(stands) }
                })
        }
        object.memberIfPresent("known", known?.microseconds)
        object.member("revision", revision)
        object.memberIfPresent("said", saidLast.map { Int64(bitPattern: $0) })
        object.member(
            "profile",
            object: { object in
                for (key, standing) in profile.sorted(by: { $0.key < $1.key }) {
                    object.member(
                        key,
                        array: { list in
                            standing.write(to: &list) { value, list in
                                switch value {
                                case .number(let number): list.element(number)
                                case .text(let text): list.element(text)
                                }
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
        if !grades.isEmpty {
            object.member(
                "officialGrades",
                array: { list in
                    grades.write(to: &list) { grade, list in list.element(object: { grade.write(to: &$0) }) }
                })
        }
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
