import Chassis
import Foundation
import Kafka
import Support
import Testing

/// `xinqiao topics`: how long the broker keeps what.
@Suite struct TopicTests {
    @Test func `the broker keeps every topic as long as ops/retention.md promises`() throws {
        let table = try promises()
        #expect(table.count > 8)
        let listed = try topics("list")
        #expect(listed.end == .status(0), "\(listed.text)")
        let lines = listed.text.split(separator: "\n")
        #expect(lines.count > 50)
        for line in lines {
            let name = String(line.prefix { $0 != " " })
            let promise = table.first { isNamed(name, by: $0.pattern) }
            let days = promise == nil ? Self.daysOfOthers : promise?.days
            let promised = days.map { $0 * 86_400_000 } ?? -1
            #expect(line.hasSuffix(" retention.ms=\(promised)"), "\(line)")
        }
        for promise in table {
            #expect(lines.contains { isNamed(String($0.prefix { $0 != " " }), by: promise.pattern) }, "no topic is \(promise.pattern)")
        }
    }

    @Test(.enabled(if: RealKafka.isPresent, "no Apache Kafka: neither KAFKA_HOME nor ../shared/kafka, or no java"))
    func `a topic that keeps longer than planned stays so and is named, every other setting is brought to the plan`() throws {
        let kafka = try #require(RealKafka.shared)
        let admin = try KafkaAdmin(kafka.settings(clientID: "topics"))
        #expect(try topics("apply", bootstrap: kafka.bootstrap).end == .status(0))
        func becomes(_ name: String, _ value: String) -> Bool {
            eventually(within: .seconds(10)) { (try? admin.describeConfig(topic: "portal.out.v1", timeout: .seconds(5)))?[name] == value }
        }
        let planned = "1209600000"
        for (own, left) in [("2592000000", "2592000000"), ("-1", "-1"), ("3600000", planned)] {
            try admin.alterConfig(topic: "portal.out.v1", ["retention.ms": own, "max.message.bytes": "2000000"])
            #expect(becomes("retention.ms", own) && becomes("max.message.bytes", "2000000"))
            let (end, text) = try topics("apply", bootstrap: kafka.bootstrap)
            #expect(end == .status(0), "\(text)")
            #expect(becomes("max.message.bytes", "1048588") && becomes("retention.ms", left))
            let isNamed = text.contains("portal.out.v1: keeps retention.ms=\(own), longer than the plan's \(planned)")
            #expect(isNamed == (own == left), "\(text)")
        }
        try admin.alterConfig(topic: "portal.out.v1", ["retention.ms": planned])
    }

    /// What the table does not name: between services.
    private static let daysOfOthers: Int? = 7

    /// The table's rows that name topics. No days is for ever.
    private func promises() throws -> [(pattern: String, days: Int?)] {
        let page = try String(contentsOf: PackFolder.root.appendingPathComponent("ops/retention.md"), encoding: .utf8)
        #expect(page.contains("| 7 days | a week of standstill"))
        return page.split(separator: "\n").filter { $0.hasPrefix("| ") }.flatMap { row -> [(pattern: String, days: Int?)] in
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count > 1 else { return [] }
            let days = cells[1].hasSuffix(" days") ? Int(cells[1].prefix { $0 != " " }) : nil
            return cells[0].matches(of: /`([a-z]+\.[a-z0-9.*]+)`/).map { (pattern: String($0.output.1), days: days) }
        }
    }

    private func isNamed(_ topic: String, by pattern: String) -> Bool {
        let ends = pattern.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
        return ends.count == 2 ? topic.hasPrefix(ends[0]) && topic.hasSuffix(ends[1]) : topic == pattern
    }

    private func topics(_ verb: String, bootstrap: String = "") throws -> (end: ChildProcess.End?, text: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-topics-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try ProcessSuite.xinqiao(
            ["topics", verb, "--packs", ProcessSuite.packs], ["XINQIAO_KAFKA_BOOTSTRAP": bootstrap], in: folder)
    }
}
