import Chassis
import Contracts
import Foundation
import Support
import Testing
import Vocabulary

/// A broker that loses everything that it acknowledged, and what an operator does about it.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct BrokerLossTests {
    private func records(_ numbers: Range<Int>) -> [HunanStory.Step] {
        let today = Day.today - 1
        return numbers.flatMap { HunanStory(number: $0, today: today).records() }
    }

    @Test func `links are sent again from the outbox, positions are accepted, and every record is decided once`() throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server)
        try suite.start(.ingestion)
        try suite.start(.governance)
        let first = records(501..<505)
        try suite.tell(first)
        #expect(try suite.number(SmallSuite.accepted, becomes: Int64(first.count)) == Int64(first.count))
        #expect(try suite.number(SmallSuite.lacking, becomes: 0) == 0)

        // Governance is down while more comes; then the broker is gone with it.
        suite.stop(.governance)
        let second = records(505..<509)
        try suite.tell(second)
        let all = Int64(first.count + second.count)
        #expect(try suite.number(SmallSuite.accepted, becomes: all) == all)
        #expect(try suite.number("SELECT sum(last_seq - acked_seq)::int8 FROM ingestion.link_out", becomes: 0) == 0)
        #expect(try suite.number(SmallSuite.lacking) == Int64(second.count))
        suite.stop(.ingestion)
        try suite.loseBroker()
        try suite.start(.ingestion)
        try suite.start(.governance)
        #expect(eventually(within: .seconds(10)) { suite.log(of: .governance).contains("source-truncated") })
        #expect(suite.complaints(of: .governance).contains("offset"), "\(suite.complaints(of: .governance))")

        let list = try suite.run(["truncated", "list"])
        #expect(list.contains("governance  ingestion.records.v1/") && list.contains("ingestion  source.tax.records.v1/"), "\(list)")
        // Nothing is accepted that is not outside of its log, and nothing without a reason.
        #expect(try suite.xinqiao(["truncated", "accept", "governance", "governance.identity.v1/0", "--why", "x"]).end == .status(2))
        let place = try #require(list.split(separator: "\n").first { $0.hasPrefix("governance") }?.split(separator: " ")[1])
        #expect(try suite.xinqiao(["truncated", "accept", "governance", String(place)]).end == .status(64))

        #expect(
            try suite.run(["truncated", "accept", "governance", String(place), "--why", "the broker's disk was lost", "--by", "Ana"])
                .contains("goes on with \(place) at 0"))
        for service in ["ingestion", "governance"] {
            try suite.run(["truncated", "accept", service, "--all", "--why", "the broker's disk was lost", "--by", "Ana"])
        }
        #expect(try suite.run(["truncated", "list"]).contains("lies within its log"))
        #expect(try suite.number(SmallSuite.lacking) == Int64(second.count))
        for partition in 0..<4 {
            let dry = try suite.xinqiao(["replay-link", "--service", "ingestion", "--to", "ingestion.records.v1/\(partition)", "--dry-run"])
            guard dry.end == .status(0) else {
                #expect(dry.text.contains("has sent nothing"), "\(dry.text)")
                continue
            }
            #expect(dry.text.contains("nothing was sent"))
            let text = try suite.run([
                "replay-link", "--service", "ingestion", "--to", "ingestion.records.v1/\(partition)", "--why", "the broker's disk was lost",
            ])
            #expect(text.contains("again") || text.contains("have everything"), "\(text)")
        }
        #expect(try suite.number(SmallSuite.lacking, becomes: 0) == 0)
        #expect(try suite.number(SmallSuite.decided, becomes: all) == all)
        #expect(try suite.number("SELECT count(*) FROM governance.operator_act WHERE act = 'truncated-accept' AND actor = 'Ana'") > 0)
        #expect(try suite.number("SELECT count(*) FROM ingestion.operator_act WHERE act = 'replay-link' AND actor = 'tester'") > 0)

        // All of it once more: what is known is dropped. And what comes next is decided as ever.
        for partition in 0..<4 {
            let again = try suite.xinqiao([
                "replay-link", "--service", "ingestion", "--to", "ingestion.records.v1/\(partition)", "--all", "--why", "to be sure",
            ])
            #expect(again.end == .status(0) || again.text.contains("has sent nothing"), "\(again.text)")
        }
        let third = records(509..<511)
        try suite.tell(third)
        let total = all + Int64(third.count)
        #expect(try suite.number(SmallSuite.accepted, becomes: total) == total)
        #expect(try suite.number(SmallSuite.lacking, becomes: 0) == 0)
        #expect(try suite.number(SmallSuite.decided, becomes: total) == total)
        let duplicates = try suite.number("SELECT sum(messages)::int8 FROM governance.message_count WHERE outcome = 'duplicate'")
        print(
            "broker loss: \(total) records, \(second.count) of them lost by the broker and sent again; \(duplicates) repetitions dropped, 0 lost, 0 twice"
        )
        #expect(duplicates >= all)
    }
}
