import Chassis
import Contracts
import Deciding
import Kafka
import Synchronization
import Vocabulary

/// Sends what was committed: each link in order, each message to its stored partition, never past a failure.
///
/// The hot path sends from memory. On any failed delivery the producer is dropped, and everything above the last acknowledged
/// sequence of each link is read from the outbox and sent again. What is sent next is `LinkSender`'s business; this is its hands. Used
/// by one thread.
final class Publisher {
    private let settings: KafkaSettings
    private let metrics: PathMetrics
    private let reports = ReportBox()
    private var producer: KafkaProducer?
    private var sender: LinkSender
    /// Links whose destination is missing, or refuses what it is given, wait until then; the others go on.
    private var blocked: [LinkOut: (reason: String, until: MonotonicInstant)] = [:]
    /// By the sender's number of the link.
    private var destinations: [KafkaProducer.Destination?] = []
    /// True after a failed delivery: the caller must `restart` with what the outbox has.
    private(set) var needsRestart = false

    init(wire: LinkWire, settings: KafkaSettings, metrics: PathMetrics) {
        self.settings = settings
        self.metrics = metrics
        sender = LinkSender(wire: wire)
    }

    /// Committed messages that the broker has not acknowledged.
    var pending: Int { sender.pending }

    /// Links that wait because their destination is missing or refuses them, for `/readyz`.
    var blockedLinks: [(link: LinkOut, reason: String)] { blocked.map { ($0.key, $0.value.reason) } }

    /// Begins anew with what the outbox has above the acknowledged sequences.
    func restart(acked: [LinkOut: Int64], rows: [OutboxRow]) {
        producer?.abandon()
        producer = nil
        destinations.removeAll()
        reports.clear()
        if !blocked.isEmpty {
            // Who was refused is not asked again at once, or one refusal would keep all links going back for ever.
            let links = Set(rows.map(\.link))
            blocked = blocked.filter { links.contains($0.key) }
        }
        needsRestart = false
        sender.restart(acked: acked, rows: rows)
        pump()
    }

    /// Queues rows just committed, in order, and hands over what fits.
    func publish(_ rows: [OutboxRow]) {
        for row in rows { sender.enqueue(row) }
        pump()
    }

    /// Serves delivery reports and hands over what waits.
    func serve(wait: Duration) {
        guard !needsRestart else { return }
        producer?.serve(wait: wait)
        settle()
        pump()
    }

    /// Acknowledged sequences that changed since the last call: to be written back to `link_out`.
    func takeAcknowledged() -> [LinkOut: Int64] {
        for (topic, count) in sender.takeAcknowledgedCounts() { metrics.published(topic, count) }
        return sender.takeAcknowledged()
    }

    /// Lets `takeAcknowledged` give everything again.
    func offerAcknowledgedAgain() { sender.offerAcknowledgedAgain() }

    /// Waits a bounded time for what is in flight, for an orderly stop.
    func drain(_ timeout: Duration) {
        let deadline = MonotonicClock.now + timeout
        while pending > 0, !needsRestart, MonotonicClock.now < deadline { serve(wait: .milliseconds(20)) }
    }

    func close() { producer?.abandon() }

    /// Puts the producer, if there is one, into the state that follows a fatal error: for tests.
    func provokeFatal(_ reason: String) { producer?.provokeFatal(reason) }

    // MARK: inside

    private func pump() {
        guard !needsRestart else { return }
        let now = MonotonicClock.now
        var fault: KafkaFault?
        sender.handOver { link, message, ticket in
            if let blocked = blocked[link] {
                if blocked.until > now { return .blocked }
                self.blocked[link] = nil
            }
            do throws(KafkaFault) {
                let producer = try opened()
                try producer.produce(
                    to: destination(of: link, ticket.link, producer), topic: link.place.topic, partition: link.place.partition,
                    in: message.frames, key: message.key, value: message.value, headers: message.headers, tag: ticket.tag)
                return .taken
            } catch {
                switch error {
                case .queueFull: return .full
                case .unknownTopicOrPartition:
                    block(link, error)
                    return .blocked
                case _ where Self.isRefusal(error):
                    metrics.publishFailed(error)
                    block(link, error)
                    return .blocked
                default:
                    fault = error
                    return .failed
                }
            }
        }
        if let fault { fail(fault) }
    }

    /// Whether only this destination says no, and would say so again: no such topic, no right to it, too large, not valid.
    private static func isRefusal(_ fault: KafkaFault) -> Bool { !fault.isTransient && fault != .closed }

    private func block(_ link: LinkOut, _ fault: KafkaFault) {
        // A topic that is being made is there in a moment; the rest needs somebody's help.
        if case .unknownTopicOrPartition = fault {
            blocked[link] = ("\(fault)", MonotonicClock.now + .seconds(2))
        } else {
            blocked[link] = ("\(fault)", MonotonicClock.now + .seconds(30))
        }
    }

    private func destination(
        of link: LinkOut, _ number: Int, _ producer: KafkaProducer
    ) throws(KafkaFault) -> KafkaProducer.Destination {
        while destinations.count <= number { destinations.append(nil) }
        if let known = destinations[number] { return known }
        let found = try producer.destination(link.place.topic, link.place.partition)
        destinations[number] = found
        return found
    }

    private func opened() throws(KafkaFault) -> KafkaProducer {
        if let producer { return producer }
        let reports = reports
        let made = try KafkaProducer(settings) { reports.add($0) }
        producer = made
        return made
    }

    private func settle() {
        var failed: KafkaFault?
        for report in reports.take() {
            let ticket = LinkSender.Ticket(tag: report.tag)
            guard let fault = report.fault else {
                sender.acknowledged(ticket)
                continue
            }
            // All that were refused together, or each would have its own way back.
            if Self.isRefusal(fault), let link = sender.link(of: ticket) { block(link, fault) }
            failed = failed ?? fault
        }
        // What is in flight fails with the producer, by names that say nothing: the cause is what counts.
        if let fault = producer?.fatal ?? failed { fail(fault) }
    }

    private func fail(_ fault: KafkaFault) {
        metrics.publishFailed(fault)
        producer?.abandon()
        producer = nil
        needsRestart = true
    }
}

extension LinkSender.Ticket {
    /// The ticket as the client carries it: the link's number above, 40 bits of the sequence below.
    var tag: UInt64 { UInt64(link) << 40 | UInt64(lastSequence) & 0xFF_FFFF_FFFF }

    init(tag: UInt64) { self.init(link: Int(tag >> 40), lastSequence: Int64(tag & 0xFF_FFFF_FFFF)) }
}

/// Delivery reports on their way from the client's callback to the publisher, which are the same thread.
private final class ReportBox: Sendable {
    private let reports = Mutex<[DeliveryReport]>([])

    func add(_ report: DeliveryReport) { reports.withLock { $0.append(report) } }
    func clear() { reports.withLock { $0.removeAll() } }
    func take() -> [DeliveryReport] {
        reports.withLock { reports in
            defer { reports = [] }
            return reports
        }
    }
}
