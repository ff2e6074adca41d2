import Contracts
import Foundation
import Pipeline
import Postgres
import Vocabulary
import Wire

/// Where a dead letter lies: the service that set it aside, and the place the message had.
struct LetterPlace: Hashable, CustomStringConvertible {
    let service: ServiceName
    let topic: String
    let partition: Int32
    let offset: Int64
    /// Which event of a packed message; 0 for a message of its own.
    let index: Int32

    /// As it is written on the command line, behind the service: `source.tax.records.v1/2@4711`, with `#3` for an event of a pack.
    var text: String { "\(topic)/\(partition)@\(offset)" + (index == 0 ? "" : "#\(index)") }
    var description: String { "\(service.rawValue) \(text)" }

    /// Reads `SERVICE TOPIC/PARTITION@OFFSET[#INDEX]`, or the same as four or five words. Nil for anything else.
    init?(_ words: [String]) {
        guard let service = words.first.flatMap({ ServiceName(rawValue: $0) }) else { return nil }
        var parts = Array(words.dropFirst())
        if parts.count == 1 {
            guard let slash = parts[0].lastIndex(of: "/"), let at = parts[0].lastIndex(of: "@"), slash < at else { return nil }
            let end = parts[0][at...].firstIndex(of: "#") ?? parts[0].endIndex
            let index = end == parts[0].endIndex ? "0" : String(parts[0][parts[0].index(after: end)...])
            parts = [
                String(parts[0][..<slash]), String(parts[0][parts[0].index(after: slash)..<at]),
                String(parts[0][parts[0].index(after: at)..<end]), index,
            ]
        }
        guard parts.count == 3 || parts.count == 4, let partition = Int32(parts[1]), let offset = Int64(parts[2]),
            let index = Int32(parts.count == 4 ? parts[3] : "0"), partition >= 0, offset >= 0, index >= 0, !parts[0].isEmpty
        else { return nil }
        self.init(service: service, topic: parts[0], partition: partition, offset: offset, index: index)
    }

    init(service: ServiceName, topic: String, partition: Int32, offset: Int64, index: Int32) {
        self.service = service
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.index = index
    }

    /// For `topic = $1 AND partition = $2 AND "offset" = $3 AND index = $4`.
    var parameters: [Parameter] { [.text(topic), .int32(partition), .int64(offset), .int32(index)] }
}

/// A dead letter as its table has it, with the newest fix beside it.
struct Letter {
    struct Content {
        let value: [UInt8]?
        let headers: [(name: String, value: [UInt8])]
    }

    struct Action {
        let at: Instant
        let action: String
        let actor: String
        let why: String
        let before: [UInt8]
        let after: [UInt8]
    }

    let place: LetterPlace
    let reason: String
    let detail: String
    let status: String
    let setAsideAt: Instant
    let key: [UInt8]?
    let original: Content
    /// What is to be tried in its place, and its version.
    let fix: (version: Int32, content: Content)?

    /// What a replay would try.
    var effective: Content { fix?.content ?? original }

    static func read(_ place: LetterPlace, on connection: Connection) throws -> Letter {
        let schema = place.service.rawValue
        let rows = try connection.execute(
            """
            SELECT d.reason, d.detail, d.status, d.set_aside_at, d.key, d.value, d.headers, f.version, f.value, f.headers
              FROM \(schema).dead_letter d
              LEFT JOIN LATERAL (SELECT * FROM \(schema).dead_letter_fix f
                                  WHERE f.topic = d.topic AND f.partition = d.partition AND f."offset" = d."offset" AND f.index = d.index
                                  ORDER BY version DESC LIMIT 1) AS f ON true
             WHERE d.topic = $1 AND d.partition = $2 AND d."offset" = $3 AND d.index = $4
            """, place.parameters)
        guard let row = rows.first else { throw Failure("there is no dead letter \(place)") }
        func content(_ value: Int, _ headers: Int) throws -> Content {
            guard let decoded = LetterHeaders.decode(try row.bytesOrNil(headers) ?? []) else {
                throw Failure("the headers of \(place) can not be read back")
            }
            return Content(value: try row.bytesOrNil(value), headers: decoded)
        }
        return Letter(
            place: place, reason: try row.text(0), detail: try row.text(1), status: try row.text(2), setAsideAt: try row.instant(3),
            key: try row.bytesOrNil(4), original: try content(5, 6),
            fix: try row.int32OrNil(7).map { (version: $0, content: try content(8, 9)) })
    }

    func actions(on connection: Connection) throws -> [Action] {
        try connection.execute(
            """
            SELECT acted_at, action, actor, why, before_sha256, after_sha256 FROM \(place.service.rawValue).dead_letter_action
             WHERE topic = $1 AND partition = $2 AND "offset" = $3 AND index = $4 ORDER BY id
            """, place.parameters
        ).map {
            Action(
                at: try $0.instant(0), action: try $0.text(1), actor: try $0.text(2), why: try $0.text(3), before: try $0.bytes(4),
                after: try $0.bytes(5))
        }
    }

    /// One line of JSON. Bytes in base64 when `isRaw`, else texts to read, masked.
    func json(_ actions: [Action], mask: PersonalMask, isRaw: Bool) -> [UInt8] {
        func text(_ bytes: [UInt8]) -> String {
            isRaw ? Data(bytes).base64EncodedString() : mask.masked(String(decoding: bytes, as: UTF8.self))
        }
        func write(_ content: Content, to object: inout JSONWriter) {
            object.memberIfPresent("value", content.value.map { isRaw ? Data($0).base64EncodedString() : mask.shown($0) })
            object.member(
                "headers",
                array: { list in
                    for header in content.headers {
                        list.element(object: {
                            $0.member("name", header.name)
                            $0.member("value", text(header.value))
                        })
                    }
                })
        }
        return JSONWriter.encode { writer in
            writer.object { object in
                object.member("service", place.service.rawValue)
                object.member("topic", place.topic)
                object.member("partition", Int64(place.partition))
                object.member("offset", place.offset)
                object.member("index", Int64(place.index))
                object.member("reason", reason)
                object.member("detail", isRaw ? detail : mask.masked(detail))
                object.member("status", status)
                object.member("setAsideAt", setAsideAt)
                object.member("encoding", isRaw ? "base64" : "masked text")
                object.memberIfPresent("key", key.map(text))
                write(original, to: &object)
                if let fix {
                    object.member(
                        "fix",
                        object: {
                            $0.member("version", Int64(fix.version))
                            write(fix.content, to: &$0)
                        })
                }
                object.member(
                    "actions",
                    array: { list in
                        for action in actions {
                            list.element(object: {
                                $0.member("at", action.at)
                                $0.member("action", action.action)
                                $0.member("actor", action.actor)
                                $0.member("why", isRaw ? action.why : mask.masked(action.why))
                                $0.member("beforeSHA256", hex(action.before))
                                $0.member("afterSHA256", hex(action.after))
                            })
                        }
                    })
            }
        }
    }
}

func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
