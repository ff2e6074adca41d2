import Testing

extension ProcessFaultTests {
    /// Nothing is hurt, for a long time. `make soak` runs it long and writes `docs/soak.md`.
    @Suite(.serialized) struct Soak {
        /// A broker that keeps 64 MiB of each partition: minutes at full speed, as its days are in life.
        private static let smallLog = [
            "log.retention.bytes=67108864", "log.segment.bytes=16777216", "log.retention.check.interval.ms=10000",
            "log.segment.delete.delay.ms=1000",
        ]

        @Test func `F23 half of what the suite can do, for as long as one likes, leaves it as large as it was`() throws {
            let home = try #require(FaultKafka.home, "no KAFKA_HOME and no ../shared/kafka with a bin/start")
            let world = try FaultWorld(kafkaHome: home, kafkaSettings: Self.smallLog, isProxied: false)
            defer { world.remove() }
            try world.startAll()
            let run = try SoakRun(world, FaultScale.current)
            defer { run.close() }
            try run.findRate()
            run.load()
            let verdict = try run.judged()
            for finding in verdict.findings {
                #expect(finding.isHeld, "\(finding.what): \(finding.measured), allowed \(finding.bound)")
            }
        }
    }
}
