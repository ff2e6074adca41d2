import Contracts
import Deciding
import Vocabulary
import Wire

/// Under what conditions one type of message may leave, and what of it.
public struct ReleaseRule: Sendable {
    /// The type of message.
    public let id: String
    let purpose: String
    let needsConsent: Bool
    /// To whom it may go. A rule that does not say means the firm and institutions.
    let receivers: Set<Receiver.Kind>
    let categories: [String]
    /// The member of the body that names the one party to which it may go, as a request does: who wrote the record that it is about. Nil for
    /// what is about the firm.
    let onlyTo: String?
    /// Where the body names the application and the product that it is about, as paths; nil when it names none. A consent for one of them
    /// covers only what names the same.
    let applicationPath: String?
    let productPath: String?
    /// The manners of use under which it may leave: the `mode` of a consent that names one. A message is kept by who gets it, so a rule that
    /// does not say means `store`.
    let modes: Set<String>
    let filter: FieldFilter
    /// Record types whose facts leave by this rule as they come, and to whom: what the two sides agreed to tell each other.
    let forwards: [Forward]

    struct Forward: Hashable, Sendable {
        let recordType: String
        /// As a release request names it.
        let receiver: String
    }

    /// Nil when the entry can not be used; why goes to `defects`.
    init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        let body = entry.body
        guard body.kind == .object else {
            defects.append("the body is not an object")
            return nil
        }
        let purpose = body["purpose"]?.string ?? ""
        if purpose.isEmpty { defects.append("`purpose` is missing") }
        if let flag = body["needsConsent"], flag.bool == nil { defects.append("`needsConsent` is not true or false") }
        let needsConsent = body["needsConsent"]?.bool ?? true
        let receivers: [Receiver.Kind?] =
            body["receivers"]?.elements.map { $0.string.flatMap { Receiver.Kind(rawValue: $0) } } ?? [.portal, .institution]
        if receivers.isEmpty || receivers.contains(nil) {
            defects.append("`receivers` is not a list of \(Receiver.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        // A consent names institutions, and what left under it can be called back from them only.
        if needsConsent, receivers.contains(.source) { defects.append("`receivers` names source, and consent is needed") }
        let categories = body["categories"]?.elements.map(\.string) ?? []
        if categories.contains(nil) { defects.append("`categories` is not a list of ids") }
        let onlyTo = body["onlyTo"]?.string
        if let named = body["onlyTo"], named.string?.isEmpty ?? true { defects.append("`onlyTo` is not the name of a member") }
        if onlyTo != nil, needsConsent || !categories.isEmpty {
            defects.append("`onlyTo` is for what needs no consent and has no categories")
        }
        let about = body["about"]
        var paths: [String: String] = [:]
        if let about { for (name, path) in about.members { paths[name] = path.string ?? "" } }
        if let about, about.kind != .object || !Self.aboutMembers.isSuperset(of: paths.keys) || paths.values.contains("") {
            defects.append("`about` is not {application?, product?}, each a member of the body")
        }
        let modes: [ReleaseMode?] = body["modes"]?.elements.map { $0.string.flatMap { ReleaseMode(rawValue: $0) } } ?? [.store]
        if modes.isEmpty || modes.contains(nil) {
            defects.append("`modes` is not a list of \(ReleaseMode.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let filter = FieldFilter(body["fields"], defects: &defects)
        let forwards = (body["forwards"].map { Array($0.elements) } ?? []).map { json -> Forward? in
            guard let type = json["recordType"]?.string, !type.isEmpty, let to = json["to"]?.string, let kind = Receiver(to)?.kind,
                receivers.contains(kind)
            else { return nil }
            return Forward(recordType: type, receiver: to)
        }
        if forwards.contains(nil) { defects.append("`forwards` is not a list of {recordType, to}, with `to` one of the receivers") }
        guard defects.count == before, let filter else { return nil }
        id = entry.id
        self.purpose = purpose
        self.needsConsent = needsConsent
        self.receivers = Set(receivers.compactMap(\.self))
        self.categories = categories.compactMap(\.self)
        self.onlyTo = onlyTo
        applicationPath = paths["application"]
        productPath = paths["product"]
        self.modes = Set(modes.compactMap { $0?.rawValue })
        self.filter = filter
        self.forwards = forwards.compactMap(\.self)
    }

    private static let aboutMembers: Set<String> = ["application", "product"]

    /// What a consent is asked about.
    func scope(of request: ReleaseRequest) -> ReleaseScope {
        ReleaseScope(
            receiver: request.receiver, messageType: request.messageType,
            // The rule's categories count even when the request forgets to name them.
            categories: Set(categories).union(request.categories), purpose: request.purpose,
            applicationID: applicationPath.flatMap { request.body.text(at: $0) },
            productID: productPath.flatMap { request.body.text(at: $0) },
            modes: modes)
    }

    /// The number under which it leaves and the consent it rests on come from the door, whatever the body says.
    static let reserved: Set<String> = ["releaseId", "consentId", "keepUntil"]

    func outgoing(_ body: JSONValue, releaseID: String, consentID: String, keepUntil: Day?) -> (bytes: [UInt8], fields: Int64) {
        var fields: Int64 = 0
        let bytes = JSONWriter.encode { json in
            json.object { object in
                object.member("releaseId", releaseID)
                object.member("consentId", consentID)
                object.memberIfPresent("keepUntil", keepUntil)
                fields = filter.write(body, except: Self.reserved, to: &object)
            }
        }
        return (bytes, fields)
    }
}

extension JSONValue {
    /// The text at a path of members with dots between; nil when there is none.
    fileprivate func text(at path: String) -> String? {
        var value: JSONValue? = self
        for step in path.split(separator: ".") { value = value?[String(step)] }
        return value?.string
    }
}

/// What exchange makes of the catalogue: every version of every release rule, and which institutions and sources there are.
public final class ExchangeCatalog: CatalogView {
    /// The kind of entry that a release rule is.
    public static let ruleKind = "releaseRule"

    private let rules: [String: Versions<ReleaseRule>]
    private let institutions: [String: Versions<Bool>]
    private let sources: [String: Versions<Bool>]
    /// Of what is only verified: what an answer may say, by its record type and then by the item of information.
    private let answers: [String: [Versions<VerifiedAnswer>]]
    /// The record types that some version of some rule forwards: facts of all others need not be looked at.
    public let forwardedTypes: Set<String>
    /// Entries that cannot be used, by `kind/id/version`. The version before stays in use.
    public let defects: [String: [String]]

    public init(_ catalog: Catalog) {
        var rules: [String: Versions<ReleaseRule>] = [:]
        var institutions: [String: Versions<Bool>] = [:]
        var sources: [String: Versions<Bool>] = [:]
        var items: [String: Versions<VerifiedAnswer>] = [:]
        var answered: [String: Set<String>] = [:]
        var forwardedTypes: Set<String> = []
        var unusable: [String: [String]] = [:]
        // By kind and id, versions ascending.
        for entry in catalog.all {
            switch entry.kind {
            case Self.ruleKind:
                rules.add(entry, unusable: &unusable) { entry, defects in
                    let rule = ReleaseRule(entry, defects: &defects)
                    if let rule { forwardedTypes.formUnion(rule.forwards.map(\.recordType)) }
                    return rule
                }
            case "institution": institutions.add(entry, unusable: &unusable) { _, _ in true }
            case "source": sources.add(entry, unusable: &unusable) { _, _ in true }
            case "informationItem":
                let answer = entry.isWithdrawn ? nil : VerifiedAnswer(ofItem: entry.body)
                // A verification that is worded wrongly leaves the version before in force: what is told must not grow by it.
                if answer == nil, !entry.isWithdrawn, entry.body["mode"]?.string == VerifiedAnswer.mode { break }
                if let answer { answered[answer.answer, default: []].insert(entry.id) }
                items[entry.id, default: .init()].add(answer, from: entry.effectiveFrom)
            default: break
            }
        }
        var answers: [String: [Versions<VerifiedAnswer>]] = [:]
        for (type, ids) in answered {
            answers[type] = ids.sorted().compactMap { id in items[id]?.compactMap { $0.answer == type ? $0 : nil } }
        }
        self.answers = answers
        self.rules = rules
        self.institutions = institutions
        self.sources = sources
        self.forwardedTypes = forwardedTypes
        defects = unusable
    }

    func rule(for messageType: String, at now: Instant) -> ReleaseRule? { rules[messageType]?.inForce(at: now) }

    /// The rules that forward facts of the type, and to whom; by rule.
    func forwards(of recordType: String, at now: Instant) -> [(rule: ReleaseRule, receiver: String)] {
        guard forwardedTypes.contains(recordType) else { return [] }
        return rules.keys.sorted().compactMap { rules[$0]?.inForce(at: now) }.flatMap { rule in
            rule.forwards.filter { $0.recordType == recordType }.map { (rule, $0.receiver) }
        }
    }

    /// What of a fact's data may be told by any rule: all of it, but of an answer to a state verification the one bit.
    func telling(_ data: JSONValue, of recordType: String, at now: Instant) -> JSONValue {
        (answers[recordType] ?? []).compactMap { $0.inForce(at: now) }.reduce(data) { $1.told(of: $0) }
    }

    /// Whether the receiver is in the catalogue. The portal is the platform's own.
    func isKnown(_ receiver: Receiver, at now: Instant) -> Bool {
        switch receiver {
        case .portal: true
        case .institution(let id): institutions[id]?.inForce(at: now) ?? false
        case .source(let id): sources[id]?.inForce(at: now) ?? false
        }
    }
}
