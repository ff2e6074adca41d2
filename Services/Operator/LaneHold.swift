import Chassis
import Contracts
import Foundation
import Pipeline
import Postgres

/// A lane of a service, held by the operator for a moment as a worker would hold it: so nobody else works on it, and the worker that
/// had it lets go of what it remembers and reads everything anew when it takes the lane back.
///
/// Two things make that sure, whatever the worker does meanwhile: the lane's own count is moved, so that a batch still under way is
/// turned away by the fence; and the lease names the operator's session, which ends with this process.
struct LaneHold {
    static let owner = "xinqiao-operator"
    /// A worker renews its leases every two seconds; after this long it has noticed.
    private static let noticedAfter: Duration = .seconds(3)

    let service: ServiceName
    let lane: Int32
    private let connection: Connection
    private let takenAt = MonotonicClock.now

    /// Refuses while another command holds the lane.
    init(_ service: ServiceName, lane: Int32, on connection: Connection) throws {
        self.service = service
        self.lane = lane
        self.connection = connection
        let schema = service.rawValue
        let isTaken = try connection.transaction { session throws(PostgresFault) in
            let taken = try session.execute(
                """
                INSERT INTO \(schema).lane_lease AS l (lane, owner, backend_pid, expires_at)
                VALUES ($1, $2, pg_backend_pid(), now() + interval '1 day')
                    ON CONFLICT (lane) DO UPDATE
                   SET owner = excluded.owner, backend_pid = excluded.backend_pid, expires_at = excluded.expires_at
                 WHERE l.owner <> $2 OR l.backend_pid = pg_backend_pid()
                    OR NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = l.backend_pid)
                """, [.int32(lane), .text(Self.owner)])
            _ = try session.execute(
                "UPDATE \(schema).consumer_offset SET next_offset = next_offset + 1 WHERE topic = $1 AND partition = $2",
                [.text(LaneBook.laneTopic), .int32(lane)])
            return taken.affected == 1
        }
        guard isTaken else { throw Failure("another operator's command holds lane \(lane) of \(schema); wait for it to end") }
    }

    /// Gives the lane back, once a living worker has had the time to notice that it lost it.
    func release() throws {
        let alive =
            try connection.execute("SELECT count(*) FROM \(service.rawValue).worker WHERE seen_at > now() - interval '6 s'")
            .first?.int64(0) ?? 0
        let held = MonotonicClock.now.since(takenAt)
        if alive > 0, held < Self.noticedAfter { OwnThread.sleep(for: Self.noticedAfter - held) }
        _ = try connection.execute(
            "DELETE FROM \(service.rawValue).lane_lease WHERE lane = $1 AND owner = $2", [.int32(lane), .text(Self.owner)])
    }
}

/// A partition as it is written on the command line.
struct NamedPlace {
    let topic: String
    let partition: Int32

    /// Reads `TOPIC/PARTITION`. Nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let partition = Int32(parts[1]), partition >= 0 else { return nil }
        topic = String(parts[0])
        self.partition = partition
    }
}

extension ServiceName {
    /// The service that was named, or words about which there are.
    static func named(_ text: String?) throws -> ServiceName {
        guard let text else { throw Failure("name the service: \(allCases.map(\.rawValue).joined(separator: ", "))", code: .usage) }
        guard let service = ServiceName(rawValue: text) else {
            throw Failure("there is no service `\(text)`; there are \(allCases.map(\.rawValue).joined(separator: ", "))", code: .usage)
        }
        return service
    }
}
