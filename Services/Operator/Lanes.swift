import Chassis
import Contracts
import Foundation
import Pipeline
import Postgres
import Vocabulary

extension Command {
    static let lanes = Command(
        "lanes", usage: "list | resume SERVICE TOPIC/PARTITION --why TEXT",
        summary: "partitions that stand still because too much of them was refused, and letting them go on",
        valued: ["why", "by"],
        details: """
            A partition pauses itself when more than half of its last 1,000 messages, or 500 in a row, became dead letters. Find out
            why first (`xinqiao dead-letters list --topic TOPIC`). It goes on where it stopped: with `resume`, or by itself once a newer
            catalogue is published. `resume` is written down with --by and --why.
            """
    ) { options in
        let connection = try Connections.postgres()
        switch options.words.first {
        case "list", nil:
            let rows = try connection.execute(
                """
                SELECT service, topic, partition, "offset", reason, detail, paused_at FROM operator.lane_pause
                 ORDER BY paused_at, service, topic, partition
                """)
            for row in rows {
                print(
                    "\(try row.instant(6).rfc3339)  \(try row.text(0))  \(try row.text(1))/\(try row.int32(2))@\(try row.int64(3))  "
                        + "\(try row.text(4)): \(try row.text(5))")
            }
            Terminal.say(rows.isEmpty ? "no partition is paused" : "\(rows.count) partitions are paused")
        case "resume": try resume(options, connection)
        case let verb?: throw Failure("there is no `lanes \(verb)`; say list or resume", code: .usage)
        }
    }

    private static func resume(_ options: Options, _ connection: Connection) throws {
        let audit = try Audit(options)
        guard options.words.count == 3, let place = NamedPlace(options.words[2]) else {
            throw Failure("say `lanes resume SERVICE TOPIC/PARTITION`", code: .usage)
        }
        let service = try ServiceName.named(options.words[1])
        let schema = service.rawValue
        let named: [Parameter] = [.text(place.topic), .int32(place.partition)]
        let paused = try connection.execute("SELECT reason FROM \(schema).lane_pause WHERE topic = $1 AND partition = $2", named)
        guard let reason = try paused.first?.text(0) else {
            throw Failure("\(place.topic)/\(place.partition) of \(schema) is not paused; see `xinqiao lanes list`")
        }
        guard reason != PauseBook.truncatedReason else {
            throw Failure("what comes next is gone from the log: decide where it goes on with `xinqiao truncated accept`")
        }
        let hold = try LaneHold(service, lane: place.partition, on: connection)
        let resumed = try connection.execute(
            """
            WITH gone AS (DELETE FROM \(schema).lane_pause WHERE topic = $1 AND partition = $2 RETURNING *),
            noted AS (
                INSERT INTO \(schema).operator_act (act, topic, partition, before, after, actor, why)
                SELECT 'lanes-resume', g.topic, g.partition, g."offset", c.next_offset, $3, $4
                  FROM gone g JOIN \(schema).consumer_offset c ON c.topic = g.topic AND c.partition = g.partition)
            SELECT c.next_offset FROM gone g
              JOIN \(schema).consumer_offset c ON c.topic = g.topic AND c.partition = g.partition
            """, named + [.text(audit.actor), .text(audit.why)])
        try hold.release()
        guard let offset = try resumed.first?.int64(0) else { throw Failure("somebody else let it go on in the meantime") }
        print("\(schema) goes on with \(place.topic)/\(place.partition) at \(offset)")
    }
}
