import Contracts
import Deciding
import Vocabulary

/// The states of an application, and the clock's two marks. The order is the order of the way.
public enum ApplicationStatus: String, CaseIterable, Sendable {
    case requested, unmatched, dispatched
    case acceptOverdue = "accept-overdue"
    case accepted
    case answerOverdue = "answer-overdue"
    case declined, withdrawn, credited, disbursed, settled

    /// The clock's marks say that somebody is late, not how far the application came.
    var isMark: Bool { self == .acceptOverdue || self == .answerOverdue }

    var rank: Int { ApplicationStatus.allCases.firstIndex(of: self) ?? 0 }
}

/// One application as its steps tell it.
///
/// The status is that of the latest step, but a loan that was paid out stays one, and settled is the end: a late refusal of a second
/// institution does not take the first one's loan away.
public struct ApplicationStory: Sendable {
    private let steps: [(status: ApplicationStatus, event: ApplicationEvent)]

    /// - Parameter told: by `<status>|<institution>`.
    public init(_ told: Steps<ApplicationEvent>) {
        steps = told.byName.values
            .compactMap { event in ApplicationStatus(rawValue: event.status).map { ($0, event) } }
            .sorted { one, other in
                (one.event.at, one.status.rank, one.event.institution) < (other.event.at, other.status.rank, other.event.institution)
            }
    }

    /// The latest step of a status, of all institutions or of one.
    public func step(_ status: ApplicationStatus, of institution: String? = nil) -> ApplicationEvent? {
        steps.last { $0.status == status && (institution == nil || $0.event.institution == institution) }?.event
    }

    /// Nil while only the clock has spoken.
    public var status: ApplicationStatus? {
        if step(.settled) != nil { return .settled }
        if step(.disbursed) != nil { return .disbursed }
        return steps.last { !$0.status.isMark }?.status
    }

    /// Nothing more is to come, unless another institution takes it up.
    var isOver: Bool {
        switch status {
        case .settled, .declined, .withdrawn, .unmatched: true
        case .requested, .dispatched, .acceptOverdue, .accepted, .answerOverdue, .credited, .disbursed, nil: false
        }
    }

    /// The text that the furthest step gives, or else the latest step that gives one.
    private func text(_ path: KeyPath<ApplicationEvent, String>) -> String {
        if let status, let text = step(status)?[keyPath: path], !text.isEmpty { return text }
        return steps.last { !$0.event[keyPath: path].isEmpty }?.event[keyPath: path] ?? ""
    }

    private func instant(_ status: ApplicationStatus, of institution: String? = nil) -> Cell {
        step(status, of: institution).map { .instant($0.at) } ?? .null
    }

    private func fen(_ status: ApplicationStatus, of institution: String? = nil) -> Cell {
        .int64OrNull(step(status, of: institution)?.amount.fen)
    }

    func cells(applicationID: String, of subject: String, _ divisions: Divisions) -> [Cell] {
        let terms = step(.disbursed) ?? step(.credited)
        let region = divisions.counted(text(\.region))
        return [
            .text(subject), .text(applicationID), .text(text(\.institution)), .text(text(\.productID)),
            .text(region), .text(Place.prefecture(of: region)), .text(text(\.industry)),
            .text(status?.rawValue ?? ""), fen(.requested), fen(.credited), fen(.disbursed),
            .int64OrNull((terms ?? step(.requested))?.months), .int64OrNull(terms?.annualRate ?? step(.credited)?.annualRate),
            instant(.requested), instant(.dispatched), instant(.accepted), instant(.credited), instant(.disbursed), instant(.settled),
            instant(.declined), instant(.withdrawn), .bool(step(.acceptOverdue) != nil), .bool(step(.answerOverdue) != nil),
            .text(text(\.scoreID)), .text(text(\.loanID)), .text(text(\.reason)),
        ]
    }

    /// What one institution did with it: the row that its service promises are measured by.
    func handlingCells(applicationID: String, institution: String, of subject: String) -> [Cell] {
        [
            .text(subject), .text(applicationID), .text(institution), instant(.dispatched, of: institution),
            instant(.accepted, of: institution), instant(.credited, of: institution), instant(.disbursed, of: institution),
            instant(.settled, of: institution), instant(.declined, of: institution),
            .bool(step(.acceptOverdue, of: institution) != nil), .bool(step(.answerOverdue, of: institution) != nil),
            fen(.credited, of: institution), fen(.disbursed, of: institution),
            .int64OrNull(step(.disbursed, of: institution)?.annualRate ?? step(.credited, of: institution)?.annualRate),
        ]
    }
}
