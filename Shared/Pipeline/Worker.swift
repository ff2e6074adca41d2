import Chassis
import Contracts
import Deciding
import Kafka
import Postgres
import Vocabulary
import Wire

/// Bounds of a batch and of waiting.
package struct WorkerBounds: Sendable {
    package var messagesMax = 10_000
    package var bytesMax = 4 << 20
    /// How long an idle worker waits for a first message.
    package var wait: Duration = .milliseconds(20)
    /// Keys of one step of a catalogue walk.
    package var sweepKeysMax = 200
    package var timersMax = 500
    /// States kept decoded.
    package var cachedStatesMax = 20_000
    /// Committed but unacknowledged messages above which nothing more is read.
    package var pendingMax = 50_000
    /// Outbox rows older than their retention that are removed at a time.
    package var pruneRowsMax = 5_000

    package init() {}
}

/// One worker: it owns some lanes and walks the one path. Its thread reads and decides; its committer, on a second thread and
/// connection, commits and publishes the batch before meanwhile.
package final class Worker<Service: Decider> {
    private let decider: Service
    private let address: PostgresAddress
    private let kafka: KafkaSettings
    private let feed: CatalogFeed
    private let inputs: @Sendable (Catalog) -> [String]
    private let bounds: WorkerBounds
    private let health: Health
    private let metrics: PathMetrics
    private let log: Log
    private let owner: String

    private var store: PostgresStore?
    private var consumer: KafkaConsumer?
    private let committer: Committer
    private let crash: CrashPoints
    /// The batch whose write is on its way to the database.
    private var underWay: UnderWay?
    private var lease: Lease?
    private var lanes: Int32 = 0
    private let partitions: [String: Int32]
    /// What is read; what the catalogue asks for; what of that the broker does not have yet.
    private var topics: [String] = []
    private var wantedTopics: [String] = []
    private var missingTopics: [String] = []
    private var topicsCheckedAt = MonotonicClock.now
    private var book = LaneBook()
    private var cache = StateCache<Service.State>()
    private var pauses: [TopicPartition: PauseReason] = [:]
    private var sweeps: [SweepMark] = []
    private var sweptVersion: Int64 = -1
    private var timersCheckedAt = MonotonicClock.now + .seconds(-60)
    private var renewedAt = MonotonicClock.now + .seconds(-60)
    private var markedAt = MonotonicClock.now
    private var gaugedAt = MonotonicClock.now + .seconds(-60)
    private var prunedAt = MonotonicClock.now
    /// Offsets whose message the database refused: they go to the dead letters when met again.
    private var poisoned: [MessagePlace: Refusal] = [:]

    /// A batch that was decided on what came before it, and all that is needed to decide it again.
    private struct UnderWay {
        let batch: InputBatch
        let catalog: Catalog
        let before: LaneBook
        let result: StepResult
        let started: MonotonicInstant
    }

    package init(
        decider: Service, address: PostgresAddress, kafka: KafkaSettings, feed: CatalogFeed,
        inputs: @escaping @Sendable (Catalog) -> [String], bounds: WorkerBounds, health: Health, metrics: PathMetrics, log: Log,
        owner: String, partitions: [String: Int32] = [:], crash: CrashPoints = .none
    ) {
        self.decider = decider
        self.address = address
        self.kafka = kafka
        self.feed = feed
        self.inputs = inputs
        self.bounds = bounds
        self.health = health
        self.metrics = metrics
        self.log = log
        self.owner = owner
        self.partitions = partitions
        self.crash = crash
        let wire = LinkWire(service: decider.service) { decider.dialect(of: $0) }
        committer = Committer(
            address: address, publisher: Publisher(wire: wire, settings: kafka, metrics: metrics), crash: crash)
    }

    /// Works until a stop is asked for. A broken world is waited out; nothing is half written at any moment.
    package func run() {
        var backoff = Backoff(initial: .milliseconds(100), cap: .seconds(5))
        committer.start()
        while !Shutdown.isRequested {
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
                case .unavailable(let reason), .outcomeUnknown(let reason):
                    log.warning("waiting for a dependency", event: "dependency-unavailable", ["reason": .text(reason)])
                    health.set(reason.hasPrefix("kafka") ? "kafka" : "db", .failing(reason))
                    metrics.databaseUp(false)
                    forget(closing: true)
                    _ = Shutdown.wait(atMost: backoff.next())
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

    private func turn() throws(StoreFault) {
        let store = try openStore()
        guard let catalog = feed.current else {
            _ = Shutdown.wait(atMost: .milliseconds(50))
            return
        }
        let consumer = try openConsumer()
        try holdLanes(store, consumer, catalog)
        guard let lease, !lease.held.isEmpty else {
            _ = Shutdown.wait(atMost: .milliseconds(200))
            return
        }
        try keepHouse(store, consumer)

        var batch = InputBatch()
        if committer.outlook.pending < bounds.pendingMax { batch.messages = try poll(consumer) }
        batch.timers = try dueTimers(store, lease.held)
        if let sweep = try nextSweep(store, catalog) { batch.sweeps.append(sweep) }
        guard !batch.isEmpty else {
            try settle()
            return
        }
        try carryOut(batch, catalog, store)
    }

    // MARK: opening

    private func openStore() throws(StoreFault) -> PostgresStore {
        if let store, store.connection.isAlive { return store }
        forget(closing: true)
        let opened = try PostgresStore(address)
        store = opened
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
            throw .unavailable("kafka: \(error)")
        }
    }

    /// Renews the lease every two seconds; reads everything anew when the lanes or the topics are others than before.
    private func holdLanes(_ store: PostgresStore, _ consumer: KafkaConsumer, _ catalog: Catalog) throws(StoreFault) {
        let isDue = MonotonicClock.now.since(renewedAt) >= .seconds(2)
        guard isDue || lease == nil else { return }
        renewedAt = MonotonicClock.now
        let wanted = inputs(catalog)
        var changedTopics = false
        if lease == nil || wanted != wantedTopics || (!missingTopics.isEmpty && MonotonicClock.now.since(topicsCheckedAt) >= .seconds(10)) {
            let there = try checkPartitions(wanted, consumer)
            changedTopics = lease == nil || there != topics
            wantedTopics = wanted
            topics = there
        }
        var lease = self.lease ?? Lease(owner: owner, lanes: lanes)
        let before = self.lease == nil ? nil : Optional(lease.held)
        let held = try lease.renew(store)
        self.lease = lease
        guard changedTopics || held != before else { return }
        try load(held, store, consumer)
    }

    /// The topics that are there, all with the same number of partitions. A sender's topic that is not there yet must not stop
    /// the others: it is named in `/readyz` and looked for again. One of our own must be there.
    private func checkPartitions(_ wanted: [String], _ consumer: KafkaConsumer) throws(StoreFault) -> [String] {
        topicsCheckedAt = MonotonicClock.now
        var counts: Set<Int> = []
        var there: [String] = []
        missingTopics = []
        for topic in wanted {
            let count: Int?
            do {
                count = try consumer.partitionCount(topic: topic, timeout: .seconds(10))
            } catch {
                throw .unavailable("kafka: \(error)")
            }
            guard let count else {
                guard Topic.writer(of: topic) != nil else {
                    throw .unavailable("kafka: topic \(topic) is missing; run `xinqiao topics apply`")
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
            throw .unavailable("kafka: the topics differ in their number of partitions \(counts.sorted()); they must all have the same")
        }
        guard lanes == 0 || lanes == Int32(count) else {
            throw .unavailable("kafka: the topics had \(lanes) partitions and now have \(count); drain, then restart with the new number")
        }
        lanes = Int32(count)
        return there
    }

    private func load(_ held: Set<Int32>, _ store: PostgresStore, _ consumer: KafkaConsumer) throws(StoreFault) {
        try settle()
        try committer.drain(.seconds(2))
        for place in pauses.keys {
            health.remove(place.checkName)
            metrics.resumed(place)
        }
        let loaded = try LaneLoader(store: store, consumer: consumer, topics: topics).load(held)
        book = loaded.book
        cache = StateCache()
        pauses = loaded.pauses
        sweeps = []
        sweptVersion = -1
        try committer.restart(acked: loaded.acked, rows: loaded.unacknowledged, lanes: held)
        try assign(consumer)
        for (place, reason) in pauses { announce(place, reason) }
        health.set("kafka", .ok)
        health.set("path", .ok)
        log.info(
            "working on lanes", event: "lanes-taken",
            ["lanes": .text(held.sorted().map(String.init).joined(separator: ",")), "topics": .int(topics.count)])
    }

    private func assign(_ consumer: KafkaConsumer) throws(StoreFault) {
        let wanted = Set(topics)
        let positions = book.nextOffset
            .filter { wanted.contains($0.key.topic) && pauses[$0.key] == nil }
            .map { TopicPosition(topic: $0.key.topic, partition: $0.key.partition, offset: $0.value) }
        do {
            try consumer.assign(positions)
        } catch {
            throw .unavailable("kafka: \(error)")
        }
    }

    private func announce(_ place: TopicPartition, _ reason: PauseReason) {
        health.set(place.checkName, .failing("\(reason)"))
        metrics.paused(place, reason)
        log.error(
            "partition paused", event: reason.code,
            ["topic": .text(place.topic), "partition": .int(place.partition), "reason": .text("\(reason)")])
    }

    // MARK: inputs

    private func poll(_ consumer: KafkaConsumer) throws(StoreFault) -> [RawMessage] {
        var messages: [RawMessage] = []
        var errors: [PartitionError] = []
        do {
            try consumer.poll(
                into: &messages, errors: &errors, countMax: bounds.messagesMax, bytesMax: bounds.bytesMax, wait: bounds.wait)
        } catch {
            throw .unavailable("kafka: \(error)")
        }
        for error in errors {
            let place = TopicPartition(topic: error.topic, partition: error.partition)
            guard pauses[place] == nil else { continue }
            guard let marks = try? consumer.watermarks(topic: error.topic, partition: error.partition, timeout: .seconds(5)) else {
                throw .unavailable("kafka: \(error.fault)")
            }
            let next = book.nextOffset[place] ?? 0
            guard next < marks.low || next > marks.high else { throw .unavailable("kafka: \(error.fault)") }
            let reason = PauseReason.truncated(next: next, low: marks.low, high: marks.high)
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
        return messages
    }

    private func dueTimers(_ store: PostgresStore, _ held: Set<Int32>) throws(StoreFault) -> [LaneTimer] {
        guard MonotonicClock.now.since(timersCheckedAt) >= .milliseconds(250) else { return [] }
        var timers: [LaneTimer] = []
        for row in try store.rows(
            Self.readTimers, [.int32s(Array(held)), .instant(WallClock.now), .int64(Int64(bounds.timersMax))])
        {
            do {
                let timer = LaneTimer(
                    lane: try row.int32(0), key: try row.text(1), timer: DueTimer(name: try row.text(2), due: try row.instant(3)))
                // A write under way may be taking it away or putting it off: it is looked for again afterwards.
                let key = TimerKey(lane: timer.lane, key: timer.key, name: timer.timer.name)
                if underWay?.result.write.timers[key] == nil { timers.append(timer) }
            } catch { throw StoreFault(error) }
        }
        // A full answer means that there may be more: look again at once.
        if timers.count < bounds.timersMax { timersCheckedAt = MonotonicClock.now }
        return timers
    }

    /// The next keys of a catalogue walk, if there is one to do.
    private func nextSweep(_ store: PostgresStore, _ catalog: Catalog) throws(StoreFault) -> SweepStep? {
        if sweptVersion != catalog.version {
            // What is under way was decided with the catalogue of before: its keys must be there to be walked over.
            try settle()
            try planSweeps(store, catalog)
        }
        guard let mark = sweeps.first, let entry = catalog.entry(mark.kind, mark.id, version: mark.version) else {
            if !sweeps.isEmpty { sweeps.removeFirst() }
            return nil
        }
        var keys: [String] = []
        for row in try store.rows(
            Self.readKeys, [.int32(mark.lane), .text(mark.cursor ?? ""), .int64(Int64(bounds.sweepKeysMax))])
        {
            do {
                keys.append(try row.text(0))
            } catch { throw StoreFault(error) }
        }
        let isDone = keys.count < bounds.sweepKeysMax
        let after = SweepMark(
            lane: mark.lane, kind: mark.kind, id: mark.id, version: mark.version, cursor: keys.last ?? mark.cursor, isDone: isDone)
        if isDone { sweeps.removeFirst() } else { sweeps[0] = after }
        return SweepStep(lane: mark.lane, entry: entry, keys: keys, mark: after)
    }

    private func planSweeps(_ store: PostgresStore, _ catalog: Catalog) throws(StoreFault) {
        guard let lease else { return }
        var done: [String: SweepMark] = [:]
        for row in try store.rows(Self.readSweeps, [.int32s(Array(lease.held))]) {
            do {
                let mark = SweepMark(
                    lane: try row.int32(0), kind: try row.text(1), id: try row.text(2), version: try row.int64(3),
                    cursor: try row.textOrNil(4), isDone: try row.bool(5))
                done["\(mark.lane)/\(mark.kind)/\(mark.id)"] = mark
            } catch { throw StoreFault(error) }
        }
        sweeps = []
        for kind in decider.sweptKinds.sorted() {
            for entry in catalog.latest(kind) {
                for lane in lease.held.sorted() {
                    let known = done["\(lane)/\(kind)/\(entry.id)"]
                    if let known, known.version == entry.version, known.isDone { continue }
                    let cursor = known?.version == entry.version ? known?.cursor : nil
                    sweeps.append(
                        SweepMark(lane: lane, kind: kind, id: entry.id, version: entry.version, cursor: cursor, isDone: false))
                }
            }
        }
        sweptVersion = catalog.version
    }

    // MARK: the step

    /// Decides the batch while the one before is being committed, then gives it to the committer.
    private func carryOut(_ batch: InputBatch, _ catalog: Catalog, _ store: PostgresStore) throws(StoreFault) {
        let started = MonotonicClock.now
        crashOnDeadlyMessage(batch)
        var before = book
        var result = try decide(batch, catalog, store)
        if try !settle() {
            // The batch before was decided anew, so this one must be too.
            before = book
            result = try decide(batch, catalog, store)
        }
        book = result.book
        cache.trim(to: bounds.cachedStatesMax)
        underWay = UnderWay(batch: batch, catalog: catalog, before: before, result: result, started: started)
        committer.submit(result.write)
        // Timers and walks are read from the database, which must have caught up before more of them are looked for.
        if !batch.timers.isEmpty || !batch.sweeps.isEmpty { try settle() }
    }

    private func decide(_ batch: InputBatch, _ catalog: Catalog, _ store: PostgresStore) throws(StoreFault) -> StepResult {
        try Step(decider: decider, lanes: lanes, partitions: partitions).run(
            batch, book: book, cache: &cache, catalog: catalog, at: WallClock.now, poisoned: poisoned,
            pendingIDs: underWay?.result.write.outsideIDs ?? [:], loading: store)
    }

    /// Waits for the write that is under way. False when the database refused a row of it: then it has been carried out in parts,
    /// and what was decided on top of it is void.
    @discardableResult
    private func settle() throws(StoreFault) -> Bool {
        guard let done = underWay else { return true }
        underWay = nil
        do {
            try committer.finish()
        } catch {
            cache = StateCache()
            guard case .refused(let sqlstate, let reason) = error, let store else { throw error }
            book = done.before
            try bisect(done.batch, done.catalog, store, sqlstate: sqlstate, reason: reason)
            return false
        }
        for place in done.result.write.deadLetters.keys { poisoned[place] = nil }
        metrics.committed(done.result.write, in: MonotonicClock.now.since(done.started), messages: done.batch.messages.count)
        for (link, gap) in done.result.gaps {
            health.set(
                "link " + link.source, .failing("\(link.place.topic)/\(link.place.partition): expected \(gap.expected), found \(gap.found)")
            )
            metrics.gap(link)
        }
        for link in done.result.healed { health.remove("link " + link.source) }
        return true
    }

    /// The database refuses a row of this batch: halve it until the message is found, and set that one aside alone.
    private func bisect(
        _ batch: InputBatch, _ catalog: Catalog, _ store: PostgresStore, sqlstate: String, reason: String
    ) throws(StoreFault) {
        if let (first, second) = batch.halves(applied: appliedEvents) {
            for half in [first, second] {
                try carryOut(half, catalog, store)
                try settle()
            }
        } else if let message = batch.messages.first {
            let place = MessagePlace(
                topic: message.topic, partition: message.partition, offset: message.offset, index: Int32(clamping: appliedEvents(message)))
            guard poisoned[place] == nil else { throw .refused(sqlstate: sqlstate, reason) }
            poisoned[place] = Refusal(code: "row-refused", detail: reason)
            try carryOut(batch, catalog, store)
            try settle()
        } else {
            throw .refused(sqlstate: sqlstate, reason)
        }
    }

    /// How many events of a packed message the link has passed.
    private func appliedEvents(_ message: RawMessage) -> Int {
        guard decider.dialect(of: message.topic) == .packed, let sender = message.linkHeaders else { return 0 }
        let link = LinkIn(source: sender.source, place: TopicPartition(topic: message.topic, partition: message.partition))
        guard case .next(_, let from) = book.judge(link, first: sender.sequence, count: message.eventCount) else { return 0 }
        return from
    }

    /// The hook of fault tests: a message that nobody survives, until it is known to be poison.
    private func crashOnDeadlyMessage(_ batch: InputBatch) {
        guard let deadly = crash.deadlyKey else { return }
        for message in batch.messages {
            for (index, key) in message.eventKeys.enumerated() where key == deadly {
                let place = MessagePlace(
                    topic: message.topic, partition: message.partition, offset: message.offset, index: Int32(clamping: index))
                if poisoned[place] == nil { crash.die() }
            }
        }
    }

    // MARK: housekeeping

    private func keepHouse(_ store: PostgresStore, _ consumer: KafkaConsumer) throws(StoreFault) {
        guard MonotonicClock.now.since(markedAt) >= .milliseconds(500) else { return }
        markedAt = MonotonicClock.now
        let outlook = committer.outlook
        metrics.pending(outlook.pending)
        let wanted = Set(topics)
        var positions: [TopicPosition] = []
        for (place, next) in book.nextOffset where wanted.contains(place.topic) {
            metrics.position(place, next: next, high: consumer.cachedHigh(topic: place.topic, partition: place.partition))
            positions.append(TopicPosition(topic: place.topic, partition: place.partition, offset: next))
        }
        consumer.storeForLag(positions)
        try gauge(store)
        if MonotonicClock.now.since(prunedAt) >= .seconds(60) {
            prunedAt = MonotonicClock.now
            _ = try store.rows(Self.pruneOutbox, [.int64(Int64(bounds.pruneRowsMax))])
        }
        if let blocked = outlook.blocked.first {
            health.set("outbox", .failing("\(blocked.link.place.topic)/\(blocked.link.place.partition): \(blocked.reason)"))
        } else {
            health.set("outbox", .ok)
        }
    }

    /// What only the database knows, for alerts: once every ten seconds.
    private func gauge(_ store: PostgresStore) throws(StoreFault) {
        guard MonotonicClock.now.since(gaugedAt) >= .seconds(10) else { return }
        gaugedAt = MonotonicClock.now
        guard let row = try store.rows(Self.readGauges, []).first else { return }
        do {
            metrics.gauges(
                deadLetters: try row.int64(0), transactionIDAge: try row.int64(1), oldestUnpublished: try row.doubleOrNil(2) ?? 0,
                stalledLinks: book.linksStalled.count)
        } catch { throw StoreFault(error) }
    }

    /// Drops everything known: the next turn reads it again, under the row lock.
    private func forget(closing: Bool) {
        if underWay != nil {
            underWay = nil
            // Whatever became of it is read from the database.
            _ = try? committer.finish()
        }
        cache = StateCache()
        lease = nil
        sweeps = []
        if closing {
            store?.close()
            store = nil
        }
    }

    private func stop() {
        do throws(StoreFault) {
            try settle()
        } catch {
            log.info("left to the next start", event: "batch-dropped", ["reason": .text("\(error)")])
        }
        _ = try? committer.drain(.seconds(3))
        if let store {
            try? lease?.release(store)
            store.close()
        }
        committer.stop()
        consumer?.close()
    }

    static var readTimers: String {
        """
        SELECT lane, key, name, due_at FROM timer WHERE lane = ANY ($1::int4[]) AND due_at <= $2
         ORDER BY due_at, lane, key, name LIMIT $3
        """
    }
    // As long as the topics keep what was sent: within that time a link can be sent again from here.
    static var pruneOutbox: String {
        """
        DELETE FROM outbox o
         USING (SELECT b.lane, b.topic, b.partition, b.first_seq
                  FROM outbox b
                  JOIN link_out l ON l.lane = b.lane AND l.topic = b.topic AND l.partition = b.partition AND b.last_seq <= l.acked_seq
                 WHERE b.created_at < now() - interval '14 days'
                 LIMIT $1) AS old
         WHERE o.lane = old.lane AND o.topic = old.topic AND o.partition = old.partition AND o.first_seq = old.first_seq
        """
    }
    static var readGauges: String {
        """
        SELECT (SELECT count(*) FROM dead_letter),
               (SELECT age(datfrozenxid)::int8 FROM pg_database WHERE datname = current_database()),
               (SELECT extract(epoch FROM now() - min(o.created_at))::float8
                  FROM link_out l
                  JOIN outbox o ON o.lane = l.lane AND o.topic = l.topic AND o.partition = l.partition AND o.last_seq > l.acked_seq
                 WHERE l.acked_seq < l.last_seq)
        """
    }
    static var readKeys: String { "SELECT key FROM state WHERE lane = $1 AND key > $2 ORDER BY key LIMIT $3" }
    static var readSweeps: String { "SELECT lane, kind, id, version, cursor, is_done FROM sweep WHERE lane = ANY ($1::int4[])" }
}

extension TopicPartition {
    /// The name of the readiness check of this partition.
    var checkName: String { "partition \(topic)/\(partition)" }
}
