import Adapters
import Chassis
import Contracts
import Deciding
import Foundation
import IngestionDomain
import Kafka
import Ledger
import Vocabulary
import Wire

/// A file on its way through the front door by a layout of the catalogue: in bounded memory, from where it was broken off, and with
/// every line that is not taken beside it in `FILE.rejected`.
struct LayoutImporting {
    let layout: Layout
    let file: String

    /// Records between two moments at which everything is acknowledged and the place is noted.
    private static let stretch = 20_000

    /// The layout in force, from the catalogue topic or from packs on disk.
    static func layout(_ id: String, packs: String?) throws -> Layout {
        var defects: [LayoutDefect] = []
        let catalog = try CatalogPublishing.catalog(packs: packs)
        guard let layout = Layouts.layout(id, at: WallClock.now, in: catalog, defects: &defects) else {
            guard defects.isEmpty else {
                throw Failure("the layout \(id) can not be used:\n  " + defects.map(\.description).joined(separator: "\n  "))
            }
            throw Failure("the catalogue has no layout \(id) in force: publish it with `xinqiao catalog publish`", code: .usage)
        }
        return layout
    }

    // MARK: Sending

    func run(waits: Bool) throws {
        let gate = try FlowGate.ofEnvironment()
        let sender = try Sender(try Connections.kafka(), inBulk: true)
        let topic = Topic.source(layout.source)
        _ = try sender.lanes(of: topic)
        let tally = try read(notesPlace: true) { record in
            try sender.send(
                topic: topic,
                id: LineID.of(type: layout.recordType, subject: record.subject, occurredAt: record.occurredAt, data: record.data),
                type: layout.recordType, source: "xinqiao-import/\(layout.id)", subject: record.subject, time: record.occurredAt,
                data: record.data)
        } pause: {
            try gate.hold(sender)
        } settle: {
            try sender.finish()
        }
        if waits { try gate.waitUntilQuiet(ingesting: gate.expected(sender)) }
        Terminal.say("")
        print("\(tally.records) records of \(layout.recordType) sent to \(topic) and acknowledged; \(words(tally))")
    }

    /// Reads the file and sends nothing.
    func check() throws {
        let tally = try read(notesPlace: false) { _ in
        } pause: {
        } settle: {
        }
        Terminal.say("")
        print("\(tally.records) lines would become records of \(layout.recordType); \(words(tally))")
    }

    private func words(_ tally: ImportProgress) -> String {
        tally.rejected == 0 ? "no line refused" : "\(tally.rejected) lines refused, each with its reason in \(file).rejected"
    }

    // MARK: Reading

    private func read(
        notesPlace: Bool, _ take: (MappedRecord) throws -> Void, pause: () throws -> Void, settle: () throws -> Void
    ) throws -> ImportProgress {
        guard let handle = FileHandle(forReadingAtPath: file) else { throw Failure("\(file) can not be read", code: .usage) }
        let size = try handle.seekToEnd()
        try handle.seek(toOffset: 0)
        let head = sha256(Array(try handle.read(upToCount: 1 << 16) ?? Data())).hex
        try handle.seek(toOffset: 0)
        let feed = Self.feed(handle)
        var reader = LayoutReader(layout, read: feed)
        var tally = ImportProgress(layout: layout.id, version: layout.version, size: size, head: head)
        if notesPlace, let earlier = ImportProgress.read(file), earlier.isOf(tally), let place = earlier.position {
            let (later, offset) = (FileHandle(forReadingAtPath: file), UInt64(place.offset))
            try later?.seek(toOffset: offset)
            if let later {
                try reader.resume(at: place, read: Self.feed(later))
                tally = earlier
                Terminal.say("going on at line \(place.line): \(tally.records) records were acknowledged before")
            }
        }
        var rejects = try RejectFile(file, keeping: notesPlace ? tally.rejectedBytes : nil)
        let started = MonotonicClock.now
        let (startedAt, startedRecords) = (tally.position?.offset ?? 0, tally.records)
        func note() throws {
            try settle()
            tally.rejectedBytes = rejects.bytes
            tally.position = reader.position
            // XML has no place to go on at; its ids make the same again harmless.
            if notesPlace, tally.position != nil { try tally.write(file) }
        }
        do {
            while let reading = try reader.next() {
                switch reading {
                case .record(let record):
                    try take(record)
                    tally.records += 1
                case .rejected(let line):
                    try rejects.add(line)
                    tally.rejected += 1
                }
                let done = tally.records + tally.rejected
                if done % 500 == 0 {
                    try pause()
                    progress(reader.position?.offset, startedAt, size, tally, startedRecords, started)
                }
                if done % Self.stretch == 0 { try note() }
            }
        } catch let defect as FileDefect {
            try note()
            throw Failure("\(file), \(defect). \(tally.records) records before it were sent; \(words(tally))")
        }
        try settle()
        try rejects.close()
        if notesPlace { ImportProgress.remove(file) }
        return tally
    }

    private static func feed(_ handle: FileHandle) -> (Int) throws -> [UInt8] {
        { most in Array(try handle.read(upToCount: most) ?? Data()) }
    }

    private func progress(
        _ offset: Int?, _ startedAt: Int, _ size: UInt64, _ tally: ImportProgress, _ before: Int, _ started: MonotonicInstant
    ) {
        let seconds = max(0.001, MonotonicClock.now.since(started).inSeconds)
        let rate = Double(tally.records - before) / seconds
        var text = "\(tally.records) records, \(tally.rejected) refused, \(Int(rate))/s"
        if let offset, size > 0 {
            let pace = max(1, Double(offset - startedAt) / seconds)
            let left = Int(Double(Int(size) - offset) / pace)
            text += ", \(offset * 100 / Int(size)) % of the file, \(left) s to go"
        }
        Terminal.progress(text)
    }
}
