import Deciding
import Vocabulary

/// What the one path needs of a store. PostgreSQL in the services, memory in the simulator.
public protocol PathStore {
    /// Stored states of the keys; a key without one is absent.
    func states(_ keys: [StateKey]) throws(StoreFault) -> [StateKey: [UInt8]]
    /// Digests of the outside ids already seen.
    func outsideDigests(_ ids: [OutsideID]) throws(StoreFault) -> [OutsideID: [UInt8]]
    /// Commits everything or nothing.
    func commit(_ write: BatchWrite) throws(StoreFault)
}

/// Why the store said no. Only `refused` is about the data; everything else is tried again.
public enum StoreFault: Error, Sendable {
    /// The compare-and-set found other offsets: somebody else owns the lane now, or our own lost commit did succeed.
    case fenced
    /// The connection or the server failed before anything could have been committed. The SQLSTATE where a statement was refused for now.
    case unavailable(String, sqlstate: String? = nil)
    /// Kafka does not answer, or is not as it must be: nothing to do with the store, and waited out in the same way.
    case kafka(String)
    /// The COMMIT was sent and no answer came: whether it took effect is found out by reading again under the lock.
    case outcomeUnknown(String)
    /// The database refuses a row: the batch is bisected to find it.
    case refused(sqlstate: String, String)
    /// What is stored can not be read: an operator must look.
    case corrupt(String)
}

extension StoreFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .fenced: "another worker has moved the lane"
        case .unavailable(let reason, _): reason
        case .kafka(let reason): "kafka: \(reason)"
        case .outcomeUnknown(let reason): "the outcome of a commit is unknown: \(reason)"
        case .refused(let sqlstate, let reason): "refused (\(sqlstate)): \(reason)"
        case .corrupt(let reason): "corrupt: \(reason)"
        }
    }
}
