import Chassis
import Contracts
import Foundation
import Kafka
import Pipeline
import Postgres
import Province
import Support
import Testing
import Vocabulary

extension ProcessFaultTests {
    /// What was kept is full, gone, or older than what was said.
    @Suite(.serialized) struct Storage {
        private let scale = FaultScale.current

        private func house() throws -> FaultHouse { try FaultHouse.shared.get() }

        @Test func `F14 a full disk below the database is waited out`() throws {
            let house = try house()
            guard (try? Script.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])) != nil else {
                return try FaultHouse.skip("F14", "no right to mount a small file system")
            }
            let world = try FaultWorld(kafkaHome: house.kafkaHome, roomMiB: 400)
            defer { world.remove() }
            try world.startAll()
            let feed = house.feed(.diskFull, in: world)
            let rounds = scale.isLong ? 10 : 1
            // A round takes some eight seconds: in the last one, too, somebody has something to write.
            feed.pace(Double(feed.records.count) / Double(rounds) / 10)
            var wentUnready = 0
            for _ in 0..<rounds {
                OwnThread.sleep(for: .seconds(2))
                try world.postgres.fill()
                OwnThread.sleep(for: .seconds(4))
                if eventually(within: .seconds(6), { ServiceName.allCases.contains { !world.isReady($0) } }) { wentUnready += 1 }
                #expect(ServiceName.allCases.allSatisfy { world.process($0)?.isRunning == true }, "a service fell over")
                try world.postgres.empty()
                // Without room for its log PostgreSQL may have ended itself.
                if !world.postgres.isRunning { try world.postgres.start() }
                try world.postgres.waitUntilAnswering()
            }
            #expect(wentUnready == rounds, "nobody noticed")
            try house.judge(
                .diskFull, feed,
                FaultReport.Line(
                    fault: "F14", how: "no room left for PostgreSQL's tables and log", count: rounds,
                    remarks: "not ready meanwhile: \(wentUnready) of \(rounds)"),
                in: world)
        }

        @Test func `F22 an old backup of the database against a broker that knows more comes to the same`() throws {
            let house = try house()
            let world = try FaultWorld(kafkaHome: house.kafkaHome)
            defer { world.remove() }
            try world.startAll()
            let feed = house.feed(.oldDatabase, in: world)
            feed.pace(Double(feed.records.count) / 6)
            OwnThread.sleep(for: .seconds(2))
            let kept = world.folder.appendingPathComponent("backup").path
            // As a backup under load would be: what the database has at one moment.
            world.postgres.stopInOrder()
            try Script.run(["cp", "-a", world.postgres.data.path, kept])
            try world.postgres.start()
            OwnThread.sleep(for: .seconds(3))
            world.stopAll()
            world.postgres.stopInOrder()
            try Script.run(["rm", "-rf", world.postgres.data.path])
            try Script.run(["cp", "-a", kept, world.postgres.data.path])
            try world.postgres.start()
            try world.operate(["rejoin", "--why", "an old backup", "--by", "tests"])
            try world.startAll()
            try house.judge(
                .oldDatabase, feed,
                FaultReport.Line(fault: "F22", how: "the database as it was 3 s before, the broker as it is", count: 1), in: world)
        }

        @Test func `F22 a backup made under load is restored, rejoins the broker that knows more, and comes to the same`() throws {
            let house = try house()
            let world = try FaultWorld(kafkaHome: house.kafkaHome, isBackedUp: true)
            defer { world.remove() }
            try world.startAll()
            let feed = house.feed(.oldDatabase, in: world)
            // Slow enough that the feed outlasts the backup, however long that takes.
            feed.pace(Double(feed.records.count) / 60)
            OwnThread.sleep(for: .seconds(2))
            let kept = world.folder.appendingPathComponent("backup").path
            let begun = MonotonicClock.now
            let sentBefore = feed.sentCount
            try world.operate(["backup", kept])
            let took = MonotonicClock.now.since(begun)
            let sentMeanwhile = feed.sentCount - sentBefore
            #expect(sentMeanwhile > 0 && feed.sentCount < feed.records.count, "the feed did not run all the while")
            // What comes after it is decided by a database that will be lost, and told to the broker.
            feed.pace(Double(feed.records.count) / 6)
            OwnThread.sleep(for: .seconds(3))
            let accepted = "SELECT count(*) FROM ingestion.accepted_record"
            let given = "SELECT coalesce(sum(acked_seq), 0)::int8 FROM operator.link_out"
            let (acceptedThen, givenThen) = (try world.number(accepted), try world.number(given))
            world.stopAll()
            world.postgres.stopInOrder()
            try Script.run(["rm", "-rf", world.postgres.data.path])

            // Step by step as `restore` says it.
            let steps = try world.operate(["restore", kept, world.postgres.data.path])
            for step in ["xinqiao migrate", "truncated list", "xinqiao rejoin"] { #expect(steps.contains(step), "\(steps)") }
            try world.postgres.start()
            let (acceptedNow, givenNow) = (try world.number(accepted), try world.number(given))
            #expect(acceptedNow < acceptedThen && givenNow < givenThen, "the backup knows as much as the broker")
            try world.operate(["migrate"])
            #expect(try world.operate(["truncated", "list"]).contains("lies within its log"))
            #expect(try world.operate(["rejoin", "--why", "restored from a backup", "--by", "tests"]).contains("epoch 1 begins"))
            try world.startAll()
            try house.judge(
                .oldDatabase, feed,
                FaultReport.Line(
                    fault: "F22", how: "`xinqiao backup` under load, later `restore` and `rejoin`; the broker as it is", count: 1,
                    remarks: "the backup took \(took.wholeMicroseconds / 1_000) ms with \(sentMeanwhile) records meanwhile; "
                        + "\(acceptedThen - acceptedNow) records and \(givenThen - givenNow) messages came after it"), in: world)
        }

        @Test func `F21 a broker that lost acknowledged data is noticed, and gets it again from the outboxes and the senders`() throws {
            let house = try house()
            let world = try FaultWorld(kafkaHome: house.kafkaHome)
            defer { world.remove() }
            guard try world.operate(["help"]).contains("replay-link") else {
                return try FaultHouse.skip("F21", "xinqiao has no replay-link")
            }
            try world.startAll()
            let feed = house.feed(.lostLog, in: world)
            feed.pace(Double(feed.records.count) / 6)
            OwnThread.sleep(for: .seconds(3))
            world.kafka.stop()
            let kept = world.folder.appendingPathComponent("log").path
            try Script.run(["cp", "-a", world.kafka.folder.path, kept])
            try world.kafka.start()
            try feed.finish()
            try world.settle(feed)
            world.kafka.stop()
            try Script.run(["rm", "-rf", world.kafka.folder.path])
            try Script.run(["cp", "-a", kept, world.kafka.folder.path])
            try world.kafka.start()
            let back = MonotonicClock.now
            let code = PauseReason.truncated(next: 0, low: 0, high: 0).code
            #expect(eventually(within: .seconds(10)) { !world.logged(code).isEmpty }, "nobody noticed")
            let noticed = MonotonicClock.now.since(back)
            try acceptTruncated(world)
            var links = 0
            for place in try world.texts(
                "SELECT DISTINCT service || ' ' || topic || '/' || partition FROM operator.link_out WHERE last_seq > 0 ORDER BY 1")
            {
                let words = place.split(separator: " ").map(String.init)
                try world.operate(["replay-link", "--service", words[0], "--to", words[1], "--all", "--why", "lost", "--by", "tests"])
                links += 1
            }
            // The senders send what they have no word about; what is known is dropped by its id.
            let again = house.feed(.lostLog, in: world)
            try again.finish()
            again.adopt(feed)
            try house.judge(
                .lostLog, again,
                FaultReport.Line(
                    fault: "F21", how: "the broker's log as it was some seconds before, then `truncated accept` and `replay-link`",
                    count: links,
                    remarks: "noticed after \(noticed.wholeMicroseconds / 1_000) ms; \(links) links sent again"), in: world)
        }

        /// As an operator would: again and again, for every service finds out in its own time, until nobody has found anything more for a while.
        private func acceptTruncated(_ world: FaultWorld) throws {
            var quietSince = MonotonicClock.now
            let isQuiet = eventually(within: .seconds(120)) {
                OwnThread.sleep(for: .milliseconds(500))
                let query = "SELECT DISTINCT service FROM operator.lane_pause WHERE reason = 'source-truncated'"
                let paused = (try? world.texts(query)) ?? ["?"]
                for service in paused {
                    _ = try? world.operate(["truncated", "accept", service, "--all", "--why", "the broker lost data", "--by", "tests"])
                }
                if !paused.isEmpty { quietSince = MonotonicClock.now }
                return MonotonicClock.now.since(quietSince) >= .seconds(10)
            }
            #expect(isQuiet, "somebody still finds that the log is shorter")
        }

        @Test func `a message that ends the process is set aside after a few restarts, and everything else is done`() throws {
            let house = try house()
            let world = house.world
            guard try world.number("SELECT count(*) FROM pg_tables WHERE schemaname = 'governance' AND tablename = 'attempt'") == 1 else {
                return try FaultHouse.skip("poison", "no attempt marker in this build")
            }
            let whole = house.feed(.poison)
            guard let deadly = whole.subjects.first, let one = whole.records.first(where: { $0.subject == deadly && $0.planted == nil })
            else {
                return
            }
            let feed = Feed(world, [one] + whole.records.filter { $0.subject != deadly }, about: whole.subjects.filter { $0 != deadly })
            world.end(.governance, SIGTERM)
            try feed.finish()
            var restarts = 0
            var isAlive = false
            while restarts < 20, !isAlive {
                let process = try world.start(.governance, ["XINQIAO_CRASH_ON_KEY": deadly])
                isAlive = process.wait(atMost: .seconds(8)) == nil
                if !isAlive { restarts += 1 }
            }
            #expect(restarts <= 5)
            let letters = try world.number(
                "SELECT count(*) FROM governance.dead_letter WHERE reason = 'crash' AND convert_from(key, 'UTF8') = $1", [.text(deadly)])
            #expect(letters == 1)
            world.end(.governance, SIGTERM)
            try house.judge(
                .poison, feed,
                FaultReport.Line(
                    fault: "poison", how: "a message that nobody survives", count: restarts,
                    remarks: "set aside as `crash` after \(restarts) restarts"),
                without: [deadly])
        }
    }
}
