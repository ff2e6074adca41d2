import Contracts
import Deciding
import Vocabulary
import Wire

/// What is known of one subject: its loans, its latest portrait, and the alerts that are live.
public struct RiskState: DecidedState {
    /// By institution, then the institution's number.
    public internal(set) var loans: [WatchedLoan] = []
    /// By rule.
    public internal(set) var alerts: [LiveAlert] = []
    var portrait: PortraitFacts?
    /// Counts what was said about this subject's alerts, so that no two releases share an id.
    var sequence: Int64 = 0
    /// About this subject's alerts.
    var said = LastWord()
    /// About what is said of its loans. Of all else the portrait says what is under dispute.
    var disputes = DisputeBook()

    /// Loans at the most that are not live: settled ones, and facts of loans whose payout is not known.
    static let restingMax = 200
    /// Live loans of one subject at the most.
    static let liveMax = 1_000

    public init() {}

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        loans = try fields.list("loans") { json throws(ContractDefect) in try WatchedLoan(json) }
        alerts = try fields.list("alerts") { json throws(ContractDefect) in try LiveAlert(json) }
        portrait = try fields["portrait"].map { json throws(ContractDefect) in try PortraitFacts(json) }
        sequence = try fields.intOrNil("sequence") ?? 0
        said = LastWord(at: try fields.instantOrNil("said"))
        disputes = try DisputeBook(fields, "disputes")
    }

    public func write(to object: inout JSONWriter) {
        if !loans.isEmpty {
            object.member(
                "loans",
                array: { list in
                    for loan in loans { list.element(object: { loan.write(to: &$0) }) }
                })
        }
        if !alerts.isEmpty {
            object.member(
                "alerts",
                array: { list in
                    for alert in alerts { list.element(object: { alert.write(to: &$0) }) }
                })
        }
        if let portrait { object.member("portrait", object: { portrait.write(to: &$0) }) }
        if sequence > 0 { object.member("sequence", sequence) }
        object.memberIfPresent("said", said.at)
        disputes.write(to: &object, as: "disputes")
    }

    /// Keeps the portrait with the highest revision. False when it says nothing new.
    mutating func take(_ other: PortraitFacts) -> Bool {
        if let portrait, portrait.revision >= other.revision { return false }
        portrait = other
        return true
    }

    /// Where the loan stands in `loans`; makes a place for it when it is new.
    mutating func loanPlace(institution: String, loanID: String) -> Int {
        let wanted = (institution, loanID)
        let place = loans.firstIndex { ($0.institution, $0.loanID) >= wanted } ?? loans.endIndex
        if place < loans.endIndex, loans[place].institution == institution, loans[place].loanID == loanID { return place }
        loans.insert(WatchedLoan(institution: institution, loanID: loanID), at: place)
        return place
    }

    /// Forgets the oldest loan that is not live when there are too many of them.
    mutating func forgetOldLoans() {
        while true {
            let resting = loans.indices.filter { !loans[$0].isLive }
            guard resting.count > Self.restingMax else { return }
            let oldest = resting.min { a, b in
                (loans[a].lastDay, loans[a].institution, loans[a].loanID) < (loans[b].lastDay, loans[b].institution, loans[b].loanID)
            }
            guard let oldest else { return }
            loans.remove(at: oldest)
        }
    }
}

/// An alert that stands: at most one of each rule.
public struct LiveAlert: Hashable, Sendable {
    /// The rule's id, and the version that said yes last.
    public let rule: String
    public var ruleVersion: Int64
    /// `blue`, `yellow`, `orange` or `red`.
    public var level: String
    /// When it was raised.
    public let since: Instant
    /// What the rule saw when it said yes last.
    public var observed: String
    /// A statement under dispute has a part in what the rule sees.
    public var isDisputed: Bool
    /// The lenders who were told and still are lenders, sorted.
    public var lenders: [String]

    init(
        rule: String, ruleVersion: Int64, level: String, since: Instant, observed: String, isDisputed: Bool, lenders: [String]
    ) {
        self.rule = rule
        self.ruleVersion = ruleVersion
        self.level = level
        self.since = since
        self.observed = observed
        self.isDisputed = isDisputed
        self.lenders = lenders
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            rule: try fields.text("rule"), ruleVersion: try fields.int("version"), level: try fields.text("level"),
            since: try fields.instant("since"), observed: try fields.text("observed"),
            isDisputed: try fields.bool("isDisputed"), lenders: try fields.texts("lenders"))
    }

    func write(to object: inout JSONWriter) {
        object.member("rule", rule)
        object.member("version", ruleVersion)
        object.member("level", level)
        object.member("since", since)
        object.member("observed", observed)
        if isDisputed { object.member("isDisputed", true) }
        object.member("lenders", lenders)
    }
}
