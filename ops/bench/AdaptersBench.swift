import Adapters
import Wire

/// Reading files by a layout: lines a second from bytes in memory to the record's data, beside looking at every byte once.
enum AdaptersBench {
    private static let lines = 200_000

    static func measured(runs: Int) throws -> [Figure] {
        let csv = try file(csvLayout) { number in
            "91430102PDY000079R,2025\(month(number)),\"1,215.\(10 + number % 90)\",201.55,\(number % 900),22\n"
        }
        let fixed = try file(fixedLayout) { number in
            "91430102PDY000079R2025\(month(number))0000002150000\(10 + number % 90)0000002010000550000\(100 + number % 900)02200\n"
        }
        let times = try Race.times(
            runs: runs,
            [
                .init(name: "CSV, GB 18030") { try records(csv) },
                .init(name: "fixed width, UTF-8") { try records(fixed) },
                .init(name: "every byte of the CSV") { csv.bytes.reduce(0) { $0 &+ Int($1) } },
            ])
        let rates = times.map { $0.map { Double(lines) / $0 } }
        let megabytes = Double(csv.bytes.count) / 1e6
        return [
            Figure("adapters_csv_lines_per_s", "CSV of six columns in GB 18030 to records", unit: "lines/s", of: rates[0]),
            Figure("adapters_csv_mb_per_s", "the same", unit: "MB/s", of: times[0].map { megabytes / $0 }),
            Figure("adapters_fixed_lines_per_s", "fixed width of six columns to records", unit: "lines/s", of: rates[1]),
            Figure("adapters_bytes_per_s", "looking at every byte of the CSV once", unit: "MB/s", of: times[2].map { megabytes / $0 }),
        ]
    }

    private static func month(_ number: Int) -> String { number % 12 < 9 ? "0\(number % 12 + 1)" : "\(number % 12 + 1)" }

    private static func file(_ body: String, _ line: (Int) -> String) throws -> (layout: Layout, bytes: [UInt8]) {
        var defects: [LayoutDefect] = []
        let json = try JSONDocument(parsing: Array(body.utf8)).root
        guard let layout = Layout(id: "bench", version: 1, body: json, targets: nil, codeList: { _ in nil }, defects: &defects) else {
            throw BenchFault.unequal("the layout is refused: \(defects)")
        }
        return (layout, layout.encoding.encode((0..<lines).map(line).joined()))
    }

    private static func records(_ file: (layout: Layout, bytes: [UInt8])) throws -> Int {
        var at = 0
        var reader = LayoutReader(file.layout) { most in
            let end = min(file.bytes.count, at + most)
            defer { at = end }
            return Array(file.bytes[at..<end])
        }
        var sum = 0
        while let reading = try reader.next() {
            guard case .record(let record) = reading else { throw BenchFault.unequal("a line was refused: \(reading)") }
            sum &+= record.data.count
        }
        return sum
    }

    private static let fields =
        #""fields":{"period":{"column":"b","type":"month","date":"yyyyMM"},"bank":{"constant":"bank-a"},"inflow":{"column":"c","type":"yuan","unit":"万元","grouped":true},"outflow":{"column":"d","type":"yuan","unit":"万元"},"transactions":{"column":"e","type":"int"},"largestShare":{"column":"f","type":"number","unit":"%","to":"1"}},"subject":{"column":"a"},"occurredAt":{"column":"b","type":"month","date":"yyyyMM","at":"end"},"source":"s","recordType":"t""#
    private static let csvLayout =
        #"{"format":"csv","encoding":"gb18030","header":false,"columns":["a","b","c","d","e","f"],"# + fields + "}"
    private static let fixedLayout =
        #"{"format":"fixed","encoding":"utf-8","columns":[{"name":"a","start":1,"length":18},{"name":"b","start":19,"length":6},{"name":"c","start":25,"length":15},{"name":"d","start":40,"length":15},{"name":"e","start":55,"length":7},{"name":"f","start":62,"length":5}],"#
        + fields + "}"
}
