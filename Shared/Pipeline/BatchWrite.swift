import Contracts
import Deciding
import Ledger
import Vocabulary
import Wire

/// Everything that one transaction writes.
package struct BatchWrite: Sendable {
    /// Compare-and-set of the offsets: the first statement.
    package var fence: [FenceMove] = []
    package var linksIn: [LinkIn: Int64] = [:]
    package var linksOut: [LinkOut: Int64] = [:]
    package var outbox: [OutboxRow] = []
    package var states: [StateWrite] = []
    package var rows: [StoreTable: [[Cell]]] = [:]
    /// A present nil takes the timer away.
    package var timers: [TimerKey: Instant?] = [:]
    package var sweeps: [SweepMark] = []
    package var outsideIDs: [OutsideID: [UInt8]] = [:]
    package var deadLetters: [MessagePlace: DeadLetter] = [:]
    package var counts: [CountKey: Int64] = [:]
    package var ledgers: [LedgerWrite] = []
    /// Not written: counted in the process when the transaction is known to be committed.
    package var tallies: [Tally: Int] = [:]

    package init() {}

    /// True when there is nothing but a moved offset to write.
    package var isEmpty: Bool { fence.isEmpty }
}

/// What becomes of one lane's log.
package struct LedgerWrite: Hashable, Sendable {
    package let lane: Int32
    /// Where the log stands afterwards.
    package let head: LedgerHead
    /// The leaves appended, in order; empty when only a checkpoint was made.
    package let leaves: [LedgerLeaf]
    /// The time of the batch. Unlike the head's it goes back with the clock, so that rows written in the batch lead to it.
    package let appendedAt: Instant

    package init(lane: Int32, head: LedgerHead, leaves: [LedgerLeaf], appendedAt: Instant) {
        self.lane = lane
        self.head = head
        self.leaves = leaves
        self.appendedAt = appendedAt
    }

    /// The index of the first of the leaves.
    package var first: UInt64 { head.tree.size - UInt64(leaves.count) }

    /// The hashes one behind the other. Unit: 32 bytes each.
    package var hashes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(leaves.count * Digest.byteCount)
        for leaf in leaves { leaf.hash.append(to: &bytes) }
        return bytes
    }

    /// What the leaves are about, as a JSON list of texts.
    package var references: [UInt8] {
        JSONWriter.encode { $0.array { list in for leaf in leaves { list.element(leaf.reference) } } }
    }
}

/// One state as it is to be kept.
package struct StateWrite: Sendable {
    package let key: StateKey
    package let body: [UInt8]
    /// There is none of this key yet, which makes it cheaper to write.
    package let isNew: Bool
}

package struct FenceMove: Hashable, Sendable {
    package let place: TopicPartition
    package let from: Int64
    package let to: Int64

    package init(place: TopicPartition, from: Int64, to: Int64) {
        self.place = place
        self.from = from
        self.to = to
    }
}

package struct StateKey: Hashable, Sendable {
    package let lane: Int32
    package let key: String

    package init(lane: Int32, key: String) {
        self.lane = lane
        self.key = key
    }
}

package struct TimerKey: Hashable, Sendable {
    package let lane: Int32
    package let key: String
    package let name: String

    package init(lane: Int32, key: String, name: String) {
        self.lane = lane
        self.key = key
        self.name = name
    }
}

package struct MessagePlace: Hashable, Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    /// Which event of a packed message; 0 in the others.
    package let index: Int32

    package init(topic: String, partition: Int32, offset: Int64, index: Int32 = 0) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.index = index
    }
}

/// What became of a message.
package enum Outcome: String, Hashable, Sendable, CaseIterable {
    case applied, duplicate, passed, refused
    /// Came before its link's predecessor: not applied, and expected to come again.
    case early
    /// Sent by a database that is gone, after the moment of the backup that took its place: not applied, and decided anew.
    case abandoned
}

package struct CountKey: Hashable, Sendable {
    package let lane: Int32
    package let topic: String
    package let outcome: Outcome
}

/// A message that nobody could use, as it came.
package struct DeadLetter: Sendable {
    package let place: MessagePlace
    package let refusal: Refusal
    package let key: [UInt8]?
    package let value: [UInt8]?
    package let headers: [(name: String, value: [UInt8])]

    package init(
        place: MessagePlace, refusal: Refusal, key: [UInt8]?, value: [UInt8]?, headers: [(name: String, value: [UInt8])]
    ) {
        self.place = place
        self.refusal = refusal
        self.key = key
        self.value = value
        self.headers = headers
    }

    /// One event of a packed message, as the CloudEvent that it is.
    init(
        event frame: EventFrame, at index: Int32, of raw: RawMessage, key: String, subject: String, sequence: Int64, source: String,
        time: Instant, refusal: Refusal
    ) {
        let value = raw.value ?? []
        let event = CloudEvent(
            id: Message.linkID(topic: raw.topic, partition: raw.partition, source: source, sequence: sequence), source: source,
            type: frame.type, time: time, subject: subject, dataContentType: "application/json", sequence: sequence)
        self.init(
            place: MessagePlace(topic: raw.topic, partition: raw.partition, offset: raw.offset, index: index), refusal: refusal,
            key: Array(key.utf8), value: Array(value[frame.value]), headers: event.binaryHeaders())
    }

    var keyText: String { String(decoding: key ?? [], as: UTF8.self) }

    /// A broker takes less than a message in base64 can come to. The table has all of it; the topic as much as surely fits.
    private static let envelopeValueMax = 384 << 10
    private static let envelopeHeadersMax = 96 << 10

    private var headersInEnvelope: [(name: String, value: [UInt8])] {
        var room = Self.envelopeHeadersMax
        return Array(
            headers.prefix { header in
                room -= header.name.utf8.count + header.value.count * 4 / 3 + 32
                return room >= 0
            })
    }

    /// The JSON object that goes to the dead-letter topic: reason, place, and the bytes in base64. `valueBytes` says how long a value is
    /// of which this is only the beginning.
    func envelope(service: ServiceName, at now: Instant) -> [UInt8] {
        JSONWriter.encode { writer in
            writer.object { object in
                object.member("service", service.rawValue)
                object.member("reason", refusal.code)
                object.member("detail", String(refusal.detail.prefix(4_096)))
                object.member("topic", place.topic)
                object.member("partition", Int64(place.partition))
                object.member("offset", place.offset)
                object.member("index", Int64(place.index))
                object.member("setAsideAt", now)
                object.member("key", Base64.encode(Array((key ?? []).prefix(16 << 10))))
                object.member("value", Base64.encode(Array((value ?? []).prefix(Self.envelopeValueMax))))
                if let value, value.count > Self.envelopeValueMax { object.member("valueBytes", Int64(value.count)) }
                object.member(
                    "headers",
                    array: { list in
                        for header in headersInEnvelope {
                            list.element(object: {
                                $0.member("name", header.name)
                                $0.member("value", Base64.encode(header.value))
                            })
                        }
                    })
            }
        }
    }

    /// The headers as they are kept in the table: length-prefixed name and value, in order.
    var headerBytes: [UInt8] { LetterHeaders.encode(headers) }

    /// The same bytes: what is at one place twice is kept once.
    func isSameMessage(as other: DeadLetter) -> Bool { key == other.key && value == other.value && headerBytes == other.headerBytes }

    func moved(to place: MessagePlace) -> DeadLetter {
        DeadLetter(place: place, refusal: refusal, key: key, value: value, headers: headers)
    }
}
