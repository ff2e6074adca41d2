import Contracts
import Deciding
import Pipeline
import Vocabulary
import Wire

/// The smallest service that does everything a service does: adds a number to a key's sum, writes a row, sends a message.
struct Adder: Decider {
    struct State: DecidedState {
        var sum: Int64 = 0

        init() {}

        init(_ json: JSONValue) throws(ContractDefect) { sum = try Fields(json).int("sum") }

        func write(to object: inout JSONWriter) { object.member("sum", sum) }
    }

    static let sums = StoreTable("adder_sum", columns: [.init("key", .text), .init("sum", .int64)], key: ["key"], onConflict: .replace)

    /// Whether it writes a row of a table beside its state.
    var writesRows = true

    var service: ServiceName { .governance }

    func admit(_ message: Message, catalog: Catalog) -> Admission { .handle(key: message.subject) }

    func decide(_ input: Input, key: String, on state: inout State, at now: Instant, catalog: Catalog, effects: inout Effects) {
        guard case .message(let message) = input else { return }
        guard let number = message.body["add"]?.int else { return effects.refuse("field-missing", "add") }
        state.sum += number
        if writesRows { effects.write([.text(key), .int64(state.sum)], to: Self.sums) }
        effects.send(type: "sum", value: Array("{\"sum\":\(state.sum)}".utf8), to: Topic.governanceFacts, key: key, subject: key)
    }
}
