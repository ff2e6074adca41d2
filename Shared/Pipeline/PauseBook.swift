import Deciding
import Postgres
import Vocabulary

/// The partitions that paused themselves, as the database has them: a restart does not forget them.
public struct PauseBook {
    private var limits: [TopicPartition: RefusalLimits] = [:]

    public init() {}

    /// Counts what a committed batch decided. The answers are the partitions that are to be paused. What came after the last straw in the
    /// same batch, and in the one behind it, has been decided too: the book knows where each goes on.
    ///
    /// - Parameter letters: of the batch's write.
    public mutating func note(_ messages: [RawMessage], refused letters: [MessagePlace: DeadLetter]) -> [RefusalLimits.Pause] {
        // Nothing refused, now and lately, is the rule and costs nothing.
        guard !letters.isEmpty || !limits.isEmpty else { return [] }
        var pauses: [TopicPartition: RefusalLimits.Pause] = [:]
        let refusedIn = Set(letters.keys.map { TopicPartition(topic: $0.topic, partition: $0.partition) })
        for message in messages {
            let place = TopicPartition(topic: message.topic, partition: message.partition)
            guard limits[place] != nil || refusedIn.contains(place) else { continue }
            var limit = limits[place] ?? RefusalLimits(place)
            for index in 0..<message.eventCount {
                let letter = letters[
                    MessagePlace(
                        topic: message.topic, partition: message.partition, offset: message.offset, index: Int32(clamping: index))]
                if let pause = limit.note(offset: message.offset, refusedAs: letter?.refusal.code) {
                    pauses[place] = pauses[place] ?? pause
                }
            }
            limits[place] = limit.isQuiet ? nil : limit
        }
        return pauses.values.sorted { ($0.place.topic, $0.place.partition) < ($1.place.topic, $1.place.partition) }
    }

    /// Writes the pauses down and begins to count anew. Call it after the commit of the batch, then read no more of these partitions.
    public mutating func pause(_ pauses: [RefusalLimits.Pause], catalog: Catalog, on connection: Connection) throws(StoreFault) {
        guard !pauses.isEmpty else { return }
        for pause in pauses { limits[pause.place] = nil }
        do {
            _ = try connection.execute(
                """
                INSERT INTO lane_pause (topic, partition, "offset", reason, detail, catalog_version)
                SELECT p.*, $6 FROM unnest($1::text[], $2::int4[], $3::int8[], $4::text[], $5::text[]) AS p
                    ON CONFLICT (topic, partition) DO NOTHING
                """,
                [
                    .texts(pauses.map(\.place.topic)), .int32s(pauses.map(\.place.partition)), .int64s(pauses.map(\.next)),
                    .texts(pauses.map(\.code)), .texts(pauses.map { "\($0)".withoutNul }), .int64(catalog.version),
                ])
        } catch { throw StoreFault(error) }
    }

    /// Writes down that a partition's next message is gone from its log. By the offsets alone that is forgotten as soon as the new log
    /// has grown past the old position, and what came before would be skipped in silence. So it takes the place of another reason, which
    /// a newer catalogue would remedy.
    public func pauseTruncated(
        _ place: TopicPartition, next: Int64, _ detail: String, catalog: Catalog, on connection: Connection
    ) throws(StoreFault) {
        do {
            _ = try connection.execute(
                """
                INSERT INTO lane_pause (topic, partition, "offset", reason, detail, catalog_version) VALUES ($1, $2, $3, $4, $5, $6)
                    ON CONFLICT (topic, partition) DO UPDATE
                   SET "offset" = excluded."offset", reason = excluded.reason, detail = excluded.detail
                 WHERE lane_pause.reason <> excluded.reason
                """,
                [
                    .text(place.topic), .int32(place.partition), .int64(next), .text(Self.truncatedReason), .text(detail.withoutNul),
                    .int64(catalog.version),
                ])
        } catch { throw StoreFault(error) }
    }

    /// The `reason` of a partition that waits for `xinqiao truncated accept`.
    public static let truncatedReason = "source-truncated"

    /// The partitions of the lanes that are paused. Those paused for refusals under an older catalogue are let go first: what was
    /// published since may be the remedy.
    public func standing(
        in lanes: Set<Int32>, catalog: Catalog, on connection: Connection
    ) throws(StoreFault) -> [TopicPartition: PauseReason] {
        var standing: [TopicPartition: PauseReason] = [:]
        do {
            let mine: Parameter = .int32s(lanes.sorted())
            _ = try connection.execute(
                "DELETE FROM lane_pause WHERE partition = ANY ($1::int4[]) AND catalog_version < $2 AND reason <> $3",
                [mine, .int64(catalog.version), .text(Self.truncatedReason)])
            let rows = try connection.execute(
                "SELECT topic, partition, reason, detail FROM lane_pause WHERE partition = ANY ($1::int4[])", [mine])
            for row in rows {
                let place = TopicPartition(topic: try row.text(0), partition: try row.int32(1))
                let code = try row.text(2)
                let detail = try row.text(3)
                standing[place] = code == Self.truncatedReason ? PauseReason.truncatedEarlier(detail) : PauseReason.standing(detail)
            }
        } catch { throw StoreFault(error) }
        return standing
    }
}
