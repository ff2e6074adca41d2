import Contracts
import Deciding
import Wire

/// Nothing: every message is judged by itself. An empty object is not stored.
public struct IngestionState: DecidedState {
    public init() {}
    public init(_ json: JSONValue) throws(ContractDefect) {}
    public func write(to object: inout JSONWriter) {}
}
