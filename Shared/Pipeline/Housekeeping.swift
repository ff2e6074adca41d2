import Postgres
import Vocabulary

/// Keeps the tables that grow at one end at their size: makes the ranges that come, drops those whose time is over.
///
/// Call it before a worker's first batch and then once a minute. Several workers may: one does it, the others find it done.
public struct Housekeeping: Sendable {
    /// How long what is kept. Unit: days. The database refuses less than 7 and 30.
    public struct Retention: Hashable, Sendable {
        /// Outbox rows, so that a link can be sent again; never shorter than the topics keep their copy.
        public var outboxDays: Int32 = 14
        /// Ids of senders: for as long as one of them may send something again. They go by periods of 30 days.
        public var outsideDays: Int32 = 30

        public init() {}
    }

    /// What one call did.
    public struct Kept: Hashable, Sendable {
        public var made: Int32
        public var dropped: Int32
        /// Over, but not yet acknowledged by the broker, or in use at this moment: tried again the next time.
        public var held: Int32
    }

    public let retention: Retention

    public init(retention: Retention = Retention()) { self.retention = retention }

    /// One transaction of its own: must not be called inside another. Waits for locks at most a third of a second, since
    /// whoever writes would wait behind it.
    @discardableResult
    public func keepHouse(_ connection: Connection, now: Instant) throws(StoreFault) -> Kept {
        do {
            let rows = try connection.execute(
                Self.keepPartitions, [.instant(now), .int32(retention.outboxDays), .int32(retention.outsideDays)])
            guard let row = rows.first else { return Kept(made: 0, dropped: 0, held: 0) }
            return Kept(made: try row.int32(0), dropped: try row.int32(1), held: try row.int32(2))
        } catch {
            throw StoreFault(error)
        }
    }

    static let keepPartitions = "SELECT made, dropped, held FROM partitions_keep($1, $2, $3)"

    /// Notes ids of senders, with their period. Around a change of periods an id is noted under both: two lanes that take the same id
    /// then still meet in one key, whichever side of midnight each began on.
    /// Parameters: writers, ids, digests.
    public static let saveOutsideIDs = """
        INSERT INTO outside_id (writer, id, digest, seen_in)
        SELECT n.writer, n.id, n.digest, p.period
          FROM unnest($1::text[], $2::text[], $3::bytea[]) AS n (writer, id, digest)
         CROSS JOIN (SELECT outside_period(now() - interval '10 minutes')
                      UNION
                     SELECT outside_period(now() + interval '10 minutes')) AS p (period)
        """
}
