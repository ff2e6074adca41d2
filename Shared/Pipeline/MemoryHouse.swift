import Contracts
import Deciding
import Vocabulary
import Wire

/// The whole suite in one process and without a broker: the services' real deciders and the real step over logs and stores in
/// memory. Time stands still unless it is moved. For scenarios.
public final class MemoryHouse {
    /// One message on a topic in memory.
    public struct LoggedMessage: Sendable {
        public let topic: String
        public let raw: RawMessage
        public let event: CloudEvent
        public var body: JSONValue? { (try? JSONDocument(parsing: event.data))?.root }
    }

    public let lanes: Int32
    public private(set) var now: Instant
    public private(set) var catalog = Catalog.empty
    private var entries: [CatalogEntry] = []
    private var logs: [TopicPartition: [RawMessage]] = [:]
    private var rooms: [any Room] = []
    /// What came from outside, in order, each at the house's time then: enough to tell the same story to another house.
    public private(set) var sent: [(at: Instant, message: RawMessage)] = []

    public init(lanes: Int32 = 4, now: Instant) {
        self.lanes = lanes
        self.now = now
    }

    /// Takes a service in. Its inputs may depend on the catalogue.
    public func add<Service: Decider>(_ decider: Service, inputs: @escaping (Catalog) -> [String]) {
        rooms.append(ServiceRoom(decider: decider, lanes: lanes, inputs: inputs))
    }

    /// Publishes catalogue entries; the walks they cause are done at the next `settle`.
    public func publish(_ new: [CatalogEntry]) {
        entries.append(contentsOf: new)
        catalog = Catalog(version: catalog.version + Int64(new.count), entries: entries)
    }

    /// A message from outside, as a sender's client would write it.
    public func send(
        to topic: String, type: String, id: String, subject: String, at time: Instant, data: [UInt8], source: String = "test"
    ) {
        var event = CloudEvent(id: id, source: source, type: type, data: data)
        event.time = time
        event.subject = subject
        event.dataContentType = "application/json"
        append(topic: topic, partition: Lane.of(subject, lanes: lanes), key: subject, headers: event.binaryHeaders(), value: data)
    }

    /// Raw bytes as they are, for messages that are not what they should be.
    public func sendRaw(to topic: String, key: String, headers: [(name: String, value: [UInt8])], value: [UInt8]?) {
        append(topic: topic, partition: Lane.of(key, lanes: lanes), key: key, headers: headers, value: value)
    }

    private func append(topic: String, partition: Int32, key: String, headers: [(name: String, value: [UInt8])], value: [UInt8]?) {
        let place = TopicPartition(topic: topic, partition: partition)
        let offset = Int64(logs[place]?.count ?? 0)
        let message = RawMessage(
            topic: topic, partition: partition, offset: offset, key: Array(key.utf8), value: value, headers: headers)
        logs[place, default: []].append(message)
        sent.append((now, message))
    }

    /// Lets every service work until nothing moves any more.
    public func settle() throws(StoreFault) {
        var isMoving = true
        while isMoving {
            isMoving = false
            for room in rooms {
                let turn = try room.work(logs: logs, catalog: catalog, now: now)
                if turn.didMove { isMoving = true }
                for row in turn.rows {
                    isMoving = true
                    for message in room.wire.raw(row, at: 0) { append(message) }
                }
            }
        }
    }

    private func append(_ message: RawMessage) {
        let place = TopicPartition(topic: message.topic, partition: message.partition)
        let offset = Int64(logs[place]?.count ?? 0)
        logs[place, default: []].append(
            RawMessage(
                topic: message.topic, partition: message.partition, offset: offset, key: message.key, value: message.value,
                headers: message.headers))
    }

    /// Moves the clock and settles, stopping at every timer on the way.
    public func advance(to moment: Instant) throws(StoreFault) {
        try settle()
        while let next = rooms.compactMap({ $0.nextTimer }).min(), next <= moment {
            now = max(now, next)
            try settle()
        }
        now = max(now, moment)
        try settle()
    }

    /// Every event on a topic, lane by lane.
    public func messages(on topic: String) -> [LoggedMessage] {
        let isPacked = Topic.dialect(of: topic) == .packed
        return (0..<lanes).flatMap { lane in
            (logs[TopicPartition(topic: topic, partition: lane)] ?? []).flatMap { raw in
                if isPacked { return raw.events.map { LoggedMessage(topic: topic, raw: raw, event: $0) } }
                let event = try? CloudEvent.decode(headers: raw.headers, value: raw.value ?? [], limits: .standard)
                return event.map { [LoggedMessage(topic: topic, raw: raw, event: $0)] } ?? []
            }
        }
    }

    /// The store of one service.
    public func store(of service: ServiceName) -> MemoryStore? { rooms.first { $0.service == service }?.store }

    /// The rows of one table of one service, each as column name → cell, in the order of their keys' text.
    public func rows(_ service: ServiceName, _ table: String) -> [[String: Cell]] {
        guard let found = store(of: service)?.tables.first(where: { $0.key.name == table }) else { return [] }
        return found.value.sorted { "\($0.key)" < "\($1.key)" }
            .map { Dictionary(uniqueKeysWithValues: zip(found.key.columns.map(\.name), $0.value)) }
    }
}

/// One service at work in memory.
private protocol Room: AnyObject {
    var service: ServiceName { get }
    var wire: LinkWire { get }
    var store: MemoryStore { get }
    var nextTimer: Instant? { get }
    /// Does what there is to do and returns what is to be sent. `didMove` is false when there was nothing to do.
    func work(
        logs: [TopicPartition: [RawMessage]], catalog: Catalog, now: Instant
    ) throws(StoreFault) -> (didMove: Bool, rows: [OutboxRow])
}

private final class ServiceRoom<Service: Decider>: Room {
    let decider: Service
    let lanes: Int32
    let inputs: (Catalog) -> [String]
    let store = MemoryStore()
    let wire: LinkWire
    private var cache = StateCache<Service.State>()

    init(decider: Service, lanes: Int32, inputs: @escaping (Catalog) -> [String]) {
        self.decider = decider
        self.lanes = lanes
        self.inputs = inputs
        wire = LinkWire(service: decider.service) { decider.dialect(of: $0) }
    }

    var service: ServiceName { decider.service }
    var nextTimer: Instant? { store.timers.values.min() }

    func work(
        logs: [TopicPartition: [RawMessage]], catalog: Catalog, now: Instant
    ) throws(StoreFault) -> (didMove: Bool, rows: [OutboxRow]) {
        let book = store.takeUp(topics: inputs(catalog), lanes: lanes)
        var batch = InputBatch()
        for topic in inputs(catalog) {
            for lane in 0..<lanes {
                let place = TopicPartition(topic: topic, partition: lane)
                let next = Int(book.nextOffset[place] ?? 0)
                guard let log = logs[place], next < log.count else { continue }
                batch.messages.append(contentsOf: log[next...])
            }
        }
        batch.timers = store.dueTimers(at: now)
        let swept = decider.sweptKinds.sorted().flatMap { catalog.latest($0) }
        for lane in 0..<lanes {
            let entries = swept.filter { entry in
                store.sweeps[MemoryStore.SweepKey(lane: lane, kind: entry.kind, id: entry.id)]?.version != entry.version
            }
            guard !entries.isEmpty else { continue }
            let keys = store.states.keys.filter { $0.lane == lane }.map(\.key).sorted()
            batch.sweeps.append(
                SweepStep(
                    lane: lane, entries: entries, keys: keys,
                    marks: entries.map { SweepMark(lane: lane, of: $0, cursor: keys.last, isDone: true) }))
        }
        guard !batch.isEmpty else { return (false, store.takeOutbox()) }
        let step = Step(decider: decider, lanes: lanes)
        let result = try step.run(batch, book: book, cache: &cache, catalog: catalog, at: now, loading: store)
        try store.commit(result.write)
        return (true, store.takeOutbox())
    }
}
