import Chassis
import Deciding
import Postgres
import Vocabulary

/// A gauge that only the service's own tables can tell, such as how long a source has been silent.
public struct GaugeReading: Sendable {
    public let metric: MetricName
    public let labels: [(String, String)]
    public let value: Double

    public init(_ metric: MetricName, _ labels: [(String, String)], _ value: Double) {
        self.metric = metric
        self.labels = labels
        self.value = value
    }

    /// Which series it is of.
    struct Name: Hashable {
        let metric: MetricName
        let labels: [String]
        let values: [String]
    }

    var name: Name { Name(metric: metric, labels: labels.map(\.0), values: labels.map(\.1)) }

    /// Reads them all, once a minute, on the worker's connection between two batches.
    public typealias Source = @Sendable (Catalog, Connection, Instant) throws(PostgresFault) -> [GaugeReading]
}
