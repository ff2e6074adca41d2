import Chassis
import Contracts
import Deciding
import Kafka
import Synchronization
import Vocabulary
import Wire

/// Reads the catalogue topic from its beginning on a thread of its own and keeps the current picture of it.
///
/// The topic is compacted and small, so every start reads all of it: there is no second copy that could differ.
public final class CatalogFeed: Sendable {
    private let latest = Mutex<Catalog?>(nil)
    private let isStopped = Atomic<Bool>(false)

    public init() {}

    /// A feed that reads nothing: for a decider that needs no catalogue.
    public init(fixed catalog: Catalog) { latest.withLock { $0 = catalog } }

    /// The latest picture; nil until the topic was read to its end once.
    public var current: Catalog? { latest.withLock { $0 } }

    public func stop() { isStopped.store(true, ordering: .relaxed) }

    /// Starts reading. `report` hears of entries that can not be read, and of the state of the feed for `/readyz`.
    public func start(_ settings: KafkaSettings, groupID: String, health: Health, log: Log) {
        OwnThread.start(named: "catalog") { [self] in
            var backoff = Backoff(initial: .milliseconds(200), cap: .seconds(5))
            while !isStopped.load(ordering: .relaxed) {
                do {
                    try read(settings, groupID: groupID, health: health, log: log) { backoff.reset() }
                } catch {
                    health.set("catalog", .failing("\(error)"))
                    _ = Shutdown.wait(atMost: backoff.next())
                }
            }
        }
    }

    private func read(
        _ settings: KafkaSettings, groupID: String, health: Health, log: Log, whenReached: () -> Void
    ) throws(KafkaFault) {
        let consumer = try KafkaConsumer(settings, groupID: groupID)
        defer { consumer.close() }
        guard try consumer.partitionCount(topic: Topic.catalogEntries, timeout: .seconds(10)) != nil else {
            throw .unknownTopicOrPartition(topic: Topic.catalogEntries, partition: 0)
        }
        let (low, high) = try consumer.watermarks(topic: Topic.catalogEntries, partition: 0, timeout: .seconds(10))
        try consumer.assign([TopicPosition(topic: Topic.catalogEntries, partition: 0, offset: low)])
        var entries: [CatalogEntry] = []
        var next = low
        var published: Int64 = -1
        while !isStopped.load(ordering: .relaxed) {
            var batch: [RawMessage] = []
            var errors: [PartitionError] = []
            try consumer.poll(into: &batch, errors: &errors, countMax: 5_000, bytesMax: 8 << 20, wait: .milliseconds(200))
            if let error = errors.first { throw error.fault }
            for message in batch {
                next = message.offset + 1
                guard let value = message.value, !value.isEmpty else { continue }
                do {
                    entries.append(try CatalogEntry(try JSONDocument(parsing: value).root))
                } catch {
                    log.error(
                        "catalogue entry can not be read and is left out", event: "catalog-entry-unreadable",
                        ["offset": .int(message.offset), "reason": .text("\(error)")])
                }
            }
            // A picture is made when what was there at the start has been read and nothing more comes at once.
            guard batch.isEmpty, next >= high, next != published else { continue }
            published = next
            let catalog = Catalog(version: next, entries: entries)
            // On this thread, while the lanes go on with the picture before.
            if let current { catalog.prepareViews(like: current, at: WallClock.now) }
            latest.withLock { $0 = catalog }
            health.set("catalog", .ok)
            whenReached()
        }
    }
}
