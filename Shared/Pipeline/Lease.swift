import Chassis
import Deciding
import Postgres
import Vocabulary

/// Which lanes this worker may work on. Shares the lanes fairly among the workers that are alive, takes over those of a
/// worker whose connection has ended at once, and those of one that stands still once its lease is over.
///
/// It only spares work: two workers on one lane is harmless, since the fence lets one of them win.
struct Lease {
    let owner: String
    let lanes: Int32
    /// How long a lane stays with a worker that does not renew.
    let length: Duration = .seconds(8)

    private(set) var held: Set<Int32> = []

    init(owner: String, lanes: Int32) {
        self.owner = owner
        self.lanes = lanes
    }

    /// Renews, gives back what is above the fair share, takes what is free. Returns the lanes held now.
    mutating func renew(_ store: PostgresStore) throws(StoreFault) -> Set<Int32> {
        do {
            let answers = try store.connection.hint([
                (Self.seen, [.text(owner)]), (Self.countAlive, [.text(owner)]),
                (Self.extend, [.text(owner), .int64(length.wholeMicroseconds)]),
            ])
            let alive = try answers[1].first.map { row throws(PostgresFault) in try row.int64(0) } ?? 1
            let share = Int((Int64(lanes) + max(1, alive) - 1) / max(1, alive))
            held = try laneNumbers(answers[2])
            if held.count > share {
                let surplus = held.sorted().suffix(held.count - share)
                _ = try store.rows(Self.giveBack, [.text(owner), .int32s(Array(surplus))])
                held.subtract(surplus)
            } else if held.count < share {
                held.formUnion(
                    try laneNumbers(
                        store.rows(
                            Self.take,
                            [.text(owner), .int64(length.wholeMicroseconds), .int32(lanes), .int64(Int64(share - held.count))])))
            }
            return held
        } catch {
            throw StoreFault(caught: error)
        }
    }

    /// Gives everything back, for an orderly stop.
    mutating func release(_ store: PostgresStore) throws(StoreFault) {
        _ = try store.rows(Self.giveBackAll, [.text(owner)])
        _ = try store.rows(Self.gone, [.text(owner)])
        held.removeAll()
    }

    private func laneNumbers(_ rows: Rows) throws(PostgresFault) -> Set<Int32> {
        var numbers: Set<Int32> = []
        for row in rows { numbers.insert(try row.int32(0)) }
        return numbers
    }

    static let seen = """
        INSERT INTO worker (owner, seen_at) VALUES ($1, now()) ON CONFLICT (owner) DO UPDATE SET seen_at = now()
        """
    static let gone = "DELETE FROM worker WHERE owner = $1"
    // One whose lanes hang on an ended connection has died: it must not count, or its share would lie idle until it is forgotten.
    static let countAlive = """
        SELECT count(*) FROM worker w
         WHERE w.seen_at > now() - interval '6 s'
           AND (w.owner = $1
                OR NOT EXISTS (SELECT FROM lane_lease h
                                WHERE h.owner = w.owner
                                  AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = h.backend_pid)))
        """
    static let extend = """
        UPDATE lane_lease SET expires_at = now() + $2 * interval '1 microsecond', backend_pid = pg_backend_pid()
         WHERE owner = $1 RETURNING lane
        """
    static let giveBack = "DELETE FROM lane_lease WHERE owner = $1 AND lane = ANY ($2::int4[])"
    static let giveBackAll = "DELETE FROM lane_lease WHERE owner = $1"
    // A lane is free when nobody holds it, its lease is over, or the holder's connection has ended (kill -9 ends it at once).
    static let take = """
        INSERT INTO lane_lease AS l (lane, owner, backend_pid, expires_at)
        SELECT free.lane, $1, pg_backend_pid(), now() + $2 * interval '1 microsecond'
          FROM generate_series(0, $3 - 1) AS free (lane)
          LEFT JOIN lane_lease h ON h.lane = free.lane
         WHERE h.lane IS NULL OR h.expires_at < now()
            OR NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = h.backend_pid)
         ORDER BY free.lane
         LIMIT $4
            ON CONFLICT (lane) DO UPDATE
           SET owner = excluded.owner, backend_pid = excluded.backend_pid, expires_at = excluded.expires_at
         WHERE l.expires_at < now() OR NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = l.backend_pid)
        RETURNING lane
        """
}
