import Chassis
import Contracts
import Foundation
import Postgres
import Wire

/// The figures of a run, and whether every record is accounted for exactly once at every hop: all of it computed from the tables.
struct Summary {
    private let figures: [(name: String, value: Int64)]
    private let hops: [(name: String, lost: Int64, duplicated: Int64)]
    let seconds: Double

    /// Peak resident memory of each process. Unit: MiB.
    private let peakMemory: [(name: String, mebibytes: Double)]

    init(connection: Connection, seconds: Double, peakMemory: [(name: String, mebibytes: Double)] = []) throws {
        self.seconds = seconds
        self.peakMemory = peakMemory
        func number(_ sql: String) throws -> Int64 { try connection.execute(sql).first.map { try $0.int64(0) } ?? 0 }
        figures = try Self.counts.map { (name: $0.name, value: try number($0.sql)) }
        hops = try Self.checks.map { check in
            let row = try connection.execute(check.sql).first
            return (name: check.name, lost: try row?.int64(0) ?? 0, duplicated: try row?.int64(1) ?? 0)
        }
    }

    var lost: Int64 { hops.reduce(0) { $0 + $1.lost } }
    var duplicated: Int64 { hops.reduce(0) { $0 + $1.duplicated } }
    var isOK: Bool { lost == 0 && duplicated == 0 && value("in") > 0 && value("portraits") > 0 }

    private func value(_ name: String) -> Int64 { figures.first { $0.name == name }?.value ?? 0 }

    var table: String {
        var lines = ["", "what happened"]
        for figure in figures { lines.append("  \(figure.name.padding(to: 16)) \(grouped(figure.value))") }
        lines.append("hop by hop: lost / duplicated")
        for hop in hops { lines.append("  \(hop.name.padding(to: 44)) \(hop.lost) / \(hop.duplicated)") }
        let rate = seconds > 0 ? Int64(Double(value("in")) / seconds) : 0
        lines.append("in \(String(format: "%.1f", seconds)) s, \(grouped(rate)) records/s from the first record to the last effect\n")
        return lines.joined(separator: "\n")
    }

    var json: String {
        let bytes = JSONWriter.encode { writer in
            writer.object { object in
                object.member("ok", isOK)
                object.member("seconds", (seconds * 10).rounded() / 10)
                object.member(
                    "peakMemoryMiB",
                    object: { inner in for (name, mebibytes) in peakMemory { inner.member(name, mebibytes.rounded()) } })
                object.member(
                    "records",
                    object: { records in
                        for name in ["in", "accepted", "rejected", "repeated"] { records.member(name, value(name)) }
                    })
                for figure in figures where !["in", "accepted", "rejected", "repeated"].contains(figure.name) {
                    object.member(figure.name, figure.value)
                }
                object.member("lost", lost)
                object.member("duplicated", duplicated)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func grouped(_ number: Int64) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.insert(",", at: text.startIndex) }
            text.insert(digit, at: text.startIndex)
        }
        return (number < 0 ? "-" : "") + text
    }

    /// Letters that did not take effect after all: a replay that was applied is among the accepted.
    private static let rejected = """
        (SELECT (SELECT count(*) FROM ingestion.dead_letter) - (SELECT count(*) FROM ingestion.dead_letter_outcome WHERE outcome = 'applied'))
        """

    private static let counts: [(name: String, sql: String)] = [
        ("in", "SELECT coalesce(sum(times), 0)::int8 FROM operator.sent"),
        ("accepted", "SELECT count(*) FROM ingestion.accepted_record"),
        ("rejected", "SELECT \(rejected)"),
        (
            "repeated",
            "SELECT coalesce(sum(messages), 0)::int8 FROM ingestion.message_count WHERE outcome = 'duplicate' AND topic <> '@replay'"
        ),
        ("facts", "SELECT count(*) FROM governance.fact"),
        ("quarantined", "SELECT count(*) FROM governance.quarantine WHERE status = 'held'"),
        ("portraits", "SELECT count(*) FROM scoring.portrait"),
        ("scores", "SELECT count(*) FROM scoring.score_history"),
        ("matches", "SELECT count(*) FROM matchmaking.match WHERE is_current"),
        ("applications", "SELECT count(*) FROM matchmaking.application"),
        ("loans", "SELECT count(*) FROM matchmaking.application WHERE disbursed_fen > 0"),
        ("pushes", "SELECT count(*) FROM policypush.push"),
        ("alerts", "SELECT count(*) FROM riskmonitoring.alert"),
        ("releases", "SELECT count(*) FROM exchange.release WHERE status <> 'denied'"),
        ("denied", "SELECT count(*) FROM exchange.release WHERE status = 'denied'"),
        ("reports", "SELECT count(*) FROM scoring.report"),
    ]

    /// Each row: how many were lost at a hop, and how many took effect more than once.
    private static var checks: [(name: String, sql: String)] {
        [
            (
                "sent = decided by ingestion, message by message",
                """
                SELECT greatest(sent - decided, 0), greatest(decided - sent, 0) FROM
                    (SELECT (SELECT coalesce(sum(times), 0)::int8 FROM operator.sent) AS sent,
                            (SELECT coalesce(sum(messages), 0)::int8 FROM ingestion.message_count WHERE topic <> '@replay') AS decided) AS t
                """
            ),
            (
                "sent = accepted + rejected + repeated",
                """
                SELECT greatest(sent - decided, 0), greatest(decided - sent, 0) FROM
                    (SELECT (SELECT coalesce(sum(times), 0)::int8 FROM operator.sent) AS sent,
                            (SELECT count(*) FROM ingestion.accepted_record) + \(rejected)
                          + (SELECT coalesce(sum(messages), 0)::int8 FROM ingestion.message_count WHERE outcome = 'duplicate' AND topic <> '@replay') AS decided) AS t
                """
            ),
            (
                "every sound record was accepted",
                """
                SELECT count(*) FILTER (WHERE a.record_id IS NULL), 0::int8
                  FROM (SELECT CASE WHEN topic LIKE 'source.%' THEN 'source:' || split_part(topic, '.', 2)
                                    WHEN topic LIKE 'institution.%' THEN 'institution:' || split_part(topic, '.', 2)
                                    ELSE 'portal' END || '/' || id AS record_id
                          FROM operator.sent GROUP BY topic, id HAVING max(planted) = '') AS s
                  LEFT JOIN ingestion.accepted_record a ON a.record_id = s.record_id
                """
            ),
            (
                "accepted = facts, quarantined or refused",
                """
                SELECT count(*) FILTER (WHERE n = 0), count(*) FILTER (WHERE n > 1) FROM (
                    SELECT a.record_id, count(d.record_id) AS n
                      FROM ingestion.accepted_record a
                      LEFT JOIN (SELECT fact_id AS record_id FROM governance.fact
                                 UNION ALL SELECT record_id FROM governance.quarantine WHERE status <> 'released'
                                 UNION ALL SELECT record_id FROM governance.repair_refused) AS d ON d.record_id = a.record_id
                     GROUP BY a.record_id) AS t
                """
            ),
            (
                "links: given out upstream = applied downstream",
                "SELECT coalesce(sum(greatest(given - taken, 0)), 0)::int8, coalesce(sum(greatest(taken - given, 0)), 0)::int8 FROM (\(Flow.linkPairs)) AS p"
            ),
            (
                "messages decided once by every reader",
                """
                SELECT coalesce(sum(greatest(given - decided, 0)), 0)::int8, coalesce(sum(greatest(decided - given, 0)), 0)::int8 FROM (
                    SELECT p.reader, p.topic, sum(p.given) AS given,
                           (SELECT coalesce(sum(c.messages), 0) FROM operator.message_count c
                             WHERE c.service = p.reader AND c.topic = p.topic AND c.outcome IN ('applied', 'passed', 'refused')) AS decided
                      FROM (\(Flow.linkPairs)) AS p GROUP BY p.reader, p.topic) AS t
                """
            ),
            (
                "outboxes are empty",
                "SELECT coalesce(sum(last_seq - acked_seq), 0)::int8, 0::int8 FROM operator.link_out"
            ),
            (
                "releases decided once",
                "SELECT 0::int8, count(*) - count(DISTINCT release_id) FROM exchange.release"
            ),
        ]
    }
}
