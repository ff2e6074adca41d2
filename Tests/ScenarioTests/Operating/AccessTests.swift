import Chassis
import Contracts
import Foundation
import Kafka
import Support
import Testing

/// `xinqiao acls`: who may do what on the broker.
@Suite struct AccessTests {
    private let parties = ProcessSuite.packs + "/../compose/parties.txt"

    @Test func `every service may read its inputs and write its outputs, and every fixed topic has a writer`() throws {
        let table = try listed(try String(contentsOfFile: parties, encoding: .utf8))
        #expect(table.count > 300)
        for service in ServiceName.allCases {
            let own = table.filter { $0.hasPrefix(service.rawValue + " ") }
            for topic in service.inputs { #expect(own.contains("\(service) READ TOPIC LITERAL \(topic)")) }
            for topic in service.outputs { #expect(own.contains("\(service) WRITE TOPIC LITERAL \(topic)")) }
            #expect(own.allSatisfy { !$0.contains("PREFIXED") && !$0.hasSuffix(" *") })
        }
        #expect(Topic.fixed.filter { topic in !table.contains { $0.hasSuffix(" WRITE TOPIC LITERAL \(topic)") } } == [])
        #expect(table.filter { $0.hasPrefix("scoring ") && $0.contains("READ TOPIC") }.count == 2, "catalogue and facts, nothing else")
    }

    @Test func `what goes out to a source is written by exchange and read by that source, and by nobody else`() throws {
        let table = try listed("source tax\nsource court # both\ninstitution bank-a\n")
        #expect(
            table.filter { $0.contains("source.") && $0.hasSuffix("out.v1") } == [
                "exchange WRITE TOPIC LITERAL source.court.out.v1", "exchange WRITE TOPIC LITERAL source.tax.out.v1",
                "source.court READ TOPIC LITERAL source.court.out.v1", "source.tax READ TOPIC LITERAL source.tax.out.v1",
            ])
        #expect(
            table.filter { $0.hasPrefix("institution.bank-a ") } == [
                "institution.bank-a READ GROUP PREFIXED institution.bank-a.",
                "institution.bank-a READ TOPIC LITERAL governance.checkpoints.v1",
                "institution.bank-a READ TOPIC LITERAL institution.bank-a.out.v1",
                "institution.bank-a WRITE TOPIC LITERAL institution.bank-a.in.v1",
            ])
    }

    @Test func `a revoked party has no right, and the services keep theirs on its topics`() throws {
        let before = try listed("source tax\ninstitution bank-a\n")
        let after = try listed("source tax\nrevoked institution bank-a\n")
        #expect(before.filter { !$0.hasPrefix("institution.bank-a ") } == after)
    }

    @Test func `a file of parties with a wrong line is refused by its number`() throws {
        for (text, said) in [
            ("source tax\nbank b\n", "line 2: not"), ("source Tax\n", "line 1: not"), ("source a.b\n", "line 1: not"),
            ("revoked\n", "line 1: not"), ("source tax\n\nrevoked source tax\n", "line 3: source.tax is in line 1 already"),
        ] {
            let (end, told) = try acls("list", text)
            #expect(end == .status(64) && told.contains(said), "\(told)")
        }
    }

    @Test(.enabled(if: RealKafka.isPresent, "no Apache Kafka: neither KAFKA_HOME nor ../shared/kafka, or no java"))
    func `the broker's list is brought to the table, and what is not in it goes`() throws {
        let kafka = try #require(RealKafka.shared)
        let admin = try KafkaAdmin(kafka.settings(clientID: "access"))
        let stranger = AccessRule("stranger", may: .read, .topic, "governance.", pattern: .prefixed)
        try admin.add([stranger], timeout: .seconds(20))
        #expect(eventually(within: .seconds(10)) { (try? admin.accessRules(timeout: .seconds(5)).contains(stranger)) == true })

        let text = "source tax\ninstitution bank-a\n"
        let first = try acls("apply", text, bootstrap: kafka.bootstrap)
        #expect(first.end == .status(0) && first.text.contains("taken away: \(stranger)"), "\(first.text)")
        #expect(Set(try admin.accessRules(timeout: .seconds(10)).map(\.description)) == Set(try listed(text)))
        #expect(try acls("apply", text, bootstrap: kafka.bootstrap).text.contains(" 0 added, 0 taken away"))
        #expect(
            try acls("apply", "source tax\nrevoked institution bank-a\n", bootstrap: kafka.bootstrap).text.contains(
                " 0 added, 4 taken away"))
    }

    @Test func `a broker without an authorizer is named as such, at once`() throws {
        let broker = try EmbeddedBroker()
        let clock = ContinuousClock()
        let started = clock.now
        let (end, told) = try acls("apply", "source tax\n", bootstrap: broker.bootstrap)
        #expect(end == .status(2) && told.contains("no authorizer"), "\(told)")
        #expect(started.duration(to: clock.now) < .seconds(10))
    }

    private func listed(_ parties: String) throws -> [String] {
        let (end, text) = try acls("list", parties)
        #expect(end == .status(0), "\(text)")
        return text.split(separator: "\n").map(String.init)
    }

    private func acls(_ verb: String, _ parties: String, bootstrap: String = "") throws -> (end: ChildProcess.End?, text: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-acls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("parties.txt")
        try Data(parties.utf8).write(to: file)
        return try ProcessSuite.xinqiao(["acls", verb, "--parties", file.path], ["XINQIAO_KAFKA_BOOTSTRAP": bootstrap], in: folder)
    }
}
