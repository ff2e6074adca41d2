import Contracts
import Foundation
import Testing

/// What `docker compose up` starts, read as text.
struct ComposeTests {
    private let tree = RepositoryTree.whole

    @Test func `every service is in compose with its own command, health check and secrets`() {
        #expect(missingServices(tree) == [])
        let without = tree.editing("compose/compose.yaml") { $0.replacingOnce("  scoring:\n", with: "  scorings:\n") }
        #expect(missingServices(without) == ["scoring is not in compose"])
        let careless = tree.editing("compose/compose.yaml") {
            $0.replacingOnce("source: exchange.postgres", with: "source: scoring.postgres")
        }
        #expect(missingServices(careless) == ["exchange: source: exchange.postgres"])
    }

    private func missingServices(_ tree: RepositoryTree) -> [String] {
        let compose = tree["compose/compose.yaml"] ?? ""
        return ServiceName.allCases.map(\.rawValue).flatMap { name -> [String] in
            guard let block = compose.block(name) else { return ["\(name) is not in compose"] }
            let wanted = [
                "<<: *service", "command: [/app/bin/\(name)]", "test: [CMD, /app/bin/\(name), healthcheck]", "source: \(name).pem",
                "source: \(name).postgres",
            ]
            let files = ["\(name).pem", "\(name).postgres"].map { "\($0): {file: ./secrets/\($0)}" }
            return (wanted.filter { !block.contains($0) } + files.filter { !compose.contains($0) }).map { "\(name): \($0)" }
        }
    }

    @Test func `the jobs prepare roles, schemas, rights, topics and catalogue before a service starts`() {
        let compose = tree["compose/compose.yaml"] ?? ""
        let jobs = [
            ("roles", "roles.sql", "postgres: {condition: service_healthy}"),
            ("migrate", "xinqiao, migrate", "roles: {condition: service_completed_successfully}"),
            ("acls", "xinqiao, acls, apply, --parties", "kafka: {condition: service_healthy}"),
            ("quotas", "/etc/xinqiao/quotas, /etc/parties.txt, /etc/quotas.txt", "kafka: {condition: service_healthy}"),
            ("topics", "xinqiao, topics, apply", "acls: {condition: service_completed_successfully}"),
            ("catalog", "xinqiao catalog publish /app/packs", "topics: {condition: service_completed_successfully}"),
        ]
        for (name, command, after) in jobs {
            let block = compose.block(name) ?? ""
            #expect(block.contains(command) && block.contains(after) && block.contains("<<: *job"), "\(name)")
        }
        for job in ["migrate", "catalog"] { #expect(compose.contains("    \(job): {condition: service_completed_successfully}"), "\(job)") }
    }

    @Test func `governance gets the key for persons as a file of its own, which is made with the other secrets`() {
        let compose = tree["compose/compose.yaml"] ?? ""
        let block = compose.block("governance") ?? ""
        for name in ["persons", "ledger"] {
            #expect(
                block.contains("XINQIAO_\(name.uppercased())_KEY_FILE: /run/secrets/\(name).key\n")
                    && block.contains("\n    - \(name).key\n"))
        }
        #expect(compose.contains("  persons.key: {file: ./secrets/persons.key}\n"))
        #expect(tree["compose/make-secrets.sh"]?.contains("\npassword persons.key\n") == true)
        let others = ServiceName.allCases.filter { $0 != .governance && (compose.block($0.rawValue) ?? "").contains("persons.key") }
        #expect(others == [])
    }

    @Test func `no role of the suite may make roles`() {
        let roles = tree["compose/postgres/roles.sql"] ?? ""
        #expect(roles.contains("ALTER ROLE xinqiao_migrator       LOGIN NOCREATEROLE "))
        #expect(roles.matches(#"\b((?:CREATEROLE|SUPERUSER|CREATEDB|BYPASSRLS|REPLICATION) .*)$"#) == [])
    }

    @Test func `no PostgreSQL of ours writes records to its log, and the embedded one is open to its own user alone`() {
        #expect(talkative(tree) == [])
        let loud = tree.editing("compose/postgres/start") { $0.replacingOnce("_verbosity=terse", with: "_verbosity=default") }
        #expect(talkative(loud) == ["compose/postgres/start: log_error_verbosity=terse"])
        let embedded = tree["Services/Operator/PrivatePostgres.swift"] ?? ""
        #expect(embedded.contains("unix_socket_permissions=0700"))
        #expect(embedded.contains("[.posixPermissions: 0o700], ofItemAtPath: place"))
    }

    private func talkative(_ tree: RepositoryTree) -> [String] {
        ["compose/postgres/start", "Services/Operator/PrivatePostgres.swift"].flatMap { path in
            ["log_parameter_max_length=0", "log_parameter_max_length_on_error=0", "log_error_verbosity=terse"]
                .filter { !(tree[path] ?? "").contains($0) }.map { "\(path): \($0)" }
        }
    }

    @Test func `the list of parties is the packs' institutions and sources`() {
        #expect(partiesApart(tree) == [])
        #expect(partiesApart(tree.appending("institution bank-z\n", to: "compose/parties.txt")) == ["institution bank-z"])
    }

    /// What only one of the two lists has.
    private func partiesApart(_ tree: RepositoryTree) -> [String] {
        let listed = Set((tree["compose/parties.txt"] ?? "").matches(#"^(?:revoked )?((?:institution|source) [a-z0-9-]+)$"#))
        var inPacks: Set<String> = []
        for path in tree.paths(under: "packs", ending: ".json") {
            let text = tree[path] ?? ""
            inPacks.formUnion(text.matches(#""kind": "institution",\s+"id": "([a-z0-9-]+)""#).map { "institution " + $0 })
            inPacks.formUnion(text.matches(#""kind": "source",\s+"id": "([a-z0-9-]+)""#).map { "source " + $0 })
        }
        #expect(inPacks.count > 10)
        return listed.symmetricDifference(inPacks).sorted()
    }

    @Test func `the image is built from every folder that the package names`() {
        #expect(foldersLeftOut(tree) == [])
        let poor = tree.editing("compose/Dockerfile") { $0.replacingOnce("COPY ops/simulate ops/simulate\n", with: "") }
        #expect(foldersLeftOut(poor) == ["ops/simulate is not copied"])
        let hidden = tree.editing("compose/Dockerfile.dockerignore") { $0.replacingOnce("!ops/reference\n", with: "") }
        #expect(foldersLeftOut(hidden) == ["ops/reference is not seen"])
    }

    private func foldersLeftOut(_ tree: RepositoryTree) -> [String] {
        let named =
            (tree["Package.swift"] ?? "").matches(#"path: "([A-Za-z/]+)""#).filter { $0.hasPrefix("ops/") } + [
                "Shared", "Services", "Tests",
            ]
        let copied = tree["compose/Dockerfile"] ?? ""
        let seen = (tree["compose/Dockerfile.dockerignore"] ?? "").split(separator: "\n")
        return named.filter { !copied.contains("COPY \($0) \($0)\n") }.map { "\($0) is not copied" }
            + named.filter { !seen.contains("!\($0)") }.map { "\($0) is not seen" }
    }

    @Test func `every kind of party has its measure of the broker`() {
        let kinds = (tree["compose/quotas.txt"] ?? "").matches(#"^(source|institution|portal) [1-9][0-9]* [1-9][0-9]*$"#)
        #expect(kinds.sorted() == ["institution", "portal", "source"])
    }

    @Test func `no container gets more than it needs, and no secret is in the file`() {
        #expect(openings(tree) == [])
        let loud = tree.editing("compose/compose.yaml") {
            $0.replacingOnce("POSTGRES_DB: xinqiao", with: "POSTGRES_DB: xinqiao\n      POSTGRES_PASSWORD: apple")
        }
        #expect(openings(loud) == ["POSTGRES_PASSWORD: apple"])
        let named = tree.editing("compose/compose.yaml") { $0.replacingOnce("  scoring:\n", with: "  scoring:\n    container_name: one\n") }
        #expect(openings(named) == ["container_name: one"])
    }

    private func openings(_ tree: RepositoryTree) -> [String] {
        let compose = tree["compose/compose.yaml"] ?? ""
        for line in ["cap_drop: [ALL]", "no-new-privileges:true", "read_only: true", #"user: "10001:10001""#, "stop_grace_period: 20s"] {
            #expect(compose.contains(line), "\(line)")
        }
        // A fixed name or a port of the host would stop `--scale`; a password belongs in a file.
        return compose.matches(#"^ +(container_name:.*|privileged:.*|network_mode:.*|pid:.*)$"#)
            + compose.matches(#"^ +([A-Z_]*(?:PASSWORD|SECRET|TOKEN): .*)$"#)
            + ServiceName.allCases.flatMap { (compose.block($0.rawValue) ?? "").matches(#"^ +(ports:.*|user:.*|cap_add:.*)$"#) }
    }
}

extension RepositoryTree {
    fileprivate func editing(_ path: String, _ change: (String) -> String) -> RepositoryTree { with(path, change(self[path] ?? "")) }
}

extension String {
    /// The lines of one service of a compose file.
    fileprivate func block(_ service: String) -> String? {
        let parts = ("\n" + self).components(separatedBy: "\n  \(service):\n")
        guard parts.count > 1 else { return nil }
        let lines = parts[1].split(separator: "\n", omittingEmptySubsequences: false)
        return lines.prefix { $0.isEmpty || $0.hasPrefix("    ") }.joined(separator: "\n")
    }

    fileprivate func replacingOnce(_ old: String, with new: String) -> String {
        guard let range = range(of: old) else { return self }
        return replacingCharacters(in: range, with: new)
    }
}
