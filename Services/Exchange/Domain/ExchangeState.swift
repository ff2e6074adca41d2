import Contracts
import Deciding
import Vocabulary
import Wire

/// What the exit door knows of one subject: its consents, what was decided, and what waits for a consent.
public struct ExchangeState: DecidedState {
    /// By id.
    public internal(set) var consents: [ConsentOnFile] = []
    /// By time, then id; the oldest are forgotten.
    public internal(set) var decisions: [ReleaseDecision] = []
    /// By the id of the release.
    public internal(set) var waiting: [WaitingRelease] = []
    /// About statements of types that are forwarded.
    public internal(set) var disputes = DisputeBook()

    /// Other requests under a used id that were answered, as id and digest; the oldest are forgotten.
    private var reuses: [String] = []

    /// Decisions that are remembered.
    public static let decisionsMax = 500
    /// Requests of one subject that may wait at a time.
    public static let waitingMax = 50
    private static let reusesMax = 50

    public init() {}

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        consents = try fields.list("consents") { json throws(ContractDefect) in try ConsentOnFile(json) }
        decisions = try fields.list("decisions") { json throws(ContractDefect) in try ReleaseDecision(json) }
        waiting = try fields.list("waiting") { json throws(ContractDefect) in try WaitingRelease(json) }
        disputes = try DisputeBook(fields, "disputes")
        reuses = try fields.texts("reuses")
    }

    public func write(to object: inout JSONWriter) {
        if !consents.isEmpty {
            object.member(
                "consents",
                array: { list in
                    for consent in consents { list.element(object: { consent.write(to: &$0) }) }
                })
        }
        if !decisions.isEmpty {
            object.member(
                "decisions",
                array: { list in
                    for decision in decisions { list.element(object: { decision.write(to: &$0) }) }
                })
        }
        if !waiting.isEmpty {
            object.member(
                "waiting",
                array: { list in
                    for request in waiting { list.element(object: { request.write(to: &$0) }) }
                })
        }
        disputes.write(to: &object, as: "disputes")
        if !reuses.isEmpty { object.member("reuses", reuses) }
    }

    /// The digest of the request that has the id, decided or waiting; nil when the id is free.
    func digest(of releaseID: String) -> String? {
        decisions.first { $0.releaseID == releaseID }?.digest ?? waiting.first { $0.request.releaseID == releaseID }?.digest
    }

    /// Notes another request under a used id. False when it was noted before.
    mutating func noteReuse(of releaseID: String, digest: String) -> Bool {
        let reuse = digest + " " + releaseID
        guard !reuses.contains(reuse) else { return false }
        reuses.append(reuse)
        if reuses.count > Self.reusesMax { reuses.removeFirst() }
        return true
    }

    /// Keeps the order, and forgets the oldest that can not be recalled any more, or else the oldest.
    mutating func remember(_ decision: ReleaseDecision) {
        let place = decisions.lastIndex { ($0.at, $0.releaseID) < (decision.at, decision.releaseID) }.map { $0 + 1 } ?? 0
        decisions.insert(decision, at: place)
        guard decisions.count > Self.decisionsMax else { return }
        decisions.remove(at: decisions.firstIndex { !$0.canBeRecalled } ?? 0)
    }
}

/// What became of one request.
public struct ReleaseDecision: Hashable, Sendable {
    /// `recalled` only ever follows `released`.
    public enum Status: String, Hashable, Sendable { case released, denied, recalled }

    /// As asked.
    public let releaseID: String
    let receiver: String
    let messageType: String
    let purpose: String
    /// The consent it rests on; the one that was named when it was denied; empty when there is none.
    let consentID: String
    /// Where it stands.
    public var status: Status
    /// Empty when released.
    public var reason: String
    let at: Instant
    /// Fields that left.
    let fields: Int64
    /// Of the request: the same id with another digest is another request under a used id.
    let digest: String
    /// Until when the receiver may keep it, as it was told then; nil for as long as it likes.
    let keptUntil: Instant?

    /// It went to an institution, which can be asked to delete it.
    var canBeRecalled: Bool { status == .released && !consentID.isEmpty && institution != nil }
    var institution: String? {
        guard case .institution(let id) = Receiver(receiver) else { return nil }
        return id
    }
}

/// A request that is ahead of its consent.
public struct WaitingRelease: Sendable {
    /// The whole request as it came.
    let json: JSONValue
    let request: ReleaseRequest
    let digest: String
    let since: Instant

    static let timerPrefix = "consent-wait:"
    var timer: String { Self.timerPrefix + request.releaseID }

    init(_ request: ReleaseRequest, json: JSONValue, since: Instant) {
        self.request = request
        self.json = json
        self.since = since
        digest = request.digest
    }
}

extension ReleaseDecision {
    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        guard let status = Status(rawValue: try fields.text("status")) else {
            throw .wrong(field: "status", expected: "released, denied or recalled")
        }
        self.init(
            releaseID: try fields.text("id"), receiver: try fields.text("receiver"), messageType: try fields.text("type"),
            purpose: try fields.text("purpose"), consentID: try fields.text("consent"), status: status, reason: try fields.text("reason"),
            at: try fields.instant("at"), fields: try fields.int("fields"), digest: try fields.text("digest"),
            keptUntil: try fields.instantOrNil("keptUntil"))
    }

    func write(to object: inout JSONWriter) {
        object.member("id", releaseID)
        object.member("receiver", receiver)
        object.member("type", messageType)
        object.member("purpose", purpose)
        object.member("consent", consentID)
        object.member("status", status.rawValue)
        object.member("reason", reason)
        object.member("at", at)
        object.member("fields", fields)
        object.member("digest", digest)
        object.memberIfPresent("keptUntil", keptUntil)
    }
}

extension WaitingRelease {
    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        let request = try fields.required("request")
        self.init(try ReleaseRequest(request), json: request, since: try fields.instant("since"))
    }

    func write(to object: inout JSONWriter) {
        object.member("since", since)
        object.member("request", json)
    }
}

extension ReleaseRequest {
    /// A hash of everything but the time of asking, in hexadecimal. Tells our own services' slips apart; it is no seal.
    var digest: String {
        var hash = FNV64()
        func mix(_ bytes: some Sequence<UInt8>) {
            hash.mix(bytes)
            hash.mix(CollectionOfOne(0xff))
        }
        for text in [subject, receiver, messageType, purpose, consentID] { mix(text.utf8) }
        for category in categories { mix(category.utf8) }
        mix(body.canonicalBytes)
        return String(hash.value, radix: 16)
    }
}
