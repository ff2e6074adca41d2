import Contracts
import Foundation
import Postgres
import Vocabulary

/// How much is under way between the services, and whether every hop gave on what it took: read from the ledgers' tables.
struct Flow {
    let connection: Connection

    /// Messages sent to ingestion that it has not come to a decision on, plus everything on a link that its reader has not.
    struct UnderWay: Equatable {
        var links: Int64 = 0
        var outbox: Int64 = 0
        var timers: Int64 = 0
        var ingested: Int64 = 0
    }

    func underWay() throws -> UnderWay {
        var way = UnderWay()
        let row = try connection.execute(Self.underWaySQL)
        guard let first = row.first else { return way }
        way.links = try first.int64(0)
        way.outbox = try first.int64(1)
        way.timers = try first.int64(2)
        way.ingested = try first.int64(3)
        return way
    }

    /// Per link and reader: given out upstream and applied downstream.
    static var linkPairs: String {
        let readers = OperatorSchema.readers.map { "('\($0.reader)', '\($0.topic)')" }.joined(separator: ", ")
        return """
            SELECT o.service AS writer, r.reader, o.topic, o.lane, o.partition, o.last_seq AS given, coalesce(i.last_seq, 0) AS taken
              FROM operator.link_out o
              JOIN (VALUES \(readers)) AS r (reader, topic) ON r.topic = o.topic
              LEFT JOIN operator.link_in i
                ON i.service = r.reader AND i.source = 'xinqiao/' || o.service || '/' || o.lane AND i.topic = o.topic
               AND i.partition = o.partition
            """
    }

    private static var underWaySQL: String {
        """
        SELECT (SELECT coalesce(sum(greatest(given - taken, 0)), 0)::int8 FROM (\(linkPairs)) AS pairs),
               (SELECT coalesce(sum(last_seq - acked_seq), 0)::int8 FROM operator.link_out),
               (SELECT count(*) FROM operator.timer WHERE due_at <= now()),
               (SELECT coalesce(sum(messages), 0)::int8 FROM ingestion.message_count WHERE topic <> '@replay')
        """
    }
}
