import Chassis
import Deciding
import Testing

@testable import Pipeline

/// What only a service's own tables can tell, as it is shown.
@Suite struct GaugeReadingTests {
    @Test func `what is no longer read is no longer shown`() {
        let metrics = Metrics(service: "ingestion")
        let path = PathMetrics(metrics)
        func shown() -> [String] {
            String(decoding: metrics.rendered(), as: UTF8.self).split(separator: "\n").map(String.init).filter {
                $0.hasPrefix("credit_source_late") || $0.hasPrefix("credit_source_silent")
            }
        }
        let (late, silent) = (MetricName.sourceLate, MetricName.sourceSilent)
        path.show([
            GaugeReading(late, [("source", "tax")], 1), GaugeReading(late, [("source", "court")], 0),
            GaugeReading(silent, [("source", "tax"), ("type", "return")], 7),
        ])
        #expect(shown().count == 3)
        path.show([GaugeReading(late, [("source", "court")], 1)])
        #expect(shown() == [#"credit_source_late{service="ingestion",source="court"} 1"#])
        path.show([])
        #expect(shown() == [])
    }
}
