import Vocabulary

/// Texts that look like records, most of them JSON, many of them nearly right.
struct RandomDocument {
    private static let names = ["id", "name", "amount", "when", "grade", "tags", "inner", "flag", "other", "legalRepresentativeName"]
    private static let texts = [
        "", "A", "B", "AP12345678901", "AP1234567890", "2026-02-28", "2026-02-30", "2026-13", "2026-11", "91430102PDY000079R",
        "91430102PDY0000790", "430102", "43010", "3921", "C39", "a@b", "a@b@", "企业信桥", "é", "tail\\u0041", "\\ud840\\udc00", "\\/\\\"",
        "AP1234567890\\u0031", "\\n",
        "𠀀x",
        "2026-01-02T03:04:05Z", "2026-01-02T03:04:05+08:00", "2026-01-02T25:00:00Z", "WORKINGCAPITAL", "WORKINGCAPITAX",
    ]
    private static let numbers = [
        "0", "-0", "1", "-1", "1.0", "0.5", "10", "99.99", "1.505", "1.50", "100", "1e2", "1E-2", "360", "361", "12345678901234567890",
        "0.000001", "9223372036854775807", "9223372036854775808", "92233720368547758.07", "92233720368547758.08", "-92233720368547758.09",
        "1e400", "-0.5", "3.25", "1234567.1234567", "1000000000000000000", "999999999999999999.5",
    ]
    private static let broken = [
        "01", "+1", "1.", ".5", "1e", "-", "tru", "nul", "\"a", "\"\u{1}\"", "'a'", "NaN", "\"\\x\"", "\"\\ud800\"", "\"\\u0000\"",
        "\"\\ud840x\"", "\"\\u00\"",
    ]

    static func text(_ random: inout SplitMix64) -> [UInt8] {
        var text = space(&random) + object(&random, depth: 0) + space(&random)
        if random.chance(3) { text = value(&random, depth: 0) }
        if random.chance(2) { text += random.one(of: ["x", "{}", ","]) }
        var bytes = Array(text.utf8)
        // A wrong byte anywhere: what is no UTF-8, or no JSON, or another record.
        if random.chance(8), !bytes.isEmpty { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
        if random.chance(3), !bytes.isEmpty { bytes.removeLast(random.below(bytes.count)) }
        return bytes
    }

    private static func space(_ random: inout SplitMix64) -> String {
        random.chance(10) ? random.one(of: [" ", "\n", "\t", "\r\n ", "  "]) : ""
    }

    private static func object(_ random: inout SplitMix64, depth: Int) -> String {
        var names: [String] = []
        for name in Self.names where random.chance(60) { names.append(name) }
        if random.chance(30) { names.shuffle(using: &random) }
        if random.chance(4), let name = names.first { names.append(name) }
        if random.chance(3) { names.append("n\\u0061me") }
        let members = names.map { name in
            space(&random) + "\"\(name)\"" + space(&random) + ":" + space(&random) + likely(name, &random, depth: depth) + space(&random)
        }
        return "{" + space(&random) + members.joined(separator: ",") + "}"
    }

    /// Of the kind that the member usually has.
    private static func likely(_ name: String, _ random: inout SplitMix64, depth: Int) -> String {
        if random.chance(12) { return value(&random, depth: depth) }
        switch name {
        case "id", "n\\u0061me": return "\"AP12345678901\""
        case "amount": return random.one(of: numbers)
        case "when": return "\"2026-02-28\""
        case "grade": return random.one(of: ["\"A\"", "\"B\"", "\"WORKINGCAPITAL\"", "null", "1"])
        case "tags": return array(&random, depth: depth)
        case "inner": return depth < 3 ? object(&random, depth: depth + 1) : "{}"
        case "flag": return random.one(of: ["true", "false"])
        default: return "\"\(random.one(of: texts))\""
        }
    }

    private static func array(_ random: inout SplitMix64, depth: Int) -> String {
        let isNumbers = random.chance(60)
        let elements = (0..<random.below(6)).map { _ in
            space(&random) + (isNumbers ? random.one(of: numbers + ["null"]) : value(&random, depth: depth + 1)) + space(&random)
        }
        return "[" + elements.joined(separator: ",") + "]"
    }

    static func value(_ random: inout SplitMix64, depth: Int) -> String {
        switch random.below(12) {
        case 0: "null"
        case 1: random.one(of: ["true", "false"])
        case 2, 3, 4: random.one(of: numbers)
        case 5, 6, 7: "\"\(random.one(of: texts))\""
        case 8: depth < 4 ? array(&random, depth: depth + 1) : "[]"
        case 9, 10: depth < 4 ? object(&random, depth: depth + 1) : "{}"
        default: random.chance(20) ? random.one(of: broken) : "\"\(random.one(of: texts))\""
        }
    }
}
