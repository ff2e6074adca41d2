import Chassis
import Contracts
import Deciding
import Foundation
import Kafka
import Vocabulary

extension Command {
    static let topics = Command(
        "topics", usage: "apply|list [--packs DIR] [--partitions N] [--replication N]",
        summary: "create the topics of the suite in Kafka and check the ones that exist",
        valued: ["packs", "partitions", "replication"],
        details: """
            `apply` creates what is missing (internal topics, those of the sources and institutions named by the packs, dead letters), and
            checks partitions, retention and compaction of what exists. It never deletes, and never changes a number of partitions:
            that would move subjects between lanes. `list` prints the topics with their settings.
            """
    ) { options in
        let packs = try Pack.load(options.text("packs") ?? "packs")
        let catalog = Catalog(version: 0, entries: packs.flatMap(\.entries).map(\.entry))
        let partitions = try options.int("partitions", default: 4, in: 1...1_000)
        let replication = try options.int("replication", default: 1, in: 1...9)
        let specs = TopicPlan.specs(catalog, partitions: partitions, replication: replication)
        switch options.words.first {
        case "list": for spec in specs { print("\(spec.name)  partitions=\(spec.partitions)  \(TopicPlan.text(spec.config))") }
        case "apply": try TopicPlan.apply(specs, try Connections.kafka()) { print($0) }
        default: throw Failure("say `topics apply` or `topics list`", code: .usage)
        }
    }
}

/// How each topic should be.
enum TopicPlan {
    /// Long enough that a service that was down over a long holiday finds everything; the outbox keeps as long.
    static let retention = String(7 * 24 * 3_600 * 1_000)

    static func specs(_ catalog: Catalog, partitions: Int, replication: Int) -> [TopicSpec] {
        OutsideTopics.all(catalog).map { topic in
            var config = ["retention.ms": retention, "cleanup.policy": "delete", "max.message.bytes": "1048588"]
            // A checkpoint is worth the more the older it is, and small.
            if topic == Topic.governanceCheckpoints { config["retention.ms"] = "-1" }
            if topic == Topic.catalogEntries {
                config = ["cleanup.policy": "compact", "retention.ms": "-1", "max.message.bytes": "1048588"]
            }
            return TopicSpec(
                name: topic, partitions: topic == Topic.catalogEntries ? 1 : partitions, replication: replication, config: config)
        }
    }

    static func text(_ config: [String: String]) -> String {
        config.keys.sorted().map { "\($0)=\(config[$0] ?? "")" }.joined(separator: " ")
    }

    static func apply(_ specs: [TopicSpec], _ settings: KafkaSettings, say: (String) -> Void) throws {
        let admin = try KafkaAdmin(settings)
        let known = Dictionary(uniqueKeysWithValues: try admin.describe(timeout: .seconds(30)).map { ($0.name, $0.partitions) })
        let missing = specs.filter { known[$0.name] == nil }
        var wrong: [String] = []
        if !missing.isEmpty {
            for (spec, outcome) in zip(missing, try admin.createTopics(missing, timeout: .seconds(60))) {
                switch outcome {
                case .created, .existed: continue
                case .failed(let fault): wrong.append("\(spec.name): \(fault)")
                }
            }
        }
        for spec in specs {
            guard let partitions = known[spec.name] else { continue }
            if partitions != spec.partitions {
                wrong.append("\(spec.name) has \(partitions) partitions instead of \(spec.partitions); drain the suite and recreate it")
            }
            let config = try admin.describeConfig(topic: spec.name, timeout: .seconds(10))
            let differing = spec.config.filter { config[$0.key] != nil && config[$0.key] != $0.value }
            if !differing.isEmpty {
                try admin.alterConfig(topic: spec.name, differing, timeout: .seconds(10))
                say("\(spec.name): set \(text(differing))")
            }
        }
        guard wrong.isEmpty else { throw Failure(wrong.joined(separator: "\n")) }
        say("topics: \(missing.count) created, \(specs.count - missing.count) checked")
    }
}
