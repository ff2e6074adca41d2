import Foundation
import Support
import Testing
import Vocabulary

/// Files through the front door, by `xinqiao import`.
@Suite struct ImportTests {
    @Test func `equal cells at two times are two records, and the same line twice is one`() throws {
        guard let server = PrivatePostgres.shared else { return }
        let suite = try SmallSuite(server)
        try suite.start(.ingestion)
        let firm = HunanStory(number: 721, today: .today).firm
        let (yesterday, before) = ((Day.today - 1).text, (Day.today - 2).text)
        func line(_ day: String) -> String { "\(firm),\(day),\(before.prefix(7)),bank-b,1200,800,12,0.2\n" }
        let file = suite.folder.appendingPathComponent("flows.csv").path
        try ("subject,day,period,bank,inflow,outflow,transactions,largestShare\n" + line(before) + line(yesterday) + line(yesterday))
            .write(toFile: file, atomically: true, encoding: .utf8)
        let arguments = ["import", "--source", "bank-flow", "--type", "bank-flow.month", "--time", "day", "--no-wait", file]
        let decided = "SELECT coalesce(sum(messages), 0)::int8 FROM ingestion.message_count"

        #expect(try suite.run(arguments).contains("3 records"))
        #expect(try suite.number(decided, becomes: 3) == 3)
        #expect(try suite.number(SmallSuite.accepted) == 2)
        #expect(try suite.number("SELECT count(*) FROM ingestion.dead_letter") == 0)

        try suite.run(arguments)
        #expect(try suite.number(decided, becomes: 6) == 6)
        #expect(try suite.number(SmallSuite.accepted) == 2)
    }
}
