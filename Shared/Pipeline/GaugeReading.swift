import Chassis
import Deciding
import Postgres
import Vocabulary

/// A gauge that only the service's own tables can tell, such as how long a source has been silent.
package struct GaugeReading: Sendable {
    package let metric: MetricName
    package let labels: [(String, String)]
    package let value: Double

    package init(_ metric: MetricName, _ labels: [(String, String)], _ value: Double) {
        self.metric = metric
        self.labels = labels
        self.value = value
    }

    /// Reads them all, once a minute, on the worker's connection between two batches.
    package typealias Source = @Sendable (Catalog, Connection, Instant) throws(PostgresFault) -> [GaugeReading]
}
