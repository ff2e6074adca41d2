import Deciding
import Wire

/// Where the cache keeps one key's state, and what is known about it. A class, so that a batch finds it once.
final class StateSlot {
    let key: StateKey
    /// In the cache's list of states.
    fileprivate let place: Int
    /// Hash of the bytes in the database, so that an unchanged state is not written again; nil when there is none.
    fileprivate var writtenHash: Int?
    /// Bytes of its stored form, as last read or written.
    fileprivate var size = 0
    fileprivate var isTouched = false
    /// The last batch that asked for it.
    fileprivate var batch: UInt64
    /// Drawn when it was put in: the lowest go first when room is needed.
    fileprivate let rank: UInt8

    fileprivate init(key: StateKey, place: Int, batch: UInt64, rank: UInt8) {
        self.key = key
        self.place = place
        self.batch = batch
        self.rank = rank
    }
}

/// Decoded states of the owned lanes. Valid only while the fence holds; forgotten as a whole otherwise.
public struct StateCache<State: DecidedState> {
    private var table = StateTable()
    /// By the slots' places; an empty one where a slot went.
    private var states: [State] = []
    private var free: [Int] = []

    public init() {}

    public var count: Int { table.slots.count }

    /// Bytes of all stored forms. A decoded state is several times as large, in proportion.
    public var size: Int { table.size }

    /// The slot of a key, marked as needed by this batch.
    mutating func slot(_ key: StateKey) -> StateSlot? { table.slot(key) }

    func state(in slot: StateSlot) -> State { states[slot.place] }

    /// Makes room for the state of a key that is not there, empty for now.
    mutating func add(_ key: StateKey) -> StateSlot {
        let place: Int
        if let freed = free.popLast() {
            place = freed
        } else {
            place = states.count
            states.append(State())
        }
        return table.add(key, at: place)
    }

    /// Takes a state as it was read.
    mutating func fill(_ slot: StateSlot, with state: State, read bytes: [UInt8]) {
        states[slot.place] = state
        slot.writtenHash = bytes.contentHash
        table.resize(slot, to: bytes.count)
    }

    /// These were never read, as the store failed.
    mutating func forget(_ slots: [StateSlot]) {
        for slot in slots { release(table.remove(slot)) }
    }

    mutating func change(_ slot: StateSlot, to state: State) {
        states[slot.place] = state
        table.touch(slot)
    }

    /// The states whose bytes changed, encoded; and none is touched any more. A state with nothing in it is the same as none.
    mutating func takeChanged() -> [StateWrite] {
        var changed: [StateWrite] = []
        let touched = table.takeTouched()
        changed.reserveCapacity(touched.count)
        for slot in touched {
            let bytes = states[slot.place].bytes
            let hash = bytes.contentHash
            table.resize(slot, to: bytes.count)
            guard hash != slot.writtenHash, bytes.count > 2 || slot.writtenHash != nil else { continue }
            changed.append(StateWrite(key: slot.key, body: bytes, isNew: slot.writtenHash == nil))
            slot.writtenHash = hash
        }
        return changed
    }

    /// Makes room: when there are more states than `countMax`, or more bytes than `sizeMax`, some go until an eighth is free. Those stay that
    /// this batch or the one before asked for, since what they changed may not be committed yet and could not be read again.
    ///
    /// First go those that nobody has asked for in a long time, then those of the lowest rank. Not the oldest: many feeds come round by round,
    /// each of them about every firm, and then the oldest is the one that is wanted next. And not those that come first in the table:
    /// the rest of it would fill up until every look-up walks through thousands of places.
    public mutating func trim(to countMax: Int, sizeMax: Int) {
        for place in table.trim(to: countMax, sizeMax: sizeMax) { release(place) }
    }

    private mutating func release(_ place: Int) {
        states[place] = State()
        free.append(place)
    }
}

/// The part of the cache that does not depend on what a state is.
private struct StateTable {
    private(set) var slots: [StateKey: StateSlot] = [:]
    private(set) var size = 0
    private var touched: [StateSlot] = []
    private var batch: UInt64 = 0
    private var draw: UInt64 = 1

    mutating func slot(_ key: StateKey) -> StateSlot? {
        guard let slot = slots[key] else { return nil }
        slot.batch = batch
        return slot
    }

    mutating func add(_ key: StateKey, at place: Int) -> StateSlot {
        draw = draw &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let slot = StateSlot(key: key, place: place, batch: batch, rank: UInt8(truncatingIfNeeded: draw >> 56))
        let former = slots.updateValue(slot, forKey: key)
        precondition(former == nil, "a key has one slot")
        return slot
    }

    /// Takes the slot out and gives back its place.
    mutating func remove(_ slot: StateSlot) -> Int {
        slots[slot.key] = nil
        size -= slot.size
        return slot.place
    }

    mutating func resize(_ slot: StateSlot, to bytes: Int) {
        size += bytes - slot.size
        slot.size = bytes
    }

    mutating func touch(_ slot: StateSlot) {
        guard !slot.isTouched else { return }
        slot.isTouched = true
        touched.append(slot)
    }

    /// The slots that were touched, in that order; ends the batch.
    mutating func takeTouched() -> [StateSlot] {
        let taken = touched
        for slot in taken { slot.isTouched = false }
        touched = []
        batch &+= 1
        return taken
    }

    /// The places that became free.
    mutating func trim(to countMax: Int, sizeMax: Int) -> [Int] {
        guard slots.count > countMax || size > sizeMax else { return [] }
        let floor = Mutant.isOn("trims-states-under-way") ? batch : batch > 2 ? batch - 2 : 0
        let (countKept, sizeKept) = (countMax - countMax / 8, sizeMax - sizeMax / 8)
        func rank(_ slot: StateSlot) -> Int? {
            guard slot.batch < floor else { return nil }
            return slot.batch &+ Self.longIdle < batch ? 0 : Int(slot.rank)
        }
        var counts = [Int](repeating: 0, count: 256)
        var sizes = counts
        for slot in slots.values {
            guard let rank = rank(slot) else { continue }
            counts[rank] += 1
            sizes[rank] += slot.size
        }
        var (countLeft, sizeLeft, end) = (slots.count, size, 0)
        while end < 256, countLeft > countKept || sizeLeft > sizeKept {
            countLeft -= counts[end]
            sizeLeft -= sizes[end]
            end += 1
        }
        var gone: [StateSlot] = []
        for slot in slots.values { if let rank = rank(slot), rank < end { gone.append(slot) } }
        return gone.map { remove($0) }
    }

    /// Batches: more than a round of a feed takes.
    private static let longIdle: UInt64 = 1_000
}
