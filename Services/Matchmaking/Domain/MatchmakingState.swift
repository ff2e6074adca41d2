import Contracts
import Deciding
import Vocabulary
import Wire

/// What matchmaking knows of one subject.
public struct MatchmakingState: DecidedState {
    /// Of the highest revision seen.
    public var portrait: Portrait?
    /// By id.
    public var applications: [String: Application] = [:]
    /// Reports about applications that have not come yet, in the order in which they happened.
    public var waiting: [Feedback] = []
    /// Of the last list that the platform drew up, without its revision and time; 0 before the first.
    public var listHash: UInt64 = 0
    /// The products of that list, sorted.
    public var listed: [String] = []
    /// When the timer is set that looks at products anew.
    public var nextLook: Instant?

    /// Applications of one subject that are kept at the most: beyond, the oldest that have ended are forgotten.
    public static let applicationsMax = 200
    /// Reports that wait at the most.
    public static let waitingMax = 200

    public init() {}

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        portrait = try fields["portrait"].map { json throws(ContractDefect) in try Portrait(json) }
        for application in try fields.list("applications", { json throws(ContractDefect) in try Application(json) }) {
            applications[application.request.applicationID] = application
        }
        waiting = try fields.list("waiting") { json throws(ContractDefect) in try Feedback(json) }
        listHash = UInt64(try fields.textOrNil("listHash") ?? "", radix: 16) ?? 0
        listed = try fields.texts("listed")
        nextLook = try fields.instantOrNil("nextLook")
    }

    public func write(to object: inout JSONWriter) {
        if let portrait { object.member("portrait", object: { portrait.write(to: &$0) }) }
        if !applications.isEmpty {
            object.member(
                "applications",
                array: { list in
                    for id in applications.keys.sorted() {
                        guard let application = applications[id] else { continue }
                        list.element(object: { application.write(to: &$0) })
                    }
                })
        }
        if !waiting.isEmpty {
            object.member(
                "waiting",
                array: { list in
                    for report in waiting { list.element(object: { report.write(to: &$0) }) }
                })
        }
        if listHash != 0 { object.member("listHash", String(listHash, radix: 16)) }
        if !listed.isEmpty { object.member("listed", listed) }
        object.memberIfPresent("nextLook", nextLook)
    }

    /// Makes room for one more application. False when all that are kept are still alive.
    mutating func makeRoom() -> Bool {
        guard applications.count >= Self.applicationsMax else { return true }
        let ended = applications.values.filter { $0.course.status.isEnd }
            .min { ($0.request.requestedAt, $0.request.applicationID) < ($1.request.requestedAt, $1.request.applicationID) }
        guard let ended else { return false }
        applications[ended.request.applicationID] = nil
        return true
    }
}
