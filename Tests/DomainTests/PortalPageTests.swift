import Contracts
import Deciding
import ExchangeDomain
import Foundation
import GovernanceDomain
import Schema
import Testing
import Wire

/// What the page for portals shows is so: what it writes can be sent, and what it reads comes as it is shown.
@Suite struct PortalPageTests {
    private let catalog: Catalog
    private let page: String

    init() throws {
        catalog = try GovernancePacks.catalog("base", "governance")
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/portal.md")
        page = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }

    /// The blocks of JSON on the page.
    private func examples() throws -> [(type: String, data: JSONValue)] {
        var examples: [(type: String, data: JSONValue)] = []
        for block in page.components(separatedBy: "```json\n").dropFirst() {
            let text = block.components(separatedBy: "\n```").first ?? ""
            let json = try JSONDocument(parsing: Array(text.utf8)).root
            examples.append((type: json["type"]?.string ?? "", data: json["data"] ?? .null))
        }
        return examples
    }

    private func texts(_ json: JSONValue?) -> [String] { (json.map { Array($0.elements) } ?? []).compactMap(\.string) }

    private var recordTypes: [CatalogEntry] {
        catalog.latest("recordType").filter { texts($0.body["writers"]).contains("portal") }
    }

    /// Rules by which something reaches the firm without a consent. A recall is for institutions, whatever its rule says.
    private var rules: [CatalogEntry] {
        catalog.latest("releaseRule").filter { rule in
            rule.body["needsConsent"]?.bool == false && rule.id != "recall.v1"
                && (rule.body["receivers"] == nil || texts(rule.body["receivers"]).contains("portal"))
        }
    }

    /// What the rule does not let out of the body, or would change, in words.
    private func defects(of rule: CatalogEntry, _ body: JSONValue) -> [String] {
        let example = JSONValue.written { object in
            object.member("body", body)
            object.member("released", body)
        }
        return Exchange.defects(of: rule, examples: [example], in: .empty)
    }

    @Test func `every example is what a record type takes or what a release rule lets out whole`() throws {
        let examples = try examples()
        let all = Set(examples.map { $0.type })
        let asked: Set<String> = [
            "consent.granted", "consent.revoked", "repair.applied", "objection.opened", "financing.requested", "repair.status.v1",
            "objection.status.v1", "application.status.v1", "consent.requested.v1",
        ]
        #expect(asked.subtracting(all) == [])
        for (type, data) in examples {
            if let record = recordTypes.first(where: { $0.id == type }) {
                #expect(try Schema(record.body["schema"] ?? .null).accepts(data), "\(type)")
            } else {
                let rule = try #require(rules.first { $0.id == type }, "\(type)")
                #expect(data["releaseId"]?.string?.isEmpty == false, "\(type)")
                #expect(data["consentId"]?.string == "", "\(type)")
                let body = JSONValue.written { object in
                    for (name, value) in data.members where name != "releaseId" && name != "consentId" { object.member(name, value) }
                }
                #expect(defects(of: rule, body) == [], "\(type)")
            }
        }
    }

    @Test func `the page names everything that a portal may write and may be told`() {
        let ids = recordTypes.map(\.id) + rules.map(\.id)
        #expect(ids.count >= 18)
        #expect(ids.filter { !page.contains("`\($0)`") } == [])
    }

    @Test func `what governance has the firm told is listed whole in the release rules, and asked for the portal and the rules' purpose`() {
        let ana = GovernanceHouse.firm(1)
        var house = GovernanceHouse()
        func record(_ id: String, _ type: String, by writer: String, _ data: String) -> AcceptedRecord {
            GovernanceHouse.record(id, type, of: ana, at: "2026-07-01T00:00:00Z", writer: writer, data)
        }
        house.take(
            record("a1", "repair.applied", by: "portal", #"{"decisionNo":"D1","appliedOn":"2026-06-01","commitment":true}"#),
            record(
                "a2", "repair.applied", by: "portal", #"{"recordType":"happening","key":["1"],"appliedOn":"2026-06-01","commitment":true}"#),
            record("p", "penalty", by: "source:test", #"{"decisionNo":"D1","class":"ordinary","publishedOn":"2026-05-10"}"#),
            record("r", "penalty.repaired", by: "source:test", #"{"decisionNo":"D1","approvedOn":"2026-07-01"}"#),
            record("o", "objection.opened", by: "portal", #"{"objectionId":"X","recordId":"source:test/p","statement":"no"}"#),
            record(
                "w", "objection.answered", by: "source:governance-desk",
                #"{"objectionId":"X","recordId":"source:test/p","outcome":"upheld","explanation":"asked at the source"}"#))
        #expect(
            house.requests.map { "\($0.messageType) \($0.body["status"]?.string ?? "")" } == [
                "repair.status.v1 nothing", "repair.status.v1 refused", "repair.status.v1 too-early",
                "objection.status.v1 open", "objection.status.v1 upheld",
            ])
        for request in house.requests {
            #expect(request.receiver == "portal" && request.subject == ana)
            guard let rule = rules.first(where: { $0.id == request.messageType }) else {
                Issue.record("\(request.messageType) has no release rule")
                continue
            }
            #expect(rule.body["purpose"]?.string == request.purpose)
            #expect(defects(of: rule, request.body) == [])
        }
    }
}
