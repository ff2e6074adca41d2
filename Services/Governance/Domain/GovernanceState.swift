import Contracts
import Deciding
import Vocabulary
import Wire

/// What is known of one subject or alias. What was said is read out of the JSON only when a record of its type comes.
public struct GovernanceState: DecidedState {
    /// For an alias: whom it stands for.
    public var canonical: CanonicalSubject?
    /// For an alias that was only found by name: what went on to that firm.
    var matched = MatchedRecords()
    /// A registration came, and the name it says.
    public var isRegistered = false
    public var name = ""
    /// Aliases that were told whom they stand for, sorted.
    public var aliases: [String] = []
    /// By id.
    public var consents: [ConsentGrant] = []
    /// By type.
    public var memories: [TypeMemory] = []
    /// In the order in which they came.
    public var parked: [ParkedRecord] = []
    /// The last records held by a quality rule, so that a repeat is known and people can let them go.
    public var held: [HeldRecord] = []
    /// Requests to sources that are open, the oldest first.
    public var corrections: [Correction] = []
    /// By id.
    public var objections: [Objection] = []
    /// About disputes.
    var disputesSaid = LastWord()
    /// About statements that are taken back, or stand again.
    var retractionsSaid = LastWord()
    /// By check and key.
    public var results: [CrossResult] = []
    /// By check and key.
    public var comparisons: [DueComparison] = []
    /// Whether the subject has gone into another.
    public var merger: Merger?
    /// Statements passed to another subject so far.
    var passed: Int64 = 0
    /// For a name: who has it.
    public var names = NameBook()
    /// By decision.
    public var repairs: [CreditRepair] = []

    static let heldMax = 50

    public init() {}

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        if let canonical = fields["canonical"] { self.canonical = try CanonicalSubject(canonical) }
        if let matched = fields["matched"] { self.matched = try MatchedRecords(matched) }
        isRegistered = try fields.bool("registered")
        name = try fields.textOrNil("name") ?? ""
        aliases = try fields.texts("aliases")
        consents = try fields.list("consents") { json throws(ContractDefect) in try ConsentGrant(json) }
        parked = try fields.list("parked") { json throws(ContractDefect) in try ParkedRecord(json) }
        held = try fields.list("held") { json throws(ContractDefect) in try HeldRecord(json) }
        corrections = try fields.list("corrections") { json throws(ContractDefect) in try Correction(json) }
        objections = try fields.list("objections") { json throws(ContractDefect) in try Objection(json) }
        disputesSaid = LastWord(at: try fields.intOrNil("disputesSaid").map { Instant(microseconds: $0) })
        retractionsSaid = LastWord(at: try fields.intOrNil("retractionsSaid").map { Instant(microseconds: $0) })
        results = try fields.list("results") { json throws(ContractDefect) in try CrossResult(json) }
        comparisons = try fields.list("comparisons") { json throws(ContractDefect) in try DueComparison(json) }
        if let merger = fields["merger"] { self.merger = try Merger(merger) }
        passed = try fields.intOrNil("passed") ?? 0
        if let names = fields["names"] { self.names = try NameBook(names) }
        repairs = try fields.list("repairs") { json throws(ContractDefect) in try CreditRepair(json) }
        if let types = fields["types"] {
            for (type, memory) in types.members { memories.append(TypeMemory(type: type, unread: memory)) }
        }
    }

    public func write(to object: inout JSONWriter) {
        if let canonical { object.member("canonical", object: { canonical.write(to: &$0) }) }
        if !matched.isEmpty { object.member("matched", object: { matched.write(to: &$0) }) }
        if isRegistered { object.member("registered", true) }
        if !name.isEmpty { object.member("name", name) }
        if !aliases.isEmpty { object.member("aliases", aliases) }
        if !consents.isEmpty {
            object.member(
                "consents",
                array: { list in
                    for consent in consents { list.element(object: { consent.write(to: &$0) }) }
                })
        }
        if memories.contains(where: { !$0.isEmpty }) {
            object.member(
                "types",
                object: { types in
                    for memory in memories where !memory.isEmpty { memory.write(to: &types) }
                })
        }
        if !parked.isEmpty {
            object.member(
                "parked",
                array: { list in
                    for parked in parked { list.element(object: { parked.write(to: &$0) }) }
                })
        }
        if !held.isEmpty {
            object.member("held", array: { list in for held in held { held.write(to: &list) } })
        }
        if !corrections.isEmpty {
            object.member("corrections", array: { list in for one in corrections { list.element(object: { one.write(to: &$0) }) } })
        }
        if !objections.isEmpty {
            object.member("objections", array: { list in for one in objections { list.element(object: { one.write(to: &$0) }) } })
        }
        object.memberIfPresent("disputesSaid", disputesSaid.at?.microseconds)
        object.memberIfPresent("retractionsSaid", retractionsSaid.at?.microseconds)
        if !results.isEmpty {
            object.member("results", array: { list in for one in results { list.element(object: { one.write(to: &$0) }) } })
        }
        if !comparisons.isEmpty {
            object.member("comparisons", array: { list in for one in comparisons { list.element(object: { one.write(to: &$0) }) } })
        }
        if let merger { object.member("merger", object: { merger.write(to: &$0) }) }
        if passed != 0 { object.member("passed", passed) }
        if !names.isEmpty { object.member("names", object: { names.write(to: &$0) }) }
        if !repairs.isEmpty {
            object.member(
                "repairs",
                array: { list in
                    for repair in repairs { list.element(object: { repair.write(to: &$0) }) }
                })
        }
    }

    /// Where the type's memory is, read and ready.
    mutating func openMemory(of type: String) throws(ContractDefect) -> Int {
        var place = 0
        while place < memories.count, memories[place].type != type, memories[place].type.precedesBytewise(type) {
            place += 1
        }
        if place == memories.count || memories[place].type != type { memories.insert(TypeMemory(type: type), at: place) }
        try memories[place].read()
        return place
    }

    /// The type's memory, read; nil where nothing was said of it.
    mutating func memory(of type: String) throws(ContractDefect) -> TypeMemory? {
        guard let place = memories.firstIndex(where: { $0.type == type }) else { return nil }
        try memories[place].read()
        return memories[place]
    }

    /// Where the consent is; a new one is put in its place.
    mutating func consentPlace(_ id: String) -> Int {
        if let place = consents.firstIndex(where: { $0.id == id }) { return place }
        let place = consents.firstIndex { id.precedesBytewise($0.id) } ?? consents.count
        consents.insert(ConsentGrant(id: id), at: place)
        return place
    }
}

/// Whom an alias stands for, and which registration said so.
public struct CanonicalSubject: Hashable, Sendable {
    public let subject: String
    private let order: Order
    /// Found by the name, and not said.
    let isMatched: Bool

    init(subject: String, order: Order, isMatched: Bool) {
        self.subject = subject
        self.order = order
        self.isMatched = isMatched
    }

    /// Whether the other one counts: what was said counts before what was found, of two alike the later.
    func givesWay(to other: CanonicalSubject) -> Bool {
        isMatched == other.isMatched ? order < other.order : isMatched
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(subject: try fields.text("subject"), order: try Order(fields), isMatched: try fields.bool("matched"))
    }

    func write(to object: inout JSONWriter) {
        object.member("subject", subject)
        order.write(to: &object)
        if isMatched { object.member("matched", true) }
    }
}

/// Which of two statements is the later one: by when it happened, then by id. It is in the data, so it is the same whatever came first.
public struct Order: Hashable, Comparable, Sendable {
    public let at: Instant
    public let id: String

    init(at: Instant, id: String) {
        self.at = at
        self.id = id
    }

    /// Byte by byte, as PostgreSQL orders under the collation "C".
    public static func < (a: Order, b: Order) -> Bool {
        a.at == b.at ? a.id.precedesBytewise(b.id) : a.at < b.at
    }

    init(_ fields: Fields) throws(ContractDefect) {
        self.init(at: Instant(microseconds: try fields.int("at")), id: try fields.text("id"))
    }

    /// Microseconds, which are shorter than RFC 3339 and quicker to read.
    func write(to object: inout JSONWriter) {
        object.member("at", at.microseconds)
        object.member("id", id)
    }
}

extension AcceptedRecord {
    /// Where it stands among what was said.
    var order: Order { Order(at: occurredAt, id: recordID) }
}
