import Chassis
import Contracts
import Deciding
import Foundation
import Kafka
import Pipeline
import Postgres

/// The service that the path is measured with, as a process of its own: `bench --serve-path`.
final class PathService {
    private let process = Process()

    var isRunning: Bool { process.isRunning }

    static func start(bootstrap: String, postgres: String, schema: String) throws -> PathService {
        let service = PathService()
        service.process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
        service.process.arguments = ["--serve-path"]
        service.process.environment = ProcessInfo.processInfo.environment.merging([
            "BENCH_BOOTSTRAP": bootstrap, "BENCH_POSTGRES": "host=\(postgres) user=bench dbname=postgres", "BENCH_SCHEMA": schema,
        ]) { $1 }
        service.process.standardOutput = FileHandle.nullDevice
        service.process.standardError = FileHandle.nullDevice
        try service.process.run()
        return service
    }

    struct Standing {
        /// Unit: MiB.
        let memory: Double
        let descriptors: Int
        let threads: Int
    }

    /// What it holds now.
    var standing: Standing {
        let folder = "/proc/\(process.processIdentifier)"
        func count(_ name: String) -> Int { (try? FileManager.default.contentsOfDirectory(atPath: folder + name).count) ?? 0 }
        let memory = Double(ProcessMemory.resident.kibibytes(of: process.processIdentifier) ?? 0) / 1_024
        return Standing(memory: memory, descriptors: count("/fd"), threads: count("/task"))
    }

    /// Unit: MiB.
    var peakMemory: Double { Double(ProcessMemory.peak.kibibytes(of: process.processIdentifier) ?? 0) / 1_024 }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// What the child does: the real worker with a decider that does next to nothing.
    static func serve() throws {
        let environment = ProcessInfo.processInfo.environment
        Shutdown.install()
        let worker = Worker(
            decider: Adder(writesRows: false),
            address: PostgresAddress(
                conninfo: environment["BENCH_POSTGRES"] ?? "", applicationName: "bench", searchPath: environment["BENCH_SCHEMA"] ?? ""),
            kafka: KafkaSettings(bootstrap: environment["BENCH_BOOTSTRAP"] ?? "", clientID: "bench"), feed: CatalogFeed(fixed: .empty),
            inputs: { _ in [PathBench.input] }, bounds: WorkerBounds(), health: Health(stuckAfter: .seconds(60), expecting: []),
            metrics: PathMetrics(Metrics(service: "bench")), log: Log(service: "bench", hiding: []), owner: "bench")
        worker.run()
    }
}
