import Contracts
import Deciding
import Vocabulary
import Wire

/// What reporting knows of one subject: just enough that a row can be written again whenever a part of it changes.
public struct SubjectRecord: DecidedState {
    public var registration: RegistrationSeen?
    /// The latest revision, without its indicators.
    public var portrait: Portrait?
    /// By record type.
    public var facts: [String: FactTally] = [:]
    /// By application, then `<status>|<institution>`.
    public var applications: [String: Steps<ApplicationEvent>] = [:]
    /// By application; the empty one is what the platform found of its own accord.
    public var offers: [String: OfferSummary] = [:]
    /// By policy, then kind.
    public var pushes: [String: Steps<PolicyEvent>] = [:]
    /// By alert, then kind.
    public var alerts: [String: Steps<RiskAlert>] = [:]
    /// By `<institution>|<loan>`, then kind: two institutions may give two loans one number.
    public var watches: [String: Steps<WatchEvent>] = [:]
    /// By white list.
    public var lists: [String: Steps<WhitelistChange>] = [:]

    /// Applications, offers, pushes, alerts, loans under watch and white lists of one subject at the most, of each.
    public static let keptMax = 1_000

    public init() {}

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        if let seen = fields["registration"] { registration = try RegistrationSeen(seen) }
        if let portrait = fields["portrait"] { self.portrait = try Portrait(portrait) }
        if let facts = fields["facts"] { for (type, tally) in facts.members { self.facts[type] = try FactTally(tally) } }
        applications = try SubjectRecord.steps(fields, "applications")
        if let offers = fields["offers"] { for (id, offer) in offers.members { self.offers[id] = try OfferSummary(offer) } }
        pushes = try SubjectRecord.steps(fields, "pushes")
        alerts = try SubjectRecord.steps(fields, "alerts")
        // Every step says whose loan it is, so what was once kept by the loan's number alone falls back into its loans.
        let kept: [String: Steps<WatchEvent>] = try SubjectRecord.steps(fields, "watches")
        for (kind, watch) in kept.values.flatMap(\.byName) { _ = watches[watch.loan, default: Steps()].take(watch, as: kind) }
        lists = try SubjectRecord.steps(fields, "lists")
    }

    public func write(to object: inout JSONWriter) {
        if let registration { object.member("registration", object: { registration.write(to: &$0) }) }
        if let portrait { object.member("portrait", object: { portrait.write(to: &$0) }) }
        if !facts.isEmpty {
            object.member(
                "facts",
                object: { list in
                    for (type, tally) in facts.sorted(by: { $0.key < $1.key }) { list.member(type, object: { tally.write(to: &$0) }) }
                })
        }
        SubjectRecord.write(applications, to: &object, as: "applications")
        if !offers.isEmpty {
            object.member(
                "offers",
                object: { list in
                    for (id, offer) in offers.sorted(by: { $0.key < $1.key }) { list.member(id, object: { offer.write(to: &$0) }) }
                })
        }
        SubjectRecord.write(pushes, to: &object, as: "pushes")
        SubjectRecord.write(alerts, to: &object, as: "alerts")
        SubjectRecord.write(watches, to: &object, as: "watches")
        SubjectRecord.write(lists, to: &object, as: "lists")
    }

    /// False when a later portrait's list is here already. Beyond all places the oldest list is forgotten.
    mutating func takeOffer(_ offer: OfferSummary) -> Bool {
        if let kept = offers[offer.applicationID], !kept.precedes(offer) { return false }
        offers[offer.applicationID] = offer
        if offers.count > Self.keptMax {
            let oldest = offers.values.min { ($0.at, $0.applicationID) < ($1.at, $1.applicationID) }
            if let oldest { offers[oldest.applicationID] = nil }
        }
        return true
    }

    /// The row of `subject_view`. The register's word on name and place goes before the portrait's.
    func cells(of subject: String, _ divisions: Divisions) -> [Cell] {
        func first(_ told: String?, _ else: String?) -> String { (told?.isEmpty == false ? told : `else`) ?? "" }
        let region = divisions.counted(first(registration?.region, portrait?.region))
        let industry = first(registration?.industry, portrait?.industry)
        let score = portrait?.score
        let official = portrait?.officialGrade
        return [
            .text(subject), .text(first(registration?.name, portrait?.name)), .text(region),
            .text(Place.prefecture(of: region)), .text(industry), .text(Place.section(of: industry)),
            .text((portrait?.subjectKind ?? "")), .text((registration?.legalPerson ?? "")),
            registration?.registeredOn.map { .day($0) } ?? .null, .text((registration?.status ?? "")),
            .text((portrait?.publicGrade ?? "")), .int64OrNull(score?.points), .text((score?.grade ?? "")),
            .int64OrNull(score?.low), .int64OrNull(score?.high), .int64OrNull(score?.defaultProbability),
            .text((score?.scoreID ?? "")), .text((score?.model ?? "")), .int64OrNull(portrait?.revision),
            .json(reasons), .json(JSONWriter.encode { $0.array { list in for tag in portrait?.tags ?? [] { list.element(tag) } } }),
            .json(dimensions), portrait.map { .instant($0.asOf) } ?? .null, official.map { .day($0.evaluatedOn) } ?? .null,
            .text(official?.source ?? ""), .bool(official?.isStale ?? false), .bool(official?.isDisputed ?? false), .json(disputes),
        ]
    }

    private var reasons: [UInt8] {
        JSONWriter.encode { writer in
            writer.array { list in
                for reason in portrait?.score?.reasons ?? [] {
                    list.element(object: { object in
                        object.member("code", reason.code)
                        object.member("pointsLost", reason.pointsLost)
                        object.member("en", reason.text.en)
                        object.member("zh", reason.text.zh)
                    })
                }
            }
        }
    }

    private var disputes: [UInt8] {
        JSONWriter.encode { writer in
            writer.array { list in
                for dispute in portrait?.disputes ?? [] { list.element(object: { dispute.write(to: &$0) }) }
            }
        }
    }

    private var dimensions: [UInt8] {
        JSONWriter.encode { writer in
            writer.object { object in
                for (name, points) in portrait?.dimensions ?? [] { object.member(name, points) }
            }
        }
    }

    private static func steps<Step>(_ fields: Fields, _ name: String) throws(ContractDefect) -> [String: Steps<Step>] {
        var result: [String: Steps<Step>] = [:]
        guard let list = fields[name] else { return result }
        for (id, steps) in list.members { result[id] = try Steps(steps) }
        return result
    }

    private static func write<Step>(_ all: [String: Steps<Step>], to object: inout JSONWriter, as name: String) {
        guard !all.isEmpty else { return }
        object.member(
            name,
            object: { list in
                for (id, steps) in all.sorted(by: { $0.key < $1.key }) { list.member(id, object: { steps.write(to: &$0) }) }
            })
    }
}

/// What the business register says of a subject, in the latest registration.
public struct RegistrationSeen: Sendable {
    static let recordType = "registration"

    let at: Instant
    let factID: String
    public let name: String
    let region: String
    let industry: String
    /// Masked before it is kept: `张*`.
    let legalPerson: String
    let registeredOn: Day?
    let status: String

    init(_ fact: Fact) {
        at = fact.occurredAt
        factID = fact.factID
        name = fact.data["name"]?.string ?? ""
        region = fact.data["division"]?.string ?? ""
        industry = fact.data["industry"]?.string ?? ""
        legalPerson = fact.data["legalPerson"]?.string.map { Masking.personalName($0) } ?? ""
        registeredOn = fact.data["registeredOn"]?.day
        status = fact.data["status"]?.string ?? ""
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        at = try fields.instant("at")
        factID = try fields.text("factId")
        name = try fields.text("name")
        region = try fields.text("region")
        industry = try fields.text("industry")
        legalPerson = try fields.text("legalPerson")
        registeredOn = try fields.dayOrNil("registeredOn")
        status = try fields.text("status")
    }

    func write(to object: inout JSONWriter) {
        object.member("at", at)
        object.member("factId", factID)
        object.member("name", name)
        object.member("region", region)
        object.member("industry", industry)
        object.member("legalPerson", legalPerson)
        if let registeredOn { object.member("registeredOn", registeredOn) }
        object.member("status", status)
    }

    func precedes(_ other: RegistrationSeen) -> Bool { (at, factID) < (other.at, other.factID) }
}

/// How many facts of one type were told, how many of them stand, and when the latest happened.
public struct FactTally: Hashable, Sendable {
    public private(set) var told: Int64 = 0
    /// A fact in another's place adds none; one taken back takes one away.
    public private(set) var standing: Int64 = 0
    public private(set) var latestAt = Instant.epoch

    init() {}

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        told = try fields.int("told")
        standing = try fields.int("standing")
        latestAt = try fields.instant("latestAt")
    }

    func write(to object: inout JSONWriter) {
        object.member("told", told)
        object.member("standing", standing)
        object.member("latestAt", latestAt)
    }

    mutating func take(_ fact: Fact) {
        told = told.addingClamped(1)
        if fact.isRetraction {
            standing = standing.subtractingClamped(1)
        } else if fact.supersedes == nil {
            standing = standing.addingClamped(1)
        }
        latestAt = max(latestAt, fact.occurredAt)
    }

    func cells(of subject: String, recordType: String) -> [Cell] {
        [.text(subject), .text(recordType), .int64(told), .int64(standing), .instant(latestAt)]
    }
}

/// What the platform could offer: how many products, and the best.
public struct OfferSummary: Hashable, Sendable {
    public let applicationID: String
    let revision: Int64
    let at: Instant
    let offered: Int64
    let refused: Int64
    let bestProduct: String
    let bestInstitution: String
    /// Basis points a year; nil when nothing was offered.
    let bestRate: Int64?

    init(_ list: MatchList) {
        let best = list.matches.min { ($0.rank, $0.productID) < ($1.rank, $1.productID) }
        applicationID = list.applicationID
        revision = list.portraitRevision
        at = list.at
        offered = list.eligibleCount
        refused = list.refusedCount
        bestProduct = best?.productID ?? ""
        bestInstitution = best?.institution ?? ""
        bestRate = best?.annualRate
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        applicationID = try fields.text("applicationId")
        revision = try fields.int("revision")
        at = try fields.instant("at")
        offered = try fields.int("offered")
        refused = try fields.int("refused")
        bestProduct = try fields.text("bestProduct")
        bestInstitution = try fields.text("bestInstitution")
        bestRate = try fields.intOrNil("bestRate")
    }

    func write(to object: inout JSONWriter) {
        object.member("applicationId", applicationID)
        object.member("revision", revision)
        object.member("at", at)
        object.member("offered", offered)
        object.member("refused", refused)
        object.member("bestProduct", bestProduct)
        object.member("bestInstitution", bestInstitution)
        if let bestRate { object.member("bestRate", bestRate) }
    }

    /// By moment, then revision; the rest only makes the order total.
    func precedes(_ other: OfferSummary) -> Bool {
        if at != other.at { return at < other.at }
        if revision != other.revision { return revision < other.revision }
        let mine = (offered, refused, bestProduct, bestInstitution, bestRate ?? -1)
        return mine < (other.offered, other.refused, other.bestProduct, other.bestInstitution, other.bestRate ?? -1)
    }

    func cells(of subject: String) -> [Cell] {
        [
            .text(subject), .text(applicationID), .int64(revision), .instant(at), .int64(offered), .int64(refused),
            .text(bestProduct), .text(bestInstitution), .int64OrNull(bestRate),
        ]
    }
}

extension Portrait {
    /// As it is kept: the indicators are scoring's, and most of the bytes.
    var withoutIndicators: Portrait {
        Portrait(
            subject: subject, revision: revision, asOf: asOf, name: name, region: region, industry: industry, subjectKind: subjectKind,
            indicators: [], tags: tags, dimensions: dimensions, score: score, publicGrade: publicGrade, officialGrade: officialGrade,
            disputes: disputes, catalogVersion: catalogVersion)
    }
}

extension WatchEvent {
    /// A loan is named by its institution and that institution's own number.
    var loan: String { "\(institution)|\(loanID)" }
}

extension PolicyEvent {
    var withoutConditions: PolicyEvent {
        PolicyEvent(
            kind: kind, policyID: policyID, policyVersion: policyVersion, subject: subject, amount: amount, reason: reason, conditions: [],
            at: at)
    }
}
