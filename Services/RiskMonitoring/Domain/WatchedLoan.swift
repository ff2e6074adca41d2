import Contracts
import Deciding
import Vocabulary
import Wire

/// One loan of the subject as far as it is known: payout, settlement and latest status may come in any order.
///
/// A loan is named by its institution and that institution's own number, so that no lender can speak about another's loan.
public struct WatchedLoan: Hashable, Sendable {
    /// Of two facts about the same thing the one with the greater order stands, as in governance.
    struct Order: Hashable, Comparable, Sendable {
        let occurredAt: Instant
        let factID: String

        static func < (a: Order, b: Order) -> Bool { (a.occurredAt, a.factID) < (b.occurredAt, b.factID) }
    }

    struct Disbursement: Hashable, Sendable {
        let order: Order
        let amount: Money
        let day: Day
    }

    struct Settlement: Hashable, Sendable {
        let order: Order
        let day: Day
    }

    struct Status: Hashable, Sendable {
        let order: Order
        let asOf: Day
        let balance: Money
        let overdueDays: Int64

        /// The later day stands; of the same day the later statement.
        func isReplaced(by other: Status) -> Bool { (asOf, order) < (other.asOf, other.order) }
    }

    /// What the world was last told of the watch.
    enum Watch: String, Hashable, Sendable { case open, closed }

    let institution: String
    let loanID: String
    var disbursement: Disbursement?
    var settlement: Settlement?
    private(set) var status: Status?
    /// The last few before it, the latest last: what stands again when it is taken back.
    private var earlier: [Status] = []
    var watch: Watch?
    /// The class told last; nil before the watch is opened.
    var toldClass: LoanClass?
    /// About its watch.
    var said = LastWord()

    init(institution: String, loanID: String) {
        self.institution = institution
        self.loanID = loanID
    }

    /// Paid out and not settled.
    public var isLive: Bool { disbursement != nil && settlement == nil }

    /// Statuses kept before the one that stands.
    private static let earlierMax = 3

    /// One more status, in the place of the one that `superseded` said.
    mutating func take(_ news: Status, superseding superseded: String?) {
        let known = statuses.filter { ![superseded, news.order.factID].contains($0.order.factID) }
        statuses = (known + [news]).sorted { $0.isReplaced(by: $1) }
    }

    /// What the fact said of the loan is no more. False when nothing of it is known.
    mutating func forget(_ factID: String) -> Bool {
        let before = self
        if disbursement?.order.factID == factID { disbursement = nil }
        if settlement?.order.factID == factID { settlement = nil }
        statuses.removeAll { $0.order.factID == factID }
        return self != before
    }

    private var statuses: [Status] {
        get { earlier + (status.map { [$0] } ?? []) }
        set {
            status = newValue.last
            earlier = newValue.dropLast().suffix(Self.earlierMax)
        }
    }

    /// The status that counts: one from before the payout does not.
    private var standing: Status? {
        guard let status, let disbursement, status.asOf >= disbursement.day else { return nil }
        return status
    }

    /// The payout is itself the first status: the full amount, nothing overdue. Zero once settled.
    var balance: Money { settlement != nil ? .zero : standing?.balance ?? disbursement?.amount ?? .zero }
    var overdueDays: Int64 { standing?.overdueDays ?? 0 }

    /// The facts that say that there is the loan, how much is owed, and for how long it is overdue.
    var countedBy: String? { disbursement?.order.factID }
    var balanceSaidBy: String? { (standing?.order ?? disbursement?.order)?.factID }
    var delaySaidBy: String? { standing?.order.factID }

    /// By days alone. No delay counts as technical, because no sender says that it was.
    var loanClass: LoanClass { LoanClass.byOverdue(days: Int(clamping: overdueDays), isTechnical: false) }

    /// For forgetting: what came last about it.
    var lastDay: Day { [disbursement?.day, settlement?.day, status?.asOf].compactMap(\.self).max() ?? Day(number: .min) }
}

extension WatchedLoan {
    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(institution: try fields.text("institution"), loanID: try fields.text("loanId"))
        if let part = try fields.objectOrNil("disbursed") {
            disbursement = Disbursement(order: try Order(part), amount: try part.money("amountFen"), day: try part.day("on"))
        }
        if let part = try fields.objectOrNil("settled") {
            settlement = Settlement(order: try Order(part), day: try part.day("on"))
        }
        status = try fields["status"].map { json throws(ContractDefect) in try Status(json) }
        earlier = try fields.list("earlier") { json throws(ContractDefect) in try Status(json) }
        watch = try fields.textOrNil("watch").flatMap { Watch(rawValue: $0) }
        said = LastWord(at: try fields.instantOrNil("said"))
        let told = try fields.textOrNil("class")
        toldClass = LoanClass.allCases.first { $0.code == told }
    }

    func write(to object: inout JSONWriter) {
        object.member("institution", institution)
        object.member("loanId", loanID)
        if let disbursement {
            object.member(
                "disbursed",
                object: { part in
                    disbursement.order.write(to: &part)
                    part.member("amountFen", disbursement.amount)
                    part.member("on", disbursement.day)
                })
        }
        if let settlement {
            object.member(
                "settled",
                object: { part in
                    settlement.order.write(to: &part)
                    part.member("on", settlement.day)
                })
        }
        if let status { object.member("status", object: { status.write(to: &$0) }) }
        if !earlier.isEmpty {
            object.member("earlier", array: { list in for one in earlier { list.element(object: { one.write(to: &$0) }) } })
        }
        object.memberIfPresent("watch", watch?.rawValue)
        object.memberIfPresent("class", toldClass?.code)
        object.memberIfPresent("said", said.at)
    }
}

extension WatchedLoan.Status {
    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            order: try WatchedLoan.Order(fields), asOf: try fields.day("asOf"), balance: try fields.money("balanceFen"),
            overdueDays: try fields.int("overdueDays"))
    }

    func write(to object: inout JSONWriter) {
        order.write(to: &object)
        object.member("asOf", asOf)
        object.member("balanceFen", balance)
        object.member("overdueDays", overdueDays)
    }
}

extension WatchedLoan.Order {
    init(_ fields: Fields) throws(ContractDefect) {
        self.init(occurredAt: try fields.instant("at"), factID: try fields.text("factId"))
    }

    func write(to object: inout JSONWriter) {
        object.member("at", occurredAt)
        object.member("factId", factID)
    }
}
