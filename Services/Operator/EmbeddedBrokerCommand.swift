import Chassis
import Contracts
import Deciding
import Foundation
import Kafka

extension Command {
    static let broker = Command(
        "broker", usage: "--address-file FILE [--packs DIR] [--partitions N]",
        summary: "run the built-in broker: in memory, 5 MiB a partition, for the embedded suite only",
        valued: ["packs", "partitions", "address-file"],
        details: "Writes its address to FILE once it can be used. Everything in it is gone when it ends; production uses Apache Kafka."
    ) { options in
        guard let file = options.text("address-file") else { throw Failure("--address-file is needed", code: .usage) }
        Shutdown.install()
        let packs = try Pack.load(options.text("packs") ?? "packs")
        let catalog = Catalog(version: 0, entries: packs.flatMap(\.entries).map(\.entry))
        let partitions = try options.int("partitions", default: 4, in: 1...64)
        let broker = try EmbeddedBroker()
        for spec in TopicPlan.specs(catalog, partitions: partitions, replication: 1) {
            try broker.createTopic(spec.name, partitions: spec.partitions)
        }
        try broker.bootstrap.write(toFile: file, atomically: true, encoding: .utf8)
        Shutdown.wait()
    }
}
