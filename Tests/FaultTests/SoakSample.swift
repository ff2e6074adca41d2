import Chassis
import Contracts
import Foundation
import Postgres
import Support

/// How everything stands at one moment of a soak.
struct SoakSample: Sendable {
    /// What a process holds.
    struct Standing: Sendable {
        /// Unit: KiB. Proportional: pages shared with others count in part.
        var resident: Int
        var proportional: Int
        var descriptors: Int
        var threads: Int
    }

    /// Seconds since the load began.
    var at: Double
    var services: [ServiceName: Standing]
    /// Records that the broker has, and messages and timers behind them, which nobody has decided yet.
    var underWay: Int64 = 0
    /// Bytes with indexes of every table that must not grow, by name.
    var hotTables: [String: Int64] = [:]
    /// Bytes of all that is kept by time.
    var keptByTime: Int64 = 0
    /// The longest that a service's transaction has been open. Unit: seconds.
    var longestTransaction = 0.0
    /// How many transactions ago the oldest snapshot of a service was taken: what autovacuum has to leave alone.
    var snapshotAge: Int64 = 0
    var acknowledged = 0
    /// Services that are not ready, or not the processes that they were.
    var amiss: [String] = []
}

/// Takes samples, with a connection of its own.
final class SoakProbe {
    private let world: FaultWorld
    private let connection: Connection
    private let pids: [ServiceName: Int32]

    init(_ world: FaultWorld) throws {
        self.world = world
        connection = try world.connect()
        pids = Dictionary(
            uniqueKeysWithValues: ServiceName.allCases.compactMap { service in world.process(service).map { (service, $0.pid) } })
    }

    func close() { connection.close() }

    func sample(at seconds: Double, _ fed: SoakFeed.Tally) throws -> SoakSample {
        var sample = SoakSample(at: seconds, services: [:])
        for (service, pid) in pids {
            // Before anything is asked of it: an answer has a descriptor, too.
            if let standing = Self.standing(of: pid) { sample.services[service] = standing }
        }
        for service in ServiceName.allCases {
            if world.process(service)?.pid != pids[service] || world.process(service)?.isRunning != true {
                sample.amiss.append("\(service) has ended")
            } else if !eventually(within: .seconds(5), { world.isReady(service) }) {
                // On two full cores an answer may take longer than one question waits; that alone is no ill health.
                sample.amiss.append("\(service) is not ready")
            }
        }
        sample.acknowledged = fed.acknowledged
        let decided = try number("SELECT coalesce(sum(messages), 0)::int8 FROM ingestion.message_count WHERE topic <> '@replay'")
        let behind = try number(FaultWorld.underWay)
        sample.underWay = max(0, Int64(fed.acknowledged) - decided) + behind
        for row in try connection.execute(Self.sizes, [.texts(ServiceName.allCases.map(\.rawValue)), .texts(SoakEraser.keptByTime)]) {
            if try row.bool(1) {
                sample.keptByTime += try row.int64(2)
            } else {
                sample.hotTables[try row.text(0)] = try row.int64(2)
            }
        }
        if let row = try connection.execute(Self.transactions).first {
            sample.longestTransaction = try row.double(0)
            sample.snapshotAge = try row.int64(1)
        }
        return sample
    }

    private func number(_ sql: String) throws -> Int64 { try connection.execute(sql).first?.int64(0) ?? 0 }

    /// By table; true for those kept by time. A partition counts as its table: outboxes and outside ids.
    private static let sizes = """
        SELECT n.nspname || '.' || c.relname, c.relispartition OR n.nspname || '.' || c.relname = ANY ($2) OR c.relname = ANY ($2),
               pg_total_relation_size(c.oid)
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = ANY ($1) AND c.relkind = 'r'
        """
    private static let transactions = """
        SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8, coalesce(max(age(backend_xmin)), 0)::int8
          FROM pg_stat_activity WHERE application_name LIKE 'xinqiao-%'
        """

    /// Nil when there is no such process.
    private static func standing(of pid: Int32) -> SoakSample.Standing? {
        guard let resident = ProcessMemory.resident.kibibytes(of: pid) else { return nil }
        func count(_ folder: String) -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/\(folder)").count) ?? 0 }
        let rollup = (try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)) ?? ""
        let proportional = rollup.split(separator: "\n").first { $0.hasPrefix("Pss:") }.flatMap { Int($0.filter(\.isNumber)) }
        return SoakSample.Standing(
            resident: resident, proportional: proportional ?? resident, descriptors: count("fd"), threads: count("task"))
    }
}
