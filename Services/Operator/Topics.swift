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
            that would move subjects between lanes. Nor does it shorten a retention: a topic that keeps its messages longer than planned
            is named and left. `list` prints the topics with their settings.
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
    static func specs(_ catalog: Catalog, partitions: Int, replication: Int) -> [TopicSpec] {
        OutsideTopics.all(catalog).map { topic in
            let isCatalog = topic == Topic.catalogEntries
            return TopicSpec(
                name: topic, partitions: isCatalog ? 1 : partitions, replication: replication,
                config: [
                    retention: daysKept(topic).map { String($0 * 24 * 3_600 * 1_000) } ?? forEver,
                    "cleanup.policy": isCatalog ? "compact" : "delete", "max.message.bytes": "1048588",
                ])
        }
    }

    private static let retention = "retention.ms"
    private static let forEver = "-1"

    /// How long the broker keeps a message. Nil is for ever. Source: ops/retention.md
    static func daysKept(_ topic: String) -> Int? {
        // The catalogue is compacted. A checkpoint is worth the more the older it is, and small.
        if topic == Topic.catalogEntries || topic == Topic.governanceCheckpoints { return nil }
        if topic.hasPrefix("deadletters.") { return 90 }
        return ["source.", "institution.", "portal."].contains { topic.hasPrefix($0) } ? 14 : 7
    }

    private static func isLonger(_ one: String, than other: String) -> Bool {
        guard one != forEver, other != forEver else { return one == forEver && other != forEver }
        guard let one = Int64(one), let other = Int64(other) else { return false }
        return one > other
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
            var differing = spec.config.filter { config[$0.key] != nil && config[$0.key] != $0.value }
            // What is deleted does not come back, and somebody may have meant it.
            if let kept = config[retention], let planned = differing[retention], isLonger(kept, than: planned) {
                differing[retention] = nil
                say("\(spec.name): keeps \(retention)=\(kept), longer than the plan's \(planned); shorten it by hand if that is not meant")
            }
            if !differing.isEmpty {
                try admin.alterConfig(topic: spec.name, differing, timeout: .seconds(10))
                say("\(spec.name): set \(text(differing))")
            }
        }
        guard wrong.isEmpty else { throw Failure(wrong.joined(separator: "\n")) }
        say("topics: \(missing.count) created, \(specs.count - missing.count) checked")
    }
}
