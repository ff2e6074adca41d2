import Chassis
import Contracts
import Foundation
import Support
import Testing
import Vocabulary

/// What an operator does while the service runs.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct RunningServiceTests {
    private let today = Day.today - 1

    private func sound(_ number: Int) throws -> HunanStory.Step { try #require(HunanStory(number: number, today: today).records().first) }

    @Test func `a letter is fixed and replayed while the service runs, and its effect goes on to the next`() throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server)
        try suite.start(.ingestion)
        try suite.start(.governance)
        let step = try sound(801)
        let text = String(decoding: step.data, as: UTF8.self)
        let broken = text.replacingOccurrences(of: "\"430102\"", with: "\"nowhere\"")
        try suite.tell([
            HunanStory.Step(
                topic: step.topic, id: "r-1", type: step.type, subject: step.subject, time: step.time, data: Array(broken.utf8))
        ])
        #expect(try suite.number("SELECT count(*) FROM ingestion.dead_letter", becomes: 1) == 1)
        #expect(
            try suite.xinqiao(["dead-letters", "replay", "--all", "--why", "unchanged", "--wait", "20"]).text.contains("refused again"))
        let fixed = suite.folder.appendingPathComponent("fixed.json").path
        try text.write(toFile: fixed, atomically: true, encoding: .utf8)
        let place = "\(step.topic)/\(Lane.of(step.subject, lanes: 4))@0"
        try suite.run(["dead-letters", "fix", "ingestion", place, "--value", fixed, "--why", "division mended"])
        #expect(try suite.run(["dead-letters", "replay", "--all", "--why", "division mended", "--wait", "20"]).contains("1 applied"))
        #expect(try suite.number(SmallSuite.decided, becomes: 1) == 1)
        #expect(try suite.run(["status"]).contains("ingestion"))
    }

    @Test func `a partition that is refused pauses, names its offset, and goes on when it is let`() throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server)
        try suite.start(.ingestion)
        let step = try sound(802)
        func flood(_ ids: Range<Int>) throws {
            try suite.tell(
                ids.map {
                    HunanStory.Step(
                        topic: step.topic, id: "f-\($0)", type: step.type, subject: step.subject, time: step.time, data: Array("{".utf8))
                })
        }
        try flood(0..<700)
        #expect(try suite.number("SELECT count(*) FROM ingestion.lane_pause", becomes: 1) == 1)
        let list = try suite.run(["lanes", "list"])
        #expect(list.contains("in a row were refused") && list.contains("offset 499"), "\(list)")
        let complaints = suite.complaints(of: .ingestion)
        #expect(complaints.contains(step.topic) && complaints.contains("offset 499"), "\(complaints)")
        let letters = try suite.number("SELECT count(*) FROM ingestion.dead_letter")
        #expect(letters >= 500 && list.contains("goes on at \(letters) "), "\(letters): \(list)")
        // It stands, over a restart too; other topics of the lane go on.
        suite.stop(.ingestion)
        try flood(700..<710)
        try suite.start(.ingestion)
        var other = try sound(802)
        other = try #require(
            HunanStory(number: 802, today: today).records().first { $0.topic != step.topic && $0.subject == other.subject })
        try suite.tell([other])
        #expect(try suite.number(SmallSuite.accepted, becomes: 1) == 1)
        #expect(try suite.number("SELECT count(*) FROM ingestion.dead_letter") == letters)
        let place = "\(step.topic)/\(Lane.of(step.subject, lanes: 4))"
        #expect(try suite.run(["lanes", "resume", "ingestion", place, "--why", "the source mended it"]).contains("goes on"))
        #expect(try suite.number("SELECT count(*) FROM ingestion.dead_letter", becomes: 710) == 710)
        #expect(try suite.number("SELECT count(*) FROM ingestion.lane_pause") == 0)
        #expect(eventually(within: .seconds(10)) { !suite.complaints(of: .ingestion).contains("offset") })
    }

    @Test func `a log that was lost is not taken for whole when it has grown past the old position`() throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server)
        try suite.start(.ingestion)
        let first = (0..<3).flatMap { HunanStory(number: 810 + $0, today: today).records() }
        try suite.tell(first)
        #expect(try suite.number(SmallSuite.accepted, becomes: Int64(first.count)) == Int64(first.count))
        suite.stop(.ingestion)
        try suite.loseBroker()
        try suite.start(.ingestion)
        #expect(eventually(within: .seconds(10)) { suite.log(of: .ingestion).contains("source-truncated") })
        let second = (0..<9).flatMap { HunanStory(number: 820 + $0, today: today).records() }
        try suite.tell(second)
        suite.stop(.ingestion)
        try suite.start(.ingestion)
        #expect(try suite.run(["truncated", "list"]).contains("the log has grown since"))
        #expect(try suite.run(["status"]).contains("ingestion stands still on "))
        try suite.run(["truncated", "accept", "ingestion", "--all", "--why", "the broker's disk was lost"])
        #expect(try !suite.run(["status"]).contains("stands still"))
        let all = Int64(first.count + second.count)
        #expect(try suite.number(SmallSuite.accepted, becomes: all) == all)
    }
}
