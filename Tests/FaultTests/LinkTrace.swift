import Contracts
import Foundation
import Kafka
import Pipeline
import Support
import Vocabulary
import Wire

/// O4: what a consumer of all topics between the services and out of the house would have seen, judged with the names that Jepsen gives
/// to anomalies. It goes on from where it stopped, so one trace spans many faults.
struct LinkTrace {
    enum Anomaly: String, CaseIterable {
        /// A sequence that was given out can not be applied from the log.
        case lostWrite = "lost-write"
        /// One link's sequence with two contents.
        case rewritten
        /// A record that went down the house twice, or a release that left it twice, under two sequences.
        case duplicateEffect = "duplicate"
        /// An offset that does not grow.
        case nonmonotonic
        /// An offset that a consumer is never given.
        case pollSkip = "poll-skip"
    }

    struct Link: Hashable {
        let source: String
        let topic: String
        let partition: Int32
    }

    private var next: [String: Int64] = [:]
    private var applied: [Link: Int64] = [:]
    private var contents: [Link: [Int64: Int]] = [:]
    private var recordIDs: Set<String> = []
    /// What left the house, as type, receiver's topic and id of the release.
    private var releaseIDs: Set<String> = []
    /// Whose releases are looked at; all when nil. A forged link can put a firm's request on another lane, where nobody knows that it was met:
    /// who may write between the services is trusted with that.
    var judged: Set<String>?
    /// Where the database began a new epoch, if it was restored from a backup.
    private var epoch: Int64 = 0
    private var cuts: [Link: Int64] = [:]
    /// What the broker had acknowledged of each link before the last reading began: the log must have it.
    var acknowledged: [Link: Int64] = [:]
    /// The last three messages that are no events, by place: what fuzz wrote, or the cause of a link that ends too early.
    private var unreadable: [String: [RawMessage]] = [:]
    private(set) var anomalies: [Anomaly: [String]] = [:]
    private(set) var events = 0
    /// Events that lay in the log once more; the readers drop them.
    private(set) var repeated = 0
    /// Events ahead of their link, passed over by the readers and sent again.
    private(set) var early = 0

    private mutating func note(_ anomaly: Anomaly, _ text: String) { anomalies[anomaly, default: []].append(text) }

    /// Reads on to the end of every topic.
    mutating func read(_ world: FaultWorld) throws {
        epoch = try world.number("SELECT epoch FROM governance.link_epoch")
        for line in try world.texts("SELECT source || ' ' || topic || ' ' || partition || ' ' || last_seq FROM governance.link_cut") {
            let parts = line.split(separator: " ").map(String.init)
            guard parts.count == 4, let partition = Int32(parts[2]), let last = Int64(parts[3]) else { continue }
            cuts[Link(source: parts[0], topic: parts[1], partition: partition)] = last
        }
        acknowledged = try Self.links(world, "acked_seq")
        let places = try world.texts("SELECT DISTINCT topic || '/' || partition FROM operator.link_out ORDER BY 1")
        let consumer = try KafkaConsumer(KafkaSettings(bootstrap: world.kafka.bootstrap, clientID: "trace"), groupID: "trace")
        defer { consumer.close() }
        // All at once: what makes a reading slow is the first answer of each assignment.
        var left: [String: (next: Int64, end: Int64)] = [:]
        var positions: [TopicPosition] = []
        for name in places where !name.hasPrefix("deadletters.") {
            let parts = name.split(separator: "/")
            guard parts.count == 2, let partition = Int32(parts[1]) else { continue }
            let topic = String(parts[0])
            let marks = try consumer.marks(of: topic, partition)
            let position = next[name] ?? marks.low
            guard position < marks.high else { continue }
            left[name] = (position, marks.high)
            positions.append(TopicPosition(topic: topic, partition: partition, offset: position))
        }
        try consumer.assign(positions)
        var idle = 0
        while !left.isEmpty {
            var messages: [RawMessage] = []
            var errors: [PartitionError] = []
            // Less than the client's queue holds: only a full answer wakes a client whose queue was full.
            try consumer.poll(into: &messages, errors: &errors, countMax: 10_000, bytesMax: 8 << 20, wait: .milliseconds(500))
            idle = messages.isEmpty ? idle + 1 : 0
            if idle > 40 { throw Trouble("the log can not be read to its end: \(left)") }
            for message in messages {
                let name = "\(message.topic)/\(message.partition)"
                // What came since is for the next reading.
                guard let (position, end) = left[name] else { continue }
                follow(message, from: position)
                next[name] = message.offset + 1
                left[name] = message.offset + 1 < end ? (message.offset + 1, end) : nil
            }
        }
    }

    /// The message that a consumer is given when it asks for what lies at `position`.
    mutating func follow(_ message: RawMessage, from position: Int64) {
        let name = "\(message.topic)/\(message.partition)"
        if message.offset < position { note(.nonmonotonic, "\(name): \(message.offset) after \(position - 1)") }
        if message.offset > position { note(.pollSkip, "\(name): \(message.offset) after \(position - 1)") }
        judge(message)
    }

    private mutating func judge(_ message: RawMessage) {
        let found = Self.events(message)
        if found.isEmpty {
            let place = "\(message.topic)/\(message.partition)"
            unreadable[place] = (unreadable[place] ?? []).suffix(2) + [message]
        }
        for event in found {
            guard let sequence = event.sequence, !event.source.hasPrefix(Fuzzer.source) else { continue }
            let link = Link(source: event.source, topic: message.topic, partition: message.partition)
            // Decided by a database that is gone, after the moment of the backup.
            if LinkNumber.epoch(of: sequence) < epoch, sequence > cuts[link] ?? 0 { continue }
            var hasher = Hasher()
            hasher.combine(event.type)
            hasher.combine(event.subject)
            hasher.combine(event.data)
            let content = hasher.finalize()
            events += 1
            if let known = contents[link]?[sequence] {
                repeated += 1
                if known != content { note(.rewritten, "\(link.source) → \(link.topic)/\(link.partition) #\(sequence)") }
            } else {
                contents[link, default: [:]][sequence] = content
            }
            let last = applied[link] ?? 0
            let isEpochsFirst = epoch > 0 && sequence == LinkNumber.before(epoch) + 1 && last == cuts[link] ?? 0
            if sequence > last + 1, !isEpochsFirst { early += 1 }
            guard sequence == last + 1 || isEpochsFirst else { continue }
            applied[link] = sequence
            if message.topic == Topic.ingestionRecords,
                let id = (try? JSONDocument(parsing: event.data))?.root["recordId"]?.string, !recordIDs.insert(id).inserted
            {
                note(.duplicateEffect, "record \(id) was sent twice")
            }
            // A recall names the release that it is about.
            if message.topic.hasSuffix(Self.outward), judged?.contains(event.subject ?? "") ?? true,
                let id = (try? JSONDocument(parsing: event.data))?.root["releaseId"]?.string,
                !releaseIDs.insert("\(event.type) \(message.topic) \(id)").inserted
            {
                note(.duplicateEffect, "release \(id) left twice as \(event.type)")
            }
        }
    }

    /// How the topics end in which things leave the house; exchange alone writes them.
    private static let outward = ".out.v1"

    /// Where it lies, why it is no event, and what its headers say.
    private static func complaint(about message: RawMessage) -> String {
        var reason = "a block that can not be opened"
        do { _ = try CloudEvent.decode(headers: message.headers, value: message.value ?? []) } catch { reason = "\(error)" }
        let headers = message.headers.map { "\($0.name)=\(String(decoding: $0.value.prefix(80), as: UTF8.self))" }.joined(separator: " ")
        return "@\(message.offset) \(reason.cut(200)) [\(headers.cut(400))]"
    }

    private static func events(_ message: RawMessage) -> [CloudEvent] {
        if Topic.dialect(of: message.topic) == .packed {
            return RawMessage(
                topic: message.topic, partition: message.partition, offset: message.offset, key: message.key, value: message.value,
                headers: message.headers
            ).events
        }
        return (try? CloudEvent.decode(headers: message.headers, value: message.value ?? [])).map { [$0] } ?? []
    }

    /// Compares with what the writers believe to have given out. A house at rest may still send something of its own accord, so what the log
    /// has lies between what was acknowledged before it was read and what is given out now.
    mutating func close(_ world: FaultWorld) throws { close(givenOut: try Self.links(world, "last_seq")) }

    mutating func close(givenOut: [Link: Int64]) {
        for (link, last) in acknowledged where applied[link] ?? 0 < last {
            let place = "\(link.topic)/\(link.partition)"
            let later = (contents[link] ?? [:]).keys.filter { $0 > applied[link] ?? 0 }.sorted().prefix(5)
            note(
                .lostWrite,
                "\(link.source) \(place) #\(last): the log has up to \(applied[link] ?? 0), then \(Array(later)); unreadable there: "
                    + "\((unreadable[place] ?? []).map { Self.complaint(about: $0) })")
        }
        for (link, last) in givenOut where applied[link] ?? 0 > last {
            note(.lostWrite, "\(link.source) \(link.topic)/\(link.partition) #\(applied[link] ?? 0): the writer knows up to \(last)")
        }
    }

    private static func links(_ world: FaultWorld, _ column: String) throws -> [Link: Int64] {
        var links: [Link: Int64] = [:]
        for line in try world.texts(
            """
            SELECT 'xinqiao/' || service || '/' || lane || ' ' || topic || ' ' || partition || ' ' || \(column) FROM operator.link_out
             WHERE topic NOT LIKE 'deadletters.%'
            """)
        {
            let parts = line.split(separator: " ").map(String.init)
            guard parts.count == 4, let partition = Int32(parts[2]), let number = Int64(parts[3]) else { continue }
            links[Link(source: parts[0], topic: parts[1], partition: partition)] = number
        }
        return links
    }
}
