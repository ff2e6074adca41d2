import Contracts
import Deciding
import Vocabulary
import Wire

/// The front door: who may say what. Lets a message in as an `AcceptedRecord`, or refuses it with every reason there is.
///
/// Knows nothing from one message to the next: that an id comes once is the pipeline's promise (`OutsideID`).
public struct Ingestion: Decider {
    public typealias State = IngestionState

    public init() {}

    public var service: ServiceName { .ingestion }

    /// Characters of an outside id at the most.
    public static let idLengthMax = 200

    /// How far a writer's clock may be ahead of ours.
    public static let clockLeadMax: Duration = .seconds(86_400)

    /// Looks at the envelope alone. What depends on the catalogue waits for `decide`, which knows the time and so the version in force.
    public func admit(_ message: Message, catalog: Catalog) -> Admission {
        guard let writer = Topic.writer(of: message.topic) else {
            return .refuse(Refusal(code: "writer-unknown", detail: "no writer has the topic `\(message.topic)`"))
        }
        guard !message.id.isEmpty else { return .refuse(Refusal(code: "id-missing", detail: "the message has no `ce_id`")) }
        guard message.id.utf8.count <= Self.idLengthMax else {
            return .refuse(Refusal(code: "id-too-long", detail: "\(message.id.utf8.count) bytes, \(Self.idLengthMax) are allowed"))
        }
        guard !message.type.isEmpty else { return .refuse(Refusal(code: "type-unknown", detail: "the message has no `ce_type`")) }
        guard message.time != nil else {
            return .refuse(Refusal(code: "time-missing", detail: "`ce_time` is missing or is not an RFC 3339 time"))
        }
        guard message.body.kind == .object else {
            return .refuse(Refusal(code: "body-not-an-object", detail: "the value is a JSON \(message.body.kind)"))
        }
        do throws(Subject.Defect) {
            let subject = try Subject.read(message.subject, pilotCodes: catalog.view(IngestionCatalog.self).pilotCodes)
            return .handle(key: subject.key, outsideID: OutsideID(writer: writer.name, id: message.id))
        } catch {
            return .refuse(error.refusal)
        }
    }

    public func decide(
        _ input: Input, key: String, on state: inout IngestionState, at now: Instant, catalog: Catalog, effects: inout Effects
    ) {
        // Nothing here waits for a clock or for a change of the catalogue.
        guard case .message(let message) = input else { return }
        guard let writer = Topic.writer(of: message.topic) else {
            return effects.refuse("writer-unknown", "no writer has the topic `\(message.topic)`")
        }
        let book = catalog.view(IngestionCatalog.self)
        guard book.isRegistered(writer, at: now) else {
            return effects.refuse("writer-unknown", "`\(writer.name)` is not in the catalogue")
        }
        guard let occurredAt = message.time else { return effects.refuse("time-missing", "`ce_time` is missing") }
        guard occurredAt <= now + Self.clockLeadMax else {
            return effects.refuse("time-in-future", "`ce_time` \(occurredAt.rfc3339) is more than a day ahead of \(now.rfc3339)")
        }
        guard let recordType = book.recordType(message.type, at: now) else {
            return effects.refuse("type-unknown", "the catalogue has no record type `\(message.type)` in force")
        }
        guard recordType.mayBeWritten(by: writer) else {
            return effects.refuse("writer-not-allowed", "`\(writer.name)` may not write `\(message.type)`")
        }
        if let culprit = recordType.otherInstitution(in: message.body, from: writer) {
            return effects.refuse("institution-mismatch", "`\(writer.name)` speaks for `\(culprit)`: a security event")
        }
        var defects = recordType.defects(in: message.body)
        for asked in book.verifications(answeredBy: message.type, at: now) where defects.isEmpty {
            defects = asked.defects(in: message.body)
        }
        if let first = defects.first { return effects.refuse(first.code, FieldDefect.detail(of: defects)) }

        let record = AcceptedRecord(
            recordID: writer.name + "/" + message.id, recordType: message.type, writer: writer.name, subject: message.subject,
            occurredAt: occurredAt, receivedAt: now,
            origin: Origin(topic: message.topic, partition: message.partition, offset: message.offset, sha256: message.sha256),
            data: message.body)
        effects.send(record, to: Topic.ingestionRecords, key: key)
        effects.count(.recordTaken, writer.kind, message.type)
        effects.write(AcceptedRecordTable.row(record, key: key), to: AcceptedRecordTable.table)
        if let registry = book.registry(of: message.type, at: now), let row = RegisteredSubjectTable.row(record, key: key, registry) {
            effects.write(row, to: RegisteredSubjectTable.table)
        }
    }
}
