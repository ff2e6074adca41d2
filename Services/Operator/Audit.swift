import Chassis
import Foundation
import Postgres

/// Who acts, and why: both go into the database beside what was done.
struct Audit {
    let actor: String
    let why: String

    /// `--why` must be there; `--by` is else whoever is logged in.
    init(_ options: Options) throws {
        let why = (options.text("why") ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        guard !why.isEmpty else { throw Failure("say --why TEXT: it is written down with what you do", code: .usage) }
        guard why.utf8.count <= 2_000 else { throw Failure("--why is too long: 2,000 bytes are allowed", code: .usage) }
        let environment = ProcessInfo.processInfo.environment
        let login = ["SUDO_USER", "USER", "LOGNAME"].compactMap { environment[$0] }.first { !$0.isEmpty }
        guard let actor = options.text("by") ?? login else { throw Failure("say --by NAME: nobody is logged in", code: .usage) }
        self.actor = actor
        self.why = why
    }

    /// Writes down what was done to a place of a service, beside it in the same transaction.
    func note(
        _ act: String, _ topic: String, _ partition: Int32, before: Int64, after: Int64, in schema: String, on session: Connection
    ) throws(PostgresFault) {
        _ = try session.execute(
            """
            INSERT INTO \(schema).operator_act (act, topic, partition, before, after, actor, why) VALUES ($1, $2, $3, $4, $5, $6, $7)
            """, [.text(act), .text(topic), .int32(partition), .int64(before), .int64(after), .text(actor), .text(why)])
    }
}
