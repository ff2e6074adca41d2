import Chassis
import Contracts
import Foundation
import Pipeline
import Postgres
import Province
import Support
import Synchronization
import Testing
import Vocabulary

/// The real processes, with everything going wrong that can. `make faults` runs it long and writes `docs/faults.md`.
@Suite(.serialized, .enabled(if: FaultHouse.isWanted, "no PostgreSQL, or no Kafka: neither KAFKA_HOME nor ../shared/kafka"))
struct ProcessFaultTests {
    private let scale = FaultScale.current

    private func house() throws -> FaultHouse { try FaultHouse.shared.get() }

    @Test func `F1 services killed at any time and at every named place lose nothing and do nothing twice`() throws {
        let house = try house()
        var random = SplitMix64(seed: scale.seed)
        let each = (scale.kills + ServiceName.allCases.count - 1) / ServiceName.allCases.count
        let plans = Dictionary(
            uniqueKeysWithValues: ServiceName.allCases.map { service in (service, Death.plan(each, from: &random)) })
        let feed = house.feed(.kills)
        let mortality = Mortality(house.world)
        let started = MonotonicClock.now
        try mortality.run(plans, within: .seconds(scale.isLong ? 3_600 : 600)) { share in
            let left = Double(feed.records.count) * min(1, 0.1 + share) - Double(feed.sentCount)
            feed.pace(max(10, left))
        }
        let took = MonotonicClock.now.since(started)
        let tally = mortality.result
        let kills = tally.kills.values.reduce(0, +)
        #expect(kills >= min(scale.kills, plans.values.reduce(0) { $0 + $1.count }), "not all could be done in time")
        #expect(tally.unexpected == [], "a process ended by itself")
        #expect(CrashPoints.Place.allCases.allSatisfy { (tally.atPlaces[$0] ?? 0) > 0 }, "\(tally.atPlaces)")
        // Killed from outside again and again over one message, a service takes the message for the cause. An operator who knows better has
        // it decided.
        try house.world.startAll()
        try feed.finish()
        try house.world.settle(feed)
        let blamed = try house.world.number("SELECT count(*) FROM operator.dead_letter WHERE reason = 'crash' AND status = 'open'")
        #expect(blamed <= Int64(max(2, kills / 100)), "\(blamed) messages blamed for \(kills) kills")
        if blamed > 0 {
            try house.world.operate([
                "dead-letters", "replay", "--reason", "crash", "--why", "killed from outside", "--by", "tests", "--wait", "30",
            ])
        }
        let places = CrashPoints.Place.allCases.map { "\($0.rawValue) \(tally.atPlaces[$0] ?? 0)" }.joined(separator: ", ")
        try house.judge(
            .kills, feed,
            FaultReport.Line(
                fault: "F1", how: "kill -9, at random 5–500 ms and at named places, all services at once", count: kills,
                remarks:
                    "\(places); least \(tally.kills.values.min() ?? 0) of one service; \(blamed) sound messages blamed and replayed; \(tally.notReached.count) places not reached in 10 s; "
                    + "\(took.wholeMicroseconds / 1_000_000) s"))
    }

    @Test func `F1 a killed service goes on with its work as soon as it is up, and another takes over its lanes within ten seconds`() throws
    {
        let house = try house()
        let world = house.world
        let feed = house.feed(.resume)
        var untilReady: [Int64] = []
        var untilCommit: [Int64] = []
        let rounds = scale.isLong ? 10 : 2
        feed.pace(Double(feed.records.count) / Double(rounds * ServiceName.allCases.count) / 1.5)
        for _ in 0..<rounds {
            for service in ServiceName.allCases {
                world.end(service, SIGKILL)
                OwnThread.sleep(for: .milliseconds(300))
                let connection = try world.connect()
                defer { connection.close() }
                let started = MonotonicClock.now
                let since = WallClock.now
                try world.start(service)
                var ready: Duration?
                var commit: Duration?
                _ = eventually(within: .seconds(20)) {
                    if ready == nil, world.isReady(service) { ready = MonotonicClock.now.since(started) }
                    let moved = try? connection.execute(
                        "SELECT max(moved_at) > $1 FROM \(service.rawValue).consumer_offset", [.instant(since)]
                    ).first?.bool(0)
                    if commit == nil, moved == true { commit = MonotonicClock.now.since(started) }
                    return ready != nil && commit != nil
                }
                let ups = try #require(ready, "\(service) did not become ready")
                untilReady.append(ups.wholeMicroseconds / 1_000)
                // Without a message for it there is nothing to commit.
                if let commit { untilCommit.append(max(0, (commit - ups).wholeMicroseconds / 1_000)) }
            }
        }
        #expect(untilCommit.count >= rounds * ServiceName.allCases.count / 2)
        // The slowest may have had nothing to read for a while.
        #expect(percentile(90, of: untilCommit) <= 500, "\(untilCommit)")

        var takeOvers: [Int64] = []
        for service in ServiceName.allCases {
            try world.start(service, instance: 1)
            let held = "SELECT count(*) FROM \(service.rawValue).lane_lease WHERE owner = '\(service.rawValue)-1' AND expires_at > now()"
            #expect(eventually(within: .seconds(20)) { (try? world.number(held)) == 2 }, "the lanes of \(service) are not shared")
            world.end(service, SIGKILL)
            let killed = MonotonicClock.now
            #expect(eventually(within: .seconds(20)) { (try? world.number(held)) == 4 }, "the lanes of \(service) are not taken over")
            takeOvers.append(MonotonicClock.now.since(killed).wholeMicroseconds / 1_000)
            try world.start(service)
            try world.waitUntilReady([service])
            world.end(service, instance: 1, SIGTERM)
        }
        #expect(takeOvers.allSatisfy { $0 < 10_000 }, "\(takeOvers)")
        try house.judge(
            .resume, feed,
            FaultReport.Line(
                fault: "F1", how: "kill -9 with work waiting; then with a second instance", count: untilReady.count + takeOvers.count,
                remarks: "start to ready \(figures(untilReady)) ms; ready to first commit \(figures(untilCommit)) ms; "
                    + "taken over by the other within \(takeOvers.max() ?? 0) ms"))
    }

    private func percentile(_ percent: Int, of numbers: [Int64]) -> Int64 {
        numbers.isEmpty ? 0 : numbers.sorted()[numbers.count * percent / 100]
    }
    private func figures(_ numbers: [Int64]) -> String {
        "\(percentile(50, of: numbers)), 90 % \(percentile(90, of: numbers)) (most \(numbers.max() ?? 0))"
    }

    @Test func `F2 a stopped process that wakes up behind its lease is fenced and does no harm`() throws {
        let house = try house()
        let world = house.world
        let feed = house.feed(.pauses)
        let paused: [ServiceName] = [.ingestion, .governance, .scoring, .reporting]
        for service in paused { try world.start(service, instance: 1) }
        let fencedBefore = world.logged("fenced").values.reduce(0, +)
        var pauses = 0
        var fenced = 0
        var ended = 0
        let endedBefore = world.postgres.logged("idle-in-transaction timeout")
        // One that slept between two batches only finds its lanes gone. One that slept in a batch is fenced, and one that slept in a
        // transaction has lost its session, and with it the locks that the other waits for.
        for round in 0..<scale.pauseRounds + 3 where round < scale.pauseRounds || fenced + ended == 0 {
            feed.pace(Double(feed.records.count) / Double(scale.pauseRounds + 1) / 2)
            OwnThread.sleep(for: .milliseconds(500 + Int.random(in: 0...500)))
            for service in paused {
                // In the middle of a batch when there is one.
                let inside =
                    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'xinqiao_\(service.rawValue)' AND xact_start IS NOT NULL"
                if round % 2 == 0 { _ = eventually(within: .milliseconds(300)) { (try? world.number(inside)) ?? 0 > 0 } }
                world.process(service)?.send(SIGSTOP)
                pauses += 1
            }
            OwnThread.sleep(for: .seconds(11))
            for service in paused {
                let held =
                    "SELECT count(*) FROM \(service.rawValue).lane_lease WHERE owner = '\(service.rawValue)-1' AND expires_at > now()"
                #expect(eventually(within: .seconds(10)) { (try? world.number(held)) == 4 }, "\(service): nobody took over")
                world.process(service)?.send(SIGCONT)
            }
            OwnThread.sleep(for: .milliseconds(1_500))
            fenced = world.logged("fenced").values.reduce(0, +) - fencedBefore
            ended = world.postgres.logged("idle-in-transaction timeout") - endedBefore
        }
        for service in paused { #expect(world.end(service, instance: 1, SIGTERM) == .status(0)) }
        try house.judge(
            .pauses, feed,
            FaultReport.Line(
                fault: "F2", how: "SIGSTOP for 11 s with a second instance, then SIGCONT", count: pauses,
                remarks: "fenced \(fenced) times, sessions ended in a transaction \(ended)", isHeld: fenced + ended > 0))
    }

    @Test func `F3 a rolling restart under load ends every service in ten seconds and loses nothing`() throws {
        let house = try house()
        let feed = house.feed(.rolling)
        var longest = Duration.zero
        feed.pace(Double(feed.records.count) / Double(scale.rollingRounds) / 10)
        for _ in 0..<scale.rollingRounds {
            for service in ServiceName.allCases {
                let started = MonotonicClock.now
                #expect(house.world.end(service, SIGTERM) == .status(0), "\(service)")
                longest = max(longest, MonotonicClock.now.since(started))
                try house.world.start(service)
                try house.world.waitUntilReady([service])
            }
        }
        #expect(longest < .seconds(10))
        try house.judge(
            .rolling, feed,
            FaultReport.Line(
                fault: "F3", how: "SIGTERM and start again, one service after another, under load",
                count: scale.rollingRounds * ServiceName.allCases.count,
                remarks: "longest stop \(longest.wholeMicroseconds / 1_000) ms"))
    }

    @Test func `F5 two processes that both believe to own the same lanes fence one another`() throws {
        let house = try house()
        let world = house.world
        let feed = house.feed(.twins)
        let before = world.logged("fenced").values.reduce(0, +)
        // Under one name both hold what that name holds.
        for service in ServiceName.allCases { try world.start(service, instance: 2, named: "\(service.rawValue)-0") }
        OwnThread.sleep(for: .seconds(1))
        feed.pace(Double(feed.records.count) / 6)
        _ = eventually(within: .seconds(10)) { feed.sentCount == feed.records.count }
        try feed.finish()
        try world.settle(feed)
        // With nothing to read but timers both come to turn one another away, and still each must be done. These find nothing to compare.
        for _ in 0..<5 {
            try world.order(
                "INSERT INTO governance.timer SELECT lane, key, 'comparisons', now() FROM governance.state LIMIT 20 ON CONFLICT DO NOTHING")
            try world.settle(feed, within: .seconds(20))
        }
        let fenced = world.logged("fenced").values.reduce(0, +) - before
        for service in ServiceName.allCases { #expect(world.end(service, instance: 2, SIGTERM) == .status(0), "\(service)") }
        #expect(fenced > 0)
        try house.judge(
            .twins, feed,
            FaultReport.Line(
                fault: "F5", how: "each service twice on the same lanes", count: ServiceName.allCases.count,
                remarks: "fenced \(fenced) times"))
    }

    @Test func `F6 a database that dies again and again loses nothing that was decided`() throws {
        let house = try house()
        let world = house.world
        let feed = house.feed(.databaseCrashes)
        feed.pace(Double(feed.records.count) / Double(scale.databaseCrashes) / 1.5)
        for crash in 0..<scale.databaseCrashes {
            OwnThread.sleep(for: .milliseconds(Int.random(in: 200...1_200)))
            if crash % 2 == 0 { world.postgres.stopImmediately() } else { try world.postgres.killPostmaster() }
            try world.postgres.start()
        }
        var remarks = ""
        if scale.isLong {
            remarks = try world.postgres.isSound(database: FaultWorld.database) == nil ? "no pg_amcheck here" : "pg_amcheck found nothing"
        }
        try house.judge(
            .databaseCrashes, feed,
            FaultReport.Line(
                fault: "F6", how: "PostgreSQL stopped at once (-m immediate) or its postmaster killed, in turns",
                count: scale.databaseCrashes, remarks: remarks))
    }

    @Test func `F7 killed sessions, deadlocks, conflicts and lock time-outs put nothing among the dead letters`() throws {
        let house = try house()
        let world = house.world
        let feed = house.feed(.sessions)
        // Some records are left when the storm should be over: what it still lacks then needs something to strike.
        feed.pace(Double(feed.records.count) / (Double(scale.storm.wholeMicroseconds) / 1_000_000 + 30))
        let connection = try world.connect()
        defer { connection.close() }
        // Two services at another isolation, which ends conflicting transactions with 40001; a lock time-out ends those of two others. A
        // session takes on what its role has when it begins.
        try connection.script(
            """
            ALTER ROLE xinqiao_governance SET default_transaction_isolation = 'serializable';
            ALTER ROLE xinqiao_scoring SET default_transaction_isolation = 'repeatable read';
            ALTER ROLE xinqiao_matchmaking SET lock_timeout = '30ms';
            ALTER ROLE xinqiao_reporting SET lock_timeout = '30ms';
            """)
        let endAll = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'xinqiao-%'"
        try connection.script(endAll)
        func met() -> [Int] {
            ["deadlock detected", "due to lock timeout", "could not serialize"].map { world.postgres.logged($0) }
        }
        let before = met()
        var struck = [0, 0, 0]
        let started = MonotonicClock.now
        let end = started + scale.storm
        var victims = 0
        var killed = 0
        var locked = 0
        var round = 0
        while MonotonicClock.now < end || struck.contains(0) && MonotonicClock.now < end + .seconds(60) {
            round += 1
            // Twenty a second, whatever else takes time.
            let due = MonotonicClock.now.since(started).wholeMicroseconds / 50_000 + 1 - Int64(victims)
            victims += Int(max(0, due))
            killed += Int(
                try connection.execute(
                    """
                    SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM (
                        SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'xinqiao-%' ORDER BY random() LIMIT $1) AS victim
                    """, [.int64(max(0, due))]
                ).first?.int64(0) ?? 0)
            if round % 4 == 0 { locked += provokeLocks(world, ServiceName.allCases[round / 4 % ServiceName.allCases.count]) }
            if round % 4 == 2 { locked += provokeConflict(world, round % 8 == 2 ? .governance : .scoring) }
            if round % 20 == 0 { struck = zip(met(), before).map { $0 - $1 } }
            OwnThread.sleep(for: .milliseconds(50))
        }
        try connection.script(
            """
            ALTER ROLE xinqiao_governance RESET default_transaction_isolation;
            ALTER ROLE xinqiao_scoring RESET default_transaction_isolation;
            ALTER ROLE xinqiao_matchmaking RESET lock_timeout;
            ALTER ROLE xinqiao_reporting RESET lock_timeout;
            """)
        try connection.script(endAll)
        struck = zip(met(), before).map { $0 - $1 }
        for (count, what) in zip(struck, ["deadlock", "lock time-out", "conflict"]) { #expect(count > 0, "no \(what) came about") }
        try house.judge(
            .sessions, feed,
            FaultReport.Line(
                fault: "F7", how: "pg_terminate_backend 20 a second; locks taken in the other order, serializable, short lock time-outs",
                count: killed + locked,
                remarks: "\(killed) sessions killed; \(struck[0]) deadlocks, \(struck[1]) lock time-outs, \(struck[2]) conflicts"))
    }

    /// Locks link_out before consumer_offset, as no service does.
    private func provokeLocks(_ world: FaultWorld, _ service: ServiceName) -> Int {
        guard let connection = try? world.connect() else { return 0 }
        defer { connection.close() }
        do {
            try connection.begin()
            _ = try connection.execute("UPDATE \(service.rawValue).link_in SET last_seq = last_seq")
            _ = try connection.execute("UPDATE \(service.rawValue).link_out SET last_seq = last_seq")
            OwnThread.sleep(for: .milliseconds(100))
            _ = try connection.execute("UPDATE \(service.rawValue).consumer_offset SET next_offset = next_offset")
            connection.rollback()
        } catch {
            connection.rollback()
        }
        return 1
    }

    /// Writes what a service is about to write, and commits it while the service waits: above READ COMMITTED that ends the service's
    /// transaction with 40001.
    private func provokeConflict(_ world: FaultWorld, _ service: ServiceName) -> Int {
        guard let connection = try? world.connect() else { return 0 }
        defer { connection.close() }
        do {
            try connection.begin()
            _ = try connection.execute("UPDATE \(service.rawValue).consumer_offset SET next_offset = next_offset")
            OwnThread.sleep(for: .milliseconds(100))
            try connection.commit()
        } catch {
            connection.rollback()
        }
        return 1
    }

    @Test func `F8 a COMMIT whose answer is lost is neither done twice nor forgotten`() throws {
        let house = try house()
        let world = house.world
        let feed = house.feed(.commits)
        let before = world.databaseProxy.counts.commitsLost
        func lost() -> Int { world.databaseProxy.counts.commitsLost.reduce(0) { $0 + $1.value - (before[$1.key] ?? 0) } }
        world.databaseProxy.loseCommits(perMille: 500)
        let end = MonotonicClock.now + .seconds(scale.isLong ? 1_800 : 400)
        while lost() < scale.ambiguousCommits, MonotonicClock.now < end {
            // Never all of it: the last commits need records, too.
            let share = 0.03 + 0.92 * Double(lost()) / Double(scale.ambiguousCommits)
            let left = Double(feed.records.count) * share - Double(feed.sentCount)
            feed.pace(max(10, left))
            OwnThread.sleep(for: .milliseconds(50))
        }
        world.databaseProxy.loseCommits(perMille: 0)
        let count = lost()
        #expect(count >= scale.ambiguousCommits, "the load did not suffice")
        let ways = FaultProxy.CommitLoss.allCases.map { "\($0) \((world.databaseProxy.counts.commitsLost[$0] ?? 0) - (before[$0] ?? 0))" }
        try house.judge(
            .commits, feed,
            FaultReport.Line(
                fault: "F8", how: "a proxy loses the answer to COMMIT, or COMMIT itself", count: count,
                remarks: ways.joined(separator: ", ")))
    }

    @Test func `F11 a broker that is restarted, killed and away for long gets everything in order afterwards`() throws {
        let house = try house()
        let world = house.world
        let feed = house.feed(.broker)
        feed.pace(Double(feed.records.count) / Double(scale.brokerRestarts) / 8)
        for restart in 0..<scale.brokerRestarts {
            OwnThread.sleep(for: .seconds(1))
            world.kafka.stop(restart % 2 == 0 ? SIGTERM : SIGKILL)
            try world.kafka.start()
        }
        OwnThread.sleep(for: .seconds(1))
        let before = ServiceName.allCases.map { world.memory($0) }
        world.kafka.stop(SIGKILL)
        OwnThread.sleep(for: scale.brokerOutage)
        let unaware = ServiceName.allCases.filter { world.isReady($0) }
        let grown = zip(ServiceName.allCases, before).map { world.memory($0) - $1 }.max() ?? 0
        #expect(ServiceName.allCases.allSatisfy { world.process($0)?.isRunning == true }, "a service ended while the broker was away")
        #expect(unaware.isEmpty, "ready while the broker was away: \(unaware)")
        try world.kafka.start()
        #expect(grown < 64 << 10, "\(grown) KiB more memory while the broker was away")
        try house.judge(
            .broker, feed,
            FaultReport.Line(
                fault: "F11", how: "Kafka stopped or killed and started; then away for \(scale.brokerOutage)",
                count: scale.brokerRestarts + 1,
                remarks: "memory grew by \(grown) KiB at most while it was away"))
        #expect(eventually(within: .seconds(15)) { ServiceName.allCases.allSatisfy { world.isReady($0) } }, "not ready again")
    }

    @Test func `F12 connections reset all the time on both sides cost time and nothing else`() throws {
        let house = try house()
        let world = house.world
        let feed = house.feed(.resets)
        func done() -> Int { world.databaseProxy.counts.resets + world.kafka.proxy.counts.resets }
        let before = done()
        let started = MonotonicClock.now
        let fatalBefore = fatalErrors(world)
        let end = started + .seconds(scale.isLong ? 1_800 : 400)
        // Swizzle: as often as connections come back.
        while done() - before < scale.resets, MonotonicClock.now < end {
            let share = Double(done() - before) / Double(scale.resets)
            feed.pace(max(10, Double(feed.records.count) * min(1, 0.1 + share) - Double(feed.sentCount)))
            world.databaseProxy.reset(1)
            world.kafka.proxy.reset(2)
            OwnThread.sleep(for: .milliseconds(80))
        }
        let count = done() - before
        #expect(count >= scale.resets)
        let took = MonotonicClock.now.since(started)
        try house.judge(
            .resets, feed,
            FaultReport.Line(
                fault: "F12", how: "RST on connections to Kafka and PostgreSQL, by lot", count: count,
                remarks:
                    "\(took.wholeMicroseconds / 1_000_000) s; producers begun anew after a fatal error: \(fatalErrors(world) - fatalBefore), "
                    + "the feed's own \(feed.failures)"))
    }

    private func fatalErrors(_ world: FaultWorld) -> Int { StatusPage.sum("credit_kafka_fatal_errors_total", world) }

    @Test func `F16 instances that come and go every two seconds share the work without doing it twice`() throws {
        let house = try house()
        let world = house.world
        let feed = house.feed(.rebalances)
        let joining: [ServiceName] = [.ingestion, .governance, .scoring, .reporting]
        let length = scale.storm * (scale.isLong ? 5 : 2)
        feed.pace(Double(feed.records.count) / (Double(length.wholeMicroseconds) / 1_000_000))
        let end = MonotonicClock.now + length
        var changes = 0
        while MonotonicClock.now < end {
            for service in joining { try world.start(service, instance: 3) }
            OwnThread.sleep(for: .seconds(2))
            for (index, service) in joining.enumerated() {
                world.end(service, instance: 3, (changes + index) % 2 == 0 ? SIGTERM : SIGKILL)
            }
            changes += 2 * joining.count
            OwnThread.sleep(for: .seconds(2))
        }
        try house.judge(
            .rebalances, feed,
            FaultReport.Line(
                fault: "F16", how: "a further instance of four services joins, and leaves in order or killed, every 2 s", count: changes))
    }
}
