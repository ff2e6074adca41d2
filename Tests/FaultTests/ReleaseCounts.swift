import Foundation
import Postgres

/// O5: how often everything left the house, by the exit door's own audit and by what reporting heard of it.
///
/// Which applications and pushes are answered how depends on what is known when they come, so what leaves may differ from the calm day. How
/// often one release leaves may not.
struct ReleaseCounts {
    /// By subject and id of the release.
    let times: [String: Int64]

    static func take(_ world: FaultWorld, _ subjects: [String]) throws -> ReleaseCounts {
        let connection = try world.connect()
        defer { connection.close() }
        var times: [String: Int64] = [:]
        for row in try connection.execute(
            """
            SELECT name, max(times)::int8 FROM (
                SELECT subject || ' ' || release_id AS name, count(*) AS times
                  FROM exchange.release_audit WHERE kind = 'released' AND subject = ANY ($1) GROUP BY 1
                UNION ALL
                SELECT subject || ' ' || release_id, count(*)
                  FROM reporting.release_view WHERE kind = 'released' AND subject = ANY ($1) GROUP BY 1
                UNION ALL
                SELECT subject || ' ' || release_id, 1 FROM exchange.release WHERE status <> 'denied' AND subject = ANY ($1)
            ) AS t GROUP BY name
            """, [.texts(subjects)])
        {
            times[try row.text(0)] = try row.int64(1)
        }
        return ReleaseCounts(times: times)
    }

    /// Releases that left more often than on the calm day; one that did not leave then may leave once.
    func doubled(beside calm: ReleaseCounts) -> [String] {
        times.filter { $0.value > max(1, calm.times[$0.key] ?? 0) }.map { "released \($0.value) times: \($0.key)" }.sorted()
    }
}
