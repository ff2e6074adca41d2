import Chassis
import Contracts
import Foundation
import Kafka
import Support
import Testing

/// `xinqiao catalog`, on packs that are not as they should be.
@Suite struct CatalogPublishingTests {
    @Test func `an entry under a version that is out is unchanged only if nothing in it is another`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic(Topic.catalogEntries, partitions: 1)
        let pack = try PackOnDisk("purposes")
        defer { try? FileManager.default.removeItem(at: pack.folder) }
        func publish(_ entry: String) throws -> (end: ChildProcess.End?, text: String) {
            try "[\n\(entry)\n]\n".write(to: pack.folder.appendingPathComponent("purposes.json"), atomically: true, encoding: .utf8)
            return try ProcessSuite.xinqiao(
                ["catalog", "publish", pack.folder.path],
                ["XINQIAO_KAFKA_BOOTSTRAP": broker.bootstrap, "XINQIAO_KAFKA_OPTIONS": "fetch.wait.max.ms=10"], in: pack.folder)
        }

        let first = try publish(Self.purpose())
        #expect(first.end == .status(0) && first.text.contains("1 entries published, 0 unchanged"), "\(first.text)")
        let again = try publish(Self.purpose())
        #expect(again.end == .status(0) && again.text.contains("0 entries published, 1 unchanged"), "\(again.text)")
        for other in [
            Self.purpose(from: "2021-01-01T00:00:00Z"), Self.purpose(further: #""withdrawn":true,"#), Self.purpose(title: "Harvest"),
        ] {
            let (end, text) = try publish(other)
            #expect(end == .status(2) && text.contains("purposes.json: purpose/harvest/1 was published with another"), "\(text)")
        }
        let next = try publish(Self.purpose(version: 2, further: #""withdrawn":true,"#))
        #expect(next.end == .status(0) && next.text.contains("1 entries published"), "\(next.text)")

        // What nobody can read is named until something readable stands in its place.
        let producer = try KafkaProducer(broker.settings(clientID: "tests")) { _ in }
        try producer.produce(
            topic: Topic.catalogEntries, partition: 0, key: Array("purpose/harvest/3".utf8), value: Array("{".utf8), headers: [], tag: 1)
        #expect(producer.flush(.seconds(30)))
        let mended = try publish(Self.purpose(version: 3))
        #expect(mended.end == .status(0) && mended.text.contains("1 entries published"), "\(mended.text)")
        #expect(mended.text.contains("the entry `purpose/harvest/3` at offset 2 "), "\(mended.text)")
        #expect(try !publish(Self.purpose(version: 3)).text.contains("can not be read"))
    }

    @Test func `a file of a pack that can not be read is named`() throws {
        let pack = try PackOnDisk("unreadable")
        defer { try? FileManager.default.removeItem(at: pack.folder) }
        try "[\(Self.purpose())]".write(to: pack.folder.appendingPathComponent("purposes.json"), atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(
            atPath: pack.folder.appendingPathComponent("tags.json").path, withDestinationPath: "nowhere")
        let (end, text) = try ProcessSuite.xinqiao(["catalog", "check", pack.folder.path], [:], in: pack.folder)
        #expect(end == .status(2) && text.contains("tags.json can not be read"), "\(text)")
    }

    @Test func `a broken entry is refused with its line, however many stand before it in the file`() throws {
        let pack = try PackOnDisk("broken")
        defer { try? FileManager.default.removeItem(at: pack.folder) }
        let text = #"""
            [
            \#(Self.purpose()),
            {
              "kind": "qualityRule", "id": "loud", "version": 1,
              "body": {
                "title": {"en": "t", "zh": "t"}, "recordTypes": ["tax.return"], "severity": "loud", "weight": 10, "owner": "",
                "logic": true
              },
              "examples": [{"data": {}, "truth": "yes"}]
            },
            {
              "kind": "riskRule", "id": "odd", "version": 1,
              "body": {
                "title": {"en": "t", "zh": "t"}, "dimension": "tax", "level": "red",
                "logic": {"and": [
                  true,
                  {"foo": [1]}
                ]}
              },
              "examples": [{"facts": {}, "fires": true}]
            },
            {"kind": "weather", "id": "rain", "version": 1, "body": {}, "examples": [{}]}
            ]
            """#
        try text.write(to: pack.folder.appendingPathComponent("entries.json"), atomically: true, encoding: .utf8)
        let (end, said) = try ProcessSuite.xinqiao(["catalog", "check", pack.folder.path], [:], in: pack.folder)
        #expect(end == .status(2))
        #expect(said.contains("qualityRule `loud`: line 5: rule `loud`: `severity` is neither quarantine nor flag"), "\(said)")
        #expect(said.contains("riskRule `odd`: `logic`: unknown operator `foo` at /and/1 (line 17, byte "), "\(said)")
        #expect(said.contains("weather `rain`: line 22: there is no kind `weather`"), "\(said)")
    }

    @Test func `a name that leads nowhere is refused with its line and the nearest one, here or among what is published`() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic(Topic.catalogEntries, partitions: 1)
        let settings = ["XINQIAO_KAFKA_BOOTSTRAP": broker.bootstrap, "XINQIAO_KAFKA_OPTIONS": "fetch.wait.max.ms=10"]
        let ground = try PackOnDisk("ground")
        let pack = try PackOnDisk("names")
        defer { for folder in [ground.folder, pack.folder] { try? FileManager.default.removeItem(at: folder) } }
        try "[\(Self.purpose())]".write(to: ground.folder.appendingPathComponent("purposes.json"), atomically: true, encoding: .utf8)
        func write(purpose: String, fact: String) throws {
            let text = #"""
                [
                {
                  "kind": "releaseRule", "id": "sheaf.v1", "version": 1,
                  "body": {
                    "title": {"en": "t", "zh": "t"},
                    "purpose": "\#(purpose)", "needsConsent": false, "fields": {"a": "public"}
                  },
                  "examples": [{"body": {"a": 1}, "released": {"a": 1}}]
                },
                {
                  "kind": "riskRule", "id": "thin", "version": 1,
                  "body": {
                    "title": {"en": "t", "zh": "t"}, "dimension": "tax", "level": "red",
                    "logic": {"<": [{"var": "\#(fact)"}, 1]}
                  },
                  "examples": [{"facts": {"\#(fact)": 0}, "fires": true}]
                }
                ]
                """#
            try text.write(to: pack.folder.appendingPathComponent("entries.json"), atomically: true, encoding: .utf8)
        }
        func run(_ words: String...) throws -> (end: ChildProcess.End?, text: String) {
            try ProcessSuite.xinqiao(["catalog"] + words, settings, in: pack.folder)
        }

        try write(purpose: "harvset", fact: "ponits")
        let (end, said) = try run("check", ground.folder.path, pack.folder.path)
        #expect(end == .status(2), "\(said)")
        #expect(
            said.contains(
                "entries.json: releaseRule `sheaf.v1`: line 6: `purpose` names `harvset`, and there is no such purpose; the nearest is `harvest`"
            ),
            "\(said)")
        #expect(
            said.contains("riskRule `thin`: line 14: `logic` names `ponits`, and there is no such indicator, tag or other fact"), "\(said)")
        try write(purpose: "harvest", fact: "points")
        let alone = try run("publish", pack.folder.path)
        #expect(alone.end == .status(2) && alone.text.contains("line 6: `purpose` names `harvest`"), "\(alone.text)")
        #expect(alone.text.contains("`harvest` in \(ground.folder.lastPathComponent)"), "\(alone.text)")
        let together = try run("check", ground.folder.path, pack.folder.path)
        #expect(together.end == .status(0), "\(together.text)")
        #expect(try run("publish", ground.folder.path).end == .status(0))
        let after = try run("publish", pack.folder.path)
        #expect(after.end == .status(0) && after.text.contains("2 entries published"), "\(after.text)")
    }

    @Test func `a pack that speaks of others is told which of those beside it lacks, and they go together`() throws {
        let pack = try PackOnDisk("beside")
        defer { try? FileManager.default.removeItem(at: pack.folder) }
        func check(_ names: [String]) throws -> (end: ChildProcess.End?, text: String) {
            try ProcessSuite.xinqiao(["catalog", "check"] + names.map { ProcessSuite.packs + "/" + $0 }, [:], in: pack.folder)
        }
        let alone = try check(["base"])
        #expect(alone.end == .status(2), "\(alone.text)")
        #expect(alone.text.contains("names `books.month`, and there is no such record type"), "\(alone.text)")
        #expect(alone.text.contains("found beside: `books.month` in governance\n"), "\(alone.text)")
        let head = "packs that speak of one another are named together: "
        let last = try #require(alone.text.components(separatedBy: "\n").first { $0.hasPrefix(head) }, "\(alone.text)")
        let named = last.dropFirst(head.count).components(separatedBy: " ").map { URL(fileURLWithPath: $0).lastPathComponent }
        #expect(named == ["base", "governance", "hunan-catalogue", "hunan-endpoints"])
        let together = try check(named)
        #expect(together.end == .status(0), "\(together.text)")
    }

    private static func purpose(
        version: Int = 1, from day: String = "2020-01-01T00:00:00Z", title: String = "Reaping", further: String = ""
    ) -> String {
        #"{"kind":"purpose","id":"harvest","version":\#(version),"effectiveFrom":"\#(day)",\#(further)"#
            + #""body":{"title":{"en":"\#(title)","zh":"收割"}},"examples":[{"purpose":"harvest","receiver":"platform"}]}"#
    }
}
