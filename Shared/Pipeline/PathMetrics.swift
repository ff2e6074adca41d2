import Chassis
import Deciding
import Kafka
import Synchronization
import Vocabulary

/// What the one path counts. Handles are looked up once per label.
public final class PathMetrics: Sendable {
    private let metrics: Metrics
    private let counters = Mutex<[String: Metrics.Counter]>([:])
    /// The service's own gauges that are shown.
    private let shown = Mutex<Set<GaugeReading.Name>>([])

    public init(_ metrics: Metrics) {
        self.metrics = metrics
        // Alerts watch these for an increase, which needs a series that begins at zero.
        for outcome in ["commit", "rollback", "unknown"] { counter(.dbTransactions, ("outcome", outcome)).add(0) }
        counter(.kafkaFatalErrors).add(0)
        counter(.dbErrors, ("sqlstate_class", "53")).add(0)
    }

    private func counter(_ name: MetricName, _ labels: (String, String)...) -> Metrics.Counter { counter(name, labels: labels) }

    private func counter(_ name: MetricName, labels: [(String, String)]) -> Metrics.Counter {
        let key = name.rawValue + labels.map { "|" + $0.1 }.joined()
        return counters.withLock { counters in
            if let counter = counters[key] { return counter }
            let counter = metrics.counter(name, labels: labels)
            counters[key] = counter
            return counter
        }
    }

    func consumed(_ count: Int, from topic: String) { counter(.messagesConsumed, ("topic", topic)).add(count) }

    func committed(_ write: BatchWrite, in length: Duration, messages: Int) {
        for (key, count) in write.counts {
            counter(.messagesProcessed, ("topic", key.topic), ("outcome", key.outcome.metricLabel)).add(count)
            if key.outcome == .duplicate { counter(.linkDuplicatesDropped, ("topic", key.topic)).add(count) }
        }
        for letter in write.deadLetters.values {
            counter(.deadLetters, ("topic", letter.place.topic), ("reason", letter.refusal.code)).add()
        }
        for (tally, count) in write.tallies {
            let name = tally.name.metric
            counter(name, labels: Array(zip(name.declaration.labels, tally.labels))).add(count)
        }
        counter(.dbTransactions, ("outcome", "commit")).add()
        metrics.histogram(.batchDuration).observe(length)
        metrics.histogram(.batchMessages).observe(Double(messages))
    }

    func rolledBack(_ fault: StoreFault) {
        switch fault {
        case .fenced:
            counter(.consumerFenced).add()
            counter(.dbTransactions, ("outcome", "rollback")).add()
        case .outcomeUnknown: counter(.dbTransactions, ("outcome", "unknown")).add()
        case .unavailable(_, let sqlstate):
            if let sqlstate { refused(sqlstate) }
            counter(.dbTransactions, ("outcome", "rollback")).add()
        case .refused, .corrupt: counter(.dbTransactions, ("outcome", "rollback")).add()
        case .kafka: break
        }
    }

    /// The database said no, for now or for good. A refused row is counted where it was to be committed: most are found and set aside.
    func refused(_ sqlstate: String) { counter(.dbErrors, ("sqlstate_class", String(sqlstate.prefix(2)))).add() }

    func paused(_ place: TopicPartition, _ reason: PauseReason) {
        let labels = place.labels
        metrics.gauge(.consumerPaused, labels: labels).set(true)
        metrics.gauge(.sourceTruncated, labels: labels).set(reason.isTruncation)
    }

    /// Of what was fetched, the messages that were not admitted wait for the quota of their source.
    func heldBack(_ fetched: [RawMessage], admitted: [RawMessage]) {
        var counts: [String: Int] = [:]
        for message in fetched { counts[message.topic, default: 0] += 1 }
        for message in admitted { counts[message.topic, default: 0] -= 1 }
        for (topic, count) in counts where count > 0 { counter(.sourceHeldBack, ("topic", topic)).add(count) }
    }

    func slowed(_ topic: String, _ isSlowed: Bool) { metrics.gauge(.sourceSlowed, labels: [("topic", topic)]).set(isSlowed) }

    func gap(_ link: LinkIn) { counter(.linkGaps, ("topic", link.place.topic)).add() }

    func stalled(_ topic: String, _ links: Int) { metrics.gauge(.linkStalled, labels: [("topic", topic)]).set(links) }

    func resumed(_ place: TopicPartition) {
        let labels = place.labels
        metrics.gauge(.consumerPaused, labels: labels).set(false)
        metrics.gauge(.sourceTruncated, labels: labels).set(false)
    }

    func published(_ topic: String, _ count: Int) { counter(.outboxPublished, ("topic", topic)).add(count) }
    func publishFailed(_ fault: KafkaFault) {
        counter(.outboxPublishErrors, ("error", fault.code)).add()
        if case .fatal = fault { counter(.kafkaFatalErrors).add() }
    }

    func gauges(
        deadLetters: Int64, transactionIDAge: Int64, oldestUnpublished: Double, leaves: Int64, unsignedAge: Double
    ) {
        metrics.gauge(.deadLettersPending).set(deadLetters)
        metrics.gauge(.dbTransactionIDAge).set(transactionIDAge)
        metrics.gauge(.outboxOldestAge).set(oldestUnpublished)
        metrics.gauge(.auditTreeSize).set(leaves)
        metrics.gauge(.auditCheckpointAge).set(unsignedAge)
    }

    /// The service's own gauges, all of them: what is no longer read, such as that of a source that was withdrawn, is no longer shown.
    func show(_ readings: [GaugeReading]) {
        for reading in readings { metrics.gauge(reading.metric, labels: reading.labels).set(reading.value) }
        let names = Set(readings.map(\.name))
        shown.withLock { shown in
            for gone in shown.subtracting(names) { metrics.forget(gone.metric, labels: Array(zip(gone.labels, gone.values))) }
            shown = names
        }
    }

    /// How long the first message of each topic took from its entry into the topic to this commit.
    func latencies(_ messages: [RawMessage], at now: Instant) {
        var seen: Set<String> = []
        var last = ""
        for message in messages where message.topic != last {
            last = message.topic
            guard seen.insert(last).inserted, let entered = message.timestamp else { continue }
            metrics.histogram(.endToEndLatency, labels: [("topic", message.topic)]).observe(
                .microseconds(max(0, now.microseconds - entered.microseconds)))
        }
    }

    func transaction(took length: Duration) { metrics.histogram(.dbTransactionDuration).observe(length) }

    func lanes(assigned: Int, revoked: Int) {
        if assigned > 0 { counter(.consumerRebalances, ("kind", "assign")).add(assigned) }
        if revoked > 0 { counter(.consumerRebalances, ("kind", "revoke")).add(revoked) }
    }

    func assigned(_ partitions: Int, of topic: String) {
        metrics.gauge(.consumerAssignedPartitions, labels: [("topic", topic)]).set(partitions)
    }

    func pending(_ count: Int) { metrics.gauge(.outboxPending).set(count) }
    func databaseUp(_ isUp: Bool) { metrics.gauge(.dbUp).set(isUp) }
    func reconnected() { counter(.dbReconnects).add() }

    /// - Parameter reached: when the last committed message of the partition came.
    func position(_ place: TopicPartition, next: Int64, marks: (low: Int64, high: Int64)?, reached: Instant?, at now: Instant) {
        let labels = place.labels
        metrics.gauge(.consumerNextOffset, labels: labels).set(next)
        guard let marks else { return }
        metrics.gauge(.topicLowWatermark, labels: labels).set(marks.low)
        metrics.gauge(.topicHighWatermark, labels: labels).set(marks.high)
        let waiting = max(0, marks.high - next)
        metrics.gauge(.consumerLagMessages, labels: labels).set(waiting)
        let age = waiting > 0 ? reached.map { Double(max(0, now.microseconds - $0.microseconds)) / 1_000_000 } : 0
        if let age { metrics.gauge(.consumerLagSeconds, labels: labels).set(age) }
    }

    /// Another instance has its lane: what waits there is not ours.
    func left(_ place: TopicPartition) {
        let labels = place.labels
        metrics.gauge(.consumerLagMessages, labels: labels).set(0)
        metrics.gauge(.consumerLagSeconds, labels: labels).set(0)
    }
}

extension TopicPartition {
    fileprivate var labels: [(String, String)] { [("topic", topic), ("partition", String(partition))] }
}

extension Tally.Name {
    /// Under which name it is counted.
    var metric: MetricName {
        switch self {
        case .recordTaken: .ingestRecords
        case .recordJudged: .qualityRecords
        case .scoreComputed: .scoresComputed
        case .matchListed: .matchesEmitted
        case .policyTold: .policiesPushed
        case .alertRaised: .riskAlerts
        case .released: .released
        case .consentDenied: .consentDenied
        case .effectRefused: .effectRefused
        }
    }
}

extension Outcome {
    /// The word of the metric's label.
    var metricLabel: String {
        switch self {
        case .applied: "applied"
        case .duplicate: "duplicate"
        case .passed: "suppressed"
        case .refused: "rejected"
        case .early: "parked"
        case .abandoned: "abandoned"
        }
    }
}
