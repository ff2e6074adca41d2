import Contracts
import Deciding
import ExchangeDomain
import GovernanceDomain
import IngestionDomain
import MatchmakingDomain
import Pipeline
import PolicyPushDomain
import ReportingDomain
import RiskMonitoringDomain
import ScoringDomain
import Vocabulary
import Wire

/// One run of one world: in calm, or in a storm.
final class Run {
    let world: World
    let stage: Stage
    private(set) var rooms: [any Room] = []
    private var catalog: Catalog
    private let isStormy: Bool
    private(set) var hasComeToRest = true
    private(set) var rounds = 0

    /// Rounds of one act in which faults may strike; afterwards the world is left in peace.
    private static let stormRounds = 30
    private static let roundsMax = 400

    /// - Parameter stores: what each service's database holds at the beginning; empty ones when there is none.
    init(_ world: World, _ catalog: Catalog, chance: Chance, stores: [ServiceName: MemoryStore] = [:], keepsHistory: Bool = false) {
        self.world = world
        self.catalog = catalog
        isStormy = chance.isStormy
        stage = Stage(lanes: world.lanes, now: World.start, chance: chance, keepsHistory: keepsHistory)
        func add(_ decider: some Decider, _ topics: [String]) {
            let store = stores[decider.service].map { MemoryStore(copying: $0) } ?? MemoryStore()
            if world.refusingService == decider.service { store.refusal = World.refusal }
            rooms.append(ServiceRoom(decider, stage, topics: topics, store: store))
        }
        add(Ingestion(), OutsideTopics.read(by: catalog))
        add(Governance(signer: LogVerdict.signer), ServiceName.governance.inputs)
        add(Scoring(), ServiceName.scoring.inputs)
        add(Matchmaking(), ServiceName.matchmaking.inputs)
        add(PolicyPush(), ServiceName.policypush.inputs)
        add(RiskMonitoring(), ServiceName.riskmonitoring.inputs)
        add(Exchange(), ServiceName.exchange.inputs)
        add(Reporting(), ServiceName.reporting.inputs)
    }

    func room(_ service: ServiceName) -> (any Room)? { rooms.first { $0.service == service } }

    /// Plays the world to its end. Messages of which the number is in `without` are never sent.
    func play(without: Set<Int> = []) {
        comeToRest()
        for act in world.acts {
            if let moment = act.moment { advance(to: moment) }
            if let changed = act.catalog { catalog = changed }
            for message in act.messages where !without.contains(message.number) { send(message) }
            comeToRest()
            if !hasComeToRest { return }
        }
    }

    private func send(_ message: World.Message) {
        let log = stage.broker.log(
            TopicPartition(topic: message.topic, partition: Lane.of(message.key, lanes: stage.broker.lanes)))
        log.append(key: Array(message.key.utf8), value: message.value, headers: message.headers)
        if stage.keepsHistory {
            stage.history.add(
                .appended(log.place, offset: log.high - 1, link: nil, sequences: nil, print: (message.value ?? []).contentHash))
        }
    }

    private func advance(to moment: Instant) {
        while hasComeToRest, let next = rooms.flatMap({ $0.store.timers.values }).min(), next <= moment {
            stage.now = max(stage.now, next)
            comeToRest()
        }
        stage.now = max(stage.now, moment)
    }

    /// Lets everybody work until nothing is left to do. Where the world is orderly, timers wait until every message has been decided.
    private func comeToRest() {
        guard hasComeToRest else { return }
        var hasFired: Bool
        repeat {
            hasFired = false
            work(rooms, world.isOrderly ? .messagesOnly : .everything)
            guard world.isOrderly, hasComeToRest else { return }
            for room in rooms where hasDueTimers(room) {
                hasFired = true
                work([room], .timersOnly)
                if !hasComeToRest { return }
            }
        } while hasFired
    }

    private func hasDueTimers(_ room: any Room) -> Bool { room.database.hasDueTimers(at: stage.now) }

    private func work(_ rooms: [any Room], _ kind: TurnKind) {
        var order = rooms
        for round in 0..<Self.roundsMax {
            rounds += 1
            stage.chance.isStormy = isStormy && round < Self.stormRounds
            if isStormy { for index in order.indices { order.swapAt(index, stage.chance.number(below: order.count)) } }
            var isMoving = false
            for room in order where room.turn(catalog, kind) { isMoving = true }
            if stage.chance.isStormy { strikeTheBroker() }
            landLate(all: !stage.chance.isStormy)
            guard !isMoving else { continue }
            if kind == .timersOnly {
                if rooms.allSatisfy({ !hasDueTimers($0) }) { return }
            } else if mend(), rooms.allSatisfy({ $0.isAtRest(catalog, firesTimers: kind == .everything, at: stage.now) }),
                stage.broker.late.isEmpty
            {
                return
            }
        }
        hasComeToRest = false
    }

    /// What producers that are gone had given to the network.
    private func landLate(all: Bool) {
        guard !stage.broker.late.isEmpty else { return }
        let late = stage.broker.late
        stage.broker.late = []
        for (log, message) in late {
            if all || stage.chance.oneIn(3) { stage.write(message, to: log) } else { stage.broker.late.append((log, message)) }
        }
    }

    private func strikeTheBroker() {
        if stage.chance.strikes(.logLosesItsEnd) {
            let logs = stage.broker.all.filter { Topic.dialect(of: $0.place.topic) == .packed && !$0.messages.isEmpty }
            guard !logs.isEmpty else { return stage.chance.hitNothing(.logLosesItsEnd) }
            let log = logs[stage.chance.number(below: logs.count)]
            log.loseEnd(1 + stage.chance.number(below: 2))
            if stage.keepsHistory { stage.history.add(.lostEnd(log.place, high: log.high)) }
        }
        if stage.chance.strikes(.logLosesItsBeginning) {
            let logs = stage.broker.all.filter { !$0.messages.isEmpty }
            guard !logs.isEmpty else { return stage.chance.hitNothing(.logLosesItsBeginning) }
            let log = logs[stage.chance.number(below: logs.count)]
            log.loseBeginning(upTo: log.low + 1 + Int64(stage.chance.number(below: log.messages.count)))
        }
    }

    // MARK: the operator

    /// Does what the alerts ask for. True when there was nothing to do.
    private func mend() -> Bool {
        var isWhole = true
        for room in rooms {
            for log in room.takePaused() {
                isWhole = false
                log.restoreBeginning()
                if (room.store.offsets[log.place] ?? 0) > log.high { acceptLoss(log) }
                room.readAnew()
            }
        }
        // The nightly comparison of what was given out with what was taken in, for logs that lost their end.
        for log in stage.broker.all where log.lostEnds > 0 && replay(into: log.place) { isWhole = false }
        return isWhole
    }

    /// Readers beyond the end go back to it; what is missing is sent again.
    private func acceptLoss(_ log: PartitionLog) {
        for room in rooms where room.service.inputs.contains(log.place.topic) {
            guard (room.store.offsets[log.place] ?? 0) > log.high else { continue }
            room.store.moveOffset(log.place, to: log.high)
            if stage.keepsHistory {
                stage.history.add(.moved(service: room.service.rawValue, log.place, to: log.high))
            }
            room.readAnew()
        }
        _ = replay(into: log.place)
    }

    private func replay(into place: TopicPartition) -> Bool {
        var isSending = false
        for writer in rooms {
            for (link, given) in writer.store.linksOut where link.place == place {
                let taken =
                    rooms.filter { $0.service.inputs.contains(place.topic) }
                    .map { $0.store.linksIn[link.asRead(from: writer.service.rawValue)] ?? 0 }.min() ?? given
                guard taken < given else { continue }
                // What is on its way comes of itself.
                guard (writer.store.acked[link] ?? 0) > taken, rooms.allSatisfy({ $0.hasRead(place, of: stage.broker) }) else { continue }
                writer.store.replay(link, after: taken)
                writer.sendAgain()
                isSending = true
            }
        }
        return isSending
    }
}

extension Room {
    func hasRead(_ place: TopicPartition, of broker: Broker) -> Bool {
        !service.inputs.contains(place.topic) || (store.offsets[place] ?? 0) >= broker.log(place).high
    }
}
