import Contracts
import Ledger
import Vocabulary
import Wire

/// What a decision asks for. The pipeline carries all of it out in the one transaction that moves the offset.
public struct Effects: Sendable {
    public private(set) var rows: [RowWrite] = []
    public private(set) var messages: [OutgoingMessage] = []
    public private(set) var timers: [TimerChange] = []
    public private(set) var leaves: [LedgerLeaf] = []
    public private(set) var tallies: [(tally: Tally, count: Int)] = []
    public private(set) var refusal: Refusal?

    public init() {}

    /// Empties it for the next decision and keeps its room.
    public mutating func reset() {
        rows.removeAll(keepingCapacity: true)
        messages.removeAll(keepingCapacity: true)
        timers.removeAll(keepingCapacity: true)
        leaves.removeAll(keepingCapacity: true)
        tallies.removeAll(keepingCapacity: true)
        refusal = nil
    }

    /// Sends `payload` to `topic` under `key`, which decides its lane.
    public mutating func send(_ payload: some Payload, to topic: String, key: String) {
        send(type: Swift.type(of: payload).type, value: payload.bytes, to: topic, key: key, subject: key)
    }

    /// Bytes of a message's value, key and subject. With its headers it stays below what the client of Kafka takes (`message.max.bytes`).
    public static var messageBytesMax: Int { 860_000 }

    /// Sends bytes as they are, with any CloudEvents type: for what leaves the house. What no client and no broker would take refuses the
    /// whole input (`output-too-large`): committed and never deliverable, it would hold up its link for ever.
    public mutating func send(type: String, value: [UInt8], to topic: String, key: String, subject: String) {
        let size = value.count + key.utf8.count + subject.utf8.count
        guard size <= Self.messageBytesMax else {
            return refuse("output-too-large", "what is to be sent to \(topic) has \(size) bytes; at most \(Self.messageBytesMax)")
        }
        messages.append(OutgoingMessage(topic: topic, key: key, subject: subject, type: type, value: value))
    }

    /// Writes one row. Rows of one table are written together with one statement.
    public mutating func write(_ cells: [Cell], to table: StoreTable) {
        rows.append(RowWrite(table: table, cells: cells))
    }

    /// Appends to the log of the lane, in the same transaction as everything else of the decision.
    public mutating func append(_ leaf: LedgerLeaf) { leaves.append(leaf) }

    /// Counts something for those who watch.
    public mutating func count(_ name: Tally.Name, _ labels: String..., times count: Int = 1) {
        tallies.append((Tally(name, labels), count))
    }

    /// Sets the timer `name` of this key; an earlier one of the same name is replaced.
    public mutating func schedule(_ name: String, at due: Instant) { timers.append(TimerChange(name: name, due: due)) }

    /// Takes the timer `name` of this key away, if it is set.
    public mutating func cancel(_ name: String) { timers.append(TimerChange(name: name, due: nil)) }

    /// Says no to the message as a whole: it is set aside with its bytes, and nothing else of this decision takes effect.
    public mutating func refuse(_ code: String, _ detail: String) { refusal = Refusal(code: code, detail: detail) }
}

/// One message to be sent through the outbox.
public struct OutgoingMessage: Hashable, Sendable {
    public let topic: String
    public let key: String
    public let subject: String
    public let type: String
    public let value: [UInt8]

    public init(topic: String, key: String, subject: String, type: String, value: [UInt8]) {
        self.topic = topic
        self.key = key
        self.subject = subject
        self.type = type
        self.value = value
    }
}

public struct TimerChange: Hashable, Sendable {
    public let name: String
    /// Nil takes the timer away.
    public let due: Instant?
}

/// A table that a domain writes beside its states, so that others can read it with SQL. A class, since every row names its table.
public final class StoreTable: Hashable, Sendable {
    public enum OnConflict: Hashable, Sendable {
        /// The key can not come twice; the database refuses a second.
        case refuse
        case keepFirst
        case replace
    }

    public enum CellType: Hashable, Sendable { case text, int32, int64, double, bool, bytes, instant, day, json, int16s }

    public struct Column: Hashable, Sendable {
        public let name: String
        public let type: CellType

        public init(_ name: String, _ type: CellType) {
            self.name = name
            self.type = type
        }
    }

    public let name: String
    public let columns: [Column]
    /// Names of the primary key's columns.
    public let key: [String]
    public let onConflict: OnConflict

    public init(_ name: String, columns: [Column], key: [String], onConflict: OnConflict) {
        self.name = name
        self.columns = columns
        self.key = key
        self.onConflict = onConflict
    }

    /// A service has one table of a name.
    public static func == (a: StoreTable, b: StoreTable) -> Bool { a === b || a.name == b.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

public struct RowWrite: Hashable, Sendable {
    public let table: StoreTable
    public let cells: [Cell]
}
