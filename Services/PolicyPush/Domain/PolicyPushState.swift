import Contracts
import Deciding
import Vocabulary
import Wire

/// What policy push knows under one key: of a subject its portrait and what was pushed to it, or of a policy what was spent.
public struct PolicyPushState: DecidedState {
    /// Of the highest revision seen.
    public var portrait: Portrait?
    /// By policy.
    public var pushes: [String: Push] = [:]
    /// About the subject's policies.
    public var said = LastWord()
    /// When the timer is set that looks at policies anew.
    public var nextLook: Instant?
    /// By round; only under a policy's key.
    public var rounds: [String: GrantRound] = [:]
    /// Names of the rounds that were forgotten: none begins anew, so that nobody is paid twice.
    private var forgottenRounds: Set<String> = []

    public init() {}

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        portrait = try fields["portrait"].map { json throws(ContractDefect) in try Portrait(json) }
        if let list = fields["pushes"] {
            for (policy, push) in list.members { pushes[policy] = try Push(push) }
        }
        said = LastWord(at: try fields.instantOrNil("said"))
        nextLook = try fields.instantOrNil("nextLook")
        if let list = fields["rounds"] {
            for (round, json) in list.members { rounds[round] = try GrantRound(json) }
        }
        forgottenRounds = Set(try fields.texts("forgottenRounds"))
    }

    public func write(to object: inout JSONWriter) {
        if let portrait { object.member("portrait", object: { portrait.write(to: &$0) }) }
        if !pushes.isEmpty {
            object.member(
                "pushes",
                object: { list in
                    for policy in pushes.keys.sorted() {
                        guard let push = pushes[policy] else { continue }
                        list.member(policy, object: { push.write(to: &$0) })
                    }
                })
        }
        object.memberIfPresent("said", said.at)
        object.memberIfPresent("nextLook", nextLook)
        if !rounds.isEmpty {
            object.member(
                "rounds",
                object: { list in
                    for round in rounds.keys.sorted() {
                        guard let spent = rounds[round] else { continue }
                        list.member(round, object: { spent.write(to: &$0) })
                    }
                })
        }
        if !forgottenRounds.isEmpty { object.member("forgottenRounds", forgottenRounds.sorted()) }
    }

    /// The round as it stands, or a new one; nil when it was forgotten.
    func round(_ name: String) -> GrantRound? { rounds[name] ?? (forgottenRounds.contains(name) ? nil : GrantRound()) }

    mutating func forgetRounds(_ isForgotten: (String) -> Bool) {
        let gone = rounds.keys.filter(isForgotten)
        for round in gone { rounds[round] = nil }
        forgottenRounds.formUnion(gone)
    }
}

/// One policy as it was pushed to one firm.
public struct Push: Sendable {
    public var version: Int64
    /// False once withdrawn.
    public var isActive: Bool
    public var firstPushedAt: Instant
    public var amount: Money
    /// How often this version was pushed: 1, and one more each time the firm fits again.
    public var turn: Int64
    /// The version for which a grant was claimed; 0 before the first.
    public var claimedVersion: Int64
    /// Days before the end for which a timer is set, most first.
    public var timers: [Int]
    /// Last days of reminders that were sent, as `yyyy-MM-dd`, sorted.
    public var reminded: [String]

    public init(version: Int64, at now: Instant, amount: Money, claimedVersion: Int64) {
        self.version = version
        isActive = true
        firstPushedAt = now
        self.amount = amount
        turn = 1
        self.claimedVersion = claimedVersion
        timers = []
        reminded = []
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        version = try fields.int("version")
        isActive = try fields.bool("isActive")
        firstPushedAt = try fields.instant("firstPushedAt")
        amount = try fields.money("amountFen")
        turn = try fields.int("turn")
        claimedVersion = try fields.int("claimedVersion")
        timers = try fields.list("timers") { json throws(ContractDefect) in Int(clamping: json.int ?? 0) }
        reminded = try fields.texts("reminded")
    }

    public func write(to object: inout JSONWriter) {
        object.member("version", version)
        object.member("isActive", isActive)
        object.member("firstPushedAt", firstPushedAt)
        object.member("amountFen", amount.fen)
        object.member("turn", turn)
        object.member("claimedVersion", claimedVersion)
        if !timers.isEmpty { object.member("timers", timers) }
        if !reminded.isEmpty { object.member("reminded", reminded) }
    }
}

/// What one round of a policy has spent and on whom.
public struct GrantRound: Sendable {
    public private(set) var spent: Money = .zero
    public private(set) var grants: Int64 = 0
    /// By subject: what was decided, and for which version.
    private var decided: [String: (version: Int64, isGranted: Bool)] = [:]

    /// Subjects of one round at the most: its state is one row, rewritten with every decision.
    public static let subjectsMax = 100_000

    public init() {}

    /// What becomes of a claim.
    public enum Outcome: Hashable, Sendable {
        case granted
        /// A stable code: `budget-exhausted`, `already-granted`, `amount-missing`, `round-full`.
        case refused(String)
        /// The same claim, or an older one, again.
        case known
    }

    /// Grants when the whole amount still fits the budget; never more, never twice.
    public mutating func decide(_ claim: GrantClaim, budget: Money?) -> Outcome {
        if let known = decided[claim.subject] {
            if claim.policyVersion <= known.version { return .known }
            if known.isGranted {
                decided[claim.subject] = (claim.policyVersion, true)
                return .refused("already-granted")
            }
        }
        guard decided[claim.subject] != nil || decided.count < Self.subjectsMax else { return .refused("round-full") }
        guard claim.amount > .zero else {
            decided[claim.subject] = (claim.policyVersion, false)
            return .refused("amount-missing")
        }
        let (after, overflow) = spent.fen.addingReportingOverflow(claim.amount.fen)
        guard !overflow, budget.map({ after <= $0.fen }) ?? true else {
            decided[claim.subject] = (claim.policyVersion, false)
            return .refused("budget-exhausted")
        }
        spent = Money(fen: after)
        grants += 1
        decided[claim.subject] = (claim.policyVersion, true)
        return .granted
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        spent = try fields.money("spentFen")
        grants = try fields.int("grants")
        for name in ["granted", "refused"] {
            guard let list = fields[name] else { continue }
            for (subject, version) in list.members { decided[subject] = (version.int ?? 0, name == "granted") }
        }
    }

    public func write(to object: inout JSONWriter) {
        object.member("spentFen", spent.fen)
        object.member("grants", grants)
        let subjects = decided.keys.sorted()
        for (name, isGranted) in [("granted", true), ("refused", false)] {
            object.member(
                name,
                object: { list in
                    for subject in subjects {
                        if let known = decided[subject], known.isGranted == isGranted { list.member(subject, known.version) }
                    }
                })
        }
    }
}
