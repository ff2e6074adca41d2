import Chassis
import Contracts
import Foundation
import Kafka
import Postgres
import Support
import Vocabulary

/// One soak: finds out what the suite can do, then asks half of it for as long as it is told, and judges.
final class SoakRun {
    private let world: FaultWorld
    private let scale: FaultScale
    private let feed: SoakFeed
    private let probe: SoakProbe
    private var eraser: SoakEraser
    private var samples: [SoakSample] = []
    /// Records a second through all services when as many come as they can do; zero when the rate was told.
    private var capacity = 0.0
    private var rate = 0.0
    private var length = 0.0
    /// Why it ended before its time, if not by hand.
    private var trouble: String?
    private var isStoppedByHand = false

    /// Far above what these cores can do.
    private static let flood = 20_000.0
    /// Disks that are full are another fault. Unit: KiB.
    private static let roomMin = 4 << 20

    /// - Parameter world: with all services up.
    init(_ world: FaultWorld, _ scale: FaultScale) throws {
        self.world = world
        self.scale = scale
        let over = Day(number: Int32(Date().timeIntervalSince1970 / 86_400)).month + -1
        feed = SoakFeed(world, SoakRecords(seed: scale.seed, firms: scale.soakFirms, lastMonth: over))
        probe = try SoakProbe(world)
        eraser = try SoakEraser(world)
    }

    func close() {
        probe.close()
        eraser.close()
    }

    /// The first round fills the states and warms the broker up, and every record of the second changes a state that has its full size.
    func findRate() throws {
        try floodThrough(round: 0)
        let before = feed.tally.sent
        let started = MonotonicClock.now
        try floodThrough(round: 1)
        capacity = Double(feed.tally.sent - before) / max(0.001, MonotonicClock.now.since(started).inSeconds)
        rate = scale.soakRate > 0 ? Double(scale.soakRate) : capacity / 2
        say(
            "\(scale.soakFirms) firms; the suite does \(Int(capacity)) records/s, asked for are \(Int(rate))/s for \(Self.clock(scale.soak.inSeconds))"
        )
    }

    private func floodThrough(round: Int) throws {
        feed.pace(Self.flood, throughRound: round)
        let isDone = eventually(within: .seconds(1_800)) { Self.isAskedToStop || feed.tally.roundsDone > round }
        if Self.isAskedToStop { throw Trouble("stopped by hand before the load began") }
        guard isDone else { throw Trouble("the soak's feed stands still") }
        try world.settle(past: feed.ends, within: .seconds(1_800))
    }

    /// The load, with a sample every ten seconds; every second in a run of minutes.
    func load() {
        let whole = scale.soak.inSeconds
        // Never more samples than fit into memory, however long it lasts.
        let interval = max(whole < 600 ? 1 : 10, whole / 5_000)
        let kept = min(300, max(20, whole / 10))
        let started = MonotonicClock.now
        var nextErasing = kept
        var nextWord = 0.0
        var nextSample = 0.0
        feed.pace(rate)
        while trouble == nil {
            isStoppedByHand = Self.isAskedToStop
            if isStoppedByHand { break }
            let at = MonotonicClock.now.since(started).inSeconds
            length = min(at, whole)
            guard at < whole else { break }
            guard at >= nextSample else {
                OwnThread.sleep(for: .milliseconds(100))
                continue
            }
            nextSample = at + interval
            do {
                let sample = try probe.sample(at: at, feed.tally)
                samples.append(sample)
                trouble = sample.amiss.first { $0.hasSuffix("has ended") }
                if at >= nextErasing {
                    try eraser.erase(before: WallClock.now - .seconds(Int64(kept)))
                    nextErasing = at + kept / 5
                }
                if at >= nextWord {
                    tell(sample)
                    nextWord = at + (whole < 600 ? 10 : 60)
                    if let room = roomLeft, room < Self.roomMin { trouble = "\(room >> 10) MiB left on the disk" }
                }
            } catch {
                trouble = "\(error)"
            }
        }
        feed.pace(0)
    }

    /// Lets everything go through, and judges all of it.
    func judged() throws -> SoakVerdict {
        try feed.finish()
        try world.settle(past: feed.ends, within: .seconds(300))
        // All that is left, whatever its age.
        try eraser.erase(before: WallClock.now + .seconds(1))
        var verdict = SoakVerdict(samples, rate: rate)
        if let trouble { verdict.add("ended before its time", trouble, "–", false) }
        let fed = feed.tally
        let connection = try world.connect()
        defer { connection.close() }
        func messages(_ condition: String) throws -> Int64 {
            try connection.execute(
                "SELECT coalesce(sum(messages), 0)::int8 FROM operator.message_count WHERE topic <> '@replay' AND \(condition)"
            )
            .first?.int64(0) ?? 0
        }
        let door = "service = 'ingestion'"
        let decided = try messages(door)
        let accepted = try messages("\(door) AND outcome = 'applied'")
        let refused = try messages("\(door) AND outcome = 'refused'")
        let dropped = try messages("\(door) AND outcome = 'duplicate'")
        verdict.add(
            "sent, and decided by the front door", "\(fed.acknowledged), \(decided)", "equal",
            decided == Int64(fed.acknowledged) && fed.failures == 0 && fed.sent == fed.acknowledged)
        verdict.add(
            "refused and dropped by the front door", "\(refused), \(dropped)", "\(fed.toRefuse), \(fed.toDrop) as planted",
            refused == Int64(fed.toRefuse) && dropped == Int64(fed.toDrop))
        // What governance can not use it sets aside, with a reason.
        let setAside = try messages("service = 'governance' AND outcome = 'refused'")
        verdict.add(
            "accepted records judged, without an effect, with several", "\(eraser.judged), \(eraser.withoutEffect), \(eraser.withMany)",
            "\(accepted), \(setAside) set aside, 0",
            eraser.judged == accepted && eraser.withoutEffect <= setAside && eraser.withMany == 0)
        let links = try world.brokenLinks()
        verdict.add(
            "links whose reader has not what its writer gave", links.isEmpty ? "0" : "\(links.count): \(links[0])", "0", links.isEmpty)
        publish(verdict)
        return verdict
    }

    // MARK: saying

    private static let begin = "<!-- soak:begin -->"
    private static let end = "<!-- soak:end -->"

    private func publish(_ verdict: SoakVerdict) {
        let ended = isStoppedByHand ? ", ended by hand" : ""
        let asked = capacity > 0 && scale.soakRate == 0 ? "half of the \(Int(capacity)) that it can do" : "as told"
        let text = """
            \(Machine.line)

            \(Self.clock(length))\(ended) at \(Int(rate)) records a second, \(asked): \(feed.tally.acknowledged) records of \(scale.soakFirms) firms, \
            \(samples.count) samples, the first quarter not judged; \(eraser.erased) rows erased by age. **\(verdict.isHeld ? "Held" : "Broken")**.

            | service | resident after the warm-up, MiB | at the end | proportional | slope, MiB an hour | descriptors | threads |
            |---|---|---|---|---|---|---|
            \(verdict.rows.map(\.markdown).joined(separator: "\n"))

            | question | measured | bound | verdict |
            |---|---|---|---|
            \(verdict.findings.map(\.markdown).joined(separator: "\n"))
            """
        print(text)
        _ = fflush(nil)
        // What was too short to be judged does not take the place of figures that were.
        guard !verdict.rows.isEmpty else { return }
        MarkedText.write(text, between: Self.begin, and: Self.end, intoFileNamedBy: "XINQIAO_FAULTS_SOAK_WRITE")
    }

    private func tell(_ sample: SoakSample) {
        let earlier = samples.last { $0.at <= sample.at - 10 }
        let speed = earlier.map { Double(sample.acknowledged - $0.acknowledged) / (sample.at - $0.at) } ?? rate
        let memory = ServiceName.allCases.map { "\($0) \((sample.services[$0]?.resident ?? 0) >> 10)" }.joined(separator: ", ")
        say("\(Self.clock(sample.at)), \(Int(speed)) records/s, \(sample.underWay) under way, resident MiB: \(memory)")
    }

    private func say(_ text: String) {
        print("soak: \(text)")
        // Into a file or a pipe it would come at the very end.
        _ = fflush(nil)
    }

    private static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds)
        return String(format: "%d:%02d:%02d", whole / 3_600, whole / 60 % 60, whole % 60)
    }

    /// Whoever wants the verdict over what there is makes the file that the environment names.
    private static var isAskedToStop: Bool {
        guard let path = ProcessInfo.processInfo.environment["XINQIAO_FAULTS_SOAK_STOP"], !path.isEmpty else { return false }
        return FileManager.default.fileExists(atPath: path)
    }

    /// Unit: KiB; nil when nobody says.
    private var roomLeft: Int? {
        guard let said = try? Script.output(["df", "-k", "--output=avail", world.folder.path]) else { return nil }
        return said.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) }
    }
}
