import Chassis
import Contracts
import Foundation
import Kafka
import Pipeline
import Postgres

extension Command {
    static let truncated = Command(
        "truncated", usage: "list | accept SERVICE TOPIC/PARTITION… [--offset N] --why TEXT | accept SERVICE --all --why TEXT",
        summary: "partitions whose next message the broker no longer has, and how a service goes on there",
        valued: ["offset", "why", "by", "service"], flags: ["all"],
        details: """
            `list` compares every service's next offsets with what the broker holds and prints those outside of it: next below the first
            (retention passed a service that stood still) or above the end (the broker lost acknowledged data, or the topic was made anew).

            `accept` sets the next offset to N (default: the first that the broker holds) in a partition that is outside of the log, or that
            paused itself because it was, and in no other. Then have what is missing sent again: a link of ours with `xinqiao
            replay-link`, a sender's messages by the sender. Reading from the first offset is harmless: what is known is dropped by its
            sequence or its id. The former and the new offset are written down with --by and --why. `--all` means every partition of the
            service that `list` prints. The lanes stand still for about three seconds.
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
        guard options.words.count > 1 else { throw Failure("say `truncated accept SERVICE TOPIC/PARTITION…`", code: .usage) }
        let service = try ServiceName.named(options.words[1])
        let standing = try outside(service)
        let chosen: [Outside]
        if options.has("all") {
            guard options.words.count == 2, options.text("offset") == nil else {
                throw Failure("--all goes without places and without --offset", code: .usage)
            }
            chosen = standing
        } else {
            chosen = try options.words.dropFirst(2).map { word in
                guard let place = NamedPlace(word) else { throw Failure("`\(word)` should be TOPIC/PARTITION", code: .usage) }
                guard let found = standing.first(where: { $0.topic == place.topic && $0.partition == place.partition }) else {
                    throw Failure("\(service.rawValue) does not stand outside of the log in \(word): there is nothing to accept")
                }
                return found
            }
            guard !chosen.isEmpty else { throw Failure("name the partitions, or say --all", code: .usage) }
        }
        var target: Int64?
        if options.text("offset") != nil {
            guard chosen.count == 1, let only = chosen.first else { throw Failure("--offset goes with one partition", code: .usage) }
            let wanted = Int64(try options.int("offset", default: 0, in: 0...Int.max))
            guard wanted >= only.low, wanted <= only.high else {
                throw Failure("--offset should lie in the log, from \(only.low) to \(only.high)", code: .usage)
            }
            target = wanted
        }
        try accept(chosen, of: service, at: target, audit)
    }

    private func accept(_ chosen: [Outside], of service: ServiceName, at target: Int64?, _ audit: Audit) throws {
        var holds: [LaneHold] = []
        defer { for hold in holds { try? hold.release() } }
        for lane in Set(chosen.map(\.partition)).sorted() { holds.append(try LaneHold(service, lane: lane, on: connection)) }
        var moved = 0
        for place in chosen {
            let next = target ?? place.low
            guard try move(place, to: next, audit) else {
                Terminal.say("\(place.topic)/\(place.partition) moved in the meantime: look again with `xinqiao truncated list`")
                continue
            }
            moved += 1
            print("\(service.rawValue) goes on with \(place.topic)/\(place.partition) at \(next); it was \(place.next)")
        }
        guard moved == chosen.count else { throw Failure("\(chosen.count - moved) of \(chosen.count) were not accepted") }
    }

    /// Compare-and-set, and its record beside it. False when the offset is another by now.
    private func move(_ place: Outside, to next: Int64, _ audit: Audit) throws -> Bool {
        let schema = place.service.rawValue
        let named: [Parameter] = [.text(place.topic), .int32(place.partition)]
        return try connection.transaction { session throws(PostgresFault) in
            let moved = try session.execute(
                """
                UPDATE \(schema).consumer_offset SET next_offset = $4, moved_at = now()
                 WHERE topic = $1 AND partition = $2 AND next_offset = $3
                """, named + [.int64(place.next), .int64(next)])
            guard moved.affected == 1 else { return false }
            _ = try session.execute(
                "DELETE FROM \(schema).lane_pause WHERE topic = $1 AND partition = $2 AND reason = $3",
                named + [.text(PauseBook.truncatedReason)])
            try audit.note("truncated-accept", place.topic, place.partition, before: place.next, after: next, in: schema, on: session)
            return true
        }
    }
}
