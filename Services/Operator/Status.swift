import Chassis
import Contracts
import Foundation
import Postgres
import Vocabulary

extension Command {
    static let status = Command(
        "status", summary: "per service: ready, lanes, lag in messages and seconds, outbox pending, dead letters",
        details: "Read from the ledgers in PostgreSQL. Lag counts what upstream gave out and the service has not applied."
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
                   (SELECT count(*) FROM operator.dead_letter d WHERE d.service = s.service),
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
    }

    static let deadLetters = Command(
        "dead-letters", usage: "list [--service NAME] [--reason CODE] [--limit N] | show SERVICE TOPIC PARTITION OFFSET",
        summary: "look at the messages that were set aside",
        valued: ["service", "reason", "limit"],
        details: "`show` prints the original bytes on stdout and the reason on stderr."
    ) { options in
        let connection = try Connections.postgres()
        switch options.words.first {
        case "list", nil:
            let limit = try options.int("limit", default: 50, in: 1...10_000)
            let rows = try connection.execute(
                """
                SELECT service, topic, partition, "offset", reason, detail, set_aside_at FROM operator.dead_letter
                 WHERE ($1 = '' OR service = $1) AND ($2 = '' OR reason = $2)
                 ORDER BY set_aside_at DESC, topic, partition, "offset" LIMIT $3
                """, [.text(options.text("service") ?? ""), .text(options.text("reason") ?? ""), .int64(Int64(limit))])
            for row in rows {
                print(
                    "\(try row.instant(6).rfc3339)  \(try row.text(0))  \(try row.text(1))/\(try row.int32(2))@\(try row.int64(3))  "
                        + "\(try row.text(4)): \(try row.text(5))")
            }
            let total =
                try connection.execute(
                    "SELECT count(*) FROM operator.dead_letter WHERE ($1 = '' OR service = $1) AND ($2 = '' OR reason = $2)",
                    [.text(options.text("service") ?? ""), .text(options.text("reason") ?? "")]
                ).first.map { try $0.int64(0) } ?? 0
            Terminal.say("\(rows.count) of \(total) shown")
        case "show":
            guard options.words.count == 5, let partition = Int32(options.words[3]), let offset = Int64(options.words[4]) else {
                throw Failure("say `dead-letters show SERVICE TOPIC PARTITION OFFSET`", code: .usage)
            }
            let rows = try connection.execute(
                "SELECT reason, detail, value FROM operator.dead_letter WHERE service = $1 AND topic = $2 AND partition = $3 AND \"offset\" = $4",
                [.text(options.words[1]), .text(options.words[2]), .int32(partition), .int64(offset)])
            guard let row = rows.first else {
                throw Failure("no dead letter of \(options.words[1]) at \(options.words[2])/\(partition)@\(offset)")
            }
            Terminal.say("\(try row.text(0)): \(try row.text(1))")
            FileHandle.standardOutput.write(Data(try row.bytesOrNil(2) ?? []))
        default: throw Failure("say `dead-letters list` or `dead-letters show`", code: .usage)
        }
    }
}
