import Contracts
import Deciding
import Ledger
import Vocabulary
import Wire

// Who a record without a code and without a known alias is about. Asked under the name's own key, where all firms of that name are known.

/// Governance to itself, under `name:<name>`: a firm of this name is registered.
public struct NameClaim: Payload {
    public static let type = "governance.name-claim.v1"

    /// The firm's code.
    let subject: String
    let firm: NamedFirm
    /// The registration that says so.
    let recordID: String
    let occurredAt: Instant

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            subject: try fields.text("subject"), firm: try NamedFirm(fields), recordID: try fields.text("recordId"),
            occurredAt: try fields.instant("occurredAt"))
    }

    init(subject: String, firm: NamedFirm, recordID: String, occurredAt: Instant) {
        self.subject = subject
        self.firm = firm
        self.recordID = recordID
        self.occurredAt = occurredAt
    }

    public func write(to object: inout JSONWriter) {
        object.member("subject", subject)
        firm.write(to: &object)
        object.member("recordId", recordID)
        object.member("occurredAt", occurredAt)
    }
}

/// Governance to itself, under `name:<name>`: who of this name is meant by the alias?
public struct NameQuestion: Payload {
    public static let type = "governance.name-question.v1"

    let alias: String
    let firm: NamedFirm
    /// The record that names it.
    let recordID: String

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(alias: try fields.text("alias"), firm: try NamedFirm(fields), recordID: try fields.text("recordId"))
    }

    init(alias: String, firm: NamedFirm, recordID: String) {
        self.alias = alias
        self.firm = firm
        self.recordID = recordID
    }

    public func write(to object: inout JSONWriter) {
        object.member("alias", alias)
        firm.write(to: &object)
        object.member("recordId", recordID)
    }
}

extension NamedFirm {
    init(_ fields: Fields) throws(ContractDefect) {
        self.init(
            name: try fields.text("name"), division: try fields.textOrNil("division") ?? "",
            legalPerson: try fields.textOrNil("legalPerson") ?? "")
    }

    func write(to object: inout JSONWriter) {
        object.member("name", name)
        object.member("division", division)
        object.member("legalPerson", legalPerson)
    }
}

/// What is known under one name: the firms that have it and the aliases that were asked about.
public struct NameBook: Sendable {
    var claims: [NameClaim] = []
    var questions: [NameQuestion] = []
    /// The alias and the firm that was answered; the alias alone while people have to decide.
    var answers: [String: String] = [:]

    static let countMax = 200
    static let keyPrefix = "name:"

    var isEmpty: Bool { claims.isEmpty && questions.isEmpty }

    init() {}

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        claims = try fields.list("claims") { json throws(ContractDefect) in try NameClaim(json) }
        questions = try fields.list("questions") { json throws(ContractDefect) in try NameQuestion(json) }
        if let members = fields["answers"]?.members {
            for (alias, subject) in members { answers[alias] = subject.string ?? "" }
        }
    }

    func write(to object: inout JSONWriter) {
        object.member("claims", array: { list in for claim in claims { list.element(object: { claim.write(to: &$0) }) } })
        object.member("questions", array: { list in for question in questions { list.element(object: { question.write(to: &$0) }) } })
        object.member(
            "answers",
            object: { object in
                for (alias, subject) in answers.sorted(by: { $0.key < $1.key }) { object.member(alias, subject) }
            })
    }
}

extension Turn {
    /// The firm that a record names, if it names one.
    private func namedFirm(in data: JSONValue) -> NamedFirm? {
        guard let name = data["name"]?.string, !NamedFirm.normalised(name).isEmpty else { return nil }
        let person = data["legalPerson"]?.string ?? ""
        // Without the key persons are not compared: their names do not go into a book.
        let pseudonym = person.isEmpty ? "" : persons?.pseudonym(of: person, scope: "identity").text ?? ""
        return NamedFirm(name: name, division: data["division"]?.string ?? "", legalPerson: pseudonym)
    }

    private static func nameKey(_ firm: NamedFirm) -> String { NameBook.keyPrefix + NamedFirm.normalised(firm.name) }

    /// Tells the name's book of a registered firm.
    func announceName(of registration: AcceptedRecord, effects: inout Effects) {
        guard book.identityRule(at: now) != nil, let firm = namedFirm(in: registration.data), (try? USCC(key)) != nil else { return }
        effects.send(
            NameClaim(subject: key, firm: firm, recordID: registration.recordID, occurredAt: registration.occurredAt),
            to: Topic.governanceIdentity, key: Self.nameKey(firm))
    }

    /// Asks the name's book about an alias that nobody has explained.
    func askByName(_ record: AcceptedRecord, effects: inout Effects) {
        guard book.identityRule(at: now) != nil, let firm = namedFirm(in: record.data) else { return }
        effects.send(
            NameQuestion(alias: key, firm: firm, recordID: record.recordID), to: Topic.governanceIdentity, key: Self.nameKey(firm))
    }

    func claim(_ claim: NameClaim, state: inout GovernanceState, effects: inout Effects) {
        let known = state.names.claims.firstIndex { $0.subject == claim.subject }
        if let known {
            let former = Order(at: state.names.claims[known].occurredAt, id: state.names.claims[known].recordID)
            guard former < Order(at: claim.occurredAt, id: claim.recordID) else { return }
            state.names.claims[known] = claim
        } else {
            guard state.names.claims.count < NameBook.countMax else {
                return send("refused", claim.recordID, Registration.type, reason: "names-full", effects: &effects)
            }
            let place = state.names.claims.firstIndex { $0.subject > claim.subject } ?? state.names.claims.endIndex
            state.names.claims.insert(claim, at: place)
        }
        for question in state.names.questions { answer(question, state: &state, effects: &effects) }
    }

    func ask(_ question: NameQuestion, state: inout GovernanceState, effects: inout Effects) {
        guard !state.names.questions.contains(where: { $0.alias == question.alias }) else { return }
        guard state.names.questions.count < NameBook.countMax else {
            return send("refused", question.recordID, "", reason: "questions-full", effects: &effects)
        }
        let place = state.names.questions.firstIndex { $0.alias > question.alias } ?? state.names.questions.endIndex
        state.names.questions.insert(question, at: place)
        answer(question, state: &state, effects: &effects)
    }

    /// The one candidate that is alike enough and leads by enough is taken; else people decide.
    private func answer(_ question: NameQuestion, state: inout GovernanceState, effects: inout Effects) {
        guard let rule = book.identityRule(at: now) else { return }
        let ranked = state.names.claims.map { claim in
            (claim, rule.likeness(question.firm, claim.firm) { book.division($0, at: now) })
        }.sorted { ($1.1.points, $0.0.subject) < ($0.1.points, $1.0.subject) }
        guard let best = ranked.first else { return }
        let isSure = rule.takesFirst(of: ranked.map { $0.1.points })
        let candidates = JSONValue.written { object in
            object.member(
                "candidates",
                array: { list in
                    for (claim, likeness) in ranked.prefix(10) {
                        list.element(object: { object in
                            object.member("subject", claim.subject)
                            object.member("points", likeness.points)
                            object.member("explained", likeness.explained)
                        })
                    }
                })
        }
        effects.write(
            [
                .text(question.alias), .text(isSure ? "matched" : "queued"), .text(isSure ? best.0.subject : ""),
                .int64(best.1.points), .json(Array(candidates.rawBytes)), .text(question.recordID), .instant(now),
            ],
            to: GovernanceTables.identityMatch)
        let answer = isSure ? best.0.subject : ""
        guard state.names.answers[question.alias] != answer else { return }
        let former = state.names.answers.updateValue(answer, forKey: question.alias)
        if isSure {
            effects.send(
                IdentityMessage(
                    alias: question.alias, subject: best.0.subject, recordID: best.0.recordID, occurredAt: best.0.occurredAt,
                    isMatched: true),
                to: Topic.governanceIdentity, key: question.alias)
        } else {
            // What was sure once and is not any more is for people to undo.
            send(
                former == nil ? "identity-ambiguous" : "identity-doubtful", question.recordID, "",
                reason: ranked.prefix(3).map { "\($0.0.subject) \($0.1.points)" }.joined(separator: ", "), effects: &effects)
        }
    }
}
