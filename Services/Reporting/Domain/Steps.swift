import Contracts
import Vocabulary
import Wire

/// A payload that says when it happened.
public protocol DatedPayload: Payload {
    var at: Instant { get }
}

extension ApplicationEvent: DatedPayload {}
extension RiskAlert: DatedPayload {}
extension WatchEvent: DatedPayload {}
extension PolicyEvent: DatedPayload {}
extension WhitelistChange: DatedPayload {}

/// What was told about one thing, by name: of each name the latest. The order in which they came leaves no trace.
public struct Steps<Step: DatedPayload>: Sendable {
    public private(set) var byName: [String: Step] = [:]

    public init() {}

    /// Reads the object that `write` made.
    public init(_ json: JSONValue) throws(ContractDefect) {
        for (name, step) in try Fields(json).json.members { byName[name] = try Step(step) }
    }

    public func write(to object: inout JSONWriter) {
        for name in byName.keys.sorted() {
            guard let step = byName[name] else { continue }
            object.member(name, object: { step.write(to: &$0) })
        }
    }

    /// False when nothing changed: it is here already, or something later of that name is.
    public mutating func take(_ step: Step, as name: String) -> Bool {
        if let kept = byName[name] {
            // Of two at one moment the greater bytes stand: any rule will do that does not ask which came first.
            guard kept.at < step.at || (kept.at == step.at && kept.bytes.lexicographicallyPrecedes(step.bytes)) else { return false }
        }
        byName[name] = step
        return true
    }

    /// When the last of them happened.
    var lastAt: Instant { byName.values.map(\.at).max() ?? .epoch }

    /// The step that happened last; of two at one moment the one whose name comes later in the order, which has all names.
    func latest(in order: [String], where isMeant: (Step) -> Bool = { _ in true }) -> Step? {
        latest(rank: { order.firstIndex(of: $0) ?? -1 }, where: isMeant)
    }

    /// The step that happened last; of two at one moment the one whose name ranks higher.
    public func latest(rank: (String) -> Int, where isMeant: (Step) -> Bool = { _ in true }) -> Step? {
        byName.filter { isMeant($0.value) }.max { (one, other) in
            (one.value.at, rank(one.key), one.key) < (other.value.at, rank(other.key), other.key)
        }?.value
    }
}
