import Chassis
import Contracts
import Foundation
import Kafka
import Pipeline
import Postgres

extension Command {
    static let truncated = Command(
        "truncated", usage: "list | accept SERVICE TOPIC/PARTITION [--offset N] --why TEXT",
        summary: "partitions whose next message the broker no longer has, and how a service goes on there",
        valued: ["offset", "why", "by", "service"],
        details: """
            `list` compares every service's next offsets with what the broker holds and prints those outside of it: next below the first
            (retention passed a service that stood still) or above the end (the broker lost acknowledged data, or the topic was made anew).

            `accept` sets the next offset to N (default: the first that the broker holds) in a partition that is outside of the log, or that
            paused itself because it was, and in no other. Then have what is missing sent again: a link of ours with `xinqiao
            replay-link`, a sender's messages by the sender. Reading from the first offset is harmless: what is known is dropped by its
            sequence or its id. The former and the new offset are written down with --by and --why.
            """
    ) { options in
        let connection = try Connections.postgres()
        let desk = TruncationDesk(connection: connection, consumer: try KafkaConsumer(try Connections.kafka(), groupID: "xinqiao.operator"))
        defer { desk.consumer.close() }
        switch options.words.first {
        case "list", nil: try desk.list(try options.text("service").map { try ServiceName.named($0) })
        case "accept": try desk.accept(options)
        case let verb?: throw Failure("there is no `truncated \(verb)`; say list or accept", code: .usage)
        }
    }
}

struct TruncationDesk {
    let connection: Connection
    let consumer: KafkaConsumer

    struct Outside {
        let service: ServiceName
        let topic: String
        let partition: Int32
        let next: Int64
        let low: Int64
        let high: Int64

        var reason: String {
            if next < low { return "retention passed it" }
            return next > high ? "the broker lost what came before it" : "it was outside when the service looked; the log has grown since"
        }
    }

    func list(_ service: ServiceName?) throws {
        let found = try outside(service)
        for place in found {
            print(
                "\(place.service.rawValue)  \(place.topic)/\(place.partition)  next \(place.next), the log has "
                    + "\(place.low)…\(place.high): \(place.reason)")
        }
        Terminal.say(found.isEmpty ? "every next offset lies within its log" : "\(found.count) partitions stand still")
    }

    func outside(_ wanted: ServiceName?) throws -> [Outside] {
        var found: [Outside] = []
        var marks: [String: (low: Int64, high: Int64)] = [:]
        var missing: Set<String> = []
        for row in try connection.execute(
            """
            SELECT c.service, c.topic, c.partition, c.next_offset,
                   EXISTS (SELECT FROM operator.lane_pause p
                            WHERE p.service = c.service AND p.topic = c.topic AND p.partition = c.partition AND p.reason = $2)
              FROM operator.consumer_offset c
             WHERE c.topic NOT LIKE '@%' AND ($1 = '' OR c.service = $1) ORDER BY c.service, c.topic, c.partition
            """, [.text(wanted?.rawValue ?? ""), .text(PauseBook.truncatedReason)])
        {
            guard let service = ServiceName(rawValue: try row.text(0)) else { continue }
            let (topic, partition, next) = (try row.text(1), try row.int32(2), try row.int64(3))
            guard !missing.contains(topic) else { continue }
            let name = "\(topic)/\(partition)"
            if marks[name] == nil {
                // A topic that is gone altogether is another complaint.
                guard try partitions(of: topic) > partition else {
                    if missing.insert(topic).inserted { Terminal.say("\(topic) is missing on the broker: `xinqiao topics apply`") }
                    continue
                }
                marks[name] = try watermarks(topic, partition)
            }
            guard let mark = marks[name] else { continue }
            guard try row.bool(4) || next < mark.low || next > mark.high else { continue }
            found.append(Outside(service: service, topic: topic, partition: partition, next: next, low: mark.low, high: mark.high))
        }
        return found
    }

    private func partitions(of topic: String) throws -> Int32 {
        Int32(
            clamping: try whileTransient { () throws(KafkaFault) in try consumer.partitionCount(topic: topic, timeout: .seconds(10)) } ?? 0)
    }

    private func watermarks(_ topic: String, _ partition: Int32) throws -> (low: Int64, high: Int64) {
        try whileTransient { () throws(KafkaFault) in
            try consumer.watermarks(topic: topic, partition: partition, timeout: .seconds(10))
        }
    }

    func accept(_ options: Options) throws {
        let audit = try Audit(options)
        guard options.words.count == 3, let place = NamedPlace(options.words[2]) else {
            throw Failure("say `truncated accept SERVICE TOPIC/PARTITION`", code: .usage)
        }
        let service = try ServiceName.named(options.words[1])
        let schema = service.rawValue
        let rows = try connection.execute(
            "SELECT next_offset FROM \(schema).consumer_offset WHERE topic = $1 AND partition = $2",
            [.text(place.topic), .int32(place.partition)])
        guard let next = try rows.first?.int64(0) else { throw Failure("\(schema) has never read \(place.topic)/\(place.partition)") }
        guard try partitions(of: place.topic) > place.partition else {
            throw Failure("the broker has no \(place.topic)/\(place.partition)")
        }
        let mark = try watermarks(place.topic, place.partition)
        let paused = try connection.execute(
            "SELECT count(*) FROM \(schema).lane_pause WHERE topic = $1 AND partition = $2 AND reason = $3",
            [.text(place.topic), .int32(place.partition), .text(PauseBook.truncatedReason)])
        let isPaused = try paused.first?.int64(0) ?? 0 > 0
        guard isPaused || next < mark.low || next > mark.high else {
            throw Failure("next \(next) lies within the log (\(mark.low)…\(mark.high)): there is nothing to accept")
        }
        let target = Int64(try options.int("offset", default: Int(mark.low), in: 0...Int.max))
        guard target >= mark.low, target <= mark.high else {
            throw Failure("--offset should lie in the log, from \(mark.low) to \(mark.high)", code: .usage)
        }
        let hold = try LaneHold(service, lane: place.partition, on: connection)
        let isMoved = try connection.transaction { session throws(PostgresFault) in
            let moved = try session.execute(
                """
                UPDATE \(schema).consumer_offset SET next_offset = $4, moved_at = now()
                 WHERE topic = $1 AND partition = $2 AND next_offset = $3
                """, [.text(place.topic), .int32(place.partition), .int64(next), .int64(target)])
            guard moved.affected == 1 else { return false }
            _ = try session.execute(
                "DELETE FROM \(schema).lane_pause WHERE topic = $1 AND partition = $2 AND reason = $3",
                [.text(place.topic), .int32(place.partition), .text(PauseBook.truncatedReason)])
            _ = try session.execute(
                """
                INSERT INTO \(schema).operator_act (act, topic, partition, before, after, actor, why)
                VALUES ('truncated-accept', $1, $2, $3, $4, $5, $6)
                """,
                [.text(place.topic), .int32(place.partition), .int64(next), .int64(target), .text(audit.actor), .text(audit.why)])
            return true
        }
        try hold.release()
        guard isMoved else { throw Failure("the offset moved in the meantime: look again with `xinqiao truncated list`") }
        print("\(schema) goes on with \(place.topic)/\(place.partition) at \(target); it was \(next)")
    }
}
