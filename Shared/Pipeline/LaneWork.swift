import Chassis
import Contracts
import Deciding
import Vocabulary

/// What the work on lanes asks of its store beside the path's own reads.
public protocol LaneStore: PathStore {
    /// Timers of the lanes that are due, the longest due first.
    func dueTimers(_ lanes: Set<Int32>, at now: Instant, countMax: Int) throws(StoreFault) -> [LaneTimer]
    /// Known keys of a lane above `cursor`, in order.
    func keys(ofLane lane: Int32, after cursor: String, countMax: Int) throws(StoreFault) -> [String]
    /// Where the catalogue walks of the lanes stand.
    func sweepMarks(_ lanes: Set<Int32>) throws(StoreFault) -> [SweepMark]
}

/// Who commits, meanwhile the next batch is decided. One write is under way at most.
public protocol WriteHand {
    func submit(_ write: BatchWrite)
    /// Waits for the write that was submitted.
    func finish() throws(StoreFault)
}

/// A batch that is known to be committed.
public struct CommittedBatch {
    public let batch: InputBatch
    public let result: StepResult
    public let started: MonotonicInstant
}

/// What the work is done with: the same work over PostgreSQL and a committer's thread, and over the simulator's.
public struct LaneTools<Store: LaneStore, Hand: WriteHand> {
    public let store: Store
    public let hand: Hand
    public let clock: () -> Instant
    /// Hears of every batch before it is decided, and which of its messages are to be set aside.
    public let beforeDeciding: (InputBatch, [MessagePlace: Poison]) -> Void
    public let committed: (CommittedBatch) -> Void

    public init(
        store: Store, hand: Hand, clock: @escaping () -> Instant,
        beforeDeciding: @escaping (InputBatch, [MessagePlace: Poison]) -> Void = { _, _ in },
        committed: @escaping (CommittedBatch) -> Void = { _ in }
    ) {
        self.store = store
        self.hand = hand
        self.clock = clock
        self.beforeDeciding = beforeDeciding
        self.committed = committed
    }
}

/// The work on some lanes, without threads, clocks and connections of its own: decides a batch while the one before is being committed,
/// decides it anew when that one was refused, halves a refused batch until the message is found, walks the catalogue over the keys.
///
/// All that it knows is a copy, valid while the fence holds. Whoever uses it calls `forget` after any fault but a refused row, and
/// `takeUp` with what the store says under the row lock.
public final class LaneWork<Service: Decider> {
    private let decider: Service
    private let partitions: [String: Int32]
    private let bounds: WorkerBounds
    /// The partition count of every topic; zero until it is known.
    public var laneCount: Int32

    public private(set) var book = LaneBook()
    public private(set) var held: Set<Int32> = []
    private var cache = StateCache<Service.State>()
    /// The batch whose write is on its way to the store.
    private var underWay: UnderWay?
    private var walks: [Walk] = []
    private var sweptVersion: Int64 = -1
    /// Messages that the store refused: they go to the dead letters when met again.
    private var poisoned: [MessagePlace: Poison] = [:]
    private var bisectionDepth = 0
    /// More halvings than any batch has.
    private static var bisectionDepthMax: Int { 32 }

    /// Entries that are shown to the keys of a lane together, from behind the same key on.
    private struct Walk {
        let lane: Int32
        let entries: [CatalogEntry]
        /// The last key done; nil before the first.
        var cursor: String?
    }

    /// A batch that was decided on what came before it, and all that is needed to decide it again.
    private struct UnderWay {
        let batch: InputBatch
        let catalog: Catalog
        let before: LaneBook
        let result: StepResult
        let started: MonotonicInstant
    }

    public init(decider: Service, laneCount: Int32 = 0, partitions: [String: Int32] = [:], bounds: WorkerBounds) {
        self.decider = decider
        self.laneCount = laneCount
        self.partitions = partitions
        self.bounds = bounds
    }

    public var isUnderWay: Bool { underWay != nil }

    /// The cache is as full as `trim` leaves it: states are large, or there are very many of them. Then a batch, whose states are held beside
    /// it, should be small.
    public var isCrowded: Bool { cache.size > bounds.cachedStateBytesMax / 4 * 3 }

    /// Takes the lanes up where the store says that they stand.
    public func takeUp(_ held: Set<Int32>, _ book: LaneBook) {
        self.held = held
        self.book = book
        dropStates()
        walks = []
        sweptVersion = -1
    }

    /// Drops everything known: it is to be read again, under the row lock.
    public func forget(_ hand: some WriteHand) {
        if underWay != nil {
            underWay = nil
            // Whatever became of it is read from the store.
            _ = try? hand.finish()
        }
        dropStates()
        walks = []
    }

    private func dropStates() { if !Mutant.isOn("cache-kept-after-fault") { cache = StateCache() } }

    /// Sets a message aside when it is met, instead of deciding it.
    public func poison(_ place: MessagePlace, _ poison: Poison) { poisoned[place] = poison }

    /// Decides a dead letter again, by itself, in a transaction of its own. The answer is why the store refused it, if it did.
    public func replay(
        _ input: ReplayInput, _ catalog: Catalog, _ tools: LaneTools<some LaneStore, some WriteHand>
    ) throws(StoreFault) -> Refusal? {
        try settle(tools)
        let result = try Step(decider: decider, lanes: laneCount, partitions: partitions).replay(
            input, book: book, cache: &cache, catalog: catalog, at: tools.clock(), loading: tools.store)
        tools.hand.submit(result.write)
        do {
            try tools.hand.finish()
        } catch {
            dropStates()
            guard case .refused(_, let reason) = error else { throw error }
            return Refusal(code: "row-refused", detail: reason)
        }
        book = result.book
        return nil
    }

    // MARK: inputs that the store makes

    /// Due timers, but those that the write under way changes.
    public func dueTimers(_ store: some LaneStore, at now: Instant) throws(StoreFault) -> (timers: [LaneTimer], isAll: Bool) {
        let due = try store.dueTimers(held, at: now, countMax: bounds.timersMax)
        // A write under way may be taking it away or putting it off: it is looked for again afterwards.
        let timers = due.filter {
            underWay?.result.write.timers[TimerKey(lane: $0.lane, key: $0.key, name: $0.timer.name)] == nil
        }
        return (timers, due.count < bounds.timersMax)
    }

    /// The next keys of a catalogue walk, if there is one to do.
    public func nextSweep(_ catalog: Catalog, _ tools: LaneTools<some LaneStore, some WriteHand>) throws(StoreFault) -> SweepStep? {
        if sweptVersion != catalog.version {
            // What is under way was decided with the catalogue of before: its keys must be there to be walked over.
            try settle(tools)
            try planSweeps(tools.store, catalog)
        }
        guard let walk = walks.first else { return nil }
        let keys = try tools.store.keys(ofLane: walk.lane, after: walk.cursor ?? "", countMax: bounds.sweepKeysMax)
        let isDone = keys.count < bounds.sweepKeysMax || Mutant.isOn("sweep-ends-early")
        let cursor = keys.last ?? walk.cursor
        if isDone { walks.removeFirst() } else { walks[0].cursor = cursor }
        return SweepStep(
            lane: walk.lane, entries: walk.entries, keys: keys,
            marks: walk.entries.map { SweepMark(lane: walk.lane, of: $0, cursor: cursor, isDone: isDone) })
    }

    /// True when no catalogue walk is left to do.
    public func hasWalked(_ catalog: Catalog) -> Bool { sweptVersion == catalog.version && walks.isEmpty }

    /// One walk for all entries of a lane that stand behind the same key: a new catalogue is shown to a key once and not once for each entry.
    private func planSweeps(_ store: some LaneStore, _ catalog: Catalog) throws(StoreFault) {
        // Few lanes and very many entries: found by entry, then looked through.
        var known: [String: [String: [SweepMark]]] = [:]
        for mark in try store.sweepMarks(held) { known[mark.kind, default: [:]][mark.id, default: []].append(mark) }
        let entries = decider.sweptKinds.sorted().flatMap { catalog.latest($0) }
        walks = []
        for lane in held.sorted() {
            // By cursor: those that were interrupted go on where they were.
            var together: [String: [CatalogEntry]] = [:]
            for entry in entries {
                let mark = known[entry.kind]?[entry.id]?.first { $0.lane == lane }
                guard let mark, mark.version == entry.version else {
                    together["", default: []].append(entry)
                    continue
                }
                if !mark.isDone { together[mark.cursor ?? "", default: []].append(entry) }
            }
            for (cursor, entries) in together.sorted(by: { $0.key.precedesBytewise($1.key) }) {
                for start in stride(from: 0, to: entries.count, by: bounds.sweepEntriesMax) {
                    let some = entries[start..<min(start + bounds.sweepEntriesMax, entries.count)]
                    walks.append(Walk(lane: lane, entries: Array(some), cursor: cursor.isEmpty ? nil : cursor))
                }
            }
        }
        sweptVersion = catalog.version
    }

    // MARK: the step

    /// Decides the batch while the one before is being committed, then gives it to the hand.
    public func carryOut(
        _ batch: InputBatch, _ catalog: Catalog, _ tools: LaneTools<some LaneStore, some WriteHand>
    ) throws(StoreFault) {
        let started = MonotonicClock.now
        tools.beforeDeciding(batch, poisoned)
        var before = book
        var result = try decide(batch, catalog, tools)
        if try !settle(tools), !Mutant.isOn("void-decision-kept") {
            // The batch before was decided anew, so this one must be too.
            before = book
            result = try decide(batch, catalog, tools)
        }
        book = result.book
        cache.trim(to: bounds.cachedStatesMax, sizeMax: bounds.cachedStateBytesMax)
        underWay = UnderWay(batch: batch, catalog: catalog, before: before, result: result, started: started)
        tools.hand.submit(result.write)
        // Timers and walks are read from the store, which must have caught up before more of them are looked for.
        if !batch.timers.isEmpty || !batch.sweeps.isEmpty { try settle(tools) }
    }

    private func decide(
        _ batch: InputBatch, _ catalog: Catalog, _ tools: LaneTools<some LaneStore, some WriteHand>
    ) throws(StoreFault) -> StepResult {
        let pendingIDs = Mutant.isOn("ids-under-way-ignored") ? [:] : underWay?.result.write.outsideIDs ?? [:]
        return try Step(decider: decider, lanes: laneCount, partitions: partitions).run(
            batch, book: book, cache: &cache, catalog: catalog, at: tools.clock(), poisoned: poisoned, pendingIDs: pendingIDs,
            loading: tools.store)
    }

    /// Waits for the write that is under way. False when the store refused a row of it: then it has been carried out in parts, and
    /// what was decided on top of it is void.
    @discardableResult
    public func settle(_ tools: LaneTools<some LaneStore, some WriteHand>) throws(StoreFault) -> Bool {
        guard let done = underWay else { return true }
        underWay = nil
        do {
            try tools.hand.finish()
        } catch {
            if case .outcomeUnknown = error, Mutant.isOn("unknown-taken-for-done") { return true }
            dropStates()
            guard case .refused(let sqlstate, let reason) = error else { throw error }
            if !Mutant.isOn("refused-batch-adopted") { book = done.before }
            try bisect(done.batch, done.catalog, tools, sqlstate: sqlstate, reason: reason)
            return false
        }
        for place in done.result.write.deadLetters.keys { poisoned[place] = nil }
        tools.committed(CommittedBatch(batch: done.batch, result: done.result, started: done.started))
        return true
    }

    /// The store refuses a row of this batch: halve it until the message is found, and set that one aside alone.
    private func bisect(
        _ batch: InputBatch, _ catalog: Catalog, _ tools: LaneTools<some LaneStore, some WriteHand>, sqlstate: String, reason: String
    ) throws(StoreFault) {
        guard bisectionDepth < Self.bisectionDepthMax else { throw .refused(sqlstate: sqlstate, reason) }
        bisectionDepth += 1
        defer { bisectionDepth -= 1 }
        if let (first, second) = batch.halves(applied: appliedEvents) {
            for half in [first, second] {
                try carryOut(half, catalog, tools)
                try settle(tools)
            }
        } else if let message = batch.messages.first {
            let place = MessagePlace(
                topic: message.topic, partition: message.partition, offset: message.offset, index: Int32(clamping: appliedEvents(message)))
            guard poisoned.refusal(of: message, index: place.index) == nil else { throw .refused(sqlstate: sqlstate, reason) }
            poisoned[place] = Poison(message, Refusal(code: "row-refused", detail: reason))
            try carryOut(batch, catalog, tools)
            try settle(tools)
        } else {
            throw .refused(sqlstate: sqlstate, reason)
        }
    }

    /// How many events of a packed message the link has passed.
    public func appliedEvents(_ message: RawMessage) -> Int {
        guard decider.dialect(of: message.topic) == .packed, let sender = message.linkHeaders else { return 0 }
        let link = LinkIn(source: sender.source, place: TopicPartition(topic: message.topic, partition: message.partition))
        guard case .next(_, let from) = book.judge(link, first: sender.sequence, count: message.eventCount) else { return 0 }
        return from
    }
}
