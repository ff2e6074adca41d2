import Vocabulary
import Wire

/// Where an append-only log stands, signed: whoever keeps it can tell whether what is shown later goes on from there.
public struct LogCheckpoint: Payload {
    public static let type = "governance.checkpoint.v1"

    /// The log's name.
    public let origin: String
    /// The number of its leaves.
    public let size: Int64
    /// When the newest of them was appended.
    public let grownAt: Instant
    /// The signed text, a C2SP tlog-checkpoint: it alone is to be trusted, the other members help to find it.
    public let note: String

    public init(origin: String, size: Int64, grownAt: Instant, note: String) {
        self.origin = origin
        self.size = size
        self.grownAt = grownAt
        self.note = note
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            origin: try fields.text("origin"), size: try fields.int("size"), grownAt: try fields.instant("grownAt"),
            note: try fields.text("note"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("origin", origin)
        object.member("size", size)
        object.member("grownAt", grownAt)
        object.member("note", note)
    }
}
