import Deciding
import Postgres
import Vocabulary

// What the work on lanes reads beside states: where they stand, timers, keys, walks.

extension PostgresStore: LaneStore {
    public func dueTimers(_ lanes: Set<Int32>, at now: Instant, countMax: Int) throws(StoreFault) -> [LaneTimer] {
        var timers: [LaneTimer] = []
        for row in try rows(Self.readTimers, [.int32s(Array(lanes)), .instant(now), .int64(Int64(countMax))]) {
            do {
                timers.append(
                    LaneTimer(
                        lane: try row.int32(0), key: try row.text(1), timer: DueTimer(name: try row.text(2), due: try row.instant(3))))
            } catch { throw StoreFault(error) }
        }
        return timers
    }

    public func keys(ofLane lane: Int32, after cursor: String, countMax: Int) throws(StoreFault) -> [String] {
        var keys: [String] = []
        for row in try rows(Self.readKeys, [.int32(lane), .text(cursor), .int64(Int64(countMax))]) {
            do {
                keys.append(try row.text(0))
            } catch { throw StoreFault(error) }
        }
        return keys
    }

    public func sweepMarks(_ lanes: Set<Int32>) throws(StoreFault) -> [SweepMark] {
        var marks: [SweepMark] = []
        for row in try rows(Self.readSweeps, [.int32s(Array(lanes))]) {
            do {
                marks.append(
                    SweepMark(
                        lane: try row.int32(0), kind: try row.text(1), id: try row.text(2), version: try row.int64(3),
                        cursor: try row.textOrNil(4), isDone: try row.bool(5)))
            } catch { throw StoreFault(error) }
        }
        return marks
    }

    static let readTimers = """
        SELECT lane, key, name, due_at FROM timer WHERE lane = ANY ($1::int4[]) AND due_at <= $2
         ORDER BY due_at, lane, key, name LIMIT $3
        """
    static let readKeys = "SELECT key FROM state WHERE lane = $1 AND key > $2 ORDER BY key LIMIT $3"
    static let readSweeps = "SELECT lane, kind, id, version, cursor, is_done FROM sweep WHERE lane = ANY ($1::int4[])"
}

extension PostgresStore {
    /// Takes the lanes up: from here on nobody who held them before can commit anything of them that we would not hear of. Waits for what is
    /// landing from a lost connection.
    public func takeUp(_ lanes: Set<Int32>) throws(StoreFault) -> (book: LaneBook, acked: [LinkOut: Int64]) {
        let numbers = Parameter.int32s(Array(lanes))
        var taken: (book: LaneBook, acked: [LinkOut: Int64]) = (LaneBook(), [:])
        do {
            try connection.begin()
            for row in try connection.execute(Self.lockOffsets, [numbers]) {
                taken.book.nextOffset[TopicPartition(topic: try row.text(0), partition: try row.int32(1))] = try row.int64(2)
            }
            for row in try connection.execute(Self.countTakeUp, [.text(LaneBook.laneTopic), numbers]) {
                taken.book.nextOffset[TopicPartition(topic: LaneBook.laneTopic, partition: try row.int32(0))] = try row.int64(1)
            }
            for row in try connection.execute(Self.readLinksIn, [numbers]) {
                let place = TopicPartition(topic: try row.text(1), partition: try row.int32(2))
                taken.book.linkIn[LinkIn(source: try row.text(0), place: place)] = try row.int64(3)
            }
            for row in try connection.execute(LinkReader.readLinksOut, [numbers]) {
                let link = LinkOut(lane: try row.int32(0), place: TopicPartition(topic: try row.text(1), partition: try row.int32(2)))
                taken.book.linkOut[link] = try row.int64(3)
                taken.acked[link] = try row.int64(4)
            }
            taken.book.epoch = try connection.execute(Self.readEpoch).first?.int64(0) ?? 0
            for row in try connection.execute(Self.readCuts, [numbers]) {
                let place = TopicPartition(topic: try row.text(1), partition: try row.int32(2))
                taken.book.cuts[LinkIn(source: try row.text(0), place: place)] = try row.int64(3)
            }
            taken.book.ledgers = try ledgerHeads(Array(lanes))
            try connection.commit()
        } catch {
            connection.rollback()
            throw StoreFault(caught: error)
        }
        return taken
    }

    static let lockOffsets = """
        SELECT topic, partition, next_offset FROM consumer_offset WHERE partition = ANY ($1::int4[])
         ORDER BY topic, partition FOR UPDATE
        """
    // Taking up is a transaction of the lane like any other, so the next one of a former owner finds the row elsewhere: what it decided from
    // a timer or a walk, or would send, is turned away. Messages alone need no such care: we read the same ones.
    static let countTakeUp = """
        UPDATE consumer_offset SET next_offset = next_offset + 1 WHERE topic = $1 AND partition = ANY ($2::int4[])
        RETURNING partition, next_offset
        """
    static let readLinksIn = "SELECT source, topic, partition, last_seq FROM link_in WHERE partition = ANY ($1::int4[])"
    static let readEpoch = "SELECT epoch FROM link_epoch"
    static let readCuts = "SELECT source, topic, partition, last_seq FROM link_cut WHERE partition = ANY ($1::int4[])"
}
