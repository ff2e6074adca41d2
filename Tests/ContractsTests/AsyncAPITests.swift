import Contracts
import Testing

@Suite struct AsyncAPITests {
    @Test func `the interface document names every topic and every payload type`() throws {
        let text = try Repository.text("docs/asyncapi.yaml")
        for topic in Topic.fixed + [
            Topic.source("{id}"), Topic.sourceOut("{id}"), Topic.institutionIn("{id}"), Topic.institutionOut("{id}"),
        ] {
            #expect(text.contains("address: \(topic)\n"), "\(topic) is no channel")
        }
        for payload in try DeclaredPayload.all(in: "Shared/Contracts") + DeclaredPayload.all(in: "Services/Governance/Domain") {
            #expect(text.contains("name: \(payload.type)\n"), "\(payload.type) is no message")
            #expect(text.contains("\n    \(payload.name):\n"), "\(payload.name) has no schema")
        }
    }

    @Test func `the interface document describes every member of every example`() throws {
        let lines = try Repository.text("docs/asyncapi.yaml").split(separator: "\n", omittingEmptySubsequences: false)
        for example in try PayloadExample.all() {
            guard let start = lines.firstIndex(of: "    \(example.name):"), case .object(let members) = example.golden else { continue }
            let schema = lines[(start + 1)...].prefix { $0.hasPrefix("     ") }
            let described = schema.filter { $0.hasPrefix("        ") }.compactMap { $0.dropFirst(8).split(separator: ":").first }
            for (key, _) in members { #expect(described.contains { $0 == key }, "\(example.name) lacks `\(key)`") }
        }
    }

    @Test func `the interface document has an operation for every topic that a service reads`() throws {
        let text = try Repository.text("docs/asyncapi.yaml")
        for service in ServiceName.allCases {
            for topic in service.inputs + [Topic.catalogEntries] {
                #expect(text.contains("\n  \(service.rawValue).reads.\(topic):\n"), "\(service.rawValue) reads \(topic)")
            }
        }
    }
}
