import Contracts
import Deciding
import Vocabulary
import Wire

/// Brings firms and products together, both ways: a portrait looks for products, a product looks for firms; and walks an application from
/// the request to the last repayment.
public struct Matchmaking: Decider {
    public typealias State = MatchmakingState

    public init() {}

    public var service: ServiceName { .matchmaking }

    /// A product, the weights, an institution's withdrawal, and where a division counts concern every known subject.
    public var sweptKinds: Set<String> { ["product", "ranking", "institution", "divisionTable"] }

    /// The timer that looks at products anew when a version takes effect that was published ahead.
    static let lookTimer = "look"

    public func admit(_ message: Message, catalog: Catalog) -> Admission {
        switch message.type {
        case Portrait.type, Assessment.type: return .handle(key: message.key)
        case Fact.type:
            guard let recordType = message.body["recordType"]?.string, FeedbackStep(recordType: recordType) != nil else { return .pass }
            return .handle(key: message.key)
        default: return .pass
        }
    }

    public func decide(
        _ input: Input, key: String, on state: inout MatchmakingState, at now: Instant, catalog: Catalog, effects: inout Effects
    ) {
        let book = catalog.view(MatchmakingCatalog.self)
        switch input {
        case .sweep: look(subject: key, &state, book, now, &effects)
        case .timer(let timer): expire(timer, subject: key, &state, book, now, &effects)
        case .message(let message):
            do throws(ContractDefect) {
                switch message.type {
                case Portrait.type: take(try Portrait(message.body), &state, book, now, &effects)
                case Assessment.type: open(try Assessment(message.body), subject: key, &state, book, now, &effects)
                case Fact.type:
                    let fact = try Fact(message.body)
                    guard let step = FeedbackStep(recordType: fact.recordType) else { return }
                    hear(fact, step, subject: key, &state, now, &effects)
                default: return
                }
            } catch {
                effects.refuse(error.code, error.description)
            }
        }
    }

    // MARK: What fits a subject

    private func take(
        _ portrait: Portrait, _ state: inout MatchmakingState, _ book: MatchmakingCatalog, _ now: Instant, _ effects: inout Effects
    ) {
        if let known = state.portrait, known.revision >= portrait.revision { return }
        state.portrait = portrait
        look(subject: portrait.subject, &state, book, now, &effects)
    }

    /// Draws up the platform's own list, and says it when it is another than the last one.
    private func look(
        subject: String, _ state: inout MatchmakingState, _ book: MatchmakingCatalog, _ now: Instant, _ effects: inout Effects
    ) {
        guard let portrait = state.portrait else { return }
        let next = book.nextChange(after: now)
        if next != state.nextLook {
            if let next { effects.schedule(Self.lookTimer, at: next) } else { effects.cancel(Self.lookTimer) }
            state.nextLook = next
        }
        let matching = Matching(
            portrait, request: nil, shelf: book.shelf(at: now), weights: book.weights(at: now), region: book.region(of: portrait, at: now))
        let hash = FNV64.hash(matching.list(for: portrait.subject, revision: 0, at: .epoch).bytes)
        guard hash != state.listHash else { return }
        let current = matching.list(for: portrait.subject, revision: portrait.revision, at: now)
        effects.send(current, to: Topic.matchmakingEvents, key: subject)
        effects.count(.matchListed, times: current.matches.count)
        let listed = matching.matches.map(\.productID).sorted()
        for match in matching.matches { effects.write(MatchmakingTables.row(match, of: current), to: MatchmakingTables.match) }
        for dropped in state.listed where !listed.contains(dropped) {
            effects.write(MatchmakingTables.droppedRow(dropped, of: current), to: MatchmakingTables.match)
        }
        state.listHash = hash
        state.listed = listed
    }

    // MARK: An application begins

    private func open(
        _ assessment: Assessment, subject: String, _ state: inout MatchmakingState, _ book: MatchmakingCatalog, _ now: Instant,
        _ effects: inout Effects
    ) {
        let request = assessment.request
        let portrait = assessment.portrait
        // The same request again; what went out cannot be asked for anew.
        guard state.applications[request.applicationID] == nil else { return }
        guard state.makeRoom() else {
            return effects.refuse("applications-too-many", "\(MatchmakingState.applicationsMax) applications of `\(subject)` are alive")
        }
        let matching = Matching(
            portrait, request: request, shelf: book.shelf(at: now), weights: book.weights(at: now),
            region: book.region(of: portrait, at: now))
        let choice = Choice(request, matching)
        let promise = book.promise(of: choice.match?.institution ?? "", at: now)
        let accept = book.deadline(from: request.requestedAt, workingDays: promise.acceptDays, at: now)
        let answer = book.deadline(from: request.requestedAt, workingDays: promise.answerDays, at: now)
        let isMatched = choice.match != nil
        var application = Application(
            request: request, institution: choice.match?.institution ?? "", productID: choice.match?.productID ?? "",
            scoreID: portrait.score?.scoreID ?? "", region: portrait.region, industry: portrait.industry,
            accept: isMatched ? Deadline(.accept, due: accept.due) : nil, answer: isMatched ? Deadline(.answer, due: answer.due) : nil,
            isProvisional: isMatched && (accept.isProvisional || answer.isProvisional))

        let list = matching.list(for: subject, application: request.applicationID, revision: portrait.revision, at: now)
        effects.send(list, to: Topic.matchmakingEvents, key: subject)
        effects.count(.matchListed, times: list.matches.count)
        for match in matching.matches { effects.write(MatchmakingTables.row(match, of: list), to: MatchmakingTables.match) }
        release(
            ReleaseDraft(
                id: "matches/\(request.applicationID)", receiver: "portal", messageType: "matches.v1",
                body: .written { list.write(to: &$0) }),
            subject, now, &effects)
        announce("requested", application, nil, reason: "", at: request.requestedAt, subject, &effects)
        announce(isMatched ? "dispatched" : "unmatched", application, nil, reason: choice.reason, at: now, subject, &effects)
        tell(isMatched ? "dispatched" : "unmatched", application, nil, reason: choice.reason, at: now, subject, now, &effects)
        if let match = choice.match {
            release(
                ReleaseDraft(
                    id: "application/\(request.applicationID)", receiver: "institution:\(match.institution)",
                    messageType: "financing.application.v1", categories: ["application", "score", "portrait"],
                    consentID: request.consentID, body: dossier(application, match, portrait, subject)),
                subject, now, &effects)
            for deadline in [application.accept, application.answer] {
                guard let deadline else { continue }
                effects.schedule(timerName(deadline.kind, request.applicationID), at: deadline.due)
                effects.write(MatchmakingTables.row(deadline, of: request.applicationID), to: MatchmakingTables.deadline)
            }
        }
        // What was reported before the request got here.
        let early = state.waiting.filter { $0.applicationID == request.applicationID }
        state.waiting.removeAll { $0.applicationID == request.applicationID }
        for report in early { admit(report, to: &application, now, &effects) }
        settle(&application, subject, now, &effects)
        effects.write(
            MatchmakingTables.row(application, application.course, subject: subject, at: now), to: MatchmakingTables.application)
        state.applications[request.applicationID] = application
    }

    /// What the institution gets, before exchange takes out what it may not see.
    private func dossier(_ application: Application, _ match: ProductMatch, _ portrait: Portrait, _ subject: String) -> JSONValue {
        let request = application.request
        return JSONValue.written { object in
            object.member("applicationId", request.applicationID)
            object.member("subject", subject)
            object.member("name", portrait.name)
            object.member("amountFen", request.amount.fen)
            object.member("months", request.months)
            object.member("purpose", request.purpose)
            object.member("productId", match.productID)
            object.member("consentId", request.consentID)
            if let score = portrait.score { score.write(to: &object, as: "score") }
            portrait.writeMarks(to: &object)
            object.member(
                "conditions",
                array: { list in
                    for condition in match.conditions { list.element(object: { condition.write(to: &$0) }) }
                })
            object.member("reportId", "report/" + request.applicationID)
            object.memberIfPresent("dueAcceptBy", application.accept.map { lastDay($0) })
            object.memberIfPresent("dueAnswerBy", application.answer.map { lastDay($0) })
        }
    }

    // MARK: An application goes on

    private func hear(
        _ fact: Fact, _ step: FeedbackStep, subject: String, _ state: inout MatchmakingState, _ now: Instant, _ effects: inout Effects
    ) {
        let report: Feedback
        do throws(ContractDefect) { report = try Feedback(fact, step) } catch {
            return effects.refuse(error.code, error.description)
        }
        guard var application = state.applications[report.applicationID] else {
            if let superseded = fact.supersedes { state.waiting.removeAll { $0.factID == superseded } }
            state.waiting.removeAll { $0.factID == fact.factID }
            guard !fact.isRetraction else { return }
            guard state.waiting.count < MatchmakingState.waitingMax else {
                return effects.refuse("feedback-beyond-memory", "application `\(report.applicationID)` has not come")
            }
            state.waiting.append(report)
            state.waiting.sort(by: Feedback.isBefore)
            return
        }
        let before = MatchmakingTables.row(application, application.course, subject: subject, at: .epoch)
        if let superseded = fact.supersedes { application.remove(superseded) }
        if fact.isRetraction {
            application.remove(fact.factID)
        } else {
            admit(report, to: &application, now, &effects)
        }
        settle(&application, subject, now, &effects)
        let course = application.course
        if MatchmakingTables.row(application, course, subject: subject, at: .epoch) != before {
            effects.write(MatchmakingTables.row(application, course, subject: subject, at: now), to: MatchmakingTables.application)
        }
        state.applications[report.applicationID] = application
    }

    /// Takes a report into the application, or writes why not.
    private func admit(_ report: Feedback, to application: inout Application, _ now: Instant, _ effects: inout Effects) {
        var code = report.wrongWriter(dispatched: application.institution)
        if code == nil, !application.add(report) { code = "feedback-beyond-memory" }
        if let code {
            effects.write(MatchmakingTables.row(report, refused: code, isCurrent: true, at: now), to: MatchmakingTables.refusal)
        }
    }

    /// Says every step that counts and was not said yet, and brings refusals and deadlines up to date.
    private func settle(_ application: inout Application, _ subject: String, _ now: Instant, _ effects: inout Effects) {
        let course = application.course
        for report in course.counted where application.announced.insert(report.step).inserted {
            announce(report.step.rawValue, application, report, reason: report.reason, at: report.occurredAt, subject, &effects)
            tell(report.step.rawValue, application, report, reason: report.reason, at: report.occurredAt, subject, now, &effects)
        }
        for report in application.feedback where course.refused[report.factID] != application.refusals[report.factID] {
            let code = course.refused[report.factID]
            effects.write(
                MatchmakingTables.row(
                    report, refused: code ?? application.refusals[report.factID] ?? "", isCurrent: code != nil, at: now),
                to: MatchmakingTables.refusal)
        }
        application.refusals = course.refused
        judge(&application.accept, course, application.request.applicationID, &effects)
        judge(&application.answer, course, application.request.applicationID, &effects)
    }

    private func judge(_ slot: inout Deadline?, _ course: Application.Course, _ applicationID: String, _ effects: inout Effects) {
        guard var deadline = slot, deadline.judge(course) else { return }
        let timer = timerName(deadline.kind, applicationID)
        if deadline.standing == .open { effects.schedule(timer, at: deadline.due) } else { effects.cancel(timer) }
        effects.write(MatchmakingTables.row(deadline, of: applicationID), to: MatchmakingTables.deadline)
        slot = deadline
    }

    private func expire(
        _ timer: DueTimer, subject: String, _ state: inout MatchmakingState, _ book: MatchmakingCatalog, _ now: Instant,
        _ effects: inout Effects
    ) {
        guard let colon = timer.name.firstIndex(of: ":"), let kind = Deadline.Kind(rawValue: String(timer.name[..<colon])) else {
            if timer.name == Self.lookTimer {
                state.nextLook = nil
                look(subject: subject, &state, book, now, &effects)
            }
            return
        }
        let id = String(timer.name[timer.name.index(after: colon)...])
        guard var application = state.applications[id] else { return }
        var slot = kind == .accept ? application.accept : application.answer
        guard var deadline = slot, deadline.due <= timer.due, deadline.expire() else { return }
        slot = deadline
        switch kind {
        case .accept: application.accept = slot
        case .answer: application.answer = slot
        }
        announce(kind.rawValue + "-overdue", application, nil, reason: "", at: deadline.due, subject, &effects)
        effects.write(MatchmakingTables.row(deadline, of: id), to: MatchmakingTables.deadline)
        state.applications[id] = application
    }

    private func timerName(_ kind: Deadline.Kind, _ applicationID: String) -> String { "\(kind.rawValue):\(applicationID)" }

    /// The last day on which the promise can be kept.
    private func lastDay(_ deadline: Deadline) -> Day { deadline.due.dayInChina - 1 }

    // MARK: What is said

    private func announce(
        _ status: String, _ application: Application, _ report: Feedback?, reason: String, at moment: Instant, _ subject: String,
        _ effects: inout Effects
    ) {
        effects.send(
            ApplicationEvent(
                applicationID: application.request.applicationID, subject: subject, status: status, institution: application.institution,
                productID: application.productID, amount: report?.amount ?? application.request.amount,
                months: report?.months ?? application.request.months, annualRate: report?.annualRate, region: application.region,
                industry: application.industry, scoreID: application.scoreID, loanID: report?.loanID ?? "", reason: reason, at: moment),
            to: Topic.matchmakingEvents, key: subject)
    }

    /// The firm hears of every step.
    private func tell(
        _ status: String, _ application: Application, _ report: Feedback?, reason: String, at moment: Instant, _ subject: String,
        _ now: Instant, _ effects: inout Effects
    ) {
        let request = application.request
        let body = JSONValue.written { object in
            object.member("applicationId", request.applicationID)
            object.member("subject", subject)
            object.member("status", status)
            object.member("institution", application.institution)
            object.member("productId", application.productID)
            object.member("amountFen", (report?.amount ?? request.amount).fen)
            object.member("months", report?.months ?? request.months)
            object.memberIfPresent("annualRate", report?.annualRate)
            object.member("loanId", report?.loanID ?? "")
            object.member("reason", reason)
            object.memberIfPresent("dueAcceptBy", application.accept.map { lastDay($0) })
            object.memberIfPresent("dueAnswerBy", application.answer.map { lastDay($0) })
            object.member("at", moment)
        }
        release(
            ReleaseDraft(
                id: "status/\(request.applicationID)/\(status)", receiver: "portal", messageType: "application.status.v1", body: body),
            subject, now, &effects)
    }

    private func release(_ draft: ReleaseDraft, _ subject: String, _ now: Instant, _ effects: inout Effects) {
        effects.send(
            ReleaseRequest(
                releaseID: draft.id, subject: subject, receiver: draft.receiver, messageType: draft.messageType,
                purpose: "loan-application", categories: draft.categories, consentID: draft.consentID, at: now, body: draft.body),
            to: Topic.matchmakingEvents, key: subject)
    }
}

/// What is to leave the house, before it is addressed.
private struct ReleaseDraft {
    let id: String
    let receiver: String
    let messageType: String
    var categories: [String] = []
    var consentID = ""
    let body: JSONValue
}

/// Which product an application goes to, and why.
public struct Choice: Sendable {
    public let match: ProductMatch?
    /// `product-of-request`, `best-of-institution`, `best-ranked`; `no-eligible-product` or `no-product-in-force` when there is none.
    public let reason: String

    /// The product that the firm asked for if it fits, else the best of the institution it asked for, else the best.
    public init(_ request: FinancingRequest, _ matching: Matching) {
        if !request.productID.isEmpty, let named = matching.best(where: { $0.id == request.productID }) {
            (match, reason) = (named, "product-of-request")
        } else if !request.institution.isEmpty, let best = matching.best(where: { $0.institution == request.institution }) {
            (match, reason) = (best, "best-of-institution")
        } else if let best = matching.matches.first {
            (match, reason) = (best, "best-ranked")
        } else {
            (match, reason) = (nil, matching.refusedCount == 0 ? "no-product-in-force" : "no-eligible-product")
        }
    }
}
