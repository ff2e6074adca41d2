import Synchronization
import Vocabulary

/// The counts of this process. Handles are taken once and kept; what they do is lock-free, and rendering never makes them wait.
public final class Metrics: Sendable {
    /// Label values beyond this many series of one metric are counted together under `other`, so that no input can fill the memory.
    public static let seriesMax = 10_000

    private let service: String
    private let series = Mutex<[MetricName: [[String]: Series]]>([:])
    private let misuses = Counter()

    enum Series {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
    }

    public init(service: String) {
        self.service = service
        series.withLock { $0[.metricMisuses] = [[service]: .counter(misuses)] }
    }

    /// The counter of these labels; the same labels give the same counter. Asked for with labels the metric does not declare, or of a
    /// metric that is no counter, it still counts, is not shown under wrong labels, and `credit_metric_misuses_total` says so.
    public func counter(_ name: MetricName, labels: [(String, String)] = []) -> Counter {
        guard name.declaration.kind == .counter, case .counter(let counter)? = handle(name, labels, make: { .counter(Counter()) })
        else { return misused(Counter()) }
        return counter
    }

    /// The gauge of these labels; wrong use as with `counter`.
    public func gauge(_ name: MetricName, labels: [(String, String)] = []) -> Gauge {
        guard name.declaration.kind == .gauge,
            case .gauge(let gauge)? = handle(name, labels, make: { .gauge(Gauge()) })
        else { return misused(Gauge()) }
        return gauge
    }

    /// The histogram of these labels; wrong use as with `counter`.
    public func histogram(_ name: MetricName, labels: [(String, String)] = []) -> Histogram {
        guard case .histogram(let bounds) = name.declaration.kind,
            case .histogram(let histogram)? = handle(name, labels, make: { .histogram(Histogram(bounds: bounds)) })
        else { return misused(Histogram(bounds: [])) }
        return histogram
    }

    /// `credit_build_info`.
    public func set(_ info: BuildInfo) {
        gauge(.buildInfo, labels: info.pairs.filter { $0.name != "service" }.map { ($0.name, $0.value) }).set(1)
    }

    private func misused<Handle>(_ handle: Handle) -> Handle {
        misuses.add()
        return handle
    }

    /// Shows the series of these labels no longer: what it told of is no more. Asked for again, it begins anew.
    public func forget(_ name: MetricName, labels: [(String, String)]) {
        guard let values = values(of: name, labels) else { return }
        series.withLock { $0[name]?[constant(of: name) + values] = nil }
    }

    /// The labels' values in the declared order; nil for other labels than the declared.
    private func values(of name: MetricName, _ labels: [(String, String)]) -> [String]? {
        let declared = name.declaration.labels
        let values = declared.compactMap { label in labels.first { $0.0 == label }?.1 }
        return values.count == declared.count && labels.count == declared.count ? values : nil
    }

    private func constant(of name: MetricName) -> [String] { name.carriesService ? [service] : [] }

    private func handle(_ name: MetricName, _ labels: [(String, String)], make: () -> Series) -> Series? {
        guard let values = values(of: name, labels) else { return nil }
        let constant = constant(of: name)
        return series.withLock { all in
            var key = constant + values
            if let known = all[name]?[key] { return known }
            if all[name]?.count ?? 0 >= Metrics.seriesMax {
                misuses.add()
                key = constant + values.map { _ in "other" }
                if let known = all[name]?[key] { return known }
            }
            let made = make()
            all[name, default: [:]][key] = made
            return made
        }
    }

    /// Prometheus's text format 0.0.4: the metrics in the order of their list, each one's series in the order of their labels.
    public func rendered() -> [UInt8] {
        var text = PrometheusText()
        let all = series.withLock { $0 }
        let readings = ProcessReadings.now()
        for name in MetricName.allCases {
            let declaration = name.declaration
            if let value = readings[name] {
                text.header(name)
                text.sample(name.rawValue, [], value)
                continue
            }
            guard let ofName = all[name], !ofName.isEmpty else { continue }
            text.header(name)
            let labelNames = (name.carriesService ? ["service"] : []) + declaration.labels
            for (values, series) in ofName.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                let labels = Array(zip(labelNames, values))
                switch series {
                case .counter(let counter): text.sample(name.rawValue, labels, Double(counter.value))
                case .gauge(let gauge): text.sample(name.rawValue, labels, gauge.value)
                case .histogram(let histogram): text.histogram(name.rawValue, labels, histogram)
                }
            }
        }
        return text.bytes
    }
}

extension Metrics {
    /// Counts up. Unit: what the metric's declaration says.
    public final class Counter: Sendable {
        private let count = Atomic<UInt64>(0)

        /// A negative amount counts as nothing: counters never fall.
        public func add(_ amount: some BinaryInteger) {
            if amount > 0 { count.add(UInt64(clamping: amount), ordering: .relaxed) }
        }

        public func add() { count.add(1, ordering: .relaxed) }

        public var value: UInt64 { count.load(ordering: .relaxed) }
    }

    /// Holds the last value.
    public final class Gauge: Sendable {
        private let bits = Atomic<UInt64>(0)

        public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
        public func set(_ value: some BinaryInteger) { set(Double(value)) }
        public func set(_ value: Bool) { set(value ? 1.0 : 0.0) }
        /// In seconds.
        public func set(_ length: Duration) { set(length.inSeconds) }

        public func add(_ amount: Double) { bits.addAsDouble(amount) }

        public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
    }

    /// Sorts what it sees into buckets.
    public final class Histogram: Sendable {
        let bounds: [Double]
        private let buckets: [Counter]
        private let sumBits = Atomic<UInt64>(0)

        init(bounds: [Double]) {
            self.bounds = bounds
            buckets = (0...bounds.count).map { _ in Counter() }
        }

        /// Not-a-number is not counted.
        public func observe(_ value: Double) {
            guard !value.isNaN else { return }
            buckets[bounds.prefixCount { $0 < value }].add()
            sumBits.addAsDouble(value)
        }

        /// In seconds.
        public func observe(_ length: Duration) { observe(length.inSeconds) }

        public var sum: Double { Double(bitPattern: sumBits.load(ordering: .relaxed)) }
        /// Counts by bucket, the infinite one last; not cumulative.
        public var counts: [UInt64] { buckets.map(\.value) }
    }
}

extension Atomic where Value == UInt64 {
    /// Adds to the floating-point number that the bits are.
    fileprivate func addAsDouble(_ amount: Double) {
        var seen = load(ordering: .relaxed)
        while true {
            let desired = (Double(bitPattern: seen) + amount).bitPattern
            let (exchanged, original) = weakCompareExchange(expected: seen, desired: desired, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }
}
