import Vocabulary

/// The names of the topics. Every topic has the same number of partitions, and what concerns one subject lies in the
/// same partition of each (`Lane.of`), so a subject lives in one lane of every service.
public enum Topic {
    public static let ingestionRecords = "ingestion.records.v1"
    public static let governanceFacts = "governance.facts.v1"
    /// Governance's own detour for what must be handled under another subject's key: aliases and what waited for them.
    public static let governanceIdentity = "governance.identity.v1"
    /// Verdicts, quarantine, consents, corrections: what governance did that is not itself a fact.
    public static let governanceEvents = "governance.events.v1"
    /// Where governance's logs stand, signed, for everybody who wants to hold it against us later.
    public static let governanceCheckpoints = "governance.checkpoints.v1"
    public static let scoringPortraits = "scoring.portraits.v1"
    public static let matchmakingEvents = "matchmaking.events.v1"
    public static let policyPushEvents = "policypush.events.v1"
    /// Policy push's own detour to the policy's key, where a budget is spent in one place.
    public static let policyPushGrants = "policypush.grants.v1"
    public static let riskMonitoringEvents = "riskmonitoring.events.v1"
    public static let exchangeEvents = "exchange.events.v1"
    /// Compacted; key = kind/id/version. One partition is read in full by everybody.
    public static let catalogEntries = "catalog.entries.v1"
    public static let portalIn = "portal.in.v1"
    /// What goes to enterprises: pushes, decisions, reminders.
    public static let portalOut = "portal.out.v1"

    public static func source(_ id: String) -> String { "source.\(id).records.v1" }
    /// What goes to a source: which of its records it is to say again.
    public static func sourceOut(_ id: String) -> String { "source.\(id).out.v1" }
    public static func institutionIn(_ id: String) -> String { "institution.\(id).in.v1" }
    public static func institutionOut(_ id: String) -> String { "institution.\(id).out.v1" }
    public static func deadLetters(_ service: String) -> String { "deadletters.\(service).v1" }

    /// The topics that exist whatever the catalogue says.
    public static let fixed = [
        ingestionRecords, governanceFacts, governanceIdentity, governanceEvents, governanceCheckpoints, scoringPortraits,
        matchmakingEvents, policyPushEvents, policyPushGrants, riskMonitoringEvents, exchangeEvents, catalogEntries, portalIn, portalOut,
    ]

    /// Who is allowed to write an outside topic: read from its name, which the broker authorised, never from the payload.
    public static func writer(of topic: String) -> OutsideWriter? {
        if topic == portalIn { return .portal }
        if let id = middle(of: topic, between: "source.", and: ".records.v1") { return .source(id) }
        if let id = middle(of: topic, between: "institution.", and: ".in.v1") { return .institution(id) }
        return nil
    }

    /// The part of the name between two others; nil where these are not its ends, or there is more than one part.
    private static func middle(of topic: String, between start: String, and end: String) -> String? {
        guard topic.utf8.count >= start.utf8.count + end.utf8.count, topic.utf8.starts(with: start.utf8),
            topic.utf8.suffix(end.utf8.count).elementsEqual(end.utf8)
        else { return nil }
        let middle = topic.utf8.dropFirst(start.utf8.count).dropLast(end.utf8.count)
        return middle.contains(UInt8(ascii: ".")) ? nil : String(Substring(middle))
    }
}

/// How events lie in the messages of a topic.
public enum Dialect: Hashable, Sendable {
    /// Many events of one link in one Kafka message, as the outbox keeps them: between our own services.
    case packed
    /// One event a message, CloudEvents 1.0: at the house's doors, and where people read.
    case cloudEvents
    /// A value and a key and nothing more: topics of other systems, whose reader parses the value itself. What we send carries its place
    /// in the link in one header, `xinqiao-link`.
    case bare
}

extension Topic {
    /// What only our own services read.
    private static let packed: Set<String> = [
        ingestionRecords, governanceFacts, governanceIdentity, governanceEvents, scoringPortraits, matchmakingEvents,
        policyPushEvents, policyPushGrants, riskMonitoringEvents, exchangeEvents,
    ]

    public static func dialect(of topic: String) -> Dialect { packed.contains(topic) ? .packed : .cloudEvents }
}

/// Who wrote a message from outside.
public enum OutsideWriter: Hashable, Sendable {
    case source(String)
    case institution(String)
    case portal

    /// `source:tax-hunan`, `institution:bank-a`, `portal`.
    public var name: String {
        switch self {
        case .source(let id), .institution(let id): kind + ":" + id
        case .portal: kind
        }
    }

    /// What kind of writer it is, without its own name.
    public var kind: String {
        switch self {
        case .source: "source"
        case .institution: "institution"
        case .portal: "portal"
        }
    }
}

/// The services, in the order data flows through them.
public enum ServiceName: String, CaseIterable, Sendable {
    case ingestion, governance, scoring, matchmaking, policypush, riskmonitoring, exchange, reporting

    /// The fixed topics a service reads. Ingestion also reads the outside topics, which the catalogue names.
    public var inputs: [String] {
        switch self {
        case .ingestion: [Topic.portalIn]
        case .governance: [Topic.ingestionRecords, Topic.governanceIdentity]
        case .scoring: [Topic.governanceFacts]
        case .matchmaking: [Topic.governanceFacts, Topic.scoringPortraits]
        case .policypush: [Topic.scoringPortraits, Topic.policyPushGrants]
        case .riskmonitoring: [Topic.governanceFacts, Topic.scoringPortraits]
        case .exchange:
            [
                Topic.governanceFacts, Topic.governanceEvents, Topic.matchmakingEvents, Topic.policyPushEvents,
                Topic.riskMonitoringEvents, Topic.scoringPortraits,
            ]
        case .reporting:
            [
                Topic.governanceFacts, Topic.governanceEvents, Topic.scoringPortraits, Topic.matchmakingEvents,
                Topic.policyPushEvents, Topic.riskMonitoringEvents, Topic.exchangeEvents,
            ]
        }
    }

    /// The fixed topics a service writes. Exchange also writes to the outside topics, which the catalogue names.
    public var outputs: [String] {
        Topic.fixed.filter { $0.hasPrefix(rawValue + ".") } + (self == .exchange ? [Topic.portalOut] : []) + [Topic.deadLetters(rawValue)]
    }
}

/// A lane is a partition number; a subject lies in the same one of every topic.
public enum Lane {
    /// Kafka's own default (murmur2 of the key), so that a sender's ordinary client and we agree.
    public static func of(_ key: String, lanes: Int32) -> Int32 { Int32(murmur2(key.utf8.span) & 0x7FFF_FFFF) % lanes }
}

/// Murmur2 with Kafka's seed.
func murmur2(_ bytes: Span<UInt8>) -> UInt32 {
    let multiplier: UInt32 = 0x5bd1_e995
    let count = bytes.count
    var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: count)
    var index = 0
    while index + 4 <= count {
        var block = UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
        block |= UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24
        block = block &* multiplier
        block ^= block >> 24
        block = block &* multiplier
        hash = hash &* multiplier
        hash ^= block
        index += 4
    }
    let rest = count - index
    if rest >= 3 { hash ^= UInt32(bytes[index + 2]) << 16 }
    if rest >= 2 { hash ^= UInt32(bytes[index + 1]) << 8 }
    if rest >= 1 {
        hash ^= UInt32(bytes[index])
        hash = hash &* multiplier
    }
    hash ^= hash >> 13
    hash = hash &* multiplier
    hash ^= hash >> 15
    return hash
}
