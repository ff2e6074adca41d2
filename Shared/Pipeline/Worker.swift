import Chassis
import Contracts
import Deciding
import Kafka
import Postgres
import Vocabulary
import Wire

/// Bounds of a batch and of waiting.
package struct WorkerBounds: Sendable {
    package var messagesMax = 2_000
    package var bytesMax = 4 << 20
    /// How long an idle worker waits for a first message.
    package var wait: Duration = .milliseconds(20)
    /// Keys of one step of a catalogue walk.
    package var sweepKeysMax = 200
    package var timersMax = 500
    /// States kept decoded.
    package var cachedStatesMax = 5_000
    /// Committed but unacknowledged messages above which nothing more is read.
    package var pendingMax = 50_000
    /// Outbox rows older than their retention that are removed at a time.
    package var pruneRowsMax = 5_000

    package init() {}
}

/// One worker: one thread, one database connection, one consumer, one publisher. It owns some lanes and walks the one path.
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
    private let publisher: Publisher
    private var lease: Lease?
    private var lanes: Int32 = 0
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

    package init(
        decider: Service, address: PostgresAddress, kafka: KafkaSettings, feed: CatalogFeed,
        inputs: @escaping @Sendable (Catalog) -> [String], bounds: WorkerBounds, health: Health, metrics: PathMetrics, log: Log,
        owner: String
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
        publisher = Publisher(service: decider.service, settings: kafka, metrics: metrics)
    }

    /// Works until a stop is asked for. A broken world is waited out; nothing is half written at any moment.
    package func run() {
        var backoff = Backoff(initial: .milliseconds(100), cap: .seconds(5))
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
        if publisher.needsRestart { try restartPublisher(store, lease.held) }
        publisher.serve(wait: .zero)
        try keepHouse(store, consumer)

        var batch = InputBatch()
        if publisher.pending < bounds.pendingMax { batch.messages = try poll(consumer) }
        batch.timers = try dueTimers(store, lease.held)
        if let sweep = try nextSweep(store, catalog) { batch.sweeps.append(sweep) }
        guard !batch.isEmpty else {
            publisher.serve(wait: publisher.pending > 0 ? .milliseconds(2) : .zero)
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
        publisher.drain(.seconds(2))
        try markAcknowledged(store)
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
        publisher.restart(acked: loaded.acked, rows: loaded.unacknowledged)
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
        var messages: [ConsumedMessage] = []
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
        metrics.consumed(messages.count, from: "all")
        return messages.map { message in
            RawMessage(
                topic: message.topic, partition: message.partition, offset: message.offset, key: message.key, value: message.value,
                headers: message.headers.map { ($0.name, $0.value) })
        }
    }

    private func dueTimers(_ store: PostgresStore, _ held: Set<Int32>) throws(StoreFault) -> [LaneTimer] {
        guard MonotonicClock.now.since(timersCheckedAt) >= .milliseconds(250) else { return [] }
        var timers: [LaneTimer] = []
        for row in try store.rows(
            Self.readTimers, [.int32s(Array(held)), .instant(WallClock.now), .int64(Int64(bounds.timersMax))])
        {
            do {
                timers.append(
                    LaneTimer(
                        lane: try row.int32(0), key: try row.text(1), timer: DueTimer(name: try row.text(2), due: try row.instant(3))))
            } catch { throw StoreFault(error) }
        }
        // A full answer means that there may be more: look again at once.
        if timers.count < bounds.timersMax { timersCheckedAt = MonotonicClock.now }
        return timers
    }

    /// The next keys of a catalogue walk, if there is one to do.
    private func nextSweep(_ store: PostgresStore, _ catalog: Catalog) throws(StoreFault) -> SweepStep? {
        if sweptVersion != catalog.version { try planSweeps(store, catalog) }
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

    private func carryOut(_ batch: InputBatch, _ catalog: Catalog, _ store: PostgresStore) throws(StoreFault) {
        let started = MonotonicClock.now
        let step = Step(decider: decider, lanes: lanes)
        let result = try step.run(
            batch, book: book, cache: &cache, catalog: catalog, at: WallClock.now, poisoned: poisoned, loading: store)
        do {
            try store.commit(result.write)
        } catch {
            cache = StateCache()
            guard case .refused(let sqlstate, let reason) = error else { throw error }
            try bisect(batch, catalog, store, sqlstate: sqlstate, reason: reason)
            return
        }
        book = result.book
        cache.trim(to: bounds.cachedStatesMax)
        for place in result.write.deadLetters.keys { poisoned[place] = nil }
        publisher.publish(result.write.outbox)
        metrics.committed(result.write, in: MonotonicClock.now.since(started), messages: batch.messages.count)
        for (link, gap) in result.gaps {
            health.set(
                "link " + link.source, .failing("\(link.place.topic)/\(link.place.partition): expected \(gap.expected), found \(gap.found)")
            )
            metrics.gap(link)
        }
        for link in result.healed { health.remove("link " + link.source) }
    }

    /// The database refuses a row of this batch: halve it until the message is found, and set that one aside alone.
    private func bisect(
        _ batch: InputBatch, _ catalog: Catalog, _ store: PostgresStore, sqlstate: String, reason: String
    ) throws(StoreFault) {
        if batch.messages.count > 1 {
            let middle = batch.messages.count / 2
            try carryOut(InputBatch(messages: Array(batch.messages[..<middle])), catalog, store)
            try carryOut(
                InputBatch(messages: Array(batch.messages[middle...]), timers: batch.timers, sweeps: batch.sweeps), catalog, store)
        } else if let message = batch.messages.first, !batch.timers.isEmpty || !batch.sweeps.isEmpty {
            try carryOut(InputBatch(messages: [message]), catalog, store)
            try carryOut(InputBatch(timers: batch.timers, sweeps: batch.sweeps), catalog, store)
        } else if let message = batch.messages.first {
            let place = MessagePlace(topic: message.topic, partition: message.partition, offset: message.offset)
            guard poisoned[place] == nil else { throw .refused(sqlstate: sqlstate, reason) }
            poisoned[place] = Refusal(code: "row-refused", detail: reason)
            try carryOut(batch, catalog, store)
        } else {
            throw .refused(sqlstate: sqlstate, reason)
        }
    }

    // MARK: housekeeping

    private func keepHouse(_ store: PostgresStore, _ consumer: KafkaConsumer) throws(StoreFault) {
        guard MonotonicClock.now.since(markedAt) >= .milliseconds(500) else { return }
        markedAt = MonotonicClock.now
        try markAcknowledged(store)
        metrics.pending(publisher.pending)
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
        if let blocked = publisher.blockedLinks.first {
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

    private func markAcknowledged(_ store: PostgresStore) throws(StoreFault) {
        let acked = publisher.takeAcknowledged()
        guard !acked.isEmpty else { return }
        let all = acked.sorted {
            ($0.key.lane, $0.key.place.topic, $0.key.place.partition) < ($1.key.lane, $1.key.place.topic, $1.key.place.partition)
        }
        _ = try store.rows(
            LaneLoader.markAcknowledged,
            [
                .int32s(all.map(\.key.lane)), .texts(all.map(\.key.place.topic)), .int32s(all.map(\.key.place.partition)),
                .int64s(all.map(\.value)),
            ])
    }

    private func restartPublisher(_ store: PostgresStore, _ held: Set<Int32>) throws(StoreFault) {
        try markAcknowledged(store)
        guard let consumer else { return }
        let loader = LaneLoader(store: store, consumer: consumer, topics: topics)
        publisher.restart(acked: try loader.acknowledged(held), rows: try loader.unacknowledged(held))
        _ = Shutdown.wait(atMost: .milliseconds(100))
    }

    /// Drops everything known: the next turn reads it again, under the row lock.
    private func forget(closing: Bool) {
        cache = StateCache()
        lease = nil
        sweeps = []
        if closing {
            store?.close()
            store = nil
        }
    }

    private func stop() {
        publisher.drain(.seconds(3))
        if let store {
            try? markAcknowledged(store)
            try? lease?.release(store)
            store.close()
        }
        publisher.close()
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
