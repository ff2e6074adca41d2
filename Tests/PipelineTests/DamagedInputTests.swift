import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// What a fuzzed log taught: each of these once ended the process, or kept it from ever going on.
@Suite struct DamagedInputTests {
    /// A service that reads a packed topic.
    private func reader() -> MemoryHouse {
        let house = MemoryHouse(lanes: 1, now: .epoch)
        house.add(Toy()) { _ in [Topic.portalIn, Topic.governanceFacts] }
        return house
    }

    private func block(count: [UInt8], _ events: [UInt8]) -> [UInt8] { [1] + count + Array(repeating: 0, count: 8) + events }

    private func event(key: [UInt8], _ value: String) -> [UInt8] {
        var bytes: [UInt8] = [3]
        bytes += Array("add".utf8)
        bytes += [UInt8(key.count >> 8), UInt8(key.count & 0xFF)]
        bytes += key
        bytes += [0xFF, 0xFF, 0, 0, 0, UInt8(value.utf8.count)]
        bytes += Array(value.utf8)
        return bytes
    }

    private func send(_ house: MemoryHouse, sequence: String, _ block: [UInt8]) {
        house.sendRaw(
            to: Topic.governanceFacts, key: "a",
            headers: [("ce_source", Array("xinqiao/governance/0".utf8)), ("ce_sequence", Array(sequence.utf8))], value: block)
    }

    private func codes(_ house: MemoryHouse) -> [String] {
        (house.store(of: .ingestion)?.deadLetters ?? [:]).sorted { ($0.key.offset, $0.key.index) < ($1.key.offset, $1.key.index) }
            .map(\.value.refusal.code)
    }

    @Test func `a block that says more events than it can hold is set aside and reserves no room for them`() throws {
        let house = reader()
        send(house, sequence: "1", block(count: [0xFF, 0xFF, 0xFF, 0xFF], event(key: [0x61], "{\"add\":1}")))
        send(house, sequence: "1", block(count: [0, 0, 0, 1], event(key: [0x61], "{\"add\":2}")))
        try house.settle()
        #expect(codes(house) == ["link-missing"])
        #expect(house.sums == [2])
    }

    @Test func `a sequence at the end of all numbers is a damaged header`() throws {
        let house = reader()
        send(house, sequence: "9223372036854775807", block(count: [0, 0, 0, 1], event(key: [0x61], "{\"add\":1}")))
        try house.settle()
        #expect(codes(house) == ["link-missing"])
    }

    @Test func `a key that no index takes is refused by itself, and its neighbours are decided`() throws {
        let house = reader()
        let long = [UInt8](repeating: 0x61, count: 5_000)
        send(
            house, sequence: "1",
            block(
                count: [0, 0, 0, 4],
                event(key: [0x61, 0], "{\"add\":1}") + event(key: long, "{\"add\":1}") + event(key: [0x61, 0x7F], "{\"add\":1}")
                    + event(key: [0x62], "{\"add\":3}")))
        try house.settle()
        #expect(codes(house) == ["nul-in-key", "key-too-long", "control-in-key"])
        #expect(house.sums == [3])
    }

    @Test func `a dead letter of any size fits into a message, and the table has all of it`() throws {
        let house = house(lanes: 1)
        let large = [UInt8](repeating: 0x5B, count: 900_000)
        house.sendRaw(
            to: Topic.portalIn, key: "a", headers: (0..<10_000).map { ("h\($0)", Array("value".utf8)) }, value: large)
        try house.settle()
        #expect(house.store(of: .ingestion)?.deadLetters.values.first?.value == large)
        let sent = try #require(house.messages(on: Topic.deadLetters("ingestion")).first)
        #expect(sent.body?["valueBytes"]?.int == 900_000)
        #expect((sent.body?.rawBytes.count ?? 0) < 800_000)
    }
}
