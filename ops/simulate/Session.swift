import Deciding
import Pipeline
import Postgres
import Vocabulary

/// What all parts of one run share.
final class Stage {
    let broker: Broker
    var chance: Chance
    var history = History()
    var now: Instant
    let keepsHistory: Bool

    init(lanes: Int32, now: Instant, chance: Chance, keepsHistory: Bool) {
        broker = Broker(lanes: lanes)
        self.chance = chance
        self.now = now
        self.keepsHistory = keepsHistory
    }
}

/// A service's database, and the transactions whose clients are gone.
final class Database {
    let service: String
    let store: MemoryStore
    /// Sent with their COMMIT and neither done nor undone: they hold their rows until they are.
    private var landing: [(write: BatchWrite, worker: Int)] = []

    init(service: String, store: MemoryStore) {
        self.service = service
        self.store = store
    }

    var isLanding: Bool { !landing.isEmpty }

    func hasDueTimers(at now: Instant) -> Bool { store.timers.values.contains { $0 <= now } }

    func leave(_ write: BatchWrite, of worker: Int) { landing.append((write, worker)) }

    /// Whoever asks for the rows of a landing transaction, to lock or to change them, waits until it is over. It may have been undone.
    func awaitLanding(_ stage: Stage) {
        let over = landing
        landing = []
        for (write, worker) in over where !stage.chance.oneIn(3) { _ = try? commit(write, of: worker, .answered, stage) }
    }

    func commit(_ write: BatchWrite, of worker: Int, _ ending: MemoryStore.Ending, _ stage: Stage) throws(StoreFault) {
        do {
            try store.commit(write, ending: ending)
        } catch {
            if case .outcomeUnknown = error { note(write, worker, stage) }
            throw error
        }
        note(write, worker, stage)
    }

    private func note(_ write: BatchWrite, _ worker: Int, _ stage: Stage) {
        guard stage.keepsHistory else { return }
        stage.history.add(
            .committed(
                History.Commit(service: service, worker: worker, fence: write.fence, linksIn: write.linksIn, outbox: write.outbox)))
    }
}

/// One connection for reading.
struct Session: LaneStore {
    let database: Database
    let stage: Stage

    private func reach() throws(StoreFault) {
        if stage.chance.strikes(.readFails) { throw .unavailable("the connection broke") }
    }

    func states(_ keys: [StateKey]) throws(StoreFault) -> [StateKey: [UInt8]] {
        try reach()
        return try database.store.states(keys)
    }

    func outsideDigests(_ ids: [OutsideID]) throws(StoreFault) -> [OutsideID: [UInt8]] {
        try reach()
        return try database.store.outsideDigests(ids)
    }

    func dueTimers(_ lanes: Set<Int32>, at now: Instant, countMax: Int) throws(StoreFault) -> [LaneTimer] {
        try reach()
        return try database.store.dueTimers(lanes, at: now, countMax: countMax)
    }

    func keys(ofLane lane: Int32, after cursor: String, countMax: Int) throws(StoreFault) -> [String] {
        try reach()
        return try database.store.keys(ofLane: lane, after: cursor, countMax: countMax)
    }

    func sweepMarks(_ lanes: Set<Int32>) throws(StoreFault) -> [SweepMark] {
        try reach()
        return try database.store.sweepMarks(lanes)
    }

    func commit(_ write: BatchWrite) throws(StoreFault) { preconditionFailure("writes go through the hand") }
}

/// The committer's half of a worker: carries a write out some time between `submit` and `finish`.
final class Hand: WriteHand {
    private let database: Database
    private let stage: Stage
    private let worker: Int
    private(set) var write: BatchWrite?
    private var fault: StoreFault?
    var publish: ([OutboxRow]) -> Void = { _ in }

    init(_ database: Database, _ stage: Stage, worker: Int) {
        self.database = database
        self.stage = stage
        self.worker = worker
    }

    func submit(_ write: BatchWrite) {
        self.write = write
        fault = nil
    }

    func finish() throws(StoreFault) {
        carryOut()
        if let fault {
            self.fault = nil
            throw fault
        }
    }

    /// Carries out what was submitted, if it was not before.
    func carryOut() {
        guard let write else { return }
        self.write = nil
        do throws(StoreFault) {
            try PublishAfterCommit.carryOut(
                write, commit: { write throws(StoreFault) in try commit(write) }, publish: publish)
        } catch { fault = error }
    }

    /// The process ends: what was submitted is not, or is and nobody hears of it, or is still to come.
    func die(committed: Bool) {
        guard let write else { return }
        self.write = nil
        if committed {
            database.awaitLanding(stage)
            _ = try? database.commit(write, of: worker, .brokenAfter, stage)
        } else if stage.chance.strikes(.commitLandsLater) {
            database.leave(write, of: worker)
        } else {
            _ = try? database.commit(write, of: worker, .brokenBefore, stage)
        }
    }

    private func commit(_ write: BatchWrite) throws(StoreFault) {
        guard !write.isEmpty else { return }
        // The fence's rows may be locked by a transaction whose client is gone.
        if database.isLanding { database.awaitLanding(stage) }
        if stage.chance.strikes(.serializationFailure) {
            throw StoreFault(.statement(sqlstate: "40001", message: "could not serialize access", detail: nil, statement: "UPDATE"))
        }
        if stage.chance.strikes(.connectionBreaksBeforeCommit) {
            return try database.commit(write, of: worker, .brokenBefore, stage)
        }
        if stage.chance.strikes(.commitUnknownTookEffect) {
            return try database.commit(write, of: worker, .brokenAfter, stage)
        }
        if stage.chance.strikes(.commitUnknownDidNot) { throw StoreFault(.outcomeUnknown(reason: "the connection broke")) }
        if stage.chance.strikes(.commitLandsLater) {
            database.leave(write, of: worker)
            throw StoreFault(.outcomeUnknown(reason: "the connection broke"))
        }
        try database.commit(write, of: worker, .answered, stage)
    }
}
