import Contracts
import Foundation
import Postgres
import Support
import Testing
import Vocabulary

/// Who a policy would reach is asked the other way round than when it is pushed: both must come to the same firms.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct AudienceTests {
    @Test func `as many firms are counted as the policies were pushed to`() throws {
        let suite = try ProcessSuite.shared.get()
        let story = HunanStory(number: 147, today: Day.today - 1)
        try suite.introduce(story)
        try suite.tell([story.request()])
        let pushed = "SELECT least(count(*), 1) FROM policypush.push WHERE subject = $1 AND status = 'pushed'"
        #expect(try suite.number(pushed, [.text(story.firm)], becomes: 1) == 1)
        try suite.settle()

        // Other stories go on beside this one: the two are compared until they were asked in the same quiet moment.
        var differing: [String] = []
        for _ in 0..<10 {
            let before = try pushes(suite)
            let said = try suite.run(["audience", "--by", "region", "--packs", ProcessSuite.packs])
            guard try pushes(suite) == before else { continue }
            differing = before.filter { policy, count in
                !said.split(separator: "\n").contains { line in
                    let words = line.split(separator: " ")
                    return words.first == policy[...] && words.contains("\(count)")
                }
            }.keys.sorted().map { "\($0): \(before[$0] ?? 0) pushes\n\(said)" }
            if differing.isEmpty { break }
            try suite.settle()
        }
        #expect(differing == [])
        #expect(throws: ProcessSuite.Trouble.self) { try suite.run(["audience", "no-such-policy", "--packs", ProcessSuite.packs]) }
    }

    private func pushes(_ suite: ProcessSuite) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for text in try suite.texts("SELECT policy_id || ' ' || count(*) FROM policypush.push WHERE status = 'pushed' GROUP BY policy_id") {
            let words = text.split(separator: " ")
            counts[String(words[0])] = Int(words[1])
        }
        return counts
    }
}
