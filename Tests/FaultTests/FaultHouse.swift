import Chassis
import Contracts
import Foundation
import Postgres
import Province
import Testing
import Vocabulary

/// The world that the faults share, and what a calm one made of the same records.
///
/// Every fault has firms of its own. First a calm world is fed all of them and put away; then the faults strike one after another, and
/// after each the oracles judge what became of its firms.
final class FaultHouse: @unchecked Sendable {
    let world: FaultWorld
    let kafkaHome: String
    private let province: Province
    private let golden: [Fault: GoldenDump]
    private let calmReleases: [Fault: ReleaseCounts]
    private var trace = LinkTrace()
    /// Subjects that faults of the shared world have taken out so far: their letters stay open.
    private var takenOut: Set<String> = []
    let calmRate: Double

    /// The faults in the order of their firms.
    enum Fault: Int, CaseIterable {
        case kills, resume, pauses, rolling, twins, databaseCrashes, sessions, commits, broker, resets, rebalances, replays, clocks
        case clocksFar, fuzz, lostLog, oldDatabase, diskFull, poison
    }

    /// Whether a report is to be written. Who wants it wants all of it: what is missing fails then.
    private static let isReported: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return environment["XINQIAO_FAULTS_WRITE"] != nil || environment["XINQIAO_FAULTS_SOAK_WRITE"] != nil
    }()

    /// Whether the faults run here.
    static let isWanted = isReported || (FaultKafka.home != nil && FaultPostgres.isInstalled)

    /// Says that a fault can not be brought about here, which fails the test when a report is wanted.
    static func skip(_ fault: String, _ reason: String) throws {
        guard !isReported else { throw Trouble("\(fault) can not be done: \(reason)") }
        print("skipped: \(fault) (\(reason))")
    }

    /// Made on first use; a failure where PostgreSQL or Kafka is missing.
    static let shared: Result<FaultHouse, any Error> = {
        let result = Result { try FaultHouse() }
        atexit { if case .success(let house) = FaultHouse.shared { house.world.remove() } }
        return result
    }()

    private init() throws {
        guard let kafkaHome = FaultKafka.home else { throw Trouble("no KAFKA_HOME and no ../shared/kafka with a bin/start") }
        self.kafkaHome = kafkaHome
        let scale = FaultScale.current
        let last = Day(number: Int32(Date().timeIntervalSince1970 / 86_400)).month + -1
        province = Province(
            seed: scale.seed, firms: Fault.allCases.map { Self.firms(of: $0).upperBound }.max() ?? 0, months: 6, lastMonth: last,
            badShare: BasisPoints(300))
        let begun = MonotonicClock.now
        let calm = try FaultWorld(kafkaHome: kafkaHome)
        defer { calm.remove() }
        try calm.startAll()
        let ready = MonotonicClock.now.since(begun)
        let feed = Feed(calm, firms: 0..<province.firms, of: province)
        let started = MonotonicClock.now
        try feed.finish()
        try calm.settle(feed, within: .seconds(600))
        calmRate = Double(feed.records.count) / (Double(MonotonicClock.now.since(started).wholeMicroseconds) / 1_000_000)
        var golden: [Fault: GoldenDump] = [:]
        var calmReleases: [Fault: ReleaseCounts] = [:]
        for fault in Fault.allCases {
            let subjects = Self.firms(of: fault).compactMap { [province] in province.uscc(ofFirm: $0)?.text }
            golden[fault] = try GoldenDump.take(calm, subjects)
            calmReleases[fault] = try ReleaseCounts.take(calm, subjects)
        }
        self.golden = golden
        self.calmReleases = calmReleases
        let twice = calmReleases.values.flatMap { $0.doubled(beside: ReleaseCounts(times: [:])) }
        let ledger = try AcceptanceLedger(calm, feed)
        print(
            "faults: a calm world, up after \(ready.wholeMicroseconds / 1_000) ms, did \(feed.records.count) records at \(Int(calmRate))/s: \(ledger.accepted) accepted, \(ledger.setAside) set aside, "
                + "\(golden.values.reduce(0) { $0 + $1.rowCount }) rows")
        guard ledger.isWhole, twice.isEmpty else {
            throw Trouble(
                "the calm world is not whole: \(ledger.lost.prefix(3)) \(ledger.doubled.prefix(3)) \(ledger.sums) \(twice.prefix(3))")
        }
        world = try FaultWorld(kafkaHome: kafkaHome)
        try world.startAll()
    }

    /// How much a fault needs to be fed, in shares of the ordinary.
    private static func weight(_ fault: Fault) -> Int {
        switch fault {
        case .kills: 4
        case .commits, .resets: 3
        default: 1
        }
    }

    static func firms(of fault: Fault) -> Range<Int> {
        let size = FaultScale.current.firmsPerFault
        let before = Fault.allCases.prefix(fault.rawValue).reduce(0) { $0 + weight($1) }
        return before * size..<(before + weight(fault)) * size
    }

    func feed(_ fault: Fault, in other: FaultWorld? = nil) -> Feed {
        Feed(other ?? world, firms: Self.firms(of: fault), of: province)
    }

    /// Ends the feed, lets everything go through, and judges. Adds a line to the report.
    /// - Parameters:
    ///   - isGolden: false where the fault may change what is decided (a clock that is ten years off), so that O1 does not apply.
    ///   - left: subjects that the fault takes out.
    ///   - other: the world of the fault, when it is not the shared one.
    func judge(
        _ fault: Fault, _ feed: Feed, _ line: FaultReport.Line, isGolden: Bool = true, without left: [String] = [],
        in other: FaultWorld? = nil
    )
        throws
    {
        var line = line
        let world = other ?? self.world
        var trace = other == nil ? self.trace : LinkTrace()
        if other != nil { trace.judged = Set(feed.subjects) } else { takenOut.formUnion(left) }
        defer { if other == nil { self.trace = trace } }
        do {
            try world.startAll()
            try feed.finish()
            let catchUp = try world.settle(feed)
            line.catchUp = catchUp
            // O2
            let ledger = try AcceptanceLedger(world, feed, without: left)
            line.lost = ledger.lost.count
            line.doubled = ledger.doubled.count
            #expect(ledger.lost.prefix(5).map { $0 } == [], "lost")
            #expect(ledger.doubled.prefix(5).map { $0 } == [], "doubled")
            #expect(ledger.sums == [])
            // O1
            let calm = golden[fault]?.without(left) ?? GoldenDump(tables: [:])
            let found = try GoldenDump.take(world, feed.subjects)
            let differences = isGolden ? found.differences(from: calm) : []
            if !differences.isEmpty {
                let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-golden-\(fault)")
                try calm.write(to: folder.appendingPathComponent("calm"))
                try found.write(to: folder.appendingPathComponent("found"))
                print("faults: both states lie in \(folder.path)")
            }
            #expect(differences == [], "not as on a calm day")
            let blamed = try blamedLetters(world, fault, feed)
            #expect(blamed.prefix(5).map { $0 } == [], "set aside as if we had a defect")
            // O5
            let twice = try ReleaseCounts.take(world, feed.subjects).doubled(
                beside: calmReleases[fault] ?? ReleaseCounts(times: [:]))
            line.doubled += twice.count
            #expect(twice.prefix(5).map { $0 } == [], "left twice")
            // O3
            let broken = try world.brokenLinks()
            #expect(broken == [])
            // O4
            try trace.read(world)
            try trace.close(world)
            for (anomaly, places) in trace.anomalies { Issue.record("\(anomaly.rawValue): \(places.count) times, \(places.prefix(3))") }
            line.isHeld =
                ledger.isWhole && differences.isEmpty && blamed.isEmpty && twice.isEmpty && broken.isEmpty && trace.anomalies.isEmpty
                && line.isHeld
        } catch {
            line.isHeld = false
            FaultReport.shared.add(line)
            throw error
        }
        FaultReport.shared.add(line)
        // What the test itself asked for is in there, too: no line says "broken" in a run that passes.
        #expect(line.isHeld, "the report says broken")
    }

    /// Open letters of what the database refuses and of what ends the process that reads it: neither should ever come about, whatever
    /// strikes. The fuzz may write such a thing, and what a fault takes out is one; these are not asked about.
    private func blamedLetters(_ world: FaultWorld, _ fault: Fault, _ feed: Feed) throws -> [String] {
        let (condition, subjects) =
            fault == .fuzz ? ("key = ANY ($1)", feed.subjects) : ("coalesce(key, '') <> ALL ($1)", takenOut.sorted())
        return try world.texts(
            """
            SELECT service || ' ' || topic || '/' || partition || ' ' || "offset" || ': ' || reason || ', ' || detail
              FROM operator.dead_letter
             WHERE status = 'open' AND reason IN ('row-refused', 'crash') AND \(condition)
             ORDER BY 1
            """, [.bytesArray(subjects.map { Array($0.utf8) })])
    }
}
