import Chassis
import Contracts
import Deciding
import Ledger
import Postgres
import Vocabulary
import Wire

/// A dead letter that is to be decided again: an input beside the topics.
///
/// It is handed to the one service that refused it, not sent to its topic again: there every reader would take it for new, and
/// in its link its turn is over.
public struct ReplayInput: Sendable {
    /// Of the row in `dead_letter_replay`.
    public let id: Int64
    /// The message under its original place, with the bytes to be tried.
    public let raw: RawMessage
    /// Which event of a packed message it was.
    public let index: Int32
    /// How often it was tried before, and the process ended over it.
    public let attempts: Int32
    /// The sender's id that only this very letter has taken: it may be used by the replay.
    public let ownID: OutsideID?
}

/// The letters that wait to be decided again. Used by one worker.
public struct ReplayInbox {
    /// How often a letter may end the process before it counts as refused.
    static let attemptsMax: Int32 = 2

    private var lookedAt = MonotonicClock.now + .seconds(-60)
    /// The letter that this process tried last. Tried again, since the database failed meanwhile, say, it has ended no process.
    private var tried: Int64?
    /// How often it was tried again. One that fails each time would keep the lanes from everything else.
    private var again = 0
    public static let againMax = 5

    public init() {}

    /// The next letter of the lanes, if there is one. Asks the database once a second while there is none.
    ///
    /// The first try of each process is noted before, in a transaction of its own: a letter that ends two is refused as `crash`.
    public mutating func next(
        of lanes: Set<Int32>, for decider: some Decider, catalog: Catalog, on connection: Connection
    ) throws(StoreFault) -> ReplayInput? {
        guard MonotonicClock.now.since(lookedAt) >= .seconds(1) else { return nil }
        do {
            return try take(lanes, decider, catalog, connection)
        } catch { throw StoreFault(error) }
    }

    private mutating func take(
        _ lanes: Set<Int32>, _ decider: some Decider, _ catalog: Catalog, _ connection: Connection
    ) throws(PostgresFault) -> ReplayInput? {
        guard let row = try connection.execute(Self.takeNext, [.int32s(lanes.sorted()), .int64(tried ?? 0)]).first else {
            lookedAt = MonotonicClock.now
            return nil
        }
        let id = try row.int64(0)
        again = id == tried ? again + 1 : 0
        tried = id
        if again > Self.againMax {
            again = 0
            lookedAt = MonotonicClock.now + .seconds(60)
            return nil
        }
        let attempts = try row.int32(8)
        guard let headers = LetterHeaders.decode(try row.bytes(7)), let originalHeaders = LetterHeaders.decode(try row.bytes(11)) else {
            try refuse(id, Refusal(code: "headers-unreadable", detail: "the headers of the letter can not be read back"), connection)
            return nil
        }
        if attempts > Self.attemptsMax {
            try refuse(id, Refusal(code: "crash", detail: "the process ended \(attempts - 1) times over it"), connection)
            return nil
        }
        let topic = try row.text(1)
        func raw(_ value: [UInt8]?, _ headers: [(name: String, value: [UInt8])]) throws(PostgresFault) -> RawMessage {
            RawMessage(
                topic: topic, partition: try row.int32(2), offset: try row.int64(3), key: try row.bytesOrNil(5), value: value,
                headers: headers)
        }
        let original = try raw(try row.bytesOrNil(10), originalHeaders)
        let ownID = try ownID(of: original, reason: try row.text(9), setAsideAt: try row.instant(12), decider, catalog, connection)
        return ReplayInput(
            id: id, raw: try raw(try row.bytesOrNil(6), headers), index: try row.int32(4), attempts: attempts, ownID: ownID)
    }

    /// Writes down that a replay was refused, outside of its effects' transaction: there were none. For rows that the database refuses.
    public func close(_ id: Int64, _ refusal: Refusal, on connection: Connection) throws(StoreFault) {
        do {
            try refuse(id, refusal, connection)
        } catch { throw StoreFault(error) }
    }

    private func refuse(_ id: Int64, _ refusal: Refusal, _ connection: Connection) throws(PostgresFault) {
        _ = try connection.execute(
            "INSERT INTO dead_letter_outcome (replay, outcome, reason, detail) VALUES ($1, 'refused', $2, $3)",
            [.int64(id), .text(refusal.code), .text(refusal.detail.withoutNul)])
    }

    /// The id under which this letter came, when the letter itself has taken it: the id was noted in the transaction that set the
    /// letter aside, with the letter's own bytes. Otherwise the same bytes took effect another time, and the replay is a duplicate.
    private func ownID(
        of original: RawMessage, reason: String, setAsideAt: Instant, _ decider: some Decider, _ catalog: Catalog, _ connection: Connection
    ) throws(PostgresFault) -> OutsideID? {
        // These were set aside before their id was looked at.
        guard reason != "row-refused", reason != "crash",
            let event = try? CloudEvent.decode(headers: original.headers, value: original.value ?? []),
            let document = try? JSONDocument(parsing: event.data)
        else { return nil }
        let message = Message(
            topic: original.topic, partition: original.partition, offset: original.offset, key: original.keyText, id: event.id,
            source: event.source, type: event.type, subject: event.subject ?? "", time: event.time, body: document.root)
        guard case .handle(_, let outsideID?) = decider.admit(message, catalog: catalog) else { return nil }
        let digest = OutsideID.digest(type: event.type, subject: event.subject ?? "", value: (original.value ?? [])[...])
        let rows = try connection.execute(
            "SELECT count(*) FROM outside_id WHERE writer = $1 AND id = $2 AND digest = $3 AND seen_at = $4",
            [.text(outsideID.writer), .text(outsideID.id), .bytes(digest), .instant(setAsideAt)])
        return try rows.first?.int64(0) ?? 0 > 0 ? outsideID : nil
    }

    // The try is noted by the statement that takes it, which commits by itself.
    static let takeNext = """
        WITH taken AS (
            UPDATE dead_letter_replay r
               SET attempts = r.attempts + (r.id <> $2)::int4
             WHERE r.id = (SELECT id FROM dead_letter_replay WHERE NOT is_done AND partition = ANY ($1::int4[]) ORDER BY id LIMIT 1)
            RETURNING r.*)
        SELECT t.id, t.topic, t.partition, t."offset", t.index, t.key, t.value, t.headers, t.attempts,
               d.reason, d.value, d.headers, d.set_aside_at
          FROM taken t
          JOIN dead_letter d ON d.topic = t.topic AND d.partition = t.partition AND d."offset" = t."offset" AND d.index = t.index
        """
}

extension Step {
    /// The name under which decisions about replays are counted, so that the topics' own ledgers stay as they are.
    public static var replayTopic: String { "@replay" }

    static var outcomes: StoreTable {
        StoreTable(
            "dead_letter_outcome",
            columns: [.init("replay", .int64), .init("outcome", .text), .init("reason", .text), .init("detail", .text)],
            key: ["replay"], onConflict: .refuse)
    }

    /// Decides a letter again. The message takes the way of every other, but for its offset and its turn in its link, which are past:
    /// only the lane's own count is moved. What it causes and what became of it are one transaction.
    ///
    /// Commit and adopt the result as that of `run`. When the database refuses a row of it, call `ReplayInbox.close`.
    public func replay(
        _ input: ReplayInput, book: LaneBook, cache: inout StateCache<Service.State>, catalog: Catalog, at now: Instant,
        loading store: some PathStore
    ) throws(StoreFault) -> StepResult {
        let place = TopicPartition(topic: input.raw.topic, partition: input.raw.partition)
        let lanePlace = TopicPartition(topic: LaneBook.laneTopic, partition: input.raw.partition)
        var asIfNext = book
        asIfNext.nextOffset = [place: input.raw.offset]
        asIfNext.nextOffset[lanePlace] = book.nextOffset[lanePlace]
        let raw = decider.dialect(of: place.topic) == .packed ? input.raw.packedAlone ?? input.raw : input.raw
        if let sender = raw.linkHeaders {
            let link = LinkIn(source: sender.source, place: place)
            asIfNext.linkIn[link] = sender.sequence - 1
            // Whatever epoch it came in: a person wants it decided. What it leads to is sent in the present one.
            asIfNext.cuts[link] = sender.sequence
        }
        let result = try run(
            InputBatch(messages: [raw]), book: asIfNext, cache: &cache, catalog: catalog, at: now,
            loading: StoreWithoutID(base: store, hidden: input.ownID))

        var write = result.write
        write.fence = write.fence.filter { $0.place == lanePlace }
        write.linksIn = [:]
        if let ownID = input.ownID { write.outsideIDs[ownID] = nil }
        let outcome = write.counts.keys.first?.outcome ?? .passed
        write.counts = [CountKey(lane: input.raw.partition, topic: Self.replayTopic, outcome: outcome): 1]
        let refusal = write.deadLetters.values.first?.refusal
        write.deadLetters = [:]
        write.rows[Self.outcomes] = [
            [.int64(input.id), .text(outcome.rawValue), .text(refusal?.code ?? ""), .text((refusal?.detail ?? "").withoutNul)]
        ]
        var after = book
        after.nextOffset[lanePlace] = result.book.nextOffset[lanePlace]
        after.linkOut = result.book.linkOut
        after.ledgers = result.book.ledgers
        after.checkpointsDue = result.book.checkpointsDue
        return StepResult(write: write, book: after, gaps: [:], healed: [])
    }
}

/// A store that does not remember one sender's id.
private struct StoreWithoutID<Base: PathStore>: PathStore {
    let base: Base
    let hidden: OutsideID?

    func states(_ keys: [StateKey]) throws(StoreFault) -> [StateKey: [UInt8]] { try base.states(keys) }
    func outsideDigests(_ ids: [OutsideID]) throws(StoreFault) -> [OutsideID: [UInt8]] {
        try base.outsideDigests(ids.filter { $0 != hidden })
    }
    func commit(_ write: BatchWrite) throws(StoreFault) { try base.commit(write) }
}

extension RawMessage {
    /// A letter of a packed topic is kept as the CloudEvent that it was: here it is a block of one again. Nil for what is no CloudEvent,
    /// such as a block that was set aside as a whole.
    fileprivate var packedAlone: RawMessage? {
        guard let event = try? CloudEvent.decode(headers: headers, value: value ?? []), let link = linkHeaders else { return nil }
        let message = OutgoingMessage(
            topic: topic, key: keyText, subject: event.subject ?? keyText, type: event.type, value: event.data)
        let row = OutboxRow(
            link: LinkOut(lane: partition, place: TopicPartition(topic: topic, partition: partition)), firstSequence: link.sequence,
            at: event.time ?? .epoch, messages: [message])
        return RawMessage(
            topic: topic, partition: partition, offset: offset, key: nil, value: row.frames,
            headers: [
                ("ce_source", Array(link.source.utf8)), ("ce_sequence", Array(String(link.sequence).utf8)),
                ("content-type", Array(LinkWire.packedType.utf8)),
            ])
    }
}
