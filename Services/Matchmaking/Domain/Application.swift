import Contracts
import Vocabulary
import Wire

/// One application for financing and everything that was reported about it.
public struct Application: Sendable {
    public let request: FinancingRequest
    /// Empty when nothing fitted.
    public let institution: String
    public let productID: String
    public let scoreID: String
    public let region: String
    public let industry: String
    /// Nil when nothing fitted.
    public var accept: Deadline?
    public var answer: Deadline?
    public let isProvisional: Bool
    /// In the order in which it happened.
    public private(set) var feedback: [Feedback] = []
    /// Steps that were said to the world; each is said once.
    public var announced: Set<FeedbackStep> = []
    /// By fact, why it does not count; as written to the table.
    public var refusals: [String: String] = [:]

    /// Reports on one application that are kept at the most.
    public static let feedbackMax = 48

    public init(
        request: FinancingRequest, institution: String, productID: String, scoreID: String, region: String, industry: String,
        accept: Deadline?, answer: Deadline?, isProvisional: Bool
    ) {
        self.request = request
        self.institution = institution
        self.productID = productID
        self.scoreID = scoreID
        self.region = region
        self.industry = industry
        self.accept = accept
        self.answer = answer
        self.isProvisional = isProvisional
    }

    /// False when there is no room.
    mutating func add(_ new: Feedback) -> Bool {
        feedback.removeAll { $0.factID == new.factID }
        guard feedback.count < Self.feedbackMax else { return false }
        feedback.append(new)
        feedback.sort(by: Feedback.isBefore)
        return true
    }

    mutating func remove(_ factID: String) { feedback.removeAll { $0.factID == factID } }

    /// What all reports together come to, whichever came first.
    public var course: Course {
        var status: ApplicationStatus = institution.isEmpty ? .unmatched : .dispatched
        var counted: [Feedback] = []
        var refused: [String: String] = [:]
        for report in feedback {
            if counted.contains(where: { $0.step == report.step }) {
                refused[report.factID] = "repeated"
            } else if let next = status.after(report.step) {
                status = next
                counted.append(report)
            } else {
                refused[report.factID] = "after-" + status.rawValue
            }
        }
        return Course(status: status, counted: counted, refused: refused)
    }

    /// The outcome of the reports.
    public struct Course: Sendable {
        public let status: ApplicationStatus
        public let counted: [Feedback]
        /// Why a report does not count, by fact.
        public let refused: [String: String]

        public func step(_ step: FeedbackStep) -> Feedback? { counted.first { $0.step == step } }

        /// Steps of a smooth course that were never reported though a later one was.
        public var skipped: [FeedbackStep] {
            let smooth: [FeedbackStep] = [.accepted, .credited, .disbursed, .settled]
            guard let last = smooth.lastIndex(where: { step($0) != nil }) else { return [] }
            return smooth[..<last].filter { step($0) == nil }
        }
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        request = try FinancingRequest(try fields.required("request"))
        institution = try fields.text("institution")
        productID = try fields.text("productId")
        scoreID = try fields.text("scoreId")
        region = try fields.text("region")
        industry = try fields.text("industry")
        accept = try fields["accept"].map { json throws(ContractDefect) in try Deadline(json) }
        answer = try fields["answer"].map { json throws(ContractDefect) in try Deadline(json) }
        isProvisional = try fields.bool("isProvisional")
        feedback = try fields.list("feedback") { json throws(ContractDefect) in try Feedback(json) }
        announced = Set(try fields.texts("announced").compactMap { FeedbackStep(rawValue: $0) })
        if let list = fields["refusals"] {
            for (fact, code) in list.members { refusals[fact] = code.string ?? "" }
        }
    }

    public func write(to object: inout JSONWriter) {
        request.write(to: &object, as: "request")
        object.member("institution", institution)
        object.member("productId", productID)
        object.member("scoreId", scoreID)
        object.member("region", region)
        object.member("industry", industry)
        if let accept { object.member("accept", object: { accept.write(to: &$0) }) }
        if let answer { object.member("answer", object: { answer.write(to: &$0) }) }
        if isProvisional { object.member("isProvisional", true) }
        if !feedback.isEmpty {
            object.member(
                "feedback",
                array: { list in
                    for report in feedback { list.element(object: { report.write(to: &$0) }) }
                })
        }
        if !announced.isEmpty { object.member("announced", announced.map(\.rawValue).sorted()) }
        if !refusals.isEmpty {
            object.member(
                "refusals",
                object: { list in
                    for fact in refusals.keys.sorted() { list.member(fact, refusals[fact] ?? "") }
                })
        }
    }
}

/// A promise of the institution with its last moment, and how it stands.
public struct Deadline: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case accept, answer

        /// The reports that keep the promise.
        var keptBy: [FeedbackStep] {
            switch self {
            case .accept: [.accepted, .credited, .disbursed, .settled, .declined]
            case .answer: [.credited, .disbursed, .settled, .declined]
            }
        }
    }

    public enum Standing: String, Sendable {
        case open, met, missed
        /// The firm withdrew in time.
        case lapsed
    }

    public let kind: Kind
    public let due: Instant
    public private(set) var standing: Standing = .open
    /// When the clock found it missed. Stays when a report that came late shows that the institution was in time.
    public private(set) var overdueAt: Instant?

    public init(_ kind: Kind, due: Instant) {
        self.kind = kind
        self.due = due
    }

    /// Decides anew from when things happened, not from when they were heard of. True when it now stands otherwise.
    mutating func judge(_ course: Application.Course) -> Bool {
        func happened(_ step: FeedbackStep) -> Bool { course.step(step).map { $0.occurredAt < due } ?? false }
        let before = standing
        if kind.keptBy.contains(where: happened) {
            standing = .met
        } else if happened(.withdrawn) {
            standing = .lapsed
        } else {
            standing = overdueAt == nil ? .open : .missed
        }
        return standing != before
    }

    /// The clock has come to the end. True when the promise is broken by what is known.
    mutating func expire() -> Bool {
        guard standing == .open else { return false }
        standing = .missed
        overdueAt = due
        return true
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        guard let kind = Kind(rawValue: try fields.text("kind")) else { throw .wrong(field: "kind", expected: "accept or answer") }
        guard let standing = Standing(rawValue: try fields.text("standing")) else {
            throw .wrong(field: "standing", expected: "open, met, missed or lapsed")
        }
        self.kind = kind
        self.standing = standing
        due = try fields.instant("due")
        overdueAt = try fields.instantOrNil("overdueAt")
    }

    public func write(to object: inout JSONWriter) {
        object.member("kind", kind.rawValue)
        object.member("due", due)
        object.member("standing", standing.rawValue)
        object.memberIfPresent("overdueAt", overdueAt)
    }
}
