import Contracts
import Deciding
import Ledger
import Pipeline
import Vocabulary
import Wire

/// A service small enough to see through: it adds numbers per key, says the sum, and can be told to refuse or to wait.
struct Toy: Decider {
    struct State: DecidedState {
        var sum: Int64 = 0
        var sweeps: Int64 = 0

        init() {}

        init(_ json: JSONValue) throws(ContractDefect) {
            let fields = try Fields(json)
            sum = try fields.int("sum")
            sweeps = try fields.intOrNil("sweeps") ?? 0
        }

        func write(to object: inout JSONWriter) {
            object.member("sum", sum)
            if sweeps > 0 { object.member("sweeps", sweeps) }
        }
    }

    static let sums = StoreTable(
        "toy_sum", columns: [.init("key", .text), .init("sum", .int64), .init("note", .text)], key: ["key"], onConflict: .replace)

    /// Whether every number is a leaf of the lane's log, and the log is told about.
    var isLogging = false

    var sweptKinds: Set<String> = ["toy"]

    var service: ServiceName { .ingestion }

    func admit(_ message: Message, catalog: Catalog) -> Admission {
        switch message.type {
        case "add": .handle(key: message.subject, outsideID: OutsideID(writer: message.topic, id: message.id))
        case "ignored": .pass
        default: .refuse(Refusal(code: "type-unknown", detail: message.type))
        }
    }

    func decide(_ input: Input, key: String, on state: inout State, at now: Instant, catalog: Catalog, effects: inout Effects) {
        switch input {
        case .message(let message):
            guard let number = message.body["add"]?.int else {
                state.sum = -1
                effects.refuse("field-missing", "add")
                return
            }
            state.sum += number
            if isLogging { effects.append(Self.leaf(key, state.sum)) }
            if message.body["wait"]?.bool == true { effects.schedule("later", at: now + .seconds(60)) }
            effects.write([.text(key), .int64(state.sum), .text(message.body["note"]?.string ?? "")], to: Self.sums)
            effects.send(
                type: "sum", value: said(state, atLength: state.sum >= 1_000_000), to: Topic.ingestionRecords, key: key, subject: key)
        case .timer:
            effects.send(type: "late", value: said(state, atLength: state.sum < 0), to: Topic.ingestionRecords, key: key, subject: key)
        case .sweep(let entries): state.sweeps += Int64(entries.count)
        }
    }

    private func said(_ state: State, atLength isLong: Bool) -> [UInt8] {
        Array("{\"sum\":\(state.sum)}".utf8) + Array(repeating: 0x20, count: isLong ? 1_000_000 : 0)
    }

    static func leaf(_ key: String, _ sum: Int64) -> LedgerLeaf {
        LedgerLeaf(reference: "sum/\(key)", hash: Merkle.leafHash(Array("\(key) \(sum)".utf8)))
    }

    var checkpointInterval: Duration? { isLogging ? .seconds(60) : nil }

    func checkpoint(_ head: LedgerHead, lane: Int32, effects: inout Effects) {
        let text = "{\"size\":\(head.tree.size),\"root\":\"\(head.tree.root.hex)\"}"
        effects.send(type: "grown", value: Array(text.utf8), to: Topic.governanceCheckpoints, key: "lane \(lane)", subject: "lane \(lane)")
    }
}

func house(lanes: Int32 = 4, isLogging: Bool = false) -> MemoryHouse {
    let house = MemoryHouse(lanes: lanes, now: Instant(microseconds: 1_780_000_000_000_000))
    house.add(Toy(isLogging: isLogging)) { _ in [Topic.portalIn] }
    return house
}

extension MemoryHouse {
    func add(_ number: Int, to key: String, id: String, more: String = "") {
        send(to: Topic.portalIn, type: "add", id: id, subject: key, at: now, data: Array("{\"add\":\(number)\(more)}".utf8))
    }

    var sums: [Int64] { messages(on: Topic.ingestionRecords).compactMap { $0.body?["sum"]?.int } }

    func count(_ outcome: Outcome) -> Int64 {
        store(of: .ingestion)?.counts.filter { $0.key.outcome == outcome }.reduce(0) { $0 + $1.value } ?? 0
    }
}
