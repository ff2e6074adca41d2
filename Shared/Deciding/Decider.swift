import Contracts
import Ledger
import Vocabulary

/// The pure heart of a service: what to do about one input, given what is known for its key.
///
/// No clock, no randomness, no I/O. Total: no input and no timing may stop it. Deciding the same input twice decides
/// nothing new the second time. The result may not depend on the order in which different topics arrive.
public protocol Decider: Sendable {
    /// What is known for one key.
    associatedtype State: DecidedState

    var service: ServiceName { get }

    /// Catalogue kinds whose changes concern every known key: changes are walked over all of them as `Input.sweep`.
    var sweptKinds: Set<String> { get }

    /// How events lie in the messages of a topic that it reads or writes.
    func dialect(of topic: String) -> Dialect

    /// Which key a message is about, or why it is not handled. Cheap: called before any state is loaded.
    func admit(_ message: Message, catalog: Catalog) -> Admission

    /// How long a leaf of a lane's log waits for the checkpoint that covers it. Nil: nobody signs, and no checkpoint is made.
    var checkpointInterval: Duration? { get }

    /// Gives away where the log of a lane stands. Only rows and messages are taken of the effects; the same log must give the same ones.
    func checkpoint(_ head: LedgerHead, lane: Int32, effects: inout Effects)

    /// Changes `state` and says in `effects` what to write and to send. When it refuses (`effects.refuse`), the state
    /// stays as it was and nothing else of it takes effect.
    func decide(_ input: Input, key: String, on state: inout State, at now: Instant, catalog: Catalog, effects: inout Effects)
}

extension Decider {
    public var sweptKinds: Set<String> { [] }
    public func dialect(of topic: String) -> Dialect { Topic.dialect(of: topic) }
    public var checkpointInterval: Duration? { nil }
    public func checkpoint(_ head: LedgerHead, lane: Int32, effects: inout Effects) {}
}

/// What is to be done with a message.
public enum Admission: Sendable {
    /// Decide it under `key`. With an outside id, the same id again is dropped, and the same id with other bytes refused.
    case handle(key: String, outsideID: OutsideID? = nil)
    /// Not meant for this service.
    case pass
    case refuse(Refusal)
}

/// A sender's own id of a message.
public struct OutsideID: Hashable, Sendable {
    public let writer: String
    public let id: String

    public init(writer: String, id: String) {
        self.writer = writer
        self.id = id
    }
}

/// The domain says no: a stable code and the culprit in words. Recorded, counted, never tried again.
public struct Refusal: Hashable, Sendable {
    public let code: String
    public let detail: String

    public init(code: String, detail: String) {
        self.code = code
        self.detail = detail
    }

    public init(_ defect: ContractDefect) { self.init(code: defect.code, detail: defect.description) }
}

/// What a decider is asked about.
public enum Input: Sendable {
    case message(Message)
    /// A timer that the decider set earlier is due.
    case timer(DueTimer)
    /// These catalogue entries, one or more, are new or have changed, and this is one of the keys they may concern. What changed together is
    /// shown together: a catalogue of a thousand entries is one input a key.
    case sweep([CatalogEntry])
}

public struct DueTimer: Hashable, Sendable {
    public let name: String
    public let due: Instant

    public init(name: String, due: Instant) {
        self.name = name
        self.due = due
    }
}
