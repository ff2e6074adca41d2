import Contracts
import Deciding
import Vocabulary
import Wire

/// CREDIT-REF-1, the reference job that other engines are measured with, as a decider on the one path: check an application, look its
/// firm up, score it, keep a row, send the score. It remembers nothing between messages.
struct CreditReference: Decider {
    struct State: DecidedState {
        static var isKept: Bool { false }
        init() {}
        init(_ json: JSONValue) throws(ContractDefect) {}
        func write(to object: inout JSONWriter) {}
    }

    /// The job's three topics, as its environment names them.
    struct Topics: Sendable {
        let applications: String
        let scored: String
        let refused: String
    }

    static let table = StoreTable(
        "app_score",
        columns: [
            .init("application_id", .text), .init("uscc", .text), .init("amount", .double), .init("region", .int32),
            .init("industry", .int32), .init("score", .int32), .init("decision", .text), .init("reasons", .int16s),
        ], key: ["application_id"], onConflict: .replace)

    let topics: Topics
    let firms: FirmTable
    let card: ReferenceCard

    var service: ServiceName { .scoring }

    func dialect(of topic: String) -> Dialect { topic.hasPrefix("deadletters.") ? .cloudEvents : .bare }

    func admit(_ message: Message, catalog: Catalog) -> Admission { .handle(key: message.key) }

    func decide(_ input: Input, key: String, on state: inout State, at now: Instant, catalog: Catalog, effects: inout Effects) {
        guard case .message(let message) = input else { return }
        guard let application = Application(message.value) else {
            let id = (try? JSONDocument(parsing: message.value))?.root["applicationId"]?.string
            return refuse(id, "SCHEMA", key: key, &effects)
        }
        let text = message.value[application.uscc]
        guard let code = FirmCode(text), code.isRight, let firm = firms[code] else {
            return refuse(application.id, "USCC", key: key, &effects)
        }
        let score = card.score(application.features, risk: firm.risk)
        effects.write(
            [
                .text(application.id), .text(String(decoding: text, as: UTF8.self)), .double(application.amount),
                .int64(Int64(firm.region)), .int64(Int64(firm.industry)), .int64(Int64(score.points)), .text(score.decision.rawValue),
                .int16s(score.reasons),
            ], to: Self.table)
        effects.send(type: "", value: score.json(application.id), to: topics.scored, key: application.id, subject: application.id)
    }

    private func refuse(_ id: String?, _ reason: String, key: String, _ effects: inout Effects) {
        let value = JSONWriter.encode { writer in
            writer.object { object in
                if let id { object.member("applicationId", id) } else { object.member("applicationId", raw: "null".utf8) }
                object.member("reason", reason)
            }
        }
        effects.send(type: "", value: value, to: topics.refused, key: key, subject: key)
    }
}
