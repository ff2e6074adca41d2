import Chassis
import Contracts
import Foundation
import Kafka

extension Command {
    static let acls = Command(
        "acls", usage: "apply|list [--parties FILE]",
        summary: "bring the broker's access rights to the table of the suite and its parties",
        valued: ["parties"],
        details: """
            The services' rights follow from what they read and write, those of institutions, sources and the portal from FILE
            (parties.txt when left out): a line each, `institution ID` or `source ID`. `revoked institution ID` takes the party's own
            rights away and leaves the services theirs. `list` prints the table and asks nobody. `apply` adds what is missing on the
            broker, takes away everything that is not in the table, whoever made it, and ends once the broker shows the table. What
            nobody is allowed the broker must refuse (allow.everyone.if.no.acl.found=false). Wants a certificate that may alter the
            cluster. A broker without an authorizer, such as the built-in one, is refused at once.
            """
    ) { options in
        let table = AccessTable(try Parties(path: options.text("parties") ?? "parties.txt"))
        switch options.words.first {
        case "list": for line in table.rules.map(\.description).sorted() { print(line) }
        case "apply": try table.apply(try KafkaAdmin(try Connections.kafka())) { print($0) }
        default: throw Failure("say `acls apply` or `acls list`", code: .usage)
        }
    }
}

/// Who outside the house has a certificate.
struct Parties {
    struct Party: Hashable {
        let kind: Kind
        let id: String
        var isRevoked = false

        enum Kind: String { case institution, source }

        /// The name in its certificate.
        var user: String { "\(kind.rawValue).\(id)" }
    }

    let all: [Party]

    init(path: String) throws {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw Failure("\(path) can not be read: name the file of parties with --parties", code: .usage)
        }
        try self.init(text: String(decoding: bytes, as: UTF8.self), path: path)
    }

    /// Refuses a line that is neither a party nor a comment, and a party that is there twice; names the line.
    init(text: String, path: String) throws {
        var parties: [Party] = []
        var lineOf: [String: Int] = [:]
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
            if words.isEmpty { continue }
            let isRevoked = words.first == "revoked"
            if isRevoked { words.removeFirst() }
            let place = "\(path), line \(number + 1)"
            guard words.count == 2, let kind = Party.Kind(rawValue: words[0]), Self.isID(words[1]) else {
                throw Failure("\(place): not `institution ID`, `source ID` or either behind `revoked`: \(line)", code: .usage)
            }
            let party = Party(kind: kind, id: words[1], isRevoked: isRevoked)
            if let first = lineOf.updateValue(number + 1, forKey: party.user) {
                throw Failure("\(place): \(party.user) is in line \(first) already", code: .usage)
            }
            parties.append(party)
        }
        all = parties
    }

    /// What may be a part of a topic's name and of a certificate's.
    private static func isID(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64 && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }
}

/// Who may do what on the broker.
struct AccessTable {
    let rules: Set<AccessRule>

    init(_ parties: Parties) {
        var rules: Set<AccessRule> = []
        // The services keep their side of a revoked party's topics: ingestion stands still when it may not read one that the catalogue names.
        let institutions = parties.all.filter { $0.kind == .institution }.map(\.id)
        let sources = parties.all.filter { $0.kind == .source }.map(\.id)
        for service in ServiceName.allCases {
            var reads = [Topic.catalogEntries] + service.inputs
            var writes = service.outputs
            if service == .ingestion { reads += sources.map(Topic.source) + institutions.map(Topic.institutionIn) }
            if service == .exchange { writes += institutions.map(Topic.institutionOut) + sources.map(Topic.sourceOut) }
            for topic in reads { rules.insert(AccessRule(service.rawValue, may: .read, .topic, topic)) }
            for topic in writes { rules.insert(AccessRule(service.rawValue, may: .write, .topic, topic)) }
            rules.insert(AccessRule(service.rawValue, may: .read, .group, "xinqiao.\(service.rawValue)"))
        }
        rules.formUnion(Self.operatorRules(sources))
        for party in parties.all where !party.isRevoked { rules.formUnion(Self.rules(party)) }
        rules.insert(AccessRule("portal", may: .write, .topic, Topic.portalIn))
        rules.insert(AccessRule("portal", may: .read, .topic, Topic.portalOut))
        rules.insert(AccessRule("portal", may: .read, .group, "portal.", pattern: .prefixed))
        self.rules = rules
    }

    /// The operator makes topics, publishes the catalogue, imports files on behalf of a source; it reads no business topic.
    private static func operatorRules(_ sources: [String]) -> [AccessRule] {
        let user = "operator"
        let everywhere: [AccessRule.Operation] = [.create, .describe, .describeConfigs, .alterConfigs]
        return everywhere.map { AccessRule(user, may: $0, .topic, "*") } + [
            AccessRule(user, may: .read, .topic, Topic.catalogEntries), AccessRule(user, may: .write, .topic, Topic.catalogEntries),
            AccessRule(user, may: .read, .group, "xinqiao.operator"),
            // Not by the beginning `source.`: what goes out to a source is exchange's to write and nobody else's.
        ] + sources.map { AccessRule(user, may: .write, .topic, Topic.source($0)) }
    }

    private static func rules(_ party: Parties.Party) -> [AccessRule] {
        let user = party.user
        let groups = AccessRule(user, may: .read, .group, user + ".", pattern: .prefixed)
        switch party.kind {
        case .institution:
            return [
                AccessRule(user, may: .write, .topic, Topic.institutionIn(party.id)),
                AccessRule(user, may: .read, .topic, Topic.institutionOut(party.id)),
                // How far the logs go is worth something only if others keep it.
                AccessRule(user, may: .read, .topic, Topic.governanceCheckpoints), groups,
            ]
        case .source:
            return [
                AccessRule(user, may: .write, .topic, Topic.source(party.id)),
                AccessRule(user, may: .read, .topic, Topic.sourceOut(party.id)), groups,
            ]
        }
    }

    /// Brings the broker's list to this table.
    func apply(_ admin: KafkaAdmin, say: (String) -> Void) throws {
        let present: Set<AccessRule>
        do {
            present = try whileTransient { () throws(KafkaFault) in try admin.accessRules(timeout: .seconds(10)) }
        } catch let fault as KafkaFault where fault.isWithoutAuthorizer {
            throw Failure("the broker has no authorizer (authorizer.class.name), so whoever reaches it may do everything: no right was set")
        }
        let missing = rules.subtracting(present).sorted { $0.description < $1.description }
        let surplus = present.subtracting(rules).sorted { $0.description < $1.description }
        // What takes rights away goes first: a table that is applied in part leaves nobody with more than it says.
        try whileTransient { () throws(KafkaFault) in try admin.remove(surplus, timeout: .seconds(30)) }
        try whileTransient { () throws(KafkaFault) in try admin.add(missing, timeout: .seconds(30)) }
        for rule in surplus { say("acls: taken away: \(rule)") }
        try waitUntilShown(admin)
        say("acls: \(rules.count) rights in force, \(missing.count) added, \(surplus.count) taken away")
    }

    /// The broker says that it has taken an order before all of it holds.
    private func waitUntilShown(_ admin: KafkaAdmin) throws {
        let deadline = MonotonicClock.now + .seconds(30)
        while true {
            let present = try whileTransient { () throws(KafkaFault) in try admin.accessRules(timeout: .seconds(10)) }
            if present == rules { return }
            guard MonotonicClock.now < deadline else {
                let apart = present.symmetricDifference(rules).map { (present.contains($0) ? "too much: " : "missing: ") + $0.description }
                let list = apart.sorted().joined(separator: "\n")
                throw Failure("the broker's rights differ from the table after 30 s:\n\(list)", code: .fault)
            }
            Thread.sleep(forTimeInterval: 0.1)
        }
    }
}
