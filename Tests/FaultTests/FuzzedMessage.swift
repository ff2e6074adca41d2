import Contracts
import Foundation
import Kafka
import Province
import Vocabulary
import Wire

/// Messages that nobody should send: sound ones spoilt in every layer, the classics of the JSON test suites, and blocks of links with
/// bytes turned over.
struct FuzzedMessage {
    let topic: String
    let partition: Int32
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: [KafkaHeader]
}

/// Draws such messages from a seed.
struct Fuzzer {
    private var random: SplitMix64
    private let sound: [OutsideRecord]
    /// A link of this beginning is forged.
    static let source = "xinqiao/fuzz"
    private var drawn = 0
    /// Our own forged links: sequences are dense, so that what is in the blocks is really looked at.
    private var sequences: [String: Int64] = [:]

    init(seed: UInt64, sound: [OutsideRecord]) {
        random = SplitMix64(seed: seed)
        self.sound = sound
    }

    mutating func outside() -> FuzzedMessage? {
        drawn += 1
        guard let record = sound.randomElement(using: &random) else { return nil }
        var value: [UInt8]? = record.data
        var headers = Self.headers(record, id: "fuzz-\(drawn)")
        var key: [UInt8]? = Array(record.subject.utf8)
        switch random.whole(0...15) {
        case 0...5: value = mutated(record.data)
        case 6: value = Self.classics.randomElement(using: &random).map { Array($0.utf8) }
        case 7: value = Self.classicBytes.randomElement(using: &random) ?? nil
        case 8: value = Array("{\"period\":".utf8) + (Self.classics.randomElement(using: &random).map { Array($0.utf8) } ?? []) + [0x7D]
        case 9: spoil(&headers)
        case 10: headers = headers.filter { _ in !random.chance(0.3) }
        case 11: key = mutated(key ?? [])
        case 12: headers = headers.map { $0.name == "content-type" ? KafkaHeader(name: $0.name, value: mutated($0.value)) : $0 }
        case 13:
            headers = headers.map {
                $0.name == "ce_subject" || $0.name == "ce_time" ? KafkaHeader(name: $0.name, value: mutated($0.value)) : $0
            }
        case 14: value = random.chance(0.02) ? rare() : mutated(record.data)
        default: break
        }
        if random.chance(0.000_5) {
            headers += (0..<10_000).map { KafkaHeader(name: "h\($0)", value: [1]) }
        }
        return FuzzedMessage(
            topic: record.topic, partition: Int32(random.whole(0...Int(FaultWorld.lanes) - 1)), key: key, value: value, headers: headers)
    }

    private static func headers(_ record: OutsideRecord, id: String) -> [KafkaHeader] {
        var event = CloudEvent(id: id, source: "fuzz", type: record.type, data: record.data)
        event.time = record.time
        event.subject = record.subject
        event.dataContentType = "application/json"
        return event.binaryHeaders().map { KafkaHeader(name: $0.name, value: $0.value) }
    }

    /// A message on a topic between the services, from a link that does not exist.
    mutating func inside(_ topic: String, like real: [(type: String, key: String, value: [UInt8])]) -> FuzzedMessage {
        drawn += 1
        let partition = Int32(random.whole(0...Int(FaultWorld.lanes) - 1))
        let source = "\(Self.source)/\(random.whole(0...3))"
        let link = "\(source) \(topic)/\(partition)"
        var block: [UInt8] = [1]
        let events = random.whole(1...5)
        block += Self.bigEndian(UInt64(events), 4) + Self.bigEndian(UInt64(drawn), 8)
        for _ in 0..<events {
            let one = real.randomElement(using: &random)
            let type = Array((one?.type ?? "x").utf8)
            let key = random.chance(0.1) ? mutated(Array((one?.key ?? "").utf8)) : Array((one?.key ?? "").utf8)
            let value = mutated(one?.value ?? [])
            block += [UInt8(clamping: type.count)] + type.prefix(255)
            block += Self.bigEndian(UInt64(key.count), 2) + key + [0xFF, 0xFF]
            block += Self.bigEndian(UInt64(value.count), 4) + value
        }
        // A receiver goes on behind what it believes to have been there.
        let sequence = sequences[link] ?? 1
        var headers = [
            KafkaHeader(name: "ce_source", value: Array(source.utf8)),
            KafkaHeader(name: "ce_sequence", value: Array(String(sequence).utf8)),
        ]
        switch random.whole(0...9) {
        case 0: block = mutated(block)
        case 1: block = Array(block.prefix(random.whole(0...block.count)))
        case 2: headers.remove(at: random.whole(0...1))
        case 3: headers[1] = KafkaHeader(name: "ce_sequence", value: mutated(headers[1].value))
        default: sequences[link] = sequence + Int64(events)
        }
        return FuzzedMessage(topic: topic, partition: partition, key: nil, value: random.chance(0.01) ? nil : block, headers: headers)
    }

    private static func bigEndian(_ number: UInt64, _ bytes: Int) -> [UInt8] {
        (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }

    /// Large or deep: seldom, since each is as long as a thousand others.
    private mutating func rare() -> [UInt8] {
        switch random.whole(0...4) {
        case 0: Array(repeating: 0x5B, count: 100_000)
        case 1: Array("{\"a\":".utf8).repeated(20_000)
        case 2: Array("{\"".utf8) + Array(repeating: 0x6B, count: 800_000) + Array("\":1}".utf8)
        case 3: Array("{\"a\":\"".utf8) + Array(repeating: 0x78, count: 880_000) + Array("\"}".utf8)
        default: Array("{\"a\":".utf8) + Array(repeating: 0x39, count: 100_000) + [0x7D]
        }
    }

    private mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<random.whole(1...3) {
            let place = bytes.isEmpty ? 0 : random.whole(0...bytes.count - 1)
            switch random.whole(0...6) {
            case 0: if !bytes.isEmpty { bytes[place] ^= UInt8(1 << random.whole(0...7)) }
            case 1: bytes.insert(UInt8(random.whole(0...255)), at: place)
            case 2: if !bytes.isEmpty { bytes.remove(at: place) }
            case 3: bytes = Array(bytes.prefix(place))
            case 4: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
            case 5: if !bytes.isEmpty { bytes += bytes[place...].prefix(40) }
            default: if !bytes.isEmpty { bytes[place] = UInt8(random.whole(0...255)) }
            }
        }
        return bytes
    }

    private mutating func spoil(_ headers: inout [KafkaHeader]) {
        guard !headers.isEmpty else { return }
        let place = random.whole(0...headers.count - 1)
        headers[place] = KafkaHeader(name: headers[place].name, value: mutated(headers[place].value))
        if random.chance(0.2) { headers.append(headers[place]) }
    }

    private static let pieces: [[UInt8]] = [
        Array("1e400".utf8), Array("\\ud800".utf8), Array("\\u0000".utf8), [0], [0xFF, 0xFE], [0xC0, 0x80], [0xED, 0xA0, 0x80],
        Array("NaN".utf8),
        Array("-0".utf8), Array("9223372036854775808".utf8), Array("\",\"".utf8), Array("[[[[[[[[".utf8), Array("{}{}".utf8),
        Array("\u{202E}\u{FEFF}".utf8), Array("1e-400".utf8), Array("0.1e+".utf8), Array("'; DROP TABLE fact; --".utf8),
    ]

    private static let classics = [
        "[", "{", "{\"a\":", "{\"a\":1,}", "[1,]", "[,]", "{\"a\":1,\"a\":2}", "1e400", "-1e400", "\"\\ud800\"", "\"\\u0000\"", "\"\\x\"",
        "nul", "tru",
        "01", "+1", ".5", "1.", "0e1", "1E+", "--1", "Infinity", "NaN", "{\"\":{}}", "{a:1}", "{'a':1}", "[1 2]", "\"\t\"", "/**/{}", "{}x",
        " ", "\u{FEFF}{}",
        "{\"a\":1e99999999999}", "{\"period\":{\"period\":{}}}", "null", "true", "0", "\"\"", "[]", "{}",
    ]

    private static let classicBytes: [[UInt8]?] = [
        nil, [], [0], [0xFF], [0xEF, 0xBB, 0xBF], [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], [0xFE, 0xFF, 0, 0x7B],
        [0x22, 0xED, 0xA0, 0x80, 0x22],
        [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
    ]
}

extension Array<UInt8> {
    fileprivate func repeated(_ count: Int) -> [UInt8] {
        var all: [UInt8] = []
        all.reserveCapacity(self.count * count)
        for _ in 0..<count { all += self }
        return all
    }
}
