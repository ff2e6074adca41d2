import Chassis
import Contracts
import Postgres
import Vocabulary

/// Which dead letters a command is about: all conditions that were given hold.
struct LetterFilter {
    let service: ServiceName?
    let topic: String?
    let reason: String?
    let statuses: [String]
    let since: Instant?
    let until: Instant?

    static let options: Set<String> = ["service", "topic", "reason", "status", "since", "until"]

    static let help = """
        Filters, all of which must hold: --service NAME, --topic TOPIC, --reason CODE, --status open|fixed|replayed|discarded|all,
        --since and --until, each a moment (2026-05-01T08:00:00Z) or how long ago (90m, 12h, 3d).
        """

    /// - Parameter statuses: those meant when none is named.
    init(_ options: Options, statuses: [String]) throws(Options.Defect) {
        if let name = options.text("service") {
            guard let known = ServiceName(rawValue: name) else {
                throw Options.Defect(
                    description: "there is no service `\(name)`; there are \(ServiceName.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            service = known
        } else {
            service = nil
        }
        topic = options.text("topic")
        reason = options.text("reason")
        switch options.text("status") {
        case nil: self.statuses = statuses
        case "all": self.statuses = Self.all
        case let word?:
            guard Self.all.contains(word) else {
                throw Options.Defect(description: "--status should be one of \(Self.all.joined(separator: ", ")), all; not `\(word)`")
            }
            self.statuses = [word]
        }
        since = try options.text("since").map { text throws(Options.Defect) in try Self.moment(text, "since") }
        until = try options.text("until").map { text throws(Options.Defect) in try Self.moment(text, "until") }
    }

    static let all = ["open", "fixed", "replayed", "discarded"]

    /// True when nothing but the status narrows it down.
    var isUnbounded: Bool { service == nil && topic == nil && reason == nil && since == nil && until == nil }

    private static func moment(_ text: String, _ name: String) throws(Options.Defect) -> Instant {
        if let moment = Instant(rfc3339: text) { return moment }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        if let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()), (0...100_000_000).contains(number) {
            return WallClock.now - .seconds(number * unit)
        }
        throw Options.Defect(
            description: "--\(name) should be a moment such as 2026-05-01T08:00:00Z or a length such as 12h, not `\(text)`")
    }

    /// The condition on `operator.dead_letter d`, for `parameters`.
    static let condition = """
        ($1 = '' OR d.service = $1) AND ($2 = '' OR d.topic = $2) AND ($3 = '' OR d.reason = $3) AND d.status = ANY ($4::text[])
               AND d.set_aside_at >= $5 AND d.set_aside_at <= $6
        """

    var parameters: [Parameter] {
        [
            .text(service?.rawValue ?? ""), .text(topic ?? ""), .text(reason ?? ""), .texts(statuses),
            .instant(since ?? Instant(microseconds: -2_208_988_800_000_000)),
            .instant(until ?? Instant(microseconds: 4_102_444_800_000_000)),
        ]
    }

    /// The places of the letters that fit, oldest first.
    func places(on connection: Connection, limit: Int) throws -> [LetterPlace] {
        let rows = try connection.execute(
            """
            SELECT d.service, d.topic, d.partition, d."offset", d.index FROM operator.dead_letter d
             WHERE \(Self.condition)
             ORDER BY d.set_aside_at, d.topic, d.partition, d."offset", d.index LIMIT $7
            """, parameters + [.int64(Int64(limit))])
        return try rows.compactMap { row in
            guard let service = ServiceName(rawValue: try row.text(0)) else { return nil }
            return LetterPlace(
                service: service, topic: try row.text(1), partition: try row.int32(2), offset: try row.int64(3), index: try row.int32(4))
        }
    }
}
