import Contracts
import Vocabulary
import Wire

/// The disputes about one subject, as governance told of each last. Which word came first leaves no trace.
public struct DisputeBook: Hashable, Sendable {
    /// By id. What is closed stays, so that an older word that comes after it opens nothing.
    private var disputes: [FactDispute] = []

    /// More than one subject and a few that went into it can have open at a time. Beyond, what was closed goes first, then what is oldest.
    public static let countMax = 200

    public init() {}

    public var isEmpty: Bool { disputes.isEmpty }

    /// By the day of the objection, then by id.
    public var open: [FactDispute] {
        disputes.filter(\.isOpen).sorted {
            $0.openedOn != $1.openedOn ? $0.openedOn < $1.openedOn : $0.disputeID.precedesBytewise($1.disputeID)
        }
    }

    /// The statement that the fact says is under dispute.
    public func isOpen(about factID: String) -> Bool { disputes.contains { $0.isOpen && $0.isAbout(factID) } }

    /// Takes the word; false when it, or a later one about the same dispute, is here already.
    public mutating func take(_ dispute: FactDispute) -> Bool {
        let place = disputes.prefixCount { $0.disputeID.precedesBytewise(dispute.disputeID) }
        if place < disputes.count, disputes[place].disputeID == dispute.disputeID {
            guard disputes[place].at < dispute.at else { return false }
            disputes[place] = dispute
            return true
        }
        disputes.insert(dispute, at: place)
        if disputes.count > Self.countMax { forgetOne() }
        return true
    }

    private mutating func forgetOne() {
        func isOlder(_ a: FactDispute, _ b: FactDispute) -> Bool { a.at != b.at ? a.at < b.at : a.disputeID.precedesBytewise(b.disputeID) }
        let oldest = disputes.filter { !$0.isOpen }.min(by: isOlder) ?? disputes.min(by: isOlder)
        if let oldest { disputes.removeAll { $0.disputeID == oldest.disputeID } }
    }

    // MARK: stored form

    /// Reads a list; an absent one is empty.
    public init(_ fields: Fields, _ name: String) throws(ContractDefect) {
        disputes = try fields.list(name) { json throws(ContractDefect) in try FactDispute(json) }
    }

    public func write(to object: inout JSONWriter, as name: String) {
        guard !disputes.isEmpty else { return }
        object.member(
            name,
            array: { list in
                for dispute in disputes { list.element(object: { dispute.write(to: &$0) }) }
            })
    }
}
