import Deciding
import Vocabulary
import Wire

extension RawMessage {
    /// How many events it may hold: what bounds of a batch count.
    public var eventCount: Int { value.flatMap(EventFrames.count(of:)) ?? 1 }

    /// The link's source and the first of its sequences here, from the headers; nil when one of them is missing or malformed.
    var linkHeaders: (source: String, sequence: Int64)? {
        var source: String?
        var sequence: Int64?
        for header in headers {
            if header.name == "ce_source" { source = String(validating: header.value, as: UTF8.self) }
            if header.name == "ce_sequence" { sequence = String(validating: header.value, as: UTF8.self).flatMap { Int64($0) } }
        }
        guard let source, let sequence, sequence > 0, sequence <= LinkNumber.max, source.hasPrefix("xinqiao/"),
            source.utf8.count <= 200
        else { return nil }
        return (source, sequence)
    }

    /// The events of a packed message, each as the CloudEvent that it is; empty when it is none.
    public var events: [CloudEvent] {
        guard let sender = linkHeaders, let value, var reader = FrameReader(value) else { return [] }
        var events: [CloudEvent] = []
        var sequence = sender.sequence
        while let frame = reader.next() {
            let key = String(decoding: value[frame.key], as: UTF8.self)
            events.append(
                CloudEvent(
                    id: Message.linkID(topic: topic, partition: partition, source: sender.source, sequence: sequence),
                    source: sender.source, type: frame.type, time: reader.time,
                    subject: frame.subject.map { String(decoding: value[$0], as: UTF8.self) } ?? key, dataContentType: "application/json",
                    partitionKey: key, sequence: sequence, data: Array(value[frame.value])))
            sequence += 1
        }
        return events
    }

    /// The keys of its events, in order.
    var eventKeys: [String] {
        guard let value, var reader = FrameReader(value) else { return [keyText] }
        var keys: [String] = []
        while let frame = reader.next() { keys.append(String(decoding: value[frame.key], as: UTF8.self)) }
        return keys
    }

    /// The key as text; bytes that are not UTF-8 are replaced, since the key only places the message.
    var keyText: String { String(decoding: key ?? [], as: UTF8.self) }
}

/// Everything one step is to decide.
public struct InputBatch: Sendable {
    public var messages: [RawMessage]
    public var timers: [LaneTimer]
    public var sweeps: [SweepStep]
    /// Of packed messages only the events below this index are to be decided now; the others come with a later batch.
    public var eventsEnd: Int

    public init(messages: [RawMessage] = [], timers: [LaneTimer] = [], sweeps: [SweepStep] = [], eventsEnd: Int = .max) {
        self.eventsEnd = eventsEnd
        self.messages = messages
        self.timers = timers
        self.sweeps = sweeps
    }

    public var isEmpty: Bool { messages.isEmpty && timers.isEmpty && sweeps.isEmpty }

    /// Two batches that together are this one, for finding what the database refuses; nil when there is only one thing in it.
    /// Of one packed message the first batch has the first half of the events that are left, and the second all of them: those that
    /// the first has applied are passed over then, since the link has moved.
    func halves(applied: (RawMessage) -> Int) -> (InputBatch, InputBatch)? {
        if messages.count > 1 {
            let middle = messages.count / 2
            return (
                InputBatch(messages: Array(messages[..<middle])),
                InputBatch(messages: Array(messages[middle...]), timers: timers, sweeps: sweeps)
            )
        }
        if let message = messages.first {
            if !timers.isEmpty || !sweeps.isEmpty {
                return (InputBatch(messages: [message]), InputBatch(timers: timers, sweeps: sweeps))
            }
            let done = applied(message)
            let end = min(message.eventCount, eventsEnd)
            guard end - done > 1 else { return nil }
            return (InputBatch(messages: [message], eventsEnd: done + (end - done) / 2), self)
        }
        if timers.count > 1 {
            let middle = timers.count / 2
            return (InputBatch(timers: Array(timers[..<middle])), InputBatch(timers: Array(timers[middle...]), sweeps: sweeps))
        }
        if !timers.isEmpty, !sweeps.isEmpty { return (InputBatch(timers: timers), InputBatch(sweeps: sweeps)) }
        return nil
    }
}

/// A due timer of one key.
public struct LaneTimer: Sendable {
    public let lane: Int32
    public let key: String
    public let timer: DueTimer

    public init(lane: Int32, key: String, timer: DueTimer) {
        self.lane = lane
        self.key = key
        self.timer = timer
    }
}

/// Some keys of a lane that changes of the catalogue are to be shown to, and where the walks of these entries stand afterwards.
public struct SweepStep: Sendable {
    public let lane: Int32
    public let entries: [CatalogEntry]
    public let keys: [String]
    /// One for each entry.
    public let marks: [SweepMark]

    public init(lane: Int32, entries: [CatalogEntry], keys: [String], marks: [SweepMark]) {
        self.lane = lane
        self.entries = entries
        self.keys = keys
        self.marks = marks
    }
}

/// Where the walk of one catalogue entry over one lane stands.
public struct SweepMark: Hashable, Sendable {
    public let lane: Int32
    public let kind: String
    public let id: String
    public let version: Int64
    /// The last key done; nil before the first.
    public let cursor: String?
    public let isDone: Bool

    public init(lane: Int32, kind: String, id: String, version: Int64, cursor: String?, isDone: Bool) {
        self.lane = lane
        self.kind = kind
        self.id = id
        self.version = version
        self.cursor = cursor
        self.isDone = isDone
    }

    init(lane: Int32, of entry: CatalogEntry, cursor: String?, isDone: Bool) {
        self.init(lane: lane, kind: entry.kind, id: entry.id, version: entry.version, cursor: cursor, isDone: isDone)
    }
}
