import Deciding
import Pipeline

/// One process of a service, with its two halves: the real work on lanes and the real sender of links, over simulated connections.
final class SimWorker<Service: Decider>: SimConnections {
    private let decider: Service
    private let bounds: WorkerBounds
    private var work: LaneWork<Service>

    init(_ decider: Service, number: Int, _ database: Database, _ stage: Stage, inputs: [[PartitionLog]], bounds: WorkerBounds) {
        self.decider = decider
        self.bounds = bounds
        work = LaneWork(decider: decider, laneCount: stage.broker.lanes, bounds: bounds)
        super.init(
            number: number, database, stage, inputs: inputs,
            sender: LinkSender(wire: LinkWire(service: decider.service) { decider.dialect(of: $0) }))
    }

    var isUnderWay: Bool { work.isUnderWay }
    var stalledLinks: Set<LinkIn> { work.book.linksStalled }

    /// Nothing given out is without the broker's word.
    var isQuiet: Bool { isLoaded && !work.isUnderWay && hasNothingOpen && reading.allSatisfy { $0.position >= $0.log.high } }

    /// A turn would find nothing to do. In a storm it may all the same: then something is handed out again.
    private func isIdle(_ catalog: Catalog, _ kind: TurnKind) -> Bool {
        !stage.chance.isStormy && isQuiet && work.hasWalked(catalog)
            // A log that lost its end is to be told of.
            && reading.allSatisfy { $0.position == $0.log.high } && (kind == .messagesOnly || !database.hasDueTimers(at: stage.now))
    }

    // MARK: taking up and losing lanes

    /// Reads where the lanes stand, under the row lock.
    func load(_ lanes: Set<Int32>) {
        let book = takeUp(lanes)
        work.takeUp(lanes, book)
        readOn(book)
    }

    func forget() {
        work.forget(hand)
        isLoaded = false
    }

    /// The process ends without a word.
    func crash(committed: Bool) {
        hand.die(committed: committed)
        abandonFlights()
        work = LaneWork(decider: decider, laneCount: stage.broker.lanes, bounds: bounds)
        isLoaded = false
    }

    /// What the process does at a SIGTERM: it waits for its write and its messages.
    func stop() {
        let tools = LaneTools(store: session, hand: hand, clock: { [stage] in stage.now })
        do throws(StoreFault) { try work.settle(tools) } catch { work.forget(hand) }
        for _ in 0..<3 { _ = tend() }
        markAcknowledged()
        crash(committed: false)
    }

    // MARK: a turn

    /// Reads, decides, and hands over. True when anything moved.
    func turn(_ catalog: Catalog, _ kind: TurnKind) -> Bool {
        do throws(StoreFault) {
            return try work(catalog, kind)
        } catch {
            forget()
            return true
        }
    }

    private func work(_ catalog: Catalog, _ kind: TurnKind) throws(StoreFault) -> Bool {
        if isIdle(catalog, kind) { return false }
        var isMoving = tend()
        let tools = LaneTools(store: session, hand: hand, clock: { [stage] in stage.now })
        var batch = InputBatch()
        if kind != .timersOnly { batch.messages = poll() }
        if kind != .messagesOnly { batch.timers = try work.dueTimers(session, at: stage.now).timers }
        if let sweep = try work.nextSweep(catalog, tools) { batch.sweeps.append(sweep) }
        if work.isUnderWay { isMoving = true }
        guard !batch.isEmpty else {
            try work.settle(tools)
            return isMoving
        }
        // The committer's thread may be done before the next batch is decided, or only when it is waited for.
        if stage.chance.oneIn(2) { hand.carryOut() }
        try work.carryOut(batch, catalog, tools)
        return true
    }
}

/// What a turn may take up.
enum TurnKind { case everything, messagesOnly, timersOnly }
