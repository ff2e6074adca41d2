import Contracts
import Province
import Testing
import Vocabulary

/// The verdict of a soak is shown a flat house, and then one in which a single thing grows.
struct SoakVerdictTests {
    /// Four hours, a sample every minute, with noise that repeats itself.
    private func samples(hours: Double = 4, _ change: (inout SoakSample, Double) -> Void = { _, _ in }) -> [SoakSample] {
        (0...Int(hours * 60)).map { minute in
            let standing = SoakSample.Standing(
                resident: 100 << 10 + minute % 5 * 100, proportional: 90 << 10, descriptors: 20 + minute % 2, threads: 10)
            var sample = SoakSample(
                at: Double(minute) * 60, services: Dictionary(uniqueKeysWithValues: ServiceName.allCases.map { ($0, standing) }))
            sample.hotTables = ["scoring.state": 50 << 20, "scoring.timer": 1 << 20]
            sample.underWay = 200
            sample.longestTransaction = 0.2
            sample.acknowledged = minute * 60 * 1_000
            change(&sample, Double(minute) / 60)
            return sample
        }
    }

    private func broken(_ samples: [SoakSample]) -> [String] {
        SoakVerdict(samples, rate: 1_000).findings.filter { !$0.isHeld }.map(\.what)
    }

    @Test func `a flat house is held`() {
        let verdict = SoakVerdict(samples(), rate: 1_000)
        #expect(verdict.isHeld && verdict.rows.count == ServiceName.allCases.count)
        #expect(verdict.rows.allSatisfy { abs($0.slope) < 0.1 })
    }

    @Test func `what grows only while it warms up is flat`() {
        #expect(broken(samples { $0.services[.scoring]?.resident += Int(min($1, 1) * 100 * 1_024) }) == [])
    }

    @Test func `two MiB an hour are found, half of one is not`() {
        #expect(broken(samples { $0.services[.scoring]?.resident += Int($1 * 2 * 1_024) }) == ["resident memory"])
        #expect(broken(samples { $0.services[.scoring]?.resident += Int($1 * 512) }) == [])
        // In a short run only what is large says anything.
        #expect(broken(samples(hours: 0.5) { $0.services[.scoring]?.resident += Int($1 * 20 * 1_024) }) == [])
        #expect(broken(samples(hours: 0.5) { $0.services[.scoring]?.resident += Int($1 * 400 * 1_024) }) == ["resident memory"])
    }

    @Test func `one descriptor and one thread more are found, fewer are not`() {
        #expect(broken(samples { if $1 > 2.5 { $0.services[.exchange]?.descriptors += 1 } }) == ["open descriptors"])
        #expect(broken(samples { if $1 > 2.5 { $0.services[.exchange]?.threads += 1 } }) == ["threads"])
        #expect(broken(samples { if $1 > 2.5 { $0.services[.exchange]?.threads -= 1 } }) == [])
    }

    @Test func `a table that grows for good is found and named`() {
        let grown = samples { $0.hotTables["scoring.timer"] = Int64($1 * Double(200 << 20)) }
        let finding = SoakVerdict(grown, rate: 1_000).findings.first { !$0.isHeld }
        #expect(finding?.what == "tables that are not kept by time")
        #expect(finding?.measured.contains("scoring.timer +") == true)
    }

    @Test func `a load that was not there, one that was too much, and a transaction left open are found`() {
        #expect(broken(samples { sample, _ in sample.acknowledged /= 2 }) == ["records a second"])
        #expect(broken(samples { $0.underWay = Int64($1 * 10_000) }) == ["records and messages under way"])
        #expect(broken(samples { if $1 > 3 { $0.longestTransaction = 60 } }) == ["longest open transaction, s"])
    }

    @Test func `a service that was not ready once is found, also while it warms up`() {
        #expect(broken(samples { if $1 == 0.5 { $0.amiss = ["scoring is not ready"] } }) == ["services that ended or were not ready"])
    }

    @Test func `a few samples are no verdict`() {
        #expect(broken(Array(samples().prefix(10))) == ["samples after the warm-up"])
    }

    @Test func `a text goes between its marks, and nowhere without them`() {
        #expect(MarkedText.replacing("<a>", "<b>", in: "x\n<a>\nold\n<b>\ny", by: "new") == "x\n<a>\nnew\n<b>\ny")
        #expect(MarkedText.replacing("<a>", "<b>", in: "x <b> <a>", by: "new") == nil)
    }

    @Test func `records without end keep to their firms, under ids of their own, each later than what it takes the place of`() {
        var records = SoakRecords(seed: 1, firms: 2, lastMonth: Month(year: 2026, month: 10))
        var ids: Set<String> = []
        var subjects: Set<String> = []
        var latest: [String: Instant] = [:]
        while records.round < 3, let record = records.next() {
            if record.planted == nil {
                #expect(ids.insert("\(record.topic) \(record.id)").inserted, "\(record.id)")
                subjects.insert(record.subject)
                let said = "\(record.topic) \(record.id.split(separator: "-r").first ?? "")"
                if let before = latest[said] { #expect(before < record.time, "\(record.id)") }
                latest[said] = record.time
            }
        }
        #expect(records.round == 3)
        #expect(subjects.count == 2)
        #expect(latest.count > 2 * SoakRecords.months)
    }
}
