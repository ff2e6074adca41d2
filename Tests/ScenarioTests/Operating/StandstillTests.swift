import Chassis
import Contracts
import Foundation
import Support
import Testing
import Vocabulary

/// A service whose work stands still though the process lives.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct StandstillTests {
    @Test(arguments: ["before-commit", "after-commit"])
    func `a process whose work hangs ends by itself, is started again and does everything once`(_ place: String) throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server)
        let records = (0..<2).flatMap { HunanStory(number: 851 + $0, today: Day.today - 1).records() }
        try suite.tell(records)
        let all = Int64(records.count)

        let started = MonotonicClock.now
        try suite.start(.ingestion, with: ["XINQIAO_CRASH_AT": "\(place):1:hang"])
        let end = suite.end(of: .ingestion, within: .seconds(30))
        #expect(end == .status(ExitCode.fault.rawValue), "\(suite.log(of: .ingestion).suffix(2_000))")
        print("standstill: \(place), ended after \(MonotonicClock.now.since(started).wholeMicroseconds / 1_000) ms")
        #expect(suite.log(of: .ingestion).contains("\"standstill\""))
        let committed = try suite.number(SmallSuite.accepted)
        #expect(place == "before-commit" ? committed == 0 : committed > 0, "\(committed)")

        // As compose does it. What had hung is met again, and nothing of it is blamed on a message.
        try suite.start(.ingestion)
        try suite.start(.governance)
        #expect(try suite.number(SmallSuite.accepted, becomes: all) == all)
        #expect(try suite.number(SmallSuite.decided, becomes: all) == all)
        try suite.settle()
        #expect(try suite.number("SELECT coalesce(sum(messages), 0)::int8 FROM ingestion.message_count WHERE outcome = 'applied'") == all)
        #expect(try suite.number("SELECT count(*) FROM governance.fact") == all)
        #expect(try suite.number("SELECT count(*) FROM operator.dead_letter") == 0)
        #expect(suite.stop(.ingestion) == .status(0))
    }
}
