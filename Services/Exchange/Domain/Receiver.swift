import Contracts

/// To whom something is to go, as a request names it: `portal`, `institution:<id>`, or `source:<id>`.
enum Receiver: Hashable, Sendable {
    /// Who a release rule may open the door to.
    enum Kind: String, CaseIterable, Sendable { case portal, institution, source }

    /// The firm itself.
    case portal
    case institution(String)
    /// Who says records about firms. Gets back only what concerns its own records.
    case source(String)

    /// Nil when the text names none of them.
    init?(_ text: String) {
        switch (text, text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)) {
        case ("portal", _): self = .portal
        case (_, let parts) where parts.count == 2 && parts[0] == "institution": self = .institution(String(parts[1]))
        case (_, let parts) where parts.count == 2 && parts[0] == "source": self = .source(String(parts[1]))
        case (_, _): return nil
        }
    }

    var kind: Kind {
        switch self {
        case .portal: .portal
        case .institution: .institution
        case .source: .source
        }
    }

    /// The topic that it reads and nobody else.
    var topic: String {
        switch self {
        case .portal: Topic.portalOut
        case .institution(let id): Topic.institutionOut(id)
        case .source(let id): Topic.sourceOut(id)
        }
    }
}
