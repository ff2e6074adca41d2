import Chassis
import Contracts
import Deciding
import Foundation
import Kafka
import Pipeline
import Postgres
import Vocabulary

/// Runs CREDIT-REF-1 on the one path until SIGTERM. The environment is the harness's: BOOT, RAW, SCORED, DLQ, PG, MASTER.
@main
struct Main {
    static func main() {
        do {
            try run(ProcessInfo.processInfo.environment)
        } catch {
            FileHandle.standardError.write(Data("credit-reference: \(error)\n".utf8))
            exit(2)
        }
    }

    private static func run(_ environment: [String: String]) throws {
        func value(_ name: String) throws -> String {
            guard let value = environment[name], !value.isEmpty else { throw ReferenceFault.environment(name) }
            return value
        }
        Shutdown.install()
        let master = try value("MASTER")
        let raw = try value("RAW")
        let refused = try value("DLQ")
        let card = URL(fileURLWithPath: master).deletingLastPathComponent().appendingPathComponent("scorecard.json").path
        let decider = CreditReference(
            topics: .init(applications: raw, scored: try value("SCORED"), refused: refused), firms: try FirmTable(path: master),
            card: try ReferenceCard(path: card))
        let conninfo = try value("PG")
        let schema = "path_reference"
        let admin = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "credit-reference-migrate"))
        _ = try Migrator.apply(PathMigration.all, schema: schema, on: admin)
        admin.close()
        let log = Log(service: "credit-reference", hiding: [])
        let metrics = Metrics(service: "credit-reference")
        let worker = Worker(
            decider: decider,
            address: PostgresAddress(conninfo: conninfo, applicationName: "credit-reference", searchPath: "\(schema), public"),
            kafka: KafkaSettings(bootstrap: try value("BOOT"), clientID: "credit-reference"), feed: CatalogFeed(fixed: .empty),
            inputs: { _ in [raw] }, bounds: WorkerBounds(), health: Health(stuckAfter: .seconds(60), expecting: []),
            metrics: PathMetrics(metrics), log: log, owner: "credit-reference", partitions: [refused: 1])
        worker.run()
    }
}
