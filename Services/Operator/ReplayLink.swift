import Chassis
import Contracts
import Foundation
import Kafka
import Pipeline
import Postgres

extension Command {
    static let replayLink = Command(
        "replay-link", usage: "--service SENDER --to TOPIC/PARTITION [--lane N] [--from SEQUENCE | --all] --why TEXT [--dry-run]",
        summary: "send a link again from the sender's outbox, with its own sequences",
        valued: ["service", "to", "lane", "from", "why", "by"], flags: ["all", "dry-run"],
        details: """
            For a broker that lost acknowledged data. A link is what one lane of a service sends to one partition; without --lane all of
            the sender's lanes are meant. Without --from and --all it begins where the reader lacks something that was sent (the lowest,
            when several read the topic). Readers drop what they know, so sending too much is harmless.

            Each lane is held while it is sent: the sender's worker stands still there and goes on behind it, so that order is kept.
            --dry-run says what would be sent, and which sequences the outbox still has (14 days).

            Needs the right to write to the topic; under access rights, run it with the sending service's certificate.
            """
    ) { options in
        let desk = ReplayDesk(connection: try Connections.postgres())
        try desk.run(options)
    }
}

struct ReplayDesk {
    let connection: Connection
    /// Outbox rows read at a time: each may hold a whole batch.
    private static let rowsMax: Int64 = 50

    private struct Link {
        let lane: Int32
        let from: Int64
        let last: Int64
        let acked: Int64
        /// The lowest sequence that the outbox still has; nil when it has none.
        let kept: Int64?
        let rows: Int64
        let bytes: Int64
    }

    func run(_ options: Options) throws {
        let service = try ServiceName.named(options.text("service"))
        guard let place = options.text("to").flatMap({ NamedPlace($0) }) else {
            throw Failure("say where it goes: --to TOPIC/PARTITION", code: .usage)
        }
        guard !(options.has("all") && options.text("from") != nil) else { throw Failure("--from or --all, not both", code: .usage) }
        let lane = try Self.number(options, "lane", 0...100_000).map { Int32(clamping: $0) }
        let from = try Self.number(options, "from", 1...Int.max).map { Int64($0) }
        if from != nil, lane == nil { throw Failure("sequences are a lane's own: name it with --lane", code: .usage) }
        let isDry = options.has("dry-run")
        let audit = isDry ? nil : try Audit(options)

        let links = try links(service, place, lane: lane, from: from, isAll: options.has("all"))
        guard !links.isEmpty else {
            throw Failure(
                "\(service.rawValue) has sent nothing to \(place.topic)/\(place.partition)" + (lane.map { " from lane \($0)" } ?? ""))
        }
        for link in links {
            let name = "\(service.rawValue)/\(link.lane) → \(place.topic)/\(place.partition)"
            guard link.from <= link.last else {
                if from != nil { throw Failure("\(name): the last sequence is \(link.last), and \(link.from) is wanted", code: .usage) }
                print("\(name): the readers have everything up to \(link.last)")
                continue
            }
            guard let kept = link.kept, kept <= link.from else {
                throw Failure(
                    "\(name): \(link.from)…\(link.last) is wanted, and the outbox has \(link.kept.map { "only \($0)…\(link.last)" } ?? "nothing"): "
                        + "what is older has to come from its origin")
            }
            print("\(name): \(link.from)…\(link.last), \(link.rows) outbox rows, \(link.bytes >> 10) KiB")
            if let audit { try send(link, service, place, audit) }
        }
        if isDry { Terminal.say("nothing was sent") }
    }

    private static func number(_ options: Options, _ name: String, _ range: ClosedRange<Int>) throws -> Int? {
        guard options.text(name) != nil else { return nil }
        return try options.int(name, default: range.lowerBound, in: range)
    }

    /// The links that are meant, with where each begins.
    private func links(_ service: ServiceName, _ place: NamedPlace, lane: Int32?, from: Int64?, isAll: Bool) throws -> [Link] {
        let schema = service.rawValue
        let rows = try connection.execute(
            """
            SELECT lane, last_seq, acked_seq FROM \(schema).link_out
             WHERE topic = $1 AND partition = $2 AND ($3 < 0 OR lane = $3) AND last_seq > 0 ORDER BY lane
            """, [.text(place.topic), .int32(place.partition), .int32(lane ?? -1)])
        let readers = OperatorSchema.readers.filter { $0.topic == place.topic }.map(\.reader)
        if readers.isEmpty, from == nil, !isAll {
            throw Failure(
                "nobody of ours reads \(place.topic), so nobody knows what is lacking: say --lane and --from, or --all", code: .usage)
        }
        return try rows.map { row in
            let (lane, last) = (try row.int32(0), try row.int64(1))
            let begin: Int64
            if let from {
                begin = from
            } else if isAll {
                begin = try oldest(schema, lane, place) ?? 1
            } else {
                begin = try readers.map { try taken(by: $0, of: "xinqiao/\(schema)/\(lane)", place) }.min().map { $0 + 1 } ?? 1
            }
            let size = try connection.execute(
                """
                SELECT min(first_seq), count(*), coalesce(sum(length(frames)), 0)::int8 FROM \(schema).outbox
                 WHERE lane = $1 AND topic = $2 AND partition = $3 AND last_seq >= $4
                """, [.int32(lane), .text(place.topic), .int32(place.partition), .int64(begin)]
            ).first
            return Link(
                lane: lane, from: begin, last: last, acked: try row.int64(2), kept: try size?.int64OrNil(0), rows: try size?.int64(1) ?? 0,
                bytes: try size?.int64(2) ?? 0)
        }
    }

    private func oldest(_ schema: String, _ lane: Int32, _ place: NamedPlace) throws -> Int64? {
        try connection.execute(
            "SELECT min(first_seq) FROM \(schema).outbox WHERE lane = $1 AND topic = $2 AND partition = $3",
            [.int32(lane), .text(place.topic), .int32(place.partition)]
        ).first?.int64OrNil(0)
    }

    private func taken(by reader: String, of source: String, _ place: NamedPlace) throws -> Int64 {
        try connection.execute(
            "SELECT coalesce(max(last_seq), 0)::int8 FROM \(reader).link_in WHERE source = $1 AND topic = $2 AND partition = $3",
            [.text(source), .text(place.topic), .int32(place.partition)]
        ).first?.int64(0) ?? 0
    }

    private func send(_ link: Link, _ service: ServiceName, _ place: NamedPlace, _ audit: Audit) throws {
        let sender = try Sender(try Connections.kafka())
        guard try sender.lanes(of: place.topic) > place.partition else {
            throw Failure("\(place.topic) has no partition \(place.partition)")
        }
        let schema = service.rawValue
        let wire = LinkWire(service: service) { Topic.dialect(of: $0) }
        let hold = try LaneHold(service, lane: link.lane, on: connection)
        do {
            // What was committed before the lane was held goes too.
            let last =
                try connection.execute(
                    "SELECT last_seq FROM \(schema).link_out WHERE lane = $1 AND topic = $2 AND partition = $3",
                    [.int32(link.lane), .text(place.topic), .int32(place.partition)]
                ).first?.int64(0) ?? link.last
            var next = link.from
            while next <= last {
                let rows = try connection.execute(
                    """
                    SELECT first_seq, last_seq, frames FROM \(schema).outbox
                     WHERE lane = $1 AND topic = $2 AND partition = $3 AND last_seq >= $4 ORDER BY last_seq LIMIT $5
                    """, [.int32(link.lane), .text(place.topic), .int32(place.partition), .int64(next), .int64(Self.rowsMax)])
                for row in rows {
                    let (first, end) = (try row.int64(0), try row.int64(1))
                    guard first <= next else { throw Failure("the outbox has nothing between \(next) and \(first)") }
                    let out = LinkOut(lane: link.lane, place: TopicPartition(topic: place.topic, partition: place.partition))
                    guard let whole = OutboxRow(link: out, firstSequence: first, lastSequence: end, frames: try row.bytes(2)) else {
                        throw Failure("outbox row \(first)…\(end) can not be read back")
                    }
                    for message in wire.messages(of: whole) where message.sequences.upperBound >= next {
                        try sender.send(
                            topic: place.topic, partition: place.partition, key: message.key.map { Array(message.frames[$0]) },
                            value: Array(message.frames[message.value]), headers: message.headers)
                    }
                    next = end + 1
                }
                guard !rows.isEmpty else { throw Failure("the outbox ends before \(next)") }
                // Bounds what waits in memory, and says early when the broker does not take it.
                try sender.finish()
                Terminal.progress("sent up to \(next - 1) of \(last)")
            }
            try connection.transaction { session throws(PostgresFault) in
                _ = try session.execute(
                    """
                    UPDATE \(schema).link_out SET acked_seq = greatest(acked_seq, $4) WHERE lane = $1 AND topic = $2 AND partition = $3
                    """, [.int32(link.lane), .text(place.topic), .int32(place.partition), .int64(last)])
                try audit.note(
                    "replay-link", "\(place.topic) from lane \(link.lane)", place.partition, before: link.from, after: last, in: schema,
                    on: session)
            }
            try hold.release()
            print("sent \(link.from)…\(last) again")
        } catch {
            try hold.release()
            throw error
        }
    }
}
