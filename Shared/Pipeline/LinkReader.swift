import Deciding
import Postgres
import Vocabulary

/// What the database knows of the links to downstream: how far the broker has them, and what is to be sent again.
struct LinkReader {
    let store: PostgresStore

    /// The last acknowledged sequence of every link of the lanes.
    func acknowledged(_ lanes: Set<Int32>) throws(StoreFault) -> [LinkOut: Int64] {
        var acked: [LinkOut: Int64] = [:]
        for row in try store.rows(Self.readLinksOut, [.int32s(Array(lanes))]) {
            do {
                let link = LinkOut(lane: try row.int32(0), place: TopicPartition(topic: try row.text(1), partition: try row.int32(2)))
                acked[link] = try row.int64(4)
            } catch { throw StoreFault(error) }
        }
        return acked
    }

    /// Notes how far the broker has each link. Forgotten by a server that failed, it only makes that more is sent again.
    func mark(_ acked: [LinkOut: Int64]) throws(StoreFault) {
        let all = acked.sorted {
            ($0.key.lane, $0.key.place.topic, $0.key.place.partition) < ($1.key.lane, $1.key.place.topic, $1.key.place.partition)
        }
        do {
            _ = try store.connection.hint([
                (
                    Self.markAcknowledged,
                    [
                        .int32s(all.map(\.key.lane)), .texts(all.map(\.key.place.topic)), .int32s(all.map(\.key.place.partition)),
                        .int64s(all.map(\.value)),
                    ]
                )
            ])
        } catch { throw StoreFault(error) }
    }

    /// Outbox rows of the lanes that hold messages the broker has not acknowledged, in link order.
    func unacknowledged(_ lanes: Set<Int32>) throws(StoreFault) -> [OutboxRow] {
        var rows: [OutboxRow] = []
        for row in try store.rows(Self.readOutbox, [.int32s(Array(lanes))]) {
            do {
                let link = LinkOut(lane: try row.int32(0), place: TopicPartition(topic: try row.text(1), partition: try row.int32(2)))
                let first = try row.int64(3)
                guard let whole = OutboxRow(link: link, firstSequence: first, lastSequence: try row.int64(4), frames: try row.bytes(5))
                else {
                    throw StoreFault.corrupt(
                        "outbox row \(link.place.topic)/\(link.place.partition) from lane \(link.lane), sequence \(first)")
                }
                rows.append(whole)
            } catch {
                throw StoreFault(caught: error)
            }
        }
        return rows
    }

    static let readLinksOut = "SELECT lane, topic, partition, last_seq, acked_seq FROM link_out WHERE lane = ANY ($1::int4[])"
    static let readOutbox = """
        SELECT o.lane, o.topic, o.partition, o.first_seq, o.last_seq, o.frames
          FROM link_out l
          JOIN outbox o ON o.lane = l.lane AND o.topic = l.topic AND o.partition = l.partition AND o.last_seq > l.acked_seq
         WHERE l.lane = ANY ($1::int4[]) AND l.acked_seq < l.last_seq
         ORDER BY o.lane, o.topic, o.partition, o.first_seq
        """
    static let markAcknowledged = """
        UPDATE link_out l
           SET acked_seq = greatest(l.acked_seq, a.acked)
          FROM unnest($1::int4[], $2::text[], $3::int4[], $4::int8[]) AS a (lane, topic, partition, acked)
         WHERE l.lane = a.lane AND l.topic = a.topic AND l.partition = a.partition
        """
}
