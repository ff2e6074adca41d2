import Chassis
import Contracts
import Foundation
import Postgres
import Vocabulary

extension Command {
    static let status = Command(
        "status", summary: "per service: ready, lanes, lag in messages and seconds, outbox pending, open dead letters; what stands still",
        details: """
            Read from the ledgers in PostgreSQL. Lag counts what upstream gave out and the service has not applied. Below the table a line for
            each partition that stands still: `source-truncated` where the broker no longer has the next message (`xinqiao truncated
            list`), the code of a refusal where too much was refused (`xinqiao lanes list`).
            """
    ) { _ in
        let connection = try Connections.postgres()
        let rows = try connection.execute(
            """
            WITH pairs AS (\(Flow.linkPairs)),
                 waiting AS (
                    SELECT p.reader, p.topic, p.lane, p.partition, p.writer, p.taken FROM pairs p WHERE p.given > p.taken),
                 oldest AS (
                    SELECT w.reader, min(o.created_at) AS since FROM waiting w
                      JOIN operator.outbox o ON o.service = w.writer AND o.lane = w.lane AND o.topic = w.topic AND o.partition = w.partition
                       AND o.last_seq > w.taken
                     GROUP BY w.reader)
            SELECT s.service,
                   (SELECT count(*) FROM operator.worker k WHERE k.service = s.service AND k.seen_at > now() - interval '6 s'),
                   (SELECT count(*) FROM operator.lane_lease l WHERE l.service = s.service AND l.expires_at > now()),
                   (SELECT coalesce(sum(given - taken), 0)::int8 FROM pairs p WHERE p.reader = s.service AND given > taken),
                   (SELECT coalesce(extract(epoch FROM now() - since), 0)::float8 FROM oldest o WHERE o.reader = s.service),
                   (SELECT coalesce(sum(last_seq - acked_seq), 0)::int8 FROM operator.link_out o WHERE o.service = s.service),
                   (SELECT count(*) FROM operator.dead_letter d WHERE d.service = s.service AND d.status IN ('open', 'fixed')),
                   (SELECT coalesce(sum(messages), 0)::int8 FROM operator.message_count c WHERE c.service = s.service)
              FROM unnest($1::text[]) WITH ORDINALITY AS s (service, place)
             ORDER BY s.place
            """, [.texts(ServiceName.allCases.map(\.rawValue))])
        print("service          ready  lanes  workers    lag  lag s  outbox  dead letters  messages")
        for row in rows {
            let workers = try row.int64(1)
            let lanes = try row.int64(2)
            let seconds = try row.doubleOrNil(4) ?? 0
            func cell(_ value: some CustomStringConvertible, _ width: Int) -> String {
                let text = value.description
                return String(repeating: " ", count: max(0, width - text.count)) + text
            }
            print(
                try row.text(0).padding(to: 15) + cell(workers > 0 && lanes > 0 ? "yes" : "no", 7) + cell(lanes, 7) + cell(workers, 9)
                    + cell(try row.int64(3), 7) + cell(String(format: "%.1f", seconds), 7) + cell(try row.int64(5), 8)
                    + cell(try row.int64(6), 14) + cell(try row.int64(7), 10))
        }
        let standing = try connection.execute(
            """
            SELECT service, topic, partition, reason, detail, paused_at FROM operator.lane_pause
             ORDER BY paused_at, service, topic, partition
            """)
        for row in standing {
            print(
                "\(try row.text(0)) stands still on \(try row.text(1))/\(try row.int32(2)) since \(try row.instant(5).rfc3339): "
                    + "\(try row.text(3)): \(try row.text(4))")
        }
    }
}
