import Contracts
import Vocabulary
import Wire

/// One consent of the subject as the exit door knows it: its terms, its revocation, or both. They may come in any order.
package struct ConsentOnFile: Hashable, Sendable {
    /// What was consented to.
    package struct Terms: Hashable, Sendable {
        /// Of two statements of the same consent the one that happened later stands, as in governance.
        let occurredAt: Instant
        let factID: String
        /// `institution:<id>`, or `*` for every receiver. Nothing else has a joker.
        let receivers: [String]
        let categories: [String]
        let purposes: [String]
        /// First and last day, both included, in China.
        let from: Day
        let until: Day

        func isReplaced(by other: Terms) -> Bool { (occurredAt, factID) < (other.occurredAt, other.factID) }

        /// The first moment it no longer covers.
        var end: Instant { (until + 1).startInChina }
    }

    /// The firm's own number of it.
    package let id: String
    var terms: Terms?
    /// Final: who consents again gives a new consent.
    var revokedAt: Instant?
    /// Our clock once said that it was over. Stays so when the clock is put back.
    var isExpired = false

    /// Consents of one subject at the most.
    static let countMax = 200

    init(id: String) { self.id = id }

    static let timerPrefix = "expiry:"
    var timer: String { Self.timerPrefix + id }

    var status: String {
        if revokedAt != nil { return "revoked" }
        return isExpired ? "expired" : "active"
    }

    /// Why it does not cover the release; nil when it does. Revocation first, then scope, then time.
    func gap(receiver: String, categories: Set<String>, purpose: String, at moment: Instant) -> ConsentShortfall? {
        if revokedAt != nil { return .revoked }
        guard let terms else { return .missing }
        guard terms.receivers.contains(receiver) || terms.receivers.contains("*") else { return .receiver }
        guard categories.isSubset(of: terms.categories) else { return .category }
        guard terms.purposes.contains(purpose) else { return .purpose }
        let day = moment.dayInChina
        guard day >= terms.from else { return .notYetValid }
        return isExpired || day > terms.until ? .expired : nil
    }
}

/// Why no consent covers a release: from no consent at all to the one that lacks least.
package enum ConsentShortfall: Int, Comparable, CaseIterable, Sendable {
    case missing, revoked, receiver, category, purpose, notYetValid, expired

    /// Stable, for events and counters.
    package var code: String {
        switch self {
        case .missing: "consent-missing"
        case .revoked: "consent-revoked"
        case .receiver: "receiver-not-covered"
        case .category: "category-not-covered"
        case .purpose: "purpose-not-covered"
        case .notYetValid: "not-yet-valid"
        case .expired: "consent-expired"
        }
    }

    package static func < (a: ConsentShortfall, b: ConsentShortfall) -> Bool { a.rawValue < b.rawValue }
}

extension ConsentOnFile {
    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        id = try fields.text("id")
        revokedAt = try fields.instantOrNil("revokedAt")
        isExpired = try fields.bool("expired")
        guard let factID = try fields.textOrNil("factId") else { return }
        terms = Terms(
            occurredAt: try fields.instant("at"), factID: factID, receivers: try fields.texts("receivers"),
            categories: try fields.texts("categories"), purposes: try fields.texts("purposes"), from: try fields.day("from"),
            until: try fields.day("until"))
    }

    func write(to object: inout JSONWriter) {
        object.member("id", id)
        if let terms {
            object.member("factId", terms.factID)
            object.member("at", terms.occurredAt)
            object.member("receivers", terms.receivers)
            object.member("categories", terms.categories)
            object.member("purposes", terms.purposes)
            object.member("from", terms.from)
            object.member("until", terms.until)
        }
        object.memberIfPresent("revokedAt", revokedAt)
        if isExpired { object.member("expired", true) }
    }
}

extension ConsentOnFile.Terms {
    /// Reads a `consent.granted` fact. A list that says nothing allows nothing.
    init(_ fact: Fact) throws(ContractDefect) {
        let data = try Fields(fact.data)
        self.init(
            occurredAt: fact.occurredAt, factID: fact.factID, receivers: try data.texts("receivers"),
            categories: try data.texts("categories"), purposes: try data.texts("purposes"), from: try data.day("from"),
            until: try data.day("until"))
    }
}
