import Deciding
import Vocabulary
import Wire

/// A message as the broker gave it.
package struct RawMessage: Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    package let key: [UInt8]?
    package let value: [UInt8]?
    package let headers: [(name: String, value: [UInt8])]

    package init(
        topic: String, partition: Int32, offset: Int64, key: [UInt8]?, value: [UInt8]?, headers: [(name: String, value: [UInt8])]
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.key = key
        self.value = value
        self.headers = headers
    }

    /// The key as text; bytes that are not UTF-8 are replaced, since the key only places the message.
    var keyText: String { String(decoding: key ?? [], as: UTF8.self) }
}

/// Everything one step is to decide.
package struct InputBatch: Sendable {
    package var messages: [RawMessage]
    package var timers: [LaneTimer]
    package var sweeps: [SweepStep]

    package init(messages: [RawMessage] = [], timers: [LaneTimer] = [], sweeps: [SweepStep] = []) {
        self.messages = messages
        self.timers = timers
        self.sweeps = sweeps
    }

    package var isEmpty: Bool { messages.isEmpty && timers.isEmpty && sweeps.isEmpty }
}

/// A due timer of one key.
package struct LaneTimer: Sendable {
    package let lane: Int32
    package let key: String
    package let timer: DueTimer

    package init(lane: Int32, key: String, timer: DueTimer) {
        self.lane = lane
        self.key = key
        self.timer = timer
    }
}

/// Some keys of a lane that a catalogue change is to be shown to, and where the walk stands afterwards.
package struct SweepStep: Sendable {
    package let lane: Int32
    package let entry: CatalogEntry
    package let keys: [String]
    package let mark: SweepMark

    package init(lane: Int32, entry: CatalogEntry, keys: [String], mark: SweepMark) {
        self.lane = lane
        self.entry = entry
        self.keys = keys
        self.mark = mark
    }
}

/// Where the walk of one catalogue entry over one lane stands.
package struct SweepMark: Hashable, Sendable {
    package let lane: Int32
    package let kind: String
    package let id: String
    package let version: Int64
    /// The last key done; nil before the first.
    package let cursor: String?
    package let isDone: Bool

    package init(lane: Int32, kind: String, id: String, version: Int64, cursor: String?, isDone: Bool) {
        self.lane = lane
        self.kind = kind
        self.id = id
        self.version = version
        self.cursor = cursor
        self.isDone = isDone
    }
}
