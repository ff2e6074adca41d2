import Contracts
import Ledger
import Vocabulary
import Wire

/// What a memory says of the statements that it has forgotten: which comparisons miss one of them.
///
/// Bounded, however much is forgotten: the keys are bits of a set that only grows. It never takes for whole what is half forgotten; the
/// other way round it errs once in forty times after two thousand keys, and once in four after five thousand. It comes to the same whatever
/// was forgotten first. Source: Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970.
struct ForgottenKeys: Sendable {
    /// The latest statement that was forgotten; nil when none was.
    private(set) var through: Order?
    private var joins: [Join] = []
    private var bits: [UInt8] = []

    /// Fields by which a comparison joins the type to others.
    private struct Join {
        let fields: [String]
        /// Forgotten statements up to this one are not marked: nobody compared by these fields yet.
        let unmarked: Order?
    }

    private static let byteCount = 2_048
    private static let bitsPerKey = 4

    init() {}

    var isEmpty: Bool { through == nil }

    /// The statement is forgotten. `joins` are all the ways in which comparisons, those to come included, join its type.
    mutating func mark(_ slot: Slot, joins wanted: [[String]]) {
        joins = wanted.map { fields in joins.first { $0.fields == fields } ?? Join(fields: fields, unmarked: through) }
        // Without a comparison nothing is marked: another one begins anew.
        if joins.isEmpty != bits.isEmpty { bits = joins.isEmpty ? [] : Array(repeating: 0, count: Self.byteCount) }
        // What a guest covers does not come back either.
        for data in [slot.data] + slot.under.map(\.data) {
            for fields in wanted { for bit in Self.places(fields, CrossCheck.joinedKey(fields, data)) { bits[bit / 8] |= 1 << (bit % 8) } }
        }
        through = through.map { max($0, slot.order) } ?? slot.order
    }

    /// Whether something under the key, joined by the fields, may have been forgotten. `first` is the earliest that is still there, of all sides:
    /// for fields by which nobody compared when something was forgotten, what happened no later than that counts as half forgotten.
    func mayHold(_ fields: [String], _ key: String, since first: Order) -> Bool {
        guard let through else { return false }
        guard let join = joins.first(where: { $0.fields == fields }) else { return first <= through }
        if let unmarked = join.unmarked, first <= unmarked { return true }
        return Self.places(fields, key).allSatisfy { bits[$0 / 8] & 1 << ($0 % 8) != 0 }
    }

    /// Where the key's bits are.
    private static func places(_ fields: [String], _ key: String) -> [Int] {
        // The hash of texts that differ in their last letter differs in few bits; drawn from it, numbers differ in all.
        var dice = SplitMix64(seed: FNV64.hash("\(fields.joined(separator: "|"))\n\(key)".utf8))
        return (0..<bitsPerKey).map { _ in Int(dice.next() % UInt64(byteCount * 8)) }
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        through = try Order(fields)
        joins = try fields.list("joins") { json throws(ContractDefect) in
            let join = try Fields(json)
            let unmarked = try join.objectOrNil("unmarked").map { order throws(ContractDefect) in try Order(order) }
            return Join(fields: try join.texts("fields"), unmarked: unmarked)
        }
        guard let text = try fields.textOrNil("bits") else {
            guard joins.isEmpty else { throw .missing(field: "bits") }
            return
        }
        guard let bits = Base64.decode(text), bits.count == Self.byteCount else {
            throw .wrong(field: "bits", expected: "\(Self.byteCount) bytes in base64")
        }
        self.bits = bits
    }

    func write(to object: inout JSONWriter) {
        through?.write(to: &object)
        guard !joins.isEmpty else { return }
        object.member(
            "joins",
            array: { list in
                for join in joins {
                    list.element(object: { object in
                        object.member("fields", join.fields)
                        if let unmarked = join.unmarked { object.member("unmarked", object: { unmarked.write(to: &$0) }) }
                    })
                }
            })
        object.member("bits", Base64.encode(bits))
    }
}
