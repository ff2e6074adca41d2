import Deciding
import Postgres
import Vocabulary

// What the work on lanes reads beside states: timers, keys, walks.

extension PostgresStore: LaneStore {
    package func dueTimers(_ lanes: Set<Int32>, at now: Instant, countMax: Int) throws(StoreFault) -> [LaneTimer] {
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

    package func keys(ofLane lane: Int32, after cursor: String, countMax: Int) throws(StoreFault) -> [String] {
        var keys: [String] = []
        for row in try rows(Self.readKeys, [.int32(lane), .text(cursor), .int64(Int64(countMax))]) {
            do {
                keys.append(try row.text(0))
            } catch { throw StoreFault(error) }
        }
        return keys
    }

    package func sweepMarks(_ lanes: Set<Int32>) throws(StoreFault) -> [SweepMark] {
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
