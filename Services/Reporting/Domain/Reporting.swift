import Contracts
import Deciding
import Vocabulary
import Wire

/// Gathers what the other services did, subject by subject, into rows that anybody can read with SQL.
///
/// Every row is keyed by what it is about and says everything known of it, so statistics are sums over rows: a message that comes twice,
/// or late, leaves the same rows. Only facts are tallied, in any order and each once, as the path hands them over: to know them again
/// would take every fact's id, and their place in the link does not tell, for a replayed letter takes its turn late. Sends nothing.
public struct Reporting: Decider {
    public let service = ServiceName.reporting

    public init() {}

    /// Rows say where a firm counts, so a change of that concerns every known subject.
    public var sweptKinds: Set<String> { ["divisionTable"] }

    /// The timer for the day on which another division counts.
    static let divisionsTimer = "divisions"

    public func admit(_ message: Message, catalog: Catalog) -> Admission {
        switch (message.topic, message.type) {
        case (Topic.governanceFacts, Fact.type), (Topic.governanceEvents, GovernanceEvent.type), (Topic.scoringPortraits, Portrait.type),
            (Topic.scoringPortraits, WhitelistChange.type), (Topic.scoringPortraits, ReportIssued.type),
            (Topic.matchmakingEvents, ApplicationEvent.type), (Topic.matchmakingEvents, MatchList.type),
            (Topic.policyPushEvents, PolicyEvent.type), (Topic.riskMonitoringEvents, RiskAlert.type),
            (Topic.riskMonitoringEvents, WatchEvent.type), (Topic.exchangeEvents, ExchangeEvent.type):
            guard !message.key.isEmpty else { return .refuse(Refusal(code: "subject-missing", detail: "the message has no key")) }
            return .handle(key: message.key)
        // The same topics carry what others need of each other: assessments, requests for release.
        case (_, _): return .pass
        }
    }

    public func decide(
        _ input: Input, key: String, on state: inout SubjectRecord, at now: Instant, catalog: Catalog, effects: inout Effects
    ) {
        let tables = catalog.view(DivisionTables.self)
        let divisions = Divisions(table: tables.table(at: now), day: now.dayInChina)
        switch input {
        case .message(let message):
            do throws(ContractDefect) {
                try take(message, key: key, divisions, into: &state, effects: &effects)
            } catch {
                return effects.refuse(error.code, error.description)
            }
        case .sweep, .timer: place(key, divisions, state, effects: &effects)
        }
        if effects.refusal == nil, let change = tables.nextChange(after: now) { effects.schedule(Self.divisionsTimer, at: change) }
    }

    /// Writes again what says where the firm is.
    private func place(_ key: String, _ divisions: Divisions, _ state: SubjectRecord, effects: inout Effects) {
        if state.registration != nil || state.portrait != nil {
            effects.write(state.cells(of: key, divisions), to: ReportingTables.subject)
        }
        for (id, steps) in state.applications.sorted(by: { $0.key < $1.key }) {
            effects.write(ApplicationStory(steps).cells(applicationID: id, of: key, divisions), to: ReportingTables.application)
        }
    }

    private func take(
        _ message: Message, key: String, _ divisions: Divisions, into state: inout SubjectRecord, effects: inout Effects
    ) throws(ContractDefect) {
        switch message.type {
        case Fact.type: takeFact(try Fact(message.body), key: key, divisions, into: &state, effects: &effects)
        case Portrait.type: takePortrait(try Portrait(message.body), key: key, divisions, into: &state, effects: &effects)
        case ApplicationEvent.type: try takeStep(try ApplicationEvent(message.body), key: key, divisions, into: &state, effects: &effects)
        case MatchList.type:
            let offer = OfferSummary(try MatchList(message.body))
            guard state.takeOffer(offer) else { return }
            effects.write(offer.cells(of: key), to: ReportingTables.offer)
        case PolicyEvent.type:
            let event = try PolicyEvent(message.body).withoutConditions
            // Nobody says that a window has closed, so the push that nothing was said of for longest is the one that is over.
            _ = state.pushes.makeRoom(for: event.policyID) { _ in true }
            guard state.pushes[event.policyID, default: Steps()].take(event, as: event.kind) else { return }
            if let steps = state.pushes[event.policyID] {
                effects.write(PushRow.cells(policyID: event.policyID, of: key, steps), to: ReportingTables.push)
            }
        case RiskAlert.type:
            let alert = try RiskAlert(message.body)
            guard state.alerts.makeRoom(for: alert.alertID, isOver: AlertRow.isOver) else { return full("alerts", key, &effects) }
            guard state.alerts[alert.alertID, default: Steps()].take(alert, as: alert.kind) else { return }
            if let steps = state.alerts[alert.alertID] {
                effects.write(AlertRow.cells(alertID: alert.alertID, of: key, steps), to: ReportingTables.alert)
            }
        case WatchEvent.type:
            let watch = try WatchEvent(message.body)
            guard state.watches.makeRoom(for: watch.loan, isOver: WatchRow.isOver) else { return full("watches", key, &effects) }
            guard state.watches[watch.loan, default: Steps()].take(watch, as: watch.kind) else { return }
            if let steps = state.watches[watch.loan] {
                effects.write(
                    WatchRow.cells(institution: watch.institution, loanID: watch.loanID, of: key, steps), to: ReportingTables.watch)
            }
        case WhitelistChange.type:
            let change = try WhitelistChange(message.body)
            guard state.lists.makeRoom(for: change.list, isOver: { !(standing($0)?.isMember ?? true) }) else {
                return full("lists", key, &effects)
            }
            guard state.lists[change.list, default: Steps()].take(change, as: "\(change.isMember)") else { return }
            if let latest = state.lists[change.list].flatMap(standing) {
                effects.write(
                    [
                        .text(latest.list), .text(key), .bool(latest.isMember), .text(latest.reason),
                        .instant(latest.at),
                    ], to: ReportingTables.whitelist)
            }
        case GovernanceEvent.type:
            let event = try GovernanceEvent(message.body)
            effects.write(
                [
                    .text(key), .text(event.recordID), .text(event.kind), .text(event.reason),
                    .instant(event.at), .text(event.recordType), .text(event.writer),
                ], to: ReportingTables.governanceEvent)
        case ReportIssued.type:
            let report = try ReportIssued(message.body)
            effects.write(
                [
                    .text(key), .text(report.reportID), .text(report.applicationID),
                    .text(report.scoreID), .instant(report.issuedAt),
                ], to: ReportingTables.creditReport)
        case ExchangeEvent.type:
            let event = try ExchangeEvent(message.body)
            effects.write(
                [
                    .text(key), .text(event.releaseID), .text(event.kind), .instant(event.at),
                    .text(event.receiver), .text(event.messageType), .text(event.purpose),
                    .text(event.reason),
                ], to: ReportingTables.release)
        case let unknown: throw .unknownType(unknown)
        }
    }

    private func standing(_ changes: Steps<WhitelistChange>) -> WhitelistChange? { changes.latest(rank: { $0 == "true" ? 1 : 0 }) }

    /// All places are taken, and by what still goes on.
    private func full(_ kind: String, _ key: String, _ effects: inout Effects) {
        effects.refuse("\(kind)-full", "\(SubjectRecord.keptMax) \(kind) of `\(key.prefix(64))` are going on")
    }

    private func takeFact(
        _ fact: Fact, key: String, _ divisions: Divisions, into state: inout SubjectRecord, effects: inout Effects
    ) {
        var tally = state.facts[fact.recordType] ?? FactTally()
        tally.take(fact)
        state.facts[fact.recordType] = tally
        effects.write(tally.cells(of: key, recordType: fact.recordType), to: ReportingTables.coverage)
        guard fact.recordType == RegistrationSeen.recordType, !fact.isRetraction else { return }
        let seen = RegistrationSeen(fact)
        guard state.registration.map({ $0.precedes(seen) }) ?? true else { return }
        state.registration = seen
        effects.write(state.cells(of: key, divisions), to: ReportingTables.subject)
    }

    private func takePortrait(
        _ portrait: Portrait, key: String, _ divisions: Divisions, into state: inout SubjectRecord, effects: inout Effects
    ) {
        guard state.portrait.map({ $0.revision < portrait.revision }) ?? true else { return }
        state.portrait = portrait.withoutIndicators
        effects.write(state.cells(of: key, divisions), to: ReportingTables.subject)
    }

    private func takeStep(
        _ event: ApplicationEvent, key: String, _ divisions: Divisions, into state: inout SubjectRecord, effects: inout Effects
    ) throws(ContractDefect) {
        guard let status = ApplicationStatus(rawValue: event.status) else {
            throw .wrong(field: "status", expected: "one of \(ApplicationStatus.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        // Two institutions may each handle the application in turn, so a step belongs to one of them.
        let name = "\(status.rawValue)|\(event.institution)"
        let hasRoom = state.applications.makeRoom(for: event.applicationID) { ApplicationStory($0).isOver }
        guard hasRoom else { return full("applications", key, &effects) }
        guard state.applications[event.applicationID, default: Steps()].take(event, as: name),
            let steps = state.applications[event.applicationID]
        else { return }
        let story = ApplicationStory(steps)
        effects.write(story.cells(applicationID: event.applicationID, of: key, divisions), to: ReportingTables.application)
        if !event.institution.isEmpty {
            effects.write(
                story.handlingCells(applicationID: event.applicationID, institution: event.institution, of: key),
                to: ReportingTables.handling)
        }
    }
}
