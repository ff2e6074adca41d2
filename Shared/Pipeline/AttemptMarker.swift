import Deciding
import Postgres
import Vocabulary

/// Finds the message that ends the process. It costs nothing while processes end in good order: only after an unclean end each try
/// is written down first, in a transaction of its own, until the lanes are past where it happened.
///
/// Use by the worker, on one connection:
///
///     open(on:)                       when its connection is opened, before lanes are loaded
///     for piece in pieces(of: batch)  in place of the batch itself
///         begin(piece, on:)           a non-nil answer names the message to be set aside as `crash`: treat it as poisoned
///         … the step and its transaction …
///         passed(piece, on:)
///     close(on:)                      at an orderly stop
public struct AttemptMarker {
    /// Batches without an end after which a careful worker is an ordinary one again; and messages, while they are taken one by one:
    /// more than one batch has, or the culprit would lie beyond.
    static let carefulBatches = 100
    static let carefulMessages = 10_000

    private let owner: String
    private var isOpen = false
    private var plan = AttemptPlan.asItComes
    /// Of the processes before this one. What this one tries again, after a commit that failed, say, ended no process and counts once.
    private var former: [TopicPartition: AttemptPlan.Mark] = [:]
    private var carefulLeft = 0

    public init(owner: String) { self.owner = owner }

    /// True after an unclean end, until enough went well.
    public var isCareful: Bool { carefulLeft > 0 }

    /// Notes that this worker runs, and finds out how the ones before it ended: its own last run, and those of others that are no
    /// longer seen. May be called again on a new connection; only the first call looks.
    public mutating func open(on connection: Connection) throws(StoreFault) {
        guard !isOpen else { return }
        do {
            let isUnclean = try connection.execute(Self.openSession, [.text(owner)]).first?.bool(0) ?? false
            for row in try connection.execute(Self.readAttempts) {
                let mark = AttemptPlan.Mark(
                    place: MessagePlace(
                        topic: try row.text(0), partition: try row.int32(1), offset: try row.int64(2), index: try row.int32(3)),
                    attempts: try row.int32(4), isAlone: try row.bool(5))
                former[TopicPartition(topic: mark.place.topic, partition: mark.place.partition)] = mark
            }
            isOpen = true
            guard isUnclean else { return }
            plan = AttemptPlan(resuming: former.values)
            carefulLeft = plan == .oneByOne ? Self.carefulMessages : Self.carefulBatches
        } catch { throw StoreFault(error) }
    }

    /// The batch in the parts in which it is to be tried: itself, or each event by itself and the rest without messages.
    ///
    /// - Parameter applied: how many events of a packed message its link has passed already.
    public func pieces(of batch: InputBatch, applied: (RawMessage) -> Int = { _ in 0 }) -> [InputBatch] {
        guard isCareful, plan == .oneByOne, !batch.messages.isEmpty else { return [batch] }
        var pieces: [InputBatch] = []
        for message in batch.messages {
            let count = message.eventCount
            if count == 1 {
                pieces.append(InputBatch(messages: [message]))
            } else {
                // Of a packed message one event more each time: those before it are passed over.
                for end in min(applied(message), count - 1)..<count {
                    pieces.append(InputBatch(messages: [message], eventsEnd: end + 1))
                }
            }
        }
        if !batch.timers.isEmpty || !batch.sweeps.isEmpty { pieces.append(InputBatch(timers: batch.timers, sweeps: batch.sweeps)) }
        return pieces
    }

    /// Writes down what is about to be tried, and commits that. The answer is the message that is not to be tried any more.
    public mutating func begin(
        _ piece: InputBatch, applied: (RawMessage) -> Int = { _ in 0 }, on connection: Connection
    ) throws(StoreFault) -> (place: MessagePlace, poison: Poison)? {
        guard isCareful, !piece.messages.isEmpty else { return nil }
        var marks: [AttemptPlan.Mark] = []
        var seen: Set<TopicPartition> = []
        var aside: (place: MessagePlace, poison: Poison)?
        for message in piece.messages {
            let partition = TopicPartition(topic: message.topic, partition: message.partition)
            guard seen.insert(partition).inserted else { continue }
            let first = applied(message)
            let isAlone = piece.messages.count == 1 && min(message.eventCount, piece.eventsEnd) - first == 1
            let place = MessagePlace(
                topic: message.topic, partition: message.partition, offset: message.offset, index: Int32(clamping: first))
            let mark = AttemptPlan.next(former[partition], at: place, isAlone: isAlone)
            if AttemptPlan.verdict(mark, former: former[partition]) == .setAside {
                aside = (
                    place,
                    Poison(
                        message,
                        Refusal(
                            code: "crash", detail: "the process ended \(mark.attempts - 1) times over this message; it was not tried again")
                    )
                )
            }
            marks.append(mark)
        }
        do {
            _ = try connection.execute(
                Self.saveAttempts,
                [
                    .texts(marks.map(\.place.topic)), .int32s(marks.map(\.place.partition)), .int64s(marks.map(\.place.offset)),
                    .int32s(marks.map(\.place.index)), .int32s(marks.map(\.attempts)), .bools(marks.map(\.isAlone)),
                ])
        } catch { throw StoreFault(error) }
        if aside != nil {
            // The culprit is found. Should there be another, it is found in the same way.
            plan = .asItComes
            carefulLeft = Self.carefulBatches
        }
        return aside
    }

    /// Notes that a piece took effect. After enough of them the marks go, and nothing is written down any more.
    public mutating func passed(_ piece: InputBatch, on connection: Connection) throws(StoreFault) {
        guard isCareful else { return }
        carefulLeft -= 1
        guard carefulLeft == 0 else { return }
        plan = .asItComes
        former = [:]
        do {
            _ = try connection.execute(Self.forget, [.text(owner)])
        } catch { throw StoreFault(error) }
    }

    /// An orderly end.
    public mutating func close(on connection: Connection) throws(StoreFault) {
        guard isOpen else { return }
        do {
            _ = try connection.execute("UPDATE worker_session SET ended_at = now() WHERE owner = $1", [.text(owner)])
            isOpen = false
        } catch { throw StoreFault(error) }
    }

    // Unclean: an own run without an end, or one of a worker that has not been seen for longer than a lease. The latter keeps its row
    // until somebody got past it (`forget`), so that whoever takes its lanes next is careful too. What ended in order a day ago, and who has not
    // been seen since, goes: every container has a name of its own.
    static let openSession = """
        WITH before AS (
            SELECT EXISTS (SELECT FROM worker_session s
                            WHERE s.ended_at IS NULL
                              AND (s.owner = $1
                                   OR NOT EXISTS (SELECT FROM worker w WHERE w.owner = s.owner AND w.seen_at > now() - interval '8 s'))) AS unclean),
        gone AS (DELETE FROM worker_session WHERE owner <> $1 AND ended_at < now() - interval '1 day'),
        unseen AS (DELETE FROM worker WHERE owner <> $1 AND seen_at < now() - interval '1 day'),
        mine AS (
            INSERT INTO worker_session (owner, started_at, ended_at) VALUES ($1, now(), NULL)
                ON CONFLICT (owner) DO UPDATE SET started_at = now(), ended_at = NULL)
        SELECT unclean FROM before
        """
    static let readAttempts = "SELECT topic, partition, \"offset\", index, attempts, is_alone FROM attempt"
    static let saveAttempts = """
        INSERT INTO attempt (topic, partition, "offset", index, attempts, is_alone)
        SELECT * FROM unnest($1::text[], $2::int4[], $3::int8[], $4::int4[], $5::int4[], $6::bool[])
            ON CONFLICT (topic, partition) DO UPDATE
           SET "offset" = excluded."offset", index = excluded.index, attempts = excluded.attempts, is_alone = excluded.is_alone, tried_at = now()
        """
    static let forget = """
        WITH gone AS (DELETE FROM attempt)
        DELETE FROM worker_session s
         WHERE s.owner <> $1 AND s.ended_at IS NULL
           AND NOT EXISTS (SELECT FROM worker w WHERE w.owner = s.owner AND w.seen_at > now() - interval '8 s')
        """
}
