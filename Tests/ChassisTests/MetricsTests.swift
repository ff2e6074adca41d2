import Chassis
import Dispatch
import Testing
import Vocabulary

struct MetricsTests {
    private func text(_ metrics: Metrics) -> [String] {
        String(decoding: metrics.rendered(), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func `the text has help, type and the samples in a stable order`() {
        let metrics = Metrics(service: "scoring")
        metrics.counter(.messagesConsumed, labels: [("topic", "b")]).add(2)
        metrics.counter(.messagesConsumed, labels: [("topic", "a")]).add(Int64(3))
        metrics.gauge(.dbUp).set(true)
        let lines = text(metrics).filter { $0.contains("credit_messages") || $0.contains("credit_db") }
        #expect(
            lines == [
                "# HELP credit_messages_consumed_total Messages taken from Kafka. Unit: messages.",
                "# TYPE credit_messages_consumed_total counter",
                #"credit_messages_consumed_total{service="scoring",topic="a"} 3"#,
                #"credit_messages_consumed_total{service="scoring",topic="b"} 2"#,
                "# HELP credit_db_up 1 while the last statement reached PostgreSQL. Unit: flag.",
                "# TYPE credit_db_up gauge",
                #"credit_db_up{service="scoring"} 1"#,
            ])
    }

    @Test func `a series that is forgotten is no longer shown and begins anew`() {
        let metrics = Metrics(service: "s")
        for source in ["a", "b"] { metrics.gauge(.sourceLate, labels: [("source", source)]).set(true) }
        metrics.forget(.sourceLate, labels: [("source", "a")])
        metrics.forget(.sourceLate, labels: [("source", "c")])
        metrics.forget(.sourceLate, labels: [("topic", "b")])
        func late() -> [String] { text(metrics).filter { $0.hasPrefix("credit_source_late") } }
        #expect(late() == [#"credit_source_late{service="s",source="b"} 1"#])
        metrics.gauge(.sourceLate, labels: [("source", "a")]).set(false)
        #expect(late() == [#"credit_source_late{service="s",source="a"} 0"#, #"credit_source_late{service="s",source="b"} 1"#])
    }

    @Test func `a label value cannot leave its quotes`() {
        let metrics = Metrics(service: "s")
        metrics.counter(.messagesConsumed, labels: [("topic", "a\"} 1\nevil 2\r\n\\")]).add()
        let line = text(metrics).first { $0.hasPrefix("credit_messages_consumed_total") }
        #expect(line == "credit_messages_consumed_total{service=\"s\",topic=\"a\\\"} 1\\nevil 2\r\\n\\\\\"} 1")
        #expect(!text(metrics).contains { $0.hasPrefix("evil") })
    }

    @Test func `buckets add up and the bounds belong to their bucket`() {
        let metrics = Metrics(service: "s")
        let histogram = metrics.histogram(.batchMessages)
        for value in [1.0, 1.5, 2, 40_000, 40_001, .nan] { histogram.observe(value) }
        let lines = text(metrics).filter { $0.hasPrefix("credit_batch_messages") }
        #expect(lines.count == 17)
        #expect(lines[0] == #"credit_batch_messages_bucket{service="s",le="1"} 1"#)
        #expect(lines[1] == #"credit_batch_messages_bucket{service="s",le="2"} 3"#)
        #expect(lines[13] == #"credit_batch_messages_bucket{service="s",le="40000"} 4"#)
        #expect(lines[14] == #"credit_batch_messages_bucket{service="s",le="+Inf"} 5"#)
        #expect(lines[15] == #"credit_batch_messages_sum{service="s"} 80005.5"#)
        #expect(lines[16] == #"credit_batch_messages_count{service="s"} 5"#)

        let work = metrics.histogram(.batchDuration)
        work.observe(.milliseconds(250))
        #expect(work.sum == 0.25)
    }

    @Test func `every declared metric can be made, is named by the rules and is explained`() {
        let metrics = Metrics(service: "s")
        for name in MetricName.allCases {
            let declaration = name.declaration
            let labels = declaration.labels.map { ($0, "x") }
            switch declaration.kind {
            case .counter: metrics.counter(name, labels: labels).add()
            case .gauge: metrics.gauge(name, labels: labels).set(1)
            case .histogram(let bounds):
                #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "\(name)")
                metrics.histogram(name, labels: labels).observe(1.0)
            }
            #expect((declaration.kind == .counter) == name.rawValue.hasSuffix("_total"), "\(name)")
            #expect(declaration.help.hasSuffix("."), "\(name)")
            #expect(name.rawValue.hasPrefix("credit_") || name.rawValue.hasPrefix("process_"))
            #expect(!declaration.labels.contains("service"))
        }
        let lines = text(metrics)
        for name in MetricName.allCases { #expect(lines.contains { $0.hasPrefix("# TYPE \(name.rawValue) ") }, "\(name)") }
        #expect(lines.contains(#"credit_metric_misuses_total{service="s"} 1"#), "only this test's own count")
        for line in lines where !line.hasPrefix("#") { #expect(line.split(separator: " ").last.flatMap { Double($0) } != nil, "\(line)") }
    }

    @Test func `wrong kind and wrong labels are counted, never shown and never fatal`() {
        let metrics = Metrics(service: "s")
        metrics.counter(.dbUp).add()
        metrics.gauge(.dbErrors, labels: [("sqlstate_class", "40")]).set(1)
        metrics.histogram(.dbUp).observe(1.0)
        metrics.counter(.messagesConsumed).add()
        metrics.counter(.messagesConsumed, labels: [("topic", "a"), ("uscc", "x")]).add()
        metrics.counter(.messagesConsumed, labels: [("tpoic", "a")]).add()
        let lines = text(metrics)
        #expect(lines.contains(#"credit_metric_misuses_total{service="s"} 6"#))
        #expect(!lines.contains { $0.contains("credit_messages") || $0.contains("credit_db") })
    }

    @Test func `label values without end do not fill the memory`() {
        let metrics = Metrics(service: "s")
        for number in 0..<Metrics.seriesMax + 3_000 { metrics.counter(.messagesConsumed, labels: [("topic", "\(number)")]).add() }
        let lines = text(metrics).filter { $0.hasPrefix("credit_messages_consumed_total{") }
        #expect(lines.count == Metrics.seriesMax + 1)
        let other = lines.filter { $0.contains(#"topic="other""#) }
        #expect(other == [#"credit_messages_consumed_total{service="s",topic="other"} 3000"#])
    }

    @Test func `nothing is lost when many threads count`() {
        let metrics = Metrics(service: "s")
        let histogram = metrics.histogram(.batchDuration)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            let counter = metrics.counter(.messagesConsumed, labels: [("topic", "a")])
            for _ in 0..<10_000 {
                counter.add()
                histogram.observe(0.5)
            }
        }
        #expect(metrics.counter(.messagesConsumed, labels: [("topic", "a")]).value == 80_000)
        #expect(histogram.sum == 40_000)
        #expect(histogram.counts.reduce(0, +) == 80_000)
    }

    @Test func `the process is measured and the build is named`() {
        let metrics = Metrics(service: "s")
        metrics.set(BuildInfo(service: "s", version: "1.0", revision: "abc", swift: "6.2", librdkafka: "2.0.2", libpq: "15.8"))
        let lines = text(metrics)
        func value(_ name: String) -> Double? {
            lines.first { $0.hasPrefix(name + " ") }?.split(separator: " ").last.flatMap { Double($0) }
        }
        #expect(value("process_resident_memory_bytes").map { $0 > 1_000_000 } == true)
        #expect(value("process_open_fds").map { $0 >= 1 } == true)
        #expect(value("process_max_fds").map { $0 >= 16 } == true)
        #expect(value("process_cpu_seconds_total").map { $0 > 0 } == true)
        let now = Double(WallClock.now.microseconds) / 1e6
        #expect(value("process_start_time_seconds").map { $0 > now - 86_400 && $0 <= now + 2 } == true)
        #expect(
            lines.contains(
                #"credit_build_info{service="s",version="1.0",revision="abc",swift="6.2",librdkafka="2.0.2",libpq="15.8"} 1"#))
    }
}
