import Contracts
import Vocabulary
import Wire

/// One consent of the subject as the exit door knows it: its terms, its revocation, or both. They may come in any order.
public struct ConsentOnFile: Hashable, Sendable {
    /// What was consented to.
    public struct Terms: Hashable, Sendable {
        /// Of two statements of the same consent the one that happened later stands, as in governance.
        let occurredAt: Instant
        let factID: String
        /// `institution:<id>`, or `*` for every receiver. Nothing else has a joker.
        let receivers: [String]
        let categories: [String]
        let purposes: [String]
        /// The application for which it was given; nil when for whichever there is.
        let applicationID: String?
        /// The product for which it was given; nil when for whichever there is.
        let productID: String?
        /// The manner of use (`ReleaseMode`), as the consent says it; nil when it does not say. A word that nobody knows lets nothing out.
        let mode: String?
        /// First and last day, both included, in China.
        let from: Day
        let until: Day
        /// How often each receiver may have each kind of message.
        let fetch: Fetch
        /// How long the receiver may keep what it had; nil when the consent does not say.
        let keepDays: Int64?

        func isReplaced(by other: Terms) -> Bool { (occurredAt, factID) < (other.occurredAt, other.factID) }

        /// The first moment it no longer covers.
        var end: Instant { (until + 1).startInChina }

        /// Until when what was had at a moment may be kept; nil when the consent does not say.
        func keptUntil(_ had: Instant) -> Instant? { keepDays.map { had + .seconds($0 * 86_400) } }
    }

    /// How often something may be had under a consent.
    public enum Fetch: Hashable, Sendable {
        case asNeeded
        case once
        /// Again only after so many days.
        case every(days: Int64)
    }

    /// The latest word about a pause.
    struct Pause: Hashable, Sendable {
        /// False once it was taken up again.
        let isOn: Bool
        let at: Instant
        let factID: String

        func isReplaced(by other: Pause) -> Bool { (at, factID) < (other.at, other.factID) }
    }

    /// When a receiver last had a kind of message under a consent that counts.
    struct Use: Hashable, Sendable {
        let receiver: String
        let messageType: String
        let at: Instant
    }

    /// The firm's own number of it.
    public let id: String
    var terms: Terms?
    /// Nil when there was none.
    var pause: Pause?
    /// By receiver, then message type. Empty where the consent may be used as needed.
    private(set) var uses: [Use] = []
    /// Final: who consents again gives a new consent.
    var revokedAt: Instant?
    /// Our clock once said that it was over. Stays so when the clock is put back.
    var isExpired = false

    /// Consents of one subject at the most.
    static let countMax = 200

    init(id: String) { self.id = id }

    static let timerPrefix = "expiry:"
    var timer: String { Self.timerPrefix + id }
    static let keepingTimerPrefix = "keeping:"
    /// When something that was had under it must not be kept any longer.
    static func keepingTimer(_ id: String) -> String { keepingTimerPrefix + id }

    var isPaused: Bool { pause?.isOn ?? false }
    /// Nothing leaves under it any more.
    var isOver: Bool { revokedAt != nil || isExpired }

    var status: String {
        if revokedAt != nil { return "revoked" }
        if isExpired { return "expired" }
        return isPaused ? "paused" : "active"
    }

    /// Notes that something left under it.
    mutating func note(receiver: String, messageType: String, at moment: Instant) {
        guard let terms, terms.fetch != .asNeeded else { return }
        uses.removeAll { $0.receiver == receiver && $0.messageType == messageType }
        let place = uses.firstIndex { ($0.receiver, $0.messageType) > (receiver, messageType) } ?? uses.endIndex
        uses.insert(Use(receiver: receiver, messageType: messageType, at: moment), at: place)
    }

    private func isUsedUp(_ terms: Terms, by release: ReleaseScope, at moment: Instant) -> Bool {
        guard let last = uses.first(where: { $0.receiver == release.receiver && $0.messageType == release.messageType }) else {
            return false
        }
        switch terms.fetch {
        case .asNeeded: return false
        case .once: return true
        case .every(let days): return moment < last.at + .seconds(days * 86_400)
        }
    }

    /// Why it does not cover the release; nil when it does. Revocation first, then scope, then time, then use.
    func gap(_ release: ReleaseScope, at moment: Instant) -> ConsentShortfall? {
        if revokedAt != nil { return .revoked }
        guard let terms else { return .missing }
        guard terms.receivers.contains(release.receiver) || terms.receivers.contains("*") else { return .receiver }
        guard release.categories.isSubset(of: terms.categories) else { return .category }
        guard terms.purposes.contains(release.purpose) else { return .purpose }
        if let application = terms.applicationID, application != release.applicationID { return .application }
        if let product = terms.productID, product != release.productID { return .product }
        if let mode = terms.mode, !release.modes.contains(mode) { return .mode }
        let day = moment.dayInChina
        guard day >= terms.from else { return .notYetValid }
        if isExpired || day > terms.until { return .expired }
        if isPaused { return .paused }
        return isUsedUp(terms, by: release, at: moment) ? .usedUp : nil
    }
}

/// Why no consent covers a release: from no consent at all to the one that lacks least.
public enum ConsentShortfall: Int, Comparable, CaseIterable, Sendable {
    case missing, revoked, receiver, category, purpose, application, product, mode, notYetValid, expired, paused, usedUp

    /// Stable, for events and counters.
    public var code: String {
        switch self {
        case .missing: "consent-missing"
        case .revoked: "consent-revoked"
        case .receiver: "receiver-not-covered"
        case .category: "category-not-covered"
        case .purpose: "purpose-not-covered"
        case .application: "application-not-covered"
        case .product: "product-not-covered"
        case .mode: "mode-not-covered"
        case .notYetValid: "not-yet-valid"
        case .expired: "consent-expired"
        case .paused: "consent-paused"
        case .usedUp: "consent-used-up"
        }
    }

    static let codes = Set(allCases.map(\.code))

    public static func < (a: ConsentShortfall, b: ConsentShortfall) -> Bool { a.rawValue < b.rawValue }
}

extension ConsentOnFile {
    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        id = try fields.text("id")
        revokedAt = try fields.instantOrNil("revokedAt")
        isExpired = try fields.bool("expired")
        if let pause = try fields.objectOrNil("pause") {
            self.pause = Pause(isOn: try pause.bool("on"), at: try pause.instant("at"), factID: try pause.text("factId"))
        }
        uses = try fields.list("uses") { json throws(ContractDefect) in
            let use = try Fields(json)
            return Use(receiver: try use.text("receiver"), messageType: try use.text("type"), at: try use.instant("at"))
        }
        guard let factID = try fields.textOrNil("factId") else { return }
        terms = Terms(
            occurredAt: try fields.instant("at"), factID: factID, receivers: try fields.texts("receivers"),
            categories: try fields.texts("categories"), purposes: try fields.texts("purposes"),
            applicationID: try fields.textOrNil("application"), productID: try fields.textOrNil("product"),
            mode: try fields.textOrNil("mode"), from: try fields.day("from"), until: try fields.day("until"),
            fetch: Fetch(try fields.textOrNil("fetch"), everyDays: try fields.intOrNil("everyDays")),
            keepDays: try fields.intOrNil("keepDays"))
    }

    func write(to object: inout JSONWriter) {
        object.member("id", id)
        if let terms {
            object.member("factId", terms.factID)
            object.member("at", terms.occurredAt)
            object.member("receivers", terms.receivers)
            object.member("categories", terms.categories)
            object.member("purposes", terms.purposes)
            object.memberIfPresent("application", terms.applicationID)
            object.memberIfPresent("product", terms.productID)
            object.memberIfPresent("mode", terms.mode)
            object.member("from", terms.from)
            object.member("until", terms.until)
            object.memberIfPresent("fetch", terms.fetch.word)
            if case .every(let days) = terms.fetch { object.member("everyDays", days) }
            object.memberIfPresent("keepDays", terms.keepDays)
        }
        if let pause {
            object.member(
                "pause",
                object: { object in
                    object.member("on", pause.isOn)
                    object.member("at", pause.at)
                    object.member("factId", pause.factID)
                })
        }
        if !uses.isEmpty {
            object.member(
                "uses",
                array: { list in
                    for use in uses {
                        list.element(object: { object in
                            object.member("receiver", use.receiver)
                            object.member("type", use.messageType)
                            object.member("at", use.at)
                        })
                    }
                })
        }
        object.memberIfPresent("revokedAt", revokedAt)
        if isExpired { object.member("expired", true) }
    }
}

extension ConsentOnFile.Terms {
    /// Reads a `consent.granted` fact. A list that says nothing allows nothing; an empty text says as much as none.
    init(_ fact: Fact) throws(ContractDefect) {
        let data = try Fields(fact.data)
        func said(_ name: String) throws(ContractDefect) -> String? {
            guard let text = try data.textOrNil(name), !text.isEmpty else { return nil }
            return text
        }
        self.init(
            occurredAt: fact.occurredAt, factID: fact.factID, receivers: try data.texts("receivers"),
            categories: try data.texts("categories"), purposes: try data.texts("purposes"), applicationID: try said("applicationId"),
            productID: try said("productId"), mode: try said("mode"), from: try data.day("from"), until: try data.day("until"),
            fetch: ConsentOnFile.Fetch(try data.textOrNil("fetch"), everyDays: try data.intOrNil("everyDays")),
            keepDays: try data.intOrNil("keepDays"))
    }
}

extension ConsentOnFile.Fetch {
    /// As a consent says it. A word that nobody knows, or a rhythm without days, allows the least: once.
    init(_ word: String?, everyDays: Int64?) {
        switch (word, everyDays) {
        case (nil, _): self = .asNeeded
        case ("periodic", let days?) where days > 0: self = .every(days: days)
        default: self = .once
        }
    }

    var word: String? {
        switch self {
        case .asNeeded: nil
        case .once: "once"
        case .every: "periodic"
        }
    }
}
