import Chassis
import Contracts
import Postgres
import Support
import Synchronization
import Testing
import Vocabulary

@testable import Pipeline

/// Taking lanes up waits for whoever is still at them: that is the `FOR UPDATE` of `PostgresStore.lockOffsets`, and nothing else.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct TakeUpTests {
    private static let place = TopicPartition(topic: Topic.portalIn, partition: 0)
    private static let lane = TopicPartition(topic: LaneBook.laneTopic, partition: 0)

    /// Lane 0, read up to offset 100.
    private func house() throws -> ToyHouse {
        let house = try ToyHouse()
        for (topic, next) in [(Topic.portalIn, 100), (LaneBook.laneTopic, 7)] as [(String, Int64)] {
            _ = try house.owner.execute(
                "INSERT INTO consumer_offset (topic, partition, next_offset) VALUES ($1, 0, $2)", [.text(topic), .int64(next)])
        }
        return house
    }

    @Test func `a commit that is still landing is waited for, and all of it is seen`() throws {
        let house = try house()
        // As a backend does it whose client is gone: the COMMIT lies in its socket and nobody hears of it. Messages alone leave the lane's own
        // row untouched, so that no other statement of the taking up would wait.
        let landing = house.owner
        try landing.begin()
        _ = try landing.execute("UPDATE consumer_offset SET next_offset = 200 WHERE topic = $1", [.text(Topic.portalIn)])
        _ = try landing.execute(
            "INSERT INTO link_in (source, topic, partition, last_seq) VALUES ('xinqiao/toy/0', $1, 0, 40)", [.text(Topic.portalIn)])
        let taking = Taking(house.conninfo, lane: 0)
        #expect(try taking.waitsForALock(), "it did not wait, and read what was before")
        try landing.commit()
        let book = try taking.book()
        #expect(book.nextOffset == [Self.place: 200, Self.lane: 8])
        #expect(book.linkIn == [LinkIn(source: "xinqiao/toy/0", place: Self.place): 40])
    }

    @Test func `two who take the same lane up do so one after the other`() throws {
        let house = try house()
        let first = house.owner
        try first.begin()
        for row in try first.execute(PostgresStore.lockOffsets, [.int32s([0])]) { #expect(try row.int32(1) == 0) }
        let second = Taking(house.conninfo, lane: 0)
        #expect(try second.waitsForALock(), "both are at it")
        // Another lane is nobody's business.
        #expect(try Taking(house.conninfo, lane: 1).book().nextOffset.isEmpty)
        _ = try first.execute(PostgresStore.countTakeUp, [.text(LaneBook.laneTopic), .int32s([0])])
        try first.commit()
        #expect(try second.book().nextOffset == [Self.place: 100, Self.lane: 9], "the later one counts on from the earlier one")
    }
}

/// One that takes a lane up, on a thread and a connection of its own.
private final class Taking: Sendable {
    private let conninfo: String
    private let name = "taking-\(UInt32.random(in: 0 ... .max))"
    private let answer = Mutex<Result<LaneBook, StoreFault>?>(nil)

    init(_ conninfo: String, lane: Int32) {
        self.conninfo = conninfo
        OwnThread.start(named: "taking") { [self] in
            let address = PostgresAddress(conninfo: conninfo, applicationName: name, searchPath: "toy")
            do throws(StoreFault) {
                let store = try PostgresStore(address)
                let book = try store.takeUp([lane]).book
                answer.withLock { $0 = .success(book) }
                store.close()
            } catch {
                answer.withLock { $0 = .failure(error) }
            }
        }
    }

    private var isDone: Bool { answer.withLock { $0 != nil } }

    /// False when it came to its end without waiting.
    func waitsForALock() throws -> Bool {
        // Of its own: within a transaction this view stands still.
        let watcher = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "watcher"))
        defer { watcher.close() }
        var isWaiting = false
        _ = eventually(within: .seconds(20)) {
            let rows = try? watcher.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'", [.text(name)])
            isWaiting = (try? rows?.first?.int64(0)) == 1
            return isWaiting || isDone
        }
        return isWaiting && !isDone
    }

    func book() throws -> LaneBook {
        guard eventually(within: .seconds(20), { isDone }), let found = answer.withLock({ $0 }) else { throw Late() }
        return try found.get()
    }

    private struct Late: Error {}
}
