import Chassis
import Contracts
import Foundation
import Kafka
import Postgres
import Vocabulary
import Wire

extension Command {
    static let importing = Command(
        "import", usage: "--layout ID FILE | --source ID --type RECORD_TYPE [options] FILE.csv|FILE.jsonl",
        summary: "send a file through the front door, line by line",
        valued: ["source", "type", "subject", "zone", "drop", "id", "time", "layout", "packs"], flags: ["no-wait", "check"],
        details: """
            With --layout, the catalogue's entry of that id says how the file is read: CSV, fixed width, XML or JSON lines, in UTF-8 or
            GB 18030, of any length. Lines that can not be read go to FILE.rejected with their reasons; FILE.progress says where to go on
            after a break, and is gone when the file is done.
              --check            only read the file: nothing is sent, and what would be refused is written
              --packs DIR        take the layout from packs instead of the published catalogue
            Without it, the file is UTF-8 as below.
            Every line becomes a record of RECORD_TYPE from source ID. Resumable and idempotent: a line's id comes from the type, the subject,
            the time and the line's content, so importing a file twice, or going on after a break, changes nothing.
              --subject COLUMN   the column that holds the subject's code (default: subject, uscc)
              --zone COLUMN      a column with a number 1…99999: the subject becomes the code of the self-defined zone PDY00001…PDY99999
              --drop A,B         columns that are not sent
              --id COLUMN        a column that identifies the line (default: a hash of the line)
              --time COLUMN      when it happened, RFC 3339 or yyyy-MM-dd (default: 2026-01-01, so that the same file is the same tomorrow)
            In a CSV the first line names the fields; numbers and true/false become such, an empty cell is left out.
            """
    ) { options in
        if let id = options.text("layout") {
            guard let file = options.words.first else { throw Failure("--layout needs a file", code: .usage) }
            let importing = LayoutImporting(layout: try LayoutImporting.layout(id, packs: options.text("packs")), file: file)
            return try options.has("check") ? importing.check() : importing.run(waits: !options.has("no-wait"))
        }
        guard let source = options.text("source"), let type = options.text("type"), let file = options.words.first else {
            throw Failure("--source, --type and a file are needed", code: .usage)
        }
        try Importing(source: source, type: type, options: options).run(file)
    }
}

/// A file on its way through the front door.
struct Importing {
    let source: String
    let type: String
    let options: Options

    func run(_ file: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else { throw Failure("\(file) can not be read", code: .usage) }
        let gate = try FlowGate.ofEnvironment()
        let records = try file.lowercased().hasSuffix(".jsonl") ? jsonLines(Array(data), file) : csv(Array(data), file)
        let sender = try Sender(try Connections.kafka(), inBulk: true)
        let topic = Topic.source(source)
        _ = try sender.lanes(of: topic)
        let started = MonotonicClock.now
        for (index, record) in records.enumerated() {
            try sender.send(
                topic: topic, id: record.id, type: type, source: "xinqiao-import", subject: record.subject, time: record.time,
                data: record.data)
            if index % 500 == 499 {
                try gate.hold(sender)
                let rate = Double(index + 1) / max(0.001, MonotonicClock.now.since(started).inSeconds)
                Terminal.progress("\(index + 1) of \(records.count) lines sent, \(Int(rate))/s")
            }
        }
        try sender.finish()
        if !options.has("no-wait") { try gate.waitUntilQuiet(ingesting: gate.expected(sender)) }
        Terminal.say("")
        print("\(records.count) records of \(type) sent to \(topic) and acknowledged")
    }

    private struct Line {
        let id: String
        let subject: String
        let time: Instant
        let data: [UInt8]
    }

    private func line(_ fields: [(name: String, text: String?)], _ data: [UInt8], _ place: String) throws -> Line {
        func value(_ names: [String]) -> String? {
            for name in names { if let text = fields.first(where: { $0.name == name })?.text { return text } }
            return nil
        }
        let subject: String
        if let zone = options.text("zone") {
            guard let number = value([zone]).flatMap({ Int($0) }), let code = USCC.synthetic(number: number, region: "100000") else {
                throw Failure("\(place): column \(zone) holds no number of the zone 1…99999")
            }
            subject = code.text
        } else {
            let names = options.text("subject").map { [$0] } ?? ["subject", "uscc"]
            guard let text = value(names), !text.isEmpty else {
                throw Failure("\(place): no subject in column \(names.joined(separator: " or ")); name it with --subject or --zone")
            }
            subject = text
        }
        var time = Day(number: WallClock.now.dayInChina.number).startInChina
        if let column = options.text("time") {
            guard let text = value([column]), let moment = Instant(rfc3339: text) ?? Day(text)?.startInChina else {
                throw Failure("\(place): column \(column) holds no time (RFC 3339 or yyyy-MM-dd)")
            }
            time = moment
        } else {
            // A file that says nothing of time must give the same record today and tomorrow.
            time = Day(year: 2026, month: 1, day: 1)?.startInChina ?? time
        }
        let id: String
        if let column = options.text("id") {
            guard let text = value([column]) else { throw Failure("\(place): column \(column) is empty") }
            id = "\(type)/\(text)"
        } else {
            // The column of the time is not part of a CSV's data.
            id = LineID.of(type: type, subject: subject, occurredAt: time, data: data)
        }
        return Line(id: id, subject: subject, time: time, data: data)
    }

    private func jsonLines(_ bytes: [UInt8], _ file: String) throws -> [Line] {
        var lines: [Line] = []
        for (index, slice) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() where !slice.isEmpty {
            let place = "\(file), line \(index + 1)"
            let text = Array(slice)
            let root: JSONValue
            do {
                root = try JSONDocument(parsing: text).root
            } catch {
                throw Failure("\(place): \(error)")
            }
            guard root.kind == .object else { throw Failure("\(place): not a JSON object") }
            lines.append(
                try line(root.members.map { ($0.key, $0.value.string ?? String(decoding: $0.value.rawBytes, as: UTF8.self)) }, text, place))
        }
        return lines
    }

    private func csv(_ bytes: [UInt8], _ file: String) throws -> [Line] {
        let rows = try CSV.rows(bytes, file)
        guard let header = rows.first else { throw Failure("\(file) is empty") }
        let subjectColumn = options.text("subject")
        let named = [subjectColumn ?? "subject", options.text("time") ?? "", options.text("zone") ?? ""].filter { $0 != "uscc" }
        let dropped = Set(named + (options.text("drop") ?? "").split(separator: ",").map(String.init))
        var lines: [Line] = []
        for (index, row) in rows.dropFirst().enumerated() {
            let place = "\(file), line \(index + 2)"
            guard row.count == header.count else {
                throw Failure("\(place): \(row.count) cells under \(header.count) names")
            }
            let cells = zip(header, row).map { ($0, $1.isEmpty ? nil : $1) }
            let data = JSONWriter.encode { writer in
                writer.object { object in
                    for (name, text) in cells where !dropped.contains(name) {
                        guard let text else { continue }
                        if text == "true" || text == "false" {
                            object.member(name, text == "true")
                        } else if ExactDecimal(text) != nil
                            || (Double(text)?.isFinite ?? false && text.first.map { "0123456789-.".contains($0) } == true)
                        {
                            object.member(name, raw: CSV.number(text))
                        } else {
                            object.member(name, text)
                        }
                    }
                }
            }
            lines.append(try line(cells.map { (name: $0.0, text: $0.1) }, data, place))
        }
        return lines
    }
}

/// RFC 4180.
enum CSV {
    static func rows(_ bytes: [UInt8], _ file: String) throws -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        var index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        func endCell() {
            row.append(String(decoding: cell, as: UTF8.self))
            cell.removeAll(keepingCapacity: true)
        }
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if isQuoted {
                if byte != UInt8(ascii: "\"") {
                    cell.append(byte)
                } else if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
                    cell.append(byte)
                    index += 1
                } else {
                    isQuoted = false
                }
            } else if byte == UInt8(ascii: "\""), cell.isEmpty {
                isQuoted = true
            } else if byte == UInt8(ascii: ",") {
                endCell()
            } else if byte == 10 {
                if cell.last == 13 { cell.removeLast() }
                endCell()
                rows.append(row)
                row = []
            } else {
                cell.append(byte)
            }
        }
        guard !isQuoted else { throw Failure("\(file): a quoted cell does not end") }
        if !cell.isEmpty || !row.isEmpty {
            endCell()
            rows.append(row)
        }
        return rows
    }

    /// A number as JSON writes it: `.5` and `5.` are not JSON.
    static func number(_ text: String) -> [UInt8] {
        if let decimal = ExactDecimal(text) { return Array(decimal.text.utf8) }
        var text = text
        if text.hasPrefix(".") { text = "0" + text }
        if text.hasPrefix("-.") { text = "-0" + text.dropFirst() }
        if text.hasSuffix(".") { text.removeLast() }
        return Array(text.utf8)
    }
}

/// Holds a sender back while much is under way: the built-in broker keeps only 5 MiB of a partition.
struct FlowGate {
    private let flow: Flow?
    /// Most messages under way between any two services before the sender waits.
    var underWayMax: Int64 = 6_000
    /// What ingestion had decided before anything was sent.
    private let ingestedBefore: Int64

    /// To be made before anything is sent: what ingestion has decided by then does not count. Without a flow nothing is waited for.
    init(flow: Flow?) throws {
        self.flow = flow
        ingestedBefore = try flow?.underWay().ingested ?? 0
    }

    /// Over XINQIAO_POSTGRES. Where it is not set there is nobody to ask; a wrong one is told.
    static func ofEnvironment() throws -> FlowGate { try FlowGate(flow: Connections.postgresIfNamed().map { Flow(connection: $0) }) }

    func hold(_ sender: Sender) throws {
        guard let flow else { return }
        while true {
            try sender.serve()
            let way = try flow.underWay()
            let waiting = Int64(sender.sent) - (way.ingested - ingestedBefore)
            if waiting < underWayMax / 2, way.links + way.outbox < underWayMax { return }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    /// What ingestion's ledger must have reached once everything sent is decided.
    func expected(_ sender: Sender) -> Int64 { ingestedBefore + Int64(sender.sent) }

    /// Waits until nothing is under way, three looks in a row, each the same as the look before it.
    func waitUntilQuiet(
        _ limit: Duration = .seconds(600), ingesting expected: Int64 = 0, say: (Flow.UnderWay) -> Void = { _ in }
    ) throws {
        guard let flow else { return }
        let deadline = MonotonicClock.now + limit
        var quiet = 0
        var last: Flow.UnderWay?
        while quiet < 3 {
            let way = try flow.underWay()
            let isQuiet = way.links == 0 && way.outbox == 0 && way.timers == 0 && way == last && way.ingested >= expected
            quiet = isQuiet ? quiet + 1 : 0
            last = way
            say(way)
            guard MonotonicClock.now < deadline else { throw Failure("still under way after \(limit): \(way)") }
            Thread.sleep(forTimeInterval: 0.35)
        }
    }
}
