import Contracts
import Deciding
import Wire

/// Nothing: every message is judged by itself. An empty object is not stored.
package struct IngestionState: DecidedState {
    package init() {}
    package init(_ json: JSONValue) throws(ContractDefect) {}
    package func write(to object: inout JSONWriter) {}
}
