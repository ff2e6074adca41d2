import Deciding
import Wire

/// Decoded states of the owned lanes. Valid only while the fence holds; forgotten as a whole otherwise.
package struct StateCache<State: DecidedState> {
    /// One key's state. A class, so that a batch finds it once and changes it in place.
    final class Slot {
        let key: StateKey
        var state: State
        /// Hash of the bytes in the database, so that an unchanged state is not written again; nil when there is none.
        var writtenHash: Int?
        /// Bytes of its stored form, as last read or written.
        var size: Int
        var isTouched = false
        /// The last batch that asked for it.
        var batch: UInt64
        /// Drawn when it was put in: the lowest go first when room is needed.
        let rank: UInt8

        init(key: StateKey, state: State, writtenHash: Int?, size: Int, batch: UInt64, rank: UInt8) {
            self.key = key
            self.state = state
            self.writtenHash = writtenHash
            self.size = size
            self.batch = batch
            self.rank = rank
        }
    }

    private var cells: [StateKey: Slot] = [:]
    private var touched: [Slot] = []
    private var batch: UInt64 = 0
    private var draw: UInt64 = 1
    /// Bytes of all stored forms. A decoded state is several times as large, in proportion.
    package private(set) var size = 0

    package init() {}

    package var count: Int { cells.count }

    /// The cell of a key, marked as needed by this batch.
    func cell(_ key: StateKey) -> Slot? {
        guard let cell = cells[key] else { return nil }
        cell.batch = batch
        return cell
    }

    /// Takes a state that was read; nil bytes when there was none.
    @discardableResult
    mutating func insert(_ state: State, for key: StateKey, written bytes: [UInt8]?) -> Slot {
        draw = draw &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let cell = Slot(
            key: key, state: state, writtenHash: bytes?.contentHash, size: bytes?.count ?? 0, batch: batch,
            rank: UInt8(truncatingIfNeeded: draw >> 56))
        size += cell.size
        if let former = cells.updateValue(cell, forKey: key) { size -= former.size }
        return cell
    }

    mutating func change(_ cell: Slot, to state: State) {
        cell.state = state
        guard !cell.isTouched else { return }
        cell.isTouched = true
        touched.append(cell)
    }

    /// The states whose bytes changed, encoded; and none is touched any more. A state with nothing in it is the same as none.
    mutating func takeChanged() -> [StateWrite] {
        var changed: [StateWrite] = []
        changed.reserveCapacity(touched.count)
        for cell in touched {
            cell.isTouched = false
            let bytes = cell.state.bytes
            let hash = bytes.contentHash
            size += bytes.count - cell.size
            cell.size = bytes.count
            guard hash != cell.writtenHash, bytes.count > 2 || cell.writtenHash != nil else { continue }
            changed.append(StateWrite(key: cell.key, body: bytes, isNew: cell.writtenHash == nil))
            cell.writtenHash = hash
        }
        touched.removeAll(keepingCapacity: true)
        batch &+= 1
        return changed
    }

    /// Makes room: when there are more states than `countMax`, or more bytes than `sizeMax`, some go until an eighth is free. Those stay that
    /// this batch or the one before asked for, since what they changed may not be committed yet and could not be read again.
    ///
    /// First go those that nobody has asked for in a long time, then those of the lowest rank. Not the oldest: many feeds come round by round,
    /// each of them about every firm, and then the oldest is the one that is wanted next. And not those that come first in the table:
    /// the rest of it would fill up until every look-up walks through thousands of places.
    package mutating func trim(to countMax: Int, sizeMax: Int) {
        guard cells.count > countMax || size > sizeMax else { return }
        let floor = Mutant.isOn("trims-states-under-way") ? batch : batch > 2 ? batch - 2 : 0
        let (countKept, sizeKept) = (countMax - countMax / 8, sizeMax - sizeMax / 8)
        func rank(_ cell: Slot) -> Int? {
            guard cell.batch < floor else { return nil }
            return cell.batch &+ Self.longIdle < batch ? 0 : Int(cell.rank)
        }
        var counts = [Int](repeating: 0, count: 256)
        var sizes = counts
        for cell in cells.values {
            guard let rank = rank(cell) else { continue }
            counts[rank] += 1
            sizes[rank] += cell.size
        }
        var (countLeft, sizeLeft, end) = (cells.count, size, 0)
        while end < 256, countLeft > countKept || sizeLeft > sizeKept {
            countLeft -= counts[end]
            sizeLeft -= sizes[end]
            end += 1
        }
        for key in cells.values.filter({ cell in rank(cell).map { $0 < end } ?? false }).map({ $0.key }) { cells[key] = nil }
        size = sizeLeft
    }

    /// Batches: more than a round of a feed takes.
    private static var longIdle: UInt64 { 1_000 }
}
