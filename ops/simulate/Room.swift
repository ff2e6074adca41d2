import Contracts
import Deciding
import Pipeline
import Vocabulary

/// One service: its database, and the one or two processes that work on it.
protocol Room: AnyObject {
    var service: ServiceName { get }
    var store: MemoryStore { get }
    var database: Database { get }
    /// Lets every process that is awake do a turn. True when anything moved.
    func turn(_ catalog: Catalog, _ kind: TurnKind) -> Bool
    func isAtRest(_ catalog: Catalog, firesTimers: Bool, at now: Instant) -> Bool
    /// Partitions that stand still, and links that wait, as the alerts would say.
    func takePaused() -> [PartitionLog]
    var stalledLinks: Set<LinkIn> { get }
    /// Lets every process read anew where it stands.
    func readAnew()
    func sendAgain()
}

final class ServiceRoom<Service: Decider>: Room {
    let database: Database
    let service: ServiceName
    private let decider: Service
    private let stage: Stage
    private let inputs: [[PartitionLog]]
    private let topics: Set<String>
    private var workers: [SimWorker<Service>] = []
    /// Which lanes each process may take up when it reads anew.
    private var shares: [Set<Int32>] = []
    private var started = 0
    /// The catalogue for which every walk is known to be done: a mark that was reached is never taken back.
    private var walkedFor: Int64?

    init(_ decider: Service, _ stage: Stage, topics: [String], store: MemoryStore) {
        self.decider = decider
        self.stage = stage
        service = decider.service
        self.topics = Set(topics)
        database = Database(service: service.rawValue, store: store)
        inputs = topics.map { topic in
            (0..<stage.broker.lanes).map { stage.broker.log(TopicPartition(topic: topic, partition: $0)) }
        }
        start(allLanes)
    }

    var store: MemoryStore { database.store }
    private var allLanes: Set<Int32> { Set(0..<stage.broker.lanes) }

    private func start(_ share: Set<Int32>) {
        var bounds = WorkerBounds()
        bounds.sweepKeysMax = 1 + stage.chance.number(below: 3)
        bounds.timersMax = 1 + stage.chance.number(below: 4)
        if stage.chance.strikes(.cacheSqueezed) { bounds.cachedStatesMax = 1 }
        workers.append(SimWorker(decider, number: started, database, stage, inputs: inputs, bounds: bounds))
        shares.append(share)
        started += 1
    }

    func turn(_ catalog: Catalog, _ kind: TurnKind) -> Bool {
        var isMoving = false
        if stage.chance.isStormy { trouble() }
        for index in workers.indices.reversed() {
            let worker = workers[index]
            if worker.asleep > 0 {
                worker.asleep = stage.chance.isStormy ? worker.asleep - 1 : 0
                isMoving = true
                continue
            }
            if !worker.isLoaded {
                worker.load(shares[index])
                isMoving = true
            }
            if worker.turn(catalog, kind) { isMoving = true }
            if worker.isUnderWay, stage.chance.isStormy {
                if stage.chance.strikes(.crashBeforeCommit) {
                    worker.crash(committed: false)
                } else if stage.chance.strikes(.crashAfterCommit) {
                    worker.crash(committed: true)
                }
            }
        }
        // Who has no lanes and nothing to send is gone.
        if workers.count > 1 {
            for index in workers.indices.reversed() where shares[index].isEmpty && workers[index].isLoaded && workers[index].lanes.isEmpty {
                workers.remove(at: index)
                shares.remove(at: index)
            }
        }
        return isMoving
    }

    /// What befalls the processes: one stands still while another takes over, two have the same lanes, lanes move, one is restarted.
    private func trouble() {
        if workers.count == 1 {
            if stage.chance.strikes(.stoppedAndTakenOver) {
                workers[0].asleep = 1 + stage.chance.number(below: 6)
                shares[0] = []
                start(allLanes)
            } else if stage.chance.strikes(.twoOwners) {
                start(allLanes)
            } else if stage.broker.lanes > 1, stage.chance.strikes(.lanesMove) {
                let moving = Set(allLanes.filter { $0 % 2 == 1 })
                // The old owner may hear of it at once, or only when it is turned away.
                shares[0] = allLanes.subtracting(moving)
                if stage.chance.oneIn(2) { workers[0].forget() }
                start(moving)
            } else if stage.chance.strikes(.restartOrderly) {
                workers[0].stop()
            }
        } else if stage.chance.oneIn(8) {
            shares[0] = []
            shares[1] = allLanes
            workers[0].forget()
            workers[1].forget()
        }
    }

    func isAtRest(_ catalog: Catalog, firesTimers: Bool, at now: Instant) -> Bool {
        guard !database.isLanding, workers.allSatisfy({ $0.isQuiet && $0.asleep == 0 }) else { return false }
        if firesTimers, database.hasDueTimers(at: now) { return false }
        guard walkedFor != catalog.version else { return true }
        for kind in decider.sweptKinds {
            for entry in catalog.latest(kind) {
                for lane in allLanes {
                    let mark = store.sweeps[MemoryStore.SweepKey(lane: lane, kind: kind, id: entry.id)]
                    if mark?.version != entry.version || mark?.isDone != true { return false }
                }
            }
        }
        walkedFor = catalog.version
        return true
    }

    func takePaused() -> [PartitionLog] { workers.flatMap { $0.takePaused() } }
    var stalledLinks: Set<LinkIn> { workers.reduce(into: []) { $0.formUnion($1.stalledLinks) } }

    func readAnew() { for worker in workers { worker.forget() } }
    func sendAgain() { for worker in workers { worker.sendAgain() } }
}
