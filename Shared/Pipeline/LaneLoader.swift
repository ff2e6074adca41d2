import Chassis
import Contracts
import Deciding
import Kafka
import Postgres
import Vocabulary

/// What is known of the owned lanes when they are taken up: read under the row lock, so that a commit still landing from
/// a lost connection is waited for.
struct LoadedLanes {
    let book: LaneBook
    let acked: [LinkOut: Int64]
    var pauses: [TopicPartition: PauseReason] = [:]
    var unacknowledged: [OutboxRow] = []
}

struct LaneLoader {
    let store: PostgresStore
    let consumer: KafkaConsumer
    let topics: [String]
    /// Told after every question to a broker that may be slow.
    let progress: () -> Void

    func load(_ lanes: Set<Int32>) throws(StoreFault) -> LoadedLanes {
        let marks = try watermarks(lanes)
        try begin(marks, lanes)
        let (book, acked) = try store.takeUp(lanes)
        var loaded = LoadedLanes(book: book, acked: acked)
        loaded.unacknowledged = try LinkReader(store: store).unacknowledged(lanes)
        for (place, looked) in marks {
            guard let next = loaded.book.nextOffset[place] else { continue }
            guard PauseReason(next: next, low: looked.low, high: looked.high) != nil else { continue }
            // The log was looked at before the rows were locked: meanwhile it may have grown, and another worker may have read on.
            let mark = try watermark(place)
            loaded.pauses[place] = PauseReason(next: next, low: mark.low, high: mark.high)
        }
        return loaded
    }

    private func watermarks(_ lanes: Set<Int32>) throws(StoreFault) -> [TopicPartition: (low: Int64, high: Int64)] {
        var marks: [TopicPartition: (low: Int64, high: Int64)] = [:]
        for topic in topics {
            guard !Shutdown.isRequested else { throw .kafka("stopping") }
            for lane in lanes {
                let place = TopicPartition(topic: topic, partition: lane)
                marks[place] = try watermark(place)
                progress()
            }
        }
        return marks
    }

    private func watermark(_ place: TopicPartition) throws(StoreFault) -> (low: Int64, high: Int64) {
        do {
            return try consumer.watermarks(topic: place.topic, partition: place.partition, timeout: .seconds(10))
        } catch {
            throw .kafka("\(error)")
        }
    }

    /// Makes the rows of partitions never read before, at the beginning of their log.
    private func begin(_ marks: [TopicPartition: (low: Int64, high: Int64)], _ lanes: Set<Int32>) throws(StoreFault) {
        let places = marks.keys.sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
        let laneRows = lanes.sorted().map { TopicPartition(topic: LaneBook.laneTopic, partition: $0) }
        let all = places + laneRows
        _ = try store.rows(
            Self.beginOffsets,
            [.texts(all.map(\.topic)), .int32s(all.map(\.partition)), .int64s(all.map { marks[$0]?.low ?? 0 })])
        let above = places.filter { (marks[$0]?.low ?? 0) > 0 }
        if !above.isEmpty {
            _ = try store.rows(
                Self.adoptLinks,
                [
                    .text(LaneBook.adoptSource), .texts(above.map(\.topic)), .int32s(above.map(\.partition)),
                    .int64s(above.map { marks[$0]?.low ?? 0 }),
                ])
        }
    }

    static let beginOffsets = """
        INSERT INTO consumer_offset (topic, partition, next_offset)
        SELECT * FROM unnest($1::text[], $2::int4[], $3::int8[])
            ON CONFLICT (topic, partition) DO NOTHING
        """
    // Only where reading really begins above zero: a lane that was read before keeps its links.
    static let adoptLinks = """
        INSERT INTO link_in (source, topic, partition, last_seq)
        SELECT $1, a.topic, a.partition, a.low
          FROM unnest($2::text[], $3::int4[], $4::int8[]) AS a (topic, partition, low)
          JOIN consumer_offset c ON c.topic = a.topic AND c.partition = a.partition AND c.next_offset = a.low
         WHERE NOT EXISTS (SELECT FROM link_in l WHERE l.topic = a.topic AND l.partition = a.partition)
            ON CONFLICT (source, topic, partition) DO NOTHING
        """
}
