import Chassis
import Contracts
import Foundation
import Postgres
import Vocabulary
import Wire

extension Command {
    static let explain = Command(
        "explain", usage: "score ID", summary: "walk from a score to the imported lines it rests on",
        valued: ["limit"],
        details: """
            ID is a score id such as 91430102PDY…#7, or a subject's code for its latest score. Prints the decision with the versions it used,
            its reasons, the indicators behind them, the facts of the subject known by then, and for each the topic, partition, offset and
            SHA-256 of the original message.
            """
    ) { options in
        guard options.words.first == "score", options.words.count == 2 else { throw Failure("say `explain score ID`", code: .usage) }
        let limit = try options.int("limit", default: 200, in: 1...100_000)
        try Explaining(connection: try Connections.postgres(), limit: limit).score(options.words[1])
    }
}

struct Explaining {
    let connection: Connection
    let limit: Int

    func score(_ wanted: String) throws {
        let rows = try connection.execute(
            """
            SELECT score_id, subject, points, grade, model, model_version, as_of, reasons, indicators, catalog_version, computed_at
              FROM scoring.score_history WHERE score_id = $1 OR subject = $1
             ORDER BY computed_at DESC, score_id DESC LIMIT 1
            """, [.text(wanted)])
        guard let row = rows.first else { throw Failure("there is no score `\(wanted)`") }
        let subject = try row.text(1)
        print("score \(try row.text(0)): \(try row.int64(2)) points, grade \(try row.text(3))")
        print("  model \(try row.text(4)) version \(try row.int64(5)), catalogue \(try row.int64(9)), as of \(try row.instant(6).rfc3339)")
        if let document = try? JSONDocument(parsing: Array(try row.text(7).utf8)) {
            for reason in document.root.elements {
                let text = reason["text"]?["en"]?.string ?? ""
                print("  -\(reason["pointsLost"]?.int ?? 0) \(reason["code"]?.string ?? "") \(reason["feature"]?.string ?? ""): \(text)")
            }
        }
        if let document = try? JSONDocument(parsing: Array(try row.text(8).utf8)) {
            print("indicators")
            for (name, value) in document.root.members {
                print("  \(name.padding(to: 32)) \(String(decoding: value.rawBytes, as: UTF8.self))")
            }
        }
        print("facts of \(subject), latest first")
        let facts = try connection.execute(
            """
            SELECT f.record_type, f.fact_id, f.occurred_at, f.known_at, f.topic, f.partition, f."offset", f.sha256
              FROM governance.fact f WHERE f.subject = $1 AND f.known_at <= $2
             ORDER BY f.occurred_at DESC, f.fact_id LIMIT $3
            """, [.text(subject), .instant(try row.instant(10)), .int64(Int64(limit))])
        for fact in facts {
            print(
                "  \(try fact.text(0).padding(to: 24)) \(try fact.instant(2).rfc3339)  \(try fact.text(4))/\(try fact.int64(5))@\(try fact.int64(6))"
                    + "  sha256 \(try fact.bytesText(7))  \(try fact.text(1))")
        }
        print("\(facts.count) facts")
    }
}

extension Row {
    /// A digest kept as bytes or as hexadecimal text, as text.
    func bytesText(_ column: Int) throws -> String {
        if let text = try? text(column) { return text }
        return try bytes(column).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
