import Chassis
import Contracts
import Deciding
import Kafka
import Postgres
import Vocabulary
import Wire

/// Bounds of a batch and of waiting.
public struct WorkerBounds: Sendable {
    public var messagesMax = 8_000
    public var bytesMax = 3 << 20
    /// How long an idle worker waits for a first message.
    public var wait: Duration = .milliseconds(20)
    /// Keys of one step of a catalogue walk.
    public var sweepKeysMax = 200
    /// Entries of the catalogue that are walked over the keys together: a row each, written with every step.
    public var sweepEntriesMax = 500
    public var timersMax = 200
    /// How often timers are looked for, and how often while at least `busyEventsMin` events come in one batch.
    public var timersWait: Duration = .milliseconds(250)
    public var timersWaitBusy: Duration = .seconds(10)
    public var busyEventsMin = 50
    /// States kept decoded.
    public var cachedStatesMax = 20_000
    /// Bytes of their stored form; decoded they take some eight times as much.
    public var cachedStateBytesMax = 8 << 20
    /// Committed but unacknowledged messages above which nothing more is read.
    public var pendingMax = 50_000

    public init() {}
}

/// One worker: it owns some lanes and walks the one path. Its thread reads and decides; its committer, on a second thread and
/// connection, commits and publishes the batch before meanwhile.
public final class Worker<Service: Decider> {
    private let decider: Service
    private let address: PostgresAddress
    private let kafka: KafkaSettings
    private let feed: CatalogFeed
    private let inputs: @Sendable (Catalog) -> [String]
    private let quotas: @Sendable (Catalog, Instant) -> [String: SourceGrant]
    private let readings: GaugeReading.Source
    private let bounds: WorkerBounds
    private let health: Health
    private let metrics: PathMetrics
    private let log: Log
    private let owner: String

    private var store: PostgresStore?
    private var consumer: KafkaConsumer?
    private let committer: Committer
    private let crash: CrashPoints
    private var work: LaneWork<Service>
    private var lease: Lease?
    /// What is read; what the catalogue asks for; what of that the broker does not have yet.
    private var topics: [String] = []
    private var wantedTopics: [String] = []
    private var missingTopics: [String] = []
    /// What the library complained of last while no broker has answered since.
    private var brokerFault: KafkaFault?
    private var brokerAskedAt = MonotonicClock.now + .seconds(-60)
    private var topicsCheckedAt = MonotonicClock.now
    /// Since when just these topics are wanted.
    private var topicsWantedAt = MonotonicClock.now
    private var pauses: [TopicPartition: PauseReason] = [:]
    /// Links of which a message is missing, as readiness and the metrics say it.
    private var stalled: Set<LinkIn> = []
    /// Since it was turned away last, and how long it waits when that happens again.
    private var hasCommittedNothing = false
    private var turnedAway = Backoff(initial: .milliseconds(100), cap: .seconds(2))
    private var timersCheckedAt = MonotonicClock.now + .seconds(-60)
    private var renewedAt = MonotonicClock.now + .seconds(-60)
    private var markedAt = MonotonicClock.now
    private var gaugedAt = MonotonicClock.now + .seconds(-60)
    private var houseKeptAt = MonotonicClock.now
    private var readAt = MonotonicClock.now
    private let housekeeping = Housekeeping()
    private var inbox = ReplayInbox()
    private var marker: AttemptMarker
    private var pauseBook = PauseBook()
    /// Partitions of which too much was refused, found when a batch was committed and not yet acted upon.
    private var pausesDue: [RefusalLimits.Pause] = []
    private var pausesCheckedVersion: Int64 = -1
    private var quotaBook = QuotaBook()
    /// When the last committed message of each partition had come into its topic.
    private var reached: [TopicPartition: Instant] = [:]
    /// Topics whose partitions are not fetched from, because their source has used up its quota.
    private var slowed: Set<String> = []

    public init(
        decider: Service, address: PostgresAddress, kafka: KafkaSettings, feed: CatalogFeed,
        inputs: @escaping @Sendable (Catalog) -> [String],
        quotas: @escaping @Sendable (Catalog, Instant) -> [String: SourceGrant] = { _, _ in [:] },
        readings: @escaping GaugeReading.Source = { _, _, _ in [] }, bounds: WorkerBounds, health: Health,
        metrics: PathMetrics, log: Log, owner: String, partitions: [String: Int32] = [:], crash: CrashPoints = .none
    ) {
        self.decider = decider
        self.address = address
        self.kafka = kafka
        self.feed = feed
        self.inputs = inputs
        self.quotas = quotas
        self.readings = readings
        self.bounds = bounds
        self.health = health
        self.metrics = metrics
        self.log = log
        self.owner = owner
        marker = AttemptMarker(owner: owner)
        work = LaneWork(decider: decider, partitions: partitions, bounds: bounds)
        self.crash = crash
        let wire = LinkWire(service: decider.service) { decider.dialect(of: $0) }
        committer = Committer(
            address: address, publisher: Publisher(wire: wire, settings: kafka, metrics: metrics), metrics: metrics, crash: crash)
    }

    /// Works until a stop is asked for. A broken world is waited out; nothing is half written at any moment.
    public func run(until isOver: () -> Bool = { Shutdown.isRequested }) {
        var backoff = Backoff(initial: .milliseconds(100), cap: .seconds(5))
        committer.start()
        while !isOver() {
            health.progress()
            do {
                try turn()
                backoff.reset()
            } catch {
                metrics.rolledBack(error)
                switch error {
                case .fenced:
                    log.info("another worker moved a lane of ours; reading again where it stands", event: "fenced")
                    forget(closing: false)
                    // Taking lanes up turns whoever else believes to hold them away. Two of them would do so to one another for ever: who is
                    // turned away again before it has committed anything waits, by lot.
                    if hasCommittedNothing { _ = Shutdown.wait(atMost: turnedAway.next()) }
                    hasCommittedNothing = true
                case .unavailable(let reason, _), .outcomeUnknown(let reason):
                    metrics.databaseUp(false)
                    waitFor("db", reason, &backoff)
                case .kafka: waitFor("kafka", "\(error)", &backoff)
                case .refused, .corrupt:
                    log.error("the database refuses what no message explains", event: "row-refused", ["reason": .text("\(error)")])
                    health.set("path", .failing("\(error)"))
                    forget(closing: false)
                    _ = Shutdown.wait(atMost: backoff.next())
                }
            }
        }
        stop()
    }

    /// A dependency is not there: everything known is dropped, and after a while it is tried again.
    private func waitFor(_ dependency: String, _ reason: String, _ backoff: inout Backoff) {
        log.warning("waiting for a dependency", event: "dependency-unavailable", ["reason": .text(reason)])
        health.set(dependency, .failing(reason))
        forget(closing: true)
        _ = Shutdown.wait(atMost: backoff.next())
    }

    private func turn() throws(StoreFault) {
        let store = try openStore()
        guard let catalog = feed.current else {
            _ = Shutdown.wait(atMost: .milliseconds(50))
            return
        }
        let consumer = try openConsumer()
        try holdLanes(store, consumer, catalog)
        guard let lease, !lease.held.isEmpty else {
            // What the database knows is told by whoever is there: else an instance that gave its lanes up would go on telling what was.
            try tell(store, catalog)
            _ = Shutdown.wait(atMost: .milliseconds(200))
            return
        }
        try keepHouse(store, consumer, catalog)
        try standStill(store, consumer, catalog)
        try replayLetter(store, catalog, lease.held)

        var batch = InputBatch()
        if committer.outlook.pending < bounds.pendingMax { batch.messages = try poll(consumer) }
        batch.timers = try dueTimers(store, amid: batch.messages)
        let tools = tools(store)
        if let sweep = try work.nextSweep(catalog, tools) { batch.sweeps.append(sweep) }
        guard !batch.isEmpty else {
            try work.settle(tools)
            return
        }
        guard marker.isCareful else { return try work.carryOut(batch, catalog, tools) }
        for piece in marker.pieces(of: batch, applied: { work.appliedEvents($0) }) {
            if let crash = try marker.begin(piece, applied: { work.appliedEvents($0) }, on: store.connection) {
                work.poison(crash.place, crash.poison)
            }
            try work.carryOut(piece, catalog, tools)
            try work.settle(tools)
            try marker.passed(piece, on: store.connection)
            health.progress()
        }
    }

    /// A dead letter that is to be decided again, if one waits.
    private func replayLetter(_ store: PostgresStore, _ catalog: Catalog, _ held: Set<Int32>) throws(StoreFault) {
        guard let input = try inbox.next(of: held, for: decider, catalog: catalog, on: store.connection) else { return }
        if let refusal = try work.replay(input, catalog, tools(store)) { try inbox.close(input.id, refusal, on: store.connection) }
    }

    /// Partitions of which too much was refused are read no more.
    private func standStill(_ store: PostgresStore, _ consumer: KafkaConsumer, _ catalog: Catalog) throws(StoreFault) {
        guard !pausesDue.isEmpty else { return }
        for index in pausesDue.indices {
            if let next = work.book.nextOffset[pausesDue[index].place] { pausesDue[index].next = next }
        }
        try pauseBook.pause(pausesDue, catalog: catalog, on: store.connection)
        // What is torn stays told as torn.
        for pause in pausesDue where pauses[pause.place]?.isTruncation != true {
            pauses[pause.place] = .standing("\(pause)")
            announce(pause.place, .standing("\(pause)"))
        }
        pausesDue = []
        try assign(consumer)
    }

    // MARK: opening

    private func openStore() throws(StoreFault) -> PostgresStore {
        if let store, store.connection.isAlive { return store }
        forget(closing: true)
        let opened = try PostgresStore(address)
        store = opened
        try housekeeping.keepHouse(opened.connection, now: WallClock.now)
        houseKeptAt = MonotonicClock.now
        try marker.open(on: opened.connection)
        health.set("db", .ok)
        metrics.databaseUp(true)
        metrics.reconnected()
        return opened
    }

    private func openConsumer() throws(StoreFault) -> KafkaConsumer {
        if let consumer { return consumer }
        do {
            let opened = try KafkaConsumer(kafka, groupID: "xinqiao." + decider.service.rawValue)
            consumer = opened
            return opened
        } catch {
            throw .kafka("\(error)")
        }
    }

    /// Renews the lease every two seconds; reads everything anew when the lanes or the topics are others than before.
    private func holdLanes(_ store: PostgresStore, _ consumer: KafkaConsumer, _ catalog: Catalog) throws(StoreFault) {
        let isDue = MonotonicClock.now.since(renewedAt) >= .seconds(2)
        guard isDue || lease == nil else { return }
        renewedAt = MonotonicClock.now
        let wanted = inputs(catalog)
        var changedTopics = false
        if wanted != wantedTopics { topicsWantedAt = MonotonicClock.now }
        var isAsked = lease == nil || wanted != wantedTopics
        if !isAsked { isAsked = try hasCome(missingTopics, consumer) }
        if isAsked {
            let there = try checkPartitions(wanted, consumer)
            changedTopics = lease == nil || there != topics
            wantedTopics = wanted
            topics = there
        }
        var lease = self.lease ?? Lease(owner: owner, lanes: work.laneCount)
        let before = self.lease == nil ? nil : Optional(lease.held)
        let held = try lease.renew(store)
        self.lease = lease
        quotaBook.grant(quotas(catalog, WallClock.now), held: held.count, of: work.laneCount, at: Self.quotaClock)
        let mayBeRemedied =
            pauses.values.contains { if case .standing = $0 { true } else { false } } && catalog.version != pausesCheckedVersion
        guard changedTopics || held != before || mayBeRemedied else { return }
        try load(held, store, consumer, catalog)
    }

    /// Whether one of the topics that were not there has been made. Looked for at every renewal in the first minute, since who publishes a
    /// source makes its topic next, and then every ten seconds: the question may wait behind a fetch.
    private func hasCome(_ missing: [String], _ consumer: KafkaConsumer) throws(StoreFault) -> Bool {
        let now = MonotonicClock.now
        let every: Duration = now.since(topicsWantedAt) < .seconds(60) ? .zero : .seconds(10)
        guard !missing.isEmpty, now.since(topicsCheckedAt) >= every else { return false }
        topicsCheckedAt = now
        let there = try partitionCounts(consumer)
        return missing.contains { there[$0] != nil }
    }

    private func partitionCounts(_ consumer: KafkaConsumer) throws(StoreFault) -> [String: Int] {
        do {
            return try consumer.partitionCounts(timeout: .seconds(10))
        } catch {
            throw .kafka("\(error)")
        }
    }

    /// The topics that are there, all with the same number of partitions. A sender's topic that is not there yet must not stop
    /// the others: it is named in `/readyz` and looked for again. One of our own must be there.
    private func checkPartitions(_ wanted: [String], _ consumer: KafkaConsumer) throws(StoreFault) -> [String] {
        let known = try partitionCounts(consumer)
        var counts: Set<Int> = []
        var there: [String] = []
        missingTopics = []
        for topic in wanted {
            guard let count = known[topic] else {
                guard Topic.writer(of: topic) != nil else {
                    throw .kafka("topic \(topic) is missing; run `xinqiao topics apply`")
                }
                missingTopics.append(topic)
                continue
            }
            counts.insert(count)
            there.append(topic)
        }
        health.set(
            "topics",
            missingTopics.isEmpty
                ? .ok : .failing("not there yet: \(missingTopics.joined(separator: ", ")); run `xinqiao topics apply`"))
        guard counts.count == 1, let count = counts.first else {
            throw .kafka("the topics differ in their number of partitions \(counts.sorted()); they must all have the same")
        }
        guard work.laneCount == 0 || work.laneCount == Int32(count) else {
            throw .kafka(
                "the topics had \(work.laneCount) partitions and now have \(count); drain, then restart with the new number")
        }
        work.laneCount = Int32(count)
        return there
    }

    private func load(
        _ held: Set<Int32>, _ store: PostgresStore, _ consumer: KafkaConsumer, _ catalog: Catalog
    ) throws(StoreFault) {
        try work.settle(tools(store))
        try committer.drain(.seconds(2))
        try forgetKept(consumer)
        // A question to a partition's leader waits behind the fetches on the same connection, and there are many questions.
        do throws(KafkaFault) { try consumer.assign([]) } catch { throw .kafka("\(error)") }
        let loaded = try LaneLoader(store: store, consumer: consumer, topics: topics, progress: health.progress).load(held)
        metrics.lanes(assigned: held.subtracting(work.held).count, revoked: work.held.subtracting(held).count)
        let wanted = Set(topics)
        for place in work.book.nextOffset.keys where loaded.book.nextOffset[place] == nil || !wanted.contains(place.topic) {
            metrics.left(place)
        }
        for link in stalled { heal(link) }
        work.takeUp(held, loaded.book)
        var found = loaded.pauses
        for (place, reason) in loaded.pauses {
            try pauseBook.pauseTruncated(
                place, next: loaded.book.nextOffset[place] ?? 0, "\(reason)", catalog: catalog, on: store.connection)
        }
        for (place, reason) in try pauseBook.standing(in: held, catalog: catalog, on: store.connection)
        where found[place] == nil && wanted.contains(place.topic) {
            found[place] = reason
        }
        try committer.restart(acked: loaded.acked, rows: loaded.unacknowledged, lanes: held)
        // Only now: as long as the lanes can not be taken up, what stood goes on standing.
        for place in pauses.keys where found[place] == nil {
            health.remove(place.checkName)
            metrics.resumed(place)
        }
        pauses = found
        pausesDue = []
        pausesCheckedVersion = catalog.version
        try assign(consumer)
        for (place, reason) in pauses { announce(place, reason) }
        health.set("kafka", .ok)
        health.set("path", .ok)
        log.info(
            "working on lanes", event: "lanes-taken",
            ["lanes": .text(held.sorted().map(String.init).joined(separator: ",")), "topics": .int(topics.count)])
    }

    private func assign(_ consumer: KafkaConsumer) throws(StoreFault) {
        try forgetKept(consumer)
        let wanted = Set(topics)
        let positions = work.book.nextOffset
            .filter { wanted.contains($0.key.topic) && pauses[$0.key] == nil }
            .map { TopicPosition(topic: $0.key.topic, partition: $0.key.partition, offset: $0.value) }
        for topic in topics { metrics.assigned(positions.count { $0.topic == topic }, of: topic) }
        do {
            try consumer.assign(positions)
        } catch {
            throw .kafka("\(error)")
        }
    }

    private func announce(_ place: TopicPartition, _ reason: PauseReason) {
        health.set(place.checkName, .failing("\(reason.code): \(reason)"))
        metrics.paused(place, reason)
        log.error(
            "partition paused", event: reason.code,
            ["topic": .text(place.topic), "partition": .int(place.partition), "reason": .text("\(reason)")])
    }

    // MARK: inputs

    private func poll(_ consumer: KafkaConsumer) throws(StoreFault) -> [RawMessage] {
        let waited =
            quotaBook.isEmpty
            ? [] : quotaBook.letGo(countMax: max(1, bounds.messagesMax / 2), bytesMax: bounds.bytesMax / 2, at: Self.quotaClock)
        var messages: [RawMessage] = []
        var errors: [PartitionError] = []
        // Three batches' states are in memory at once, so smaller batches where states are large.
        let bytesMax = work.isCrowded ? bounds.bytesMax / 4 : bounds.bytesMax
        do {
            try consumer.poll(
                into: &messages, errors: &errors, countMax: max(1, bounds.messagesMax - waited.count),
                bytesMax: waited.isEmpty ? bytesMax : bytesMax / 2,
                wait: waited.isEmpty ? bounds.wait : .zero)
        } catch {
            throw .kafka("\(error)")
        }
        // Before a faulty partition makes everything be fetched anew: what waits is dropped then, and nothing behind it may pass it.
        let admitted = quotaBook.isEmpty && waited.isEmpty ? messages : try admit(messages, consumer)
        for error in errors {
            let place = TopicPartition(topic: error.topic, partition: error.partition)
            guard pauses[place] == nil else { continue }
            guard let marks = try? consumer.watermarks(topic: error.topic, partition: error.partition, timeout: .seconds(5)) else {
                throw .kafka("\(error.fault)")
            }
            guard let reason = PauseReason(next: work.book.nextOffset[place] ?? 0, low: marks.low, high: marks.high) else {
                throw .kafka("\(error.fault)")
            }
            if let store, let catalog = feed.current {
                try pauseBook.pauseTruncated(
                    place, next: work.book.nextOffset[place] ?? 0, "\(reason)", catalog: catalog, on: store.connection)
            }
            pauses[place] = reason
            announce(place, reason)
            try assign(consumer)
        }
        var run: (topic: String, count: Int) = ("", 0)
        for message in messages {
            if message.topic == run.topic {
                run.count += 1
            } else {
                if run.count > 0 { metrics.consumed(run.count, from: run.topic) }
                run = (message.topic, 1)
            }
        }
        if run.count > 0 { metrics.consumed(run.count, from: run.topic) }
        return waited.isEmpty ? admitted : waited + admitted
    }

    // MARK: quotas

    /// Time for the quotas. Not the wall clock: a source must neither stand still nor burst because somebody set the time.
    private static var quotaClock: Instant { Instant(microseconds: MonotonicClock.now.nanoseconds / 1_000) }

    /// What of the messages may be taken now.
    private func admit(_ messages: [RawMessage], _ consumer: KafkaConsumer) throws(StoreFault) -> [RawMessage] {
        let admitted = quotaBook.admit(messages, at: Self.quotaClock)
        if admitted.count < messages.count { metrics.heldBack(messages, admitted: admitted) }
        try slowDown(consumer)
        return admitted
    }

    /// Fetches nothing more of a source of which something waits for its quota, and again of one of which nothing waits any more.
    private func slowDown(_ consumer: KafkaConsumer) throws(StoreFault) {
        let now = quotaBook.slowed
        guard now != slowed else { return }
        let before = slowed
        slowed = now
        do throws(KafkaFault) {
            try consumer.pause(positions(of: now.subtracting(before)))
            try consumer.resume(positions(of: before.subtracting(now)))
        } catch { throw .kafka("\(error)") }
        for topic in now.symmetricDifference(before) { metrics.slowed(topic, now.contains(topic)) }
    }

    /// What waits for a quota will be fetched again, and everything is fetched from again.
    private func forgetKept(_ consumer: KafkaConsumer) throws(StoreFault) {
        quotaBook.forgetKept()
        try slowDown(consumer)
    }

    private func positions(of topics: Set<String>) -> [TopicPosition] {
        work.book.nextOffset.filter { topics.contains($0.key.topic) }
            .map { TopicPosition(topic: $0.key.topic, partition: $0.key.partition, offset: $0.value) }
    }

    /// What is due may wait a little while much is coming in: a hundred facts about a subject then make one portrait and not several.
    private func dueTimers(_ store: PostgresStore, amid messages: [RawMessage]) throws(StoreFault) -> [LaneTimer] {
        let waited = MonotonicClock.now.since(timersCheckedAt)
        guard waited >= bounds.timersWait else { return [] }
        let isBusy = messages.reduce(0) { $0 + $1.eventCount } >= bounds.busyEventsMin
        guard !isBusy || waited >= bounds.timersWaitBusy else { return [] }
        let due = try work.dueTimers(store, at: WallClock.now)
        // A full answer means that there may be more: look again at once.
        if due.isAll { timersCheckedAt = MonotonicClock.now }
        return due.timers
    }

    // MARK: the work's tools

    private func tools(_ store: PostgresStore) -> LaneTools<PostgresStore, Committer> {
        LaneTools(
            store: store, hand: committer, clock: { WallClock.now },
            beforeDeciding: { [self] batch, poisoned in crashOnDeadlyMessage(batch, poisoned) },
            committed: { [self] done in report(done) })
    }

    private func report(_ done: CommittedBatch) {
        // A batch may come in many pieces.
        health.progress()
        hasCommittedNothing = false
        turnedAway.reset()
        pausesDue += pauseBook.note(done.batch.messages, refused: done.result.write.deadLetters)
        metrics.committed(done.result.write, in: MonotonicClock.now.since(done.started), messages: done.batch.messages.count)
        metrics.latencies(done.batch.messages, at: WallClock.now)
        note(done.batch.messages)
        for (link, gap) in done.result.gaps { stall(link, gap) }
        for link in done.result.healed { heal(link) }
    }

    private func stall(_ link: LinkIn, _ gap: LinkGap) {
        stalled.insert(link)
        metrics.gap(link)
        tellStalled(link.place.topic)
        guard health.set(link.checkName, .failing("expected \(gap.expected), found \(gap.found)")) else { return }
        log.warning(
            "a message of a link is missing; what comes behind it waits", event: "link-gap",
            [
                "link": .text(link.source), "topic": .text(link.place.topic), "partition": .integer(Int64(link.place.partition)),
                "expected": .integer(gap.expected), "found": .integer(gap.found),
            ])
    }

    private func heal(_ link: LinkIn) {
        stalled.remove(link)
        health.remove(link.checkName)
        tellStalled(link.place.topic)
    }

    private func tellStalled(_ topic: String) { metrics.stalled(topic, stalled.count { $0.place.topic == topic }) }

    /// Notes when the last of these messages of each partition had come.
    private func note(_ messages: [RawMessage]) {
        for (message, next) in zip(messages, messages.dropFirst()) where message.partition != next.partition || message.topic != next.topic
        {
            reached[TopicPartition(topic: message.topic, partition: message.partition)] = message.timestamp
        }
        if let last = messages.last { reached[TopicPartition(topic: last.topic, partition: last.partition)] = last.timestamp }
    }

    /// The hook of fault tests: a message that nobody survives, until it is known to be poison.
    private func crashOnDeadlyMessage(_ batch: InputBatch, _ poisoned: [MessagePlace: Poison]) {
        guard let deadly = crash.deadlyKey else { return }
        for message in batch.messages {
            for (index, key) in message.eventKeys.enumerated() where key == deadly {
                if poisoned.refusal(of: message, index: Int32(clamping: index)) == nil { crash.die() }
            }
        }
    }

    // MARK: housekeeping

    private func keepHouse(_ store: PostgresStore, _ consumer: KafkaConsumer, _ catalog: Catalog) throws(StoreFault) {
        guard MonotonicClock.now.since(markedAt) >= .milliseconds(500) else { return }
        markedAt = MonotonicClock.now
        let outlook = committer.outlook
        metrics.pending(outlook.pending)
        let wanted = Set(topics)
        var positions: [TopicPosition] = []
        for (place, next) in work.book.nextOffset where wanted.contains(place.topic) {
            metrics.position(
                place, next: next, marks: consumer.cachedWatermarks(topic: place.topic, partition: place.partition),
                reached: reached[place],
                at: WallClock.now)
            positions.append(TopicPosition(topic: place.topic, partition: place.partition, offset: next))
        }
        consumer.storeForLag(positions)
        askBroker(consumer)
        if MonotonicClock.now.since(houseKeptAt) >= .seconds(60) {
            houseKeptAt = MonotonicClock.now
            try housekeeping.keepHouse(store.connection, now: WallClock.now)
        }
        try tell(store, catalog)
        if let fault = outlook.fault {
            if health.set("outbox", .failing("\(fault)")) {
                log.warning("the outbox can not be worked on", event: "outbox-fault", ["reason": .text("\(fault)")])
            }
        } else if let blocked = outlook.blocked.first {
            health.set("outbox", .failing("\(blocked.link.place.topic)/\(blocked.link.place.partition): \(blocked.reason)"))
        } else {
            health.set("outbox", .ok)
        }
    }

    /// A broker that goes while there is work to wait for changes nothing: no message comes, as when there is none. So what the library complains
    /// of is followed by a question, until one is answered.
    private func askBroker(_ consumer: KafkaConsumer) {
        brokerFault = consumer.takeBackgroundFault() ?? brokerFault
        guard let fault = brokerFault, MonotonicClock.now.since(brokerAskedAt) >= .seconds(5) else { return }
        do throws(KafkaFault) {
            _ = try consumer.partitionCounts(timeout: .seconds(2))
            brokerFault = nil
            health.set("kafka", .ok)
        } catch {
            if health.set("kafka", .failing("\(fault)")) {
                log.warning("no broker answers", event: "broker-unreachable", ["reason": .text("\(fault)")])
            }
        }
        brokerAskedAt = MonotonicClock.now
    }

    /// What only the database knows, for alerts: once every ten seconds, in which memory is given back as well; the service's own once a minute.
    private func tell(_ store: PostgresStore, _ catalog: Catalog) throws(StoreFault) {
        if MonotonicClock.now.since(readAt) >= .seconds(60) {
            readAt = MonotonicClock.now
            do {
                metrics.show(try readings(catalog, store.connection, WallClock.now))
            } catch { throw StoreFault(error) }
        }
        guard MonotonicClock.now.since(gaugedAt) >= .seconds(10) else { return }
        gaugedAt = MonotonicClock.now
        HeapTuning.giveBack()
        guard let row = try store.rows(Self.readGauges, []).first else { return }
        do {
            metrics.gauges(
                deadLetters: try row.int64(0), transactionIDAge: try row.int64(1), oldestUnpublished: try row.doubleOrNil(2) ?? 0,
                leaves: try row.int64(3), unsignedAge: try row.doubleOrNil(4) ?? 0)
        } catch { throw StoreFault(error) }
    }

    /// Drops everything known: the next turn reads it again, under the row lock.
    private func forget(closing: Bool) {
        work.forget(committer)
        lease = nil
        // Whoever has just taken up looks for timers at once, before it may be turned away again.
        timersCheckedAt = MonotonicClock.now + .seconds(-60)
        if closing {
            store?.close()
            store = nil
        }
    }

    private func stop() {
        do throws(StoreFault) {
            if let store { try work.settle(tools(store)) } else { work.forget(committer) }
        } catch {
            log.info("left to the next start", event: "batch-dropped", ["reason": .text("\(error)")])
        }
        _ = try? committer.drain(.seconds(3))
        if let store {
            try? lease?.release(store)
            try? marker.close(on: store.connection)
            store.close()
        }
        committer.stop()
        consumer?.close()
    }

    /// A clock that jumped may have written moments that are still to come: no age is below zero.
    static var readGauges: String {
        """
        SELECT (SELECT count(*) FROM dead_letter WHERE status IN ('open', 'fixed')),
               (SELECT age(datfrozenxid)::int8 FROM pg_database WHERE datname = current_database()),
               (SELECT greatest(0, extract(epoch FROM now() - min(o.created_at))::float8)
                  FROM link_out l
                  JOIN outbox o ON o.lane = l.lane AND o.topic = l.topic AND o.partition = l.partition AND o.last_seq > l.acked_seq
                 WHERE l.acked_seq < l.last_seq),
               (SELECT coalesce(sum(size), 0)::int8 FROM ledger_head),
               (SELECT greatest(0, extract(epoch FROM now() - min(waiting_since))::float8)
                  FROM ledger_head WHERE signed_size < size)
        """
    }
}

extension TopicPartition {
    /// The name of the readiness check of this partition.
    var checkName: String { "partition \(topic)/\(partition)" }
}

extension LinkIn {
    /// The name of the readiness check of this link.
    fileprivate var checkName: String { "link \(source) \(place.topic)/\(place.partition)" }
}
