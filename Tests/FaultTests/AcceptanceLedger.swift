import Contracts
import Foundation
import Kafka
import Ledger
import Postgres
import Province
import Vocabulary
import Wire

/// O2: every record that was sent is accepted or set aside, never both and never neither; every accepted one has one effect; money adds up.
struct AcceptanceLedger {
    var sent = 0
    var accepted = 0
    var setAside = 0
    /// Sent once more under the same id with the same bytes.
    var repeats = 0
    /// Neither accepted nor set aside.
    var lost: [String] = []
    /// Accepted and set aside, or with more than one effect.
    var doubled: [String] = []
    /// Where the sums of money differ.
    var sums: [String] = []

    var isWhole: Bool { lost.isEmpty && doubled.isEmpty && sums.isEmpty }

    /// A message by where it lay and what it was: a broker that lost the end of its log gives offsets out again.
    struct Mark: Hashable {
        let place: TopicPosition
        let sha256: String
    }

    /// What the database says of the records.
    struct Evidence {
        /// What ingestion let in, and what it set aside.
        var taken: Set<Mark> = []
        var aside: Set<Mark> = []
        /// How many effects each accepted record has, by its id.
        var effects: [String: Int64] = [:]
        /// Turnover in fen: of the facts, of what is held, and of what governance did not know yet.
        var kept: Int64 = 0
        var held: Int64 = 0
        var untimely: Int64 = 0
        /// Tax returns whose wait for a consent is over, by their own ids: what they said is kept nowhere. A clock that was days ahead does that.
        var refused: [String] = []
    }

    init(_ world: FaultWorld, _ feed: Feed, without left: [String] = []) throws {
        self.init(feed.sent, try Evidence(world, feed.subjects), without: left)
    }

    /// - Parameter records: what was sent, and where in the log each of it lies.
    init(_ records: [(record: OutsideRecord, places: [TopicPosition])], _ found: Evidence, without left: [String] = []) {
        doubled += found.taken.intersection(found.aside).map { "accepted and set aside: \($0.place)" }
        var turnover: Int64 = 0
        /// By the record's own id.
        var declared: [String: Int64] = [:]
        var decidedIDs: Set<String> = []
        for (record, places) in records where !left.contains(record.subject) {
            sent += 1
            let name = "\(record.topic) \(record.id)"
            let hash = sha256(record.data).hex
            let isAccepted = places.contains { found.taken.contains(Mark(place: $0, sha256: hash)) }
            let isSetAside = places.contains { found.aside.contains(Mark(place: $0, sha256: hash)) }
            if isAccepted {
                accepted += 1
                decidedIDs.insert(name)
                if record.type == "tax.return" {
                    turnover += Self.fen(record.data, "sales")
                    declared[record.id] = Self.fen(record.data, "sales")
                }
            } else if isSetAside {
                setAside += 1
                decidedIDs.insert(name)
            } else if decidedIDs.contains(name) {
                repeats += 1
            } else {
                lost.append(name)
            }
        }
        for (id, effects) in found.effects.sorted(by: { $0.key < $1.key }) {
            if effects == 0 { lost.append("no effect of \(id)") }
            if effects > 1 { doubled.append("\(effects) effects of \(id)") }
        }
        let refused = found.refused.compactMap { declared[$0] }.reduce(0, +)
        if found.kept + found.held + found.untimely + refused != turnover {
            sums.append(
                "turnover declared \(turnover) fen, kept \(found.kept), held \(found.held), set aside \(found.untimely), refused \(refused)"
            )
        }
    }

    private static func fen(_ data: [UInt8], _ field: String) -> Int64 {
        guard let money = (try? JSONDocument(parsing: data))?.root[field]?.moneyInYuan
        else { return 0 }
        return money.fen
    }
}

extension AcceptanceLedger.Evidence {
    /// A governance whose clock is years behind ingestion's does not know the record type yet: such a record is a dead letter, and not lost.
    private static let isUntimely = "d.reason = '\(ContractDefect.unknownType("").code)' AND d.status <> 'replayed'"

    /// What an accepted record may come to: a row with its id for each effect. All of it is in governance.
    static let effects = """
        SELECT fact_id AS record_id FROM governance.fact
        UNION ALL SELECT record_id FROM governance.quarantine WHERE status <> 'released'
        UNION ALL SELECT record_id FROM governance.repair_refused
        """

    init(_ world: FaultWorld, _ subjects: [String]) throws {
        let connection = try world.connect()
        defer { connection.close() }
        func marks(_ rows: String, _ parameters: [Parameter] = []) throws -> Set<AcceptanceLedger.Mark> {
            Set(
                try connection.execute("SELECT topic, partition::int8, \"offset\", " + rows, parameters).map { row in
                    let place = TopicPosition(topic: try row.text(0), partition: Int32(try row.int64(1)), offset: try row.int64(2))
                    return AcceptanceLedger.Mark(place: place, sha256: try row.textOrNil(3) ?? "")
                })
        }
        func fen(_ sql: String, _ parameter: Parameter) throws -> Int64 { try connection.execute(sql, [parameter]).first?.int64(0) ?? 0 }

        taken = try marks("sha256 FROM ingestion.accepted_record WHERE subject = ANY ($1)", [.texts(subjects)])
        aside = try marks("encode(sha256(value), 'hex') FROM ingestion.dead_letter WHERE status <> 'replayed'")
        for row in try connection.execute(
            """
            SELECT a.record_id,
                   (SELECT count(*) FROM (\(Self.effects)) e WHERE e.record_id = a.record_id)
                 + (SELECT count(*) FROM governance.dead_letter d WHERE \(Self.isUntimely)
                     AND position(convert_to('"' || a.record_id || '"', 'UTF8') in d.value) > 0) AS effects
              FROM ingestion.accepted_record a WHERE a.subject = ANY ($1)
            """, [.texts(subjects)])
        {
            effects[try row.text(0)] = try row.int64(1)
        }
        kept = try fen(
            """
            SELECT coalesce(sum(round((f.data->>'sales')::numeric * 100)), 0)::int8
              FROM governance.fact f WHERE f.subject = ANY ($1) AND f.record_type = 'tax.return'
            """, .texts(subjects))
        held = try fen(
            """
            SELECT coalesce(sum(round((q.record->'data'->>'sales')::numeric * 100)), 0)::int8
              FROM governance.quarantine q WHERE q.subject = ANY ($1) AND q.record_type = 'tax.return' AND q.status <> 'released'
            """, .texts(subjects))
        untimely = try fen(
            """
            SELECT coalesce(sum(round((convert_from(d.value, 'UTF8')::json->'data'->>'sales')::numeric * 100)), 0)::int8
              FROM governance.dead_letter d
             WHERE \(Self.isUntimely) AND d.key = ANY ($1) AND position('"tax.return"'::bytea in d.value) > 0
            """, .bytesArray(subjects.map { Array($0.utf8) }))
        refused = try connection.execute(
            """
            SELECT q.record_id FROM governance.quarantine q
             WHERE q.subject = ANY ($1) AND q.record_type = 'tax.return' AND q.status = 'refused' AND NOT q.record ? 'data'
            """, [.texts(subjects)]
        ).compactMap { try $0.text(0).split(separator: "/", maxSplits: 1).last.map(String.init) }
    }
}
