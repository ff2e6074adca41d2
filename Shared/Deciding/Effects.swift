import Contracts
import Ledger
import Vocabulary
import Wire

/// What a decision asks for. The pipeline carries all of it out in the one transaction that moves the offset.
package struct Effects: Sendable {
    package private(set) var rows: [RowWrite] = []
    package private(set) var messages: [OutgoingMessage] = []
    package private(set) var timers: [TimerChange] = []
    package private(set) var leaves: [LedgerLeaf] = []
    package private(set) var tallies: [(tally: Tally, count: Int)] = []
    package private(set) var refusal: Refusal?

    package init() {}

    /// Empties it for the next decision and keeps its room.
    package mutating func reset() {
        rows.removeAll(keepingCapacity: true)
        messages.removeAll(keepingCapacity: true)
        timers.removeAll(keepingCapacity: true)
        leaves.removeAll(keepingCapacity: true)
        tallies.removeAll(keepingCapacity: true)
        refusal = nil
    }

    /// Sends `payload` to `topic` under `key`, which decides its lane.
    package mutating func send(_ payload: some Payload, to topic: String, key: String) {
        send(type: Swift.type(of: payload).type, value: payload.bytes, to: topic, key: key, subject: key)
    }

    /// Sends bytes as they are, with any CloudEvents type: for what leaves the house.
    package mutating func send(type: String, value: [UInt8], to topic: String, key: String, subject: String) {
        messages.append(OutgoingMessage(topic: topic, key: key, subject: subject, type: type, value: value))
    }

    /// Writes one row. Rows of one table are written together with one statement.
    package mutating func write(_ cells: [Cell], to table: StoreTable) {
        rows.append(RowWrite(table: table, cells: cells))
    }

    /// Appends to the log of the lane, in the same transaction as everything else of the decision.
    package mutating func append(_ leaf: LedgerLeaf) { leaves.append(leaf) }

    /// Counts something for those who watch.
    package mutating func count(_ name: Tally.Name, _ labels: String..., times count: Int = 1) {
        tallies.append((Tally(name, labels), count))
    }

    /// Sets the timer `name` of this key; an earlier one of the same name is replaced.
    package mutating func schedule(_ name: String, at due: Instant) { timers.append(TimerChange(name: name, due: due)) }

    /// Takes the timer `name` of this key away, if it is set.
    package mutating func cancel(_ name: String) { timers.append(TimerChange(name: name, due: nil)) }

    /// Says no to the message as a whole: it is set aside with its bytes, and nothing else of this decision takes effect.
    package mutating func refuse(_ code: String, _ detail: String) { refusal = Refusal(code: code, detail: detail) }
}

/// One message to be sent through the outbox.
package struct OutgoingMessage: Hashable, Sendable {
    package let topic: String
    package let key: String
    package let subject: String
    package let type: String
    package let value: [UInt8]

    package init(topic: String, key: String, subject: String, type: String, value: [UInt8]) {
        self.topic = topic
        self.key = key
        self.subject = subject
        self.type = type
        self.value = value
    }
}

package struct TimerChange: Hashable, Sendable {
    package let name: String
    /// Nil takes the timer away.
    package let due: Instant?
}

/// A table that a domain writes beside its states, so that others can read it with SQL. A class, since every row names its table.
package final class StoreTable: Hashable, Sendable {
    package enum OnConflict: Hashable, Sendable {
        /// The key can not come twice; the database refuses a second.
        case refuse
        case keepFirst
        case replace
    }

    package enum CellType: Hashable, Sendable { case text, int32, int64, double, bool, bytes, instant, day, json, int16s }

    package struct Column: Hashable, Sendable {
        package let name: String
        package let type: CellType

        package init(_ name: String, _ type: CellType) {
            self.name = name
            self.type = type
        }
    }

    package let name: String
    package let columns: [Column]
    /// Names of the primary key's columns.
    package let key: [String]
    package let onConflict: OnConflict

    package init(_ name: String, columns: [Column], key: [String], onConflict: OnConflict) {
        self.name = name
        self.columns = columns
        self.key = key
        self.onConflict = onConflict
    }

    /// A service has one table of a name.
    package static func == (a: StoreTable, b: StoreTable) -> Bool { a === b || a.name == b.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

package struct RowWrite: Hashable, Sendable {
    package let table: StoreTable
    package let cells: [Cell]
}
