import Deciding

/// Decoded states of the owned lanes. Valid only while the fence holds; forgotten as a whole otherwise.
package struct StateCache<State: DecidedState>: Sendable {
    struct Entry: Sendable {
        var state: State
        /// Hash of the bytes in the database, so that an unchanged state is not written again.
        var writtenHash: Int
        var isTouched: Bool
    }

    private(set) var entries: [StateKey: Entry] = [:]
    private(set) var touched: [StateKey] = []

    package init() {}

    subscript(key: StateKey) -> State? { entries[key]?.state }

    mutating func insert(_ state: State, for key: StateKey, written bytes: [UInt8]) {
        entries[key] = Entry(state: state, writtenHash: bytes.hashValue, isTouched: false)
    }

    mutating func change(_ state: State, for key: StateKey) {
        guard var entry = entries[key] else { return }
        entry.state = state
        if !entry.isTouched {
            entry.isTouched = true
            touched.append(key)
        }
        entries[key] = entry
    }

    /// The states whose bytes changed, encoded; and none is touched any more.
    mutating func takeChanged() -> [(key: StateKey, body: [UInt8])] {
        var changed: [(key: StateKey, body: [UInt8])] = []
        for key in touched {
            guard var entry = entries[key] else { continue }
            entry.isTouched = false
            let bytes = entry.state.bytes
            let hash = bytes.hashValue
            // A state with nothing in it is the same as none.
            if hash != entry.writtenHash, bytes.count > 2 || entry.writtenHash != [UInt8]().hashValue {
                entry.writtenHash = hash
                changed.append((key, bytes))
            }
            entries[key] = entry
        }
        touched.removeAll(keepingCapacity: true)
        return changed
    }

    /// Makes room: when there are more than `countMax`, everything goes and what is needed is read again.
    package mutating func trim(to countMax: Int) {
        if entries.count > countMax { entries.removeAll(keepingCapacity: true) }
    }
}
