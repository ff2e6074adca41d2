import Contracts
import Vocabulary
import Wire

/// A comparison that must be made again, because one of its sides changed.
///
/// It waits for a timer, which rings once what came together has been decided: so how often a comparison is told, and what is told, does not
/// depend on which side came first.
public struct DueComparison: Sendable {
    let check: String
    let key: String
    /// Of the changes, the one that is latest in the order of statements: where the result comes from.
    private(set) var cause: Order
    private(set) var origin: Origin

    static let timer = "comparisons"

    init(check: String, key: String, cause: Order, origin: Origin) {
        self.check = check
        self.key = key
        self.cause = cause
        self.origin = origin
    }

    mutating func take(_ other: DueComparison) {
        guard cause < other.cause else { return }
        cause = other.cause
        origin = other.origin
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            check: try fields.text("check"), key: try fields.text("key"), cause: try Order(fields),
            origin: try Origin(try fields.object("origin")))
    }

    func write(to object: inout JSONWriter) {
        object.member("check", check)
        object.member("key", key)
        cause.write(to: &object)
        origin.write(to: &object, as: "origin")
    }
}
