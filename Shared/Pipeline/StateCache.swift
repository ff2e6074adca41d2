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

        init(key: StateKey, state: State, writtenHash: Int?, size: Int, batch: UInt64) {
            self.key = key
            self.state = state
            self.writtenHash = writtenHash
            self.size = size
            self.batch = batch
        }
    }

    private var cells: [StateKey: Slot] = [:]
    private var touched: [Slot] = []
    private var batch: UInt64 = 0
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
        let cell = Slot(key: key, state: state, writtenHash: bytes?.contentHash, size: bytes?.count ?? 0, batch: batch)
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
    /// First go those that nobody has asked for in a long time, then whichever come first in the table. Not the oldest: many feeds come
    /// round by round, each of them about every firm, and then the oldest is the one that is wanted next.
    package mutating func trim(to countMax: Int, sizeMax: Int) {
        guard cells.count > countMax || size > sizeMax else { return }
        let floor = Mutant.isOn("trims-states-under-way") ? batch : batch > 2 ? batch - 2 : 0
        for idleMin in [Self.longIdle, 0] {
            var gone: [StateKey] = []
            let (countKept, sizeKept) = (countMax - countMax / 8, sizeMax - sizeMax / 8)
            var (countLeft, sizeLeft) = (cells.count, size)
            for (key, cell) in cells where cell.batch < floor && cell.batch &+ idleMin < batch {
                guard countLeft > countKept || sizeLeft > sizeKept else { break }
                gone.append(key)
                countLeft -= 1
                sizeLeft -= cell.size
            }
            for key in gone { cells[key] = nil }
            size = sizeLeft
        }
    }

    /// Batches: more than a round of a feed takes.
    private static var longIdle: UInt64 { 1_000 }
}
