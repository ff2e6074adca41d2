import Contracts
import Deciding
import Ledger
import Vocabulary
import Wire

/// Everything that one transaction writes.
public struct BatchWrite: Sendable {
    /// Compare-and-set of the offsets: the first statement.
    public var fence: [FenceMove] = []
    public var linksIn: [LinkIn: Int64] = [:]
    public var linksOut: [LinkOut: Int64] = [:]
    public var outbox: [OutboxRow] = []
    public var states: [StateWrite] = []
    public var rows: [StoreTable: [[Cell]]] = [:]
    /// A present nil takes the timer away.
    public var timers: [TimerKey: Instant?] = [:]
    public var sweeps: [SweepMark] = []
    public var outsideIDs: [OutsideID: [UInt8]] = [:]
    public var deadLetters: [MessagePlace: DeadLetter] = [:]
    public var counts: [CountKey: Int64] = [:]
    public var ledgers: [LedgerWrite] = []
    /// Not written: counted in the process when the transaction is known to be committed.
    public var tallies: [Tally: Int] = [:]

    public init() {}

    /// True when there is nothing but a moved offset to write.
    public var isEmpty: Bool { fence.isEmpty }
}

/// What becomes of one lane's log.
public struct LedgerWrite: Hashable, Sendable {
    public let lane: Int32
    /// Where the log stands afterwards.
    public let head: LedgerHead
    /// The leaves appended, in order; empty when only a checkpoint was made.
    public let leaves: [LedgerLeaf]
    /// The time of the batch. Unlike the head's it goes back with the clock, so that rows written in the batch lead to it.
    public let appendedAt: Instant

    public init(lane: Int32, head: LedgerHead, leaves: [LedgerLeaf], appendedAt: Instant) {
        self.lane = lane
        self.head = head
        self.leaves = leaves
        self.appendedAt = appendedAt
    }

    /// The index of the first of the leaves.
    public var first: UInt64 { head.tree.size - UInt64(leaves.count) }

    /// The hashes one behind the other. Unit: 32 bytes each.
    public var hashes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(leaves.count * Digest.byteCount)
        for leaf in leaves { leaf.hash.append(to: &bytes) }
        return bytes
    }

    /// What the leaves are about, as a JSON list of texts.
    public var references: [UInt8] {
        JSONWriter.encode { $0.array { list in for leaf in leaves { list.element(leaf.reference) } } }
    }
}

/// One state as it is to be kept.
public struct StateWrite: Sendable {
    public let key: StateKey
    public let body: [UInt8]
    /// There is none of this key yet, which makes it cheaper to write.
    public let isNew: Bool
}

public struct FenceMove: Hashable, Sendable {
    public let place: TopicPartition
    public let from: Int64
    public let to: Int64

    public init(place: TopicPartition, from: Int64, to: Int64) {
        self.place = place
        self.from = from
        self.to = to
    }
}

public struct StateKey: Hashable, Sendable {
    public let lane: Int32
    public let key: String

    public init(lane: Int32, key: String) {
        self.lane = lane
        self.key = key
    }
}

public struct TimerKey: Hashable, Sendable {
    public let lane: Int32
    public let key: String
    public let name: String

    public init(lane: Int32, key: String, name: String) {
        self.lane = lane
        self.key = key
        self.name = name
    }
}

public struct MessagePlace: Hashable, Sendable {
    public let topic: String
    public let partition: Int32
    public let offset: Int64
    /// Which event of a packed message; 0 in the others.
    public let index: Int32

    public init(topic: String, partition: Int32, offset: Int64, index: Int32 = 0) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.index = index
    }
}

/// What became of a message.
public enum Outcome: String, Hashable, Sendable, CaseIterable {
    case applied, duplicate, passed, refused
    /// Came before its link's predecessor: not applied, and expected to come again.
    case early
    /// Sent by a database that is gone, after the moment of the backup that took its place: not applied, and decided anew.
    case abandoned
}

public struct CountKey: Hashable, Sendable {
    public let lane: Int32
    public let topic: String
    public let outcome: Outcome
}

/// A message that nobody could use, as it came.
public struct DeadLetter: Sendable {
    public let place: MessagePlace
    public let refusal: Refusal
    public let key: [UInt8]?
    public let value: [UInt8]?
    public let headers: [(name: String, value: [UInt8])]

    public init(
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
    private static let envelopeDetailMax = 16 << 10

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
                object.member("detail", String(decoding: refusal.detail.utf8.prefix(Self.envelopeDetailMax), as: UTF8.self))
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
