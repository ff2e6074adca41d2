import Contracts
import Deciding
import Pipeline
import Vocabulary

/// What is compared between a stormy run and the calm one: all tables of all services, byte by byte, but for what this list says.
struct Exclusion {
    enum When {
        case always
        /// Only where records, consents and timers meet in any order.
        case disorderly
    }

    let service: ServiceName
    let table: String
    /// Nil: the whole table.
    let columns: [String]?
    let when: When
    let reason: String

    static let all: [Exclusion] =
        [
            Exclusion(
                service: .governance, table: "checkpoint", columns: nil, when: .always,
                reason: "two firms share a lane's log in any order, and the root depends on it; O5 asks whether it is right"),
            Exclusion(
                service: .governance, table: "fact", columns: ["quality", "duplicate_of"], when: .disorderly,
                reason: "judged against what was there when the record came, or was released"),
            Exclusion(
                service: .governance, table: "identity", columns: ["learned_from", "learned_at"], when: .disorderly,
                reason: "two registrations may teach one alias; the later one holds, whichever came first"),
            Exclusion(
                service: .governance, table: "cross_result", columns: ["fact_id"], when: .disorderly,
                reason: "counts the tellings: a comparison is told when its timer rings, of as many sides as have come by then"),
            Exclusion(
                service: .governance, table: "quarantine", columns: nil, when: .disorderly,
                reason: "a record that came before its consent was held and released; one that came after it left no trace"),
            Exclusion(
                service: .governance, table: "fact_retracted", columns: nil, when: .disorderly,
                reason: "what stood again after all was taken back before where the news that ended it came first"),
            Exclusion(
                service: .governance, table: "quality_verdict", columns: nil, when: .disorderly,
                reason: "judged against what was there when the record came, or was released"),
            Exclusion(
                service: .governance, table: "state", columns: nil, when: .disorderly,
                reason: "remembers what was held, and which statement was sent on"),
            Exclusion(
                service: .governance, table: "message_count", columns: nil, when: .disorderly,
                reason: "a record under an alias that is known already goes on at once, one that waited goes on when it is learned"),
        ]
        + [ServiceName.scoring, .matchmaking, .policypush, .riskmonitoring, .exchange, .reporting].map { service in
            Exclusion(
                service: service, table: "*", columns: nil, when: .disorderly,
                reason:
                    "a portrait is made when its timer fires: how many there are on the way, and their numbers, depend on which facts had come"
            )
        }

    /// Columns to leave out of a table; nil for all of it.
    static func columns(_ service: ServiceName, _ table: String, isOrderly: Bool) -> Set<String>? {
        var left: Set<String> = []
        for exclusion in all where exclusion.service == service && (exclusion.table == table || exclusion.table == "*") {
            if case .disorderly = exclusion.when, isOrderly { continue }
            guard let columns = exclusion.columns else { return nil }
            left.formUnion(columns)
        }
        return left
    }
}

enum Picture {
    /// Where the two differ; empty when they are the same.
    static func differences(_ calm: Run, _ stormy: Run) -> [String] {
        var found: [String] = []
        for (before, after) in zip(calm.rooms, stormy.rooms) {
            found += differences(before.service, before.store, after.store, isOrderly: calm.world.isOrderly)
        }
        return found
    }

    private static func differences(
        _ service: ServiceName, _ calm: MemoryStore, _ stormy: MemoryStore, isOrderly: Bool
    ) -> [String] {
        var found: [String] = []
        for table in Set(calm.tables.keys).union(stormy.tables.keys) {
            let before = calm.tables[table] ?? [:]
            let after = stormy.tables[table] ?? [:]
            guard before != after, let left = Exclusion.columns(service, table.name, isOrderly: isOrderly) else { continue }
            let kept = table.columns.indices.filter { !left.contains(table.columns[$0].name) }
            compare(
                "\(service.rawValue).\(table.name)", counted(before.values.map { row in kept.map { row[$0] } }),
                counted(after.values.map { row in kept.map { row[$0] } }), into: &found
            ) { row, other in
                zip(kept, zip(row, other)).filter { $1.0 != $1.1 }.map { "\(table.columns[$0].name): \($1.0) ≠ \($1.1)" }
                    .joined(separator: ", ")
            }
        }
        func path<Key: Hashable, Value: Equatable>(_ name: String, _ before: [Key: Value], _ after: [Key: Value], show: (Value) -> String) {
            guard before != after, Exclusion.columns(service, name, isOrderly: isOrderly) != nil else { return }
            let keys = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
            let key = keys.first
            found.append(
                "\(service.rawValue).\(name): \(keys.count) differ, such as \(key.map { "\($0)" } ?? ""): "
                    + "\(key.flatMap { before[$0] }.map(show) ?? "-") ≠ \(key.flatMap { after[$0] }.map(show) ?? "-")")
        }
        path("state", calm.states, stormy.states) { String(decoding: $0, as: UTF8.self) }
        path("timer", calm.timers, stormy.timers) { "\($0)" }
        path("outside_id", calm.outsideIDs, stormy.outsideIDs) { "\($0.count) bytes" }
        let finished = { (store: MemoryStore) in store.sweeps.mapValues { [$0.version, $0.isDone ? 1 : 0] } }
        path("sweep", finished(calm), finished(stormy)) { "\($0)" }
        path("dead_letter", letters(calm), letters(stormy)) { "\($0)" }
        path("message_count", counts(calm), counts(stormy)) { "\($0)" }
        return found
    }

    private static func counted(_ rows: [[Cell]]) -> [[Cell]: Int] {
        var counted: [[Cell]: Int] = [:]
        for row in rows { counted[row, default: 0] += 1 }
        return counted
    }

    private static func compare(
        _ name: String, _ before: [[Cell]: Int], _ after: [[Cell]: Int], into found: inout [String], show: ([Cell], [Cell]) -> String
    ) {
        guard before != after else { return }
        let gone = before.keys.filter { before[$0] != after[$0] }
        let new = after.keys.filter { before[$0] != after[$0] }
        let pair = gone.first.flatMap { row in new.min { differing($0, row) < differing($1, row) }.map { (row, $0) } }
        found.append(
            "\(name): \(gone.count) rows of the calm run, \(new.count) of the stormy one; "
                + (pair.map { show($0.0, $0.1) } ?? "\(gone.first ?? new.first ?? [])"))
    }

    private static func differing(_ a: [Cell], _ b: [Cell]) -> Int { zip(a, b).filter { $0 != $1 }.count }

    /// Dead letters by what they say: where they lay on a topic of ours depends on how it was packed.
    private static func letters(_ store: MemoryStore) -> [String: Int] {
        var found: [String: Int] = [:]
        for letter in store.deadLetters.values {
            let words = "\(letter.refusal.code) \(letter.place.topic) \(String(decoding: letter.key ?? [], as: UTF8.self)) "
            found[words + String(decoding: letter.value ?? [], as: UTF8.self), default: 0] += 1
        }
        return found
    }

    /// How many messages were applied, refused and passed; how many came twice or too early is the storm's.
    private static func counts(_ store: MemoryStore) -> [String: Int64] {
        var found: [String: Int64] = [:]
        for (key, count) in store.counts where key.outcome != .duplicate && key.outcome != .early {
            found["\(key.lane) \(key.topic) \(key.outcome.rawValue)"] = count
        }
        return found
    }
}
