import Chassis
import Contracts
import Foundation
import Support
import Testing
import Vocabulary

/// A lane's link sent again from a sequence that the operator names.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct ReplayLinkTests {
    private func records(_ numbers: Range<Int>) -> [HunanStory.Step] {
        numbers.flatMap { HunanStory(number: $0, today: Day.today - 1).records() }
    }

    private let topic = Topic.ingestionRecords
    private let facts = "SELECT count(*) FROM governance.fact"

    private func last(_ lane: Int32) -> String {
        "SELECT coalesce(max(last_seq), 0)::int8 FROM ingestion.link_out WHERE topic = 'ingestion.records.v1' AND lane = \(lane)"
    }

    /// The front door and governance, with all of these records decided.
    private func suite(_ server: PrivatePostgres, deciding records: [HunanStory.Step]) throws -> SmallSuite {
        let suite = try SmallSuite(server)
        try suite.start(.ingestion)
        try suite.start(.governance)
        try suite.tell(records)
        let all = Int64(records.count)
        #expect(try suite.number(SmallSuite.decided, becomes: all) == all)
        return suite
    }

    private func replay(_ arguments: String...) -> [String] { ["replay-link", "--service", "ingestion"] + arguments }

    @Test func `what is sent again from a sequence on is dropped by a reader that knows it, and wrong arguments send nothing`() throws {
        let server = PrivatePostgres.shared
        let first = records(841..<844)
        let all = Int64(first.count)
        let suite = try suite(server, deciding: first)
        try suite.settle()
        let lane = Lane.of(try #require(first.first).subject, lanes: 4)
        let place = "\(topic)/\(lane)"
        let end = try suite.number(last(lane))
        let lying = try suite.messages(in: topic, lane)
        #expect(end > 10 && lying > 0)

        let why = ["--why", "to be sure", "--by", "Ana"]
        let wrong: [(arguments: [String], says: String)] = [
            (replay("--to", place, "--from", "5") + why, "name it with --lane"),
            (replay("--to", place, "--lane", "\(lane)", "--from", "5", "--all") + why, "--from or --all, not both"),
            (replay("--to", place, "--lane", "\(lane)", "--from", "0") + why, "--from should be a whole number from 1"),
            (replay("--to", place, "--lane", "x", "--from", "5") + why, "--lane should be a whole number"),
            (replay("--lane", "\(lane)", "--from", "5") + why, "say where it goes"),
            (replay("--to", place, "--lane", "\(lane)", "--from", "5"), "say --why TEXT"),
            (replay("--to", place, "--lane", "\(lane)", "--from", "\(end + 1)") + why, "the last sequence is \(end)"),
            (["replay-link", "--service", "weather", "--to", place] + why, "there is no service `weather`"),
        ]
        for one in wrong {
            let refused = try suite.xinqiao(one.arguments)
            #expect(refused.end == .status(64) && refused.text.contains(one.says), "\(one.arguments): \(refused.text)")
        }
        let nowhere = try suite.xinqiao(replay("--to", place, "--lane", "99", "--from", "5") + why)
        #expect(nowhere.end == .status(2) && nowhere.text.contains("has sent nothing to \(place) from lane 99"), "\(nowhere.text)")
        // What the outbox has no more can not be sent again, and nothing behind it is sent in its place.
        try suite.script("CREATE TABLE public.kept AS SELECT * FROM ingestion.outbox WHERE lane = \(lane) AND first_seq = 1")
        try suite.script("DELETE FROM ingestion.outbox WHERE lane = \(lane) AND first_seq = 1")
        let gone = try suite.xinqiao(replay("--to", place, "--lane", "\(lane)", "--from", "1") + why)
        #expect(gone.end == .status(2) && gone.text.contains("1…\(end) is wanted, and the outbox has"), "\(gone.text)")
        try suite.script("INSERT INTO ingestion.outbox SELECT * FROM public.kept")
        #expect(try suite.messages(in: topic, lane) == lying)
        #expect(try suite.number("SELECT count(*) FROM ingestion.operator_act") == 0)

        let before = try suite.number(facts)
        let duplicates = "SELECT coalesce(sum(messages), 0)::int8 FROM governance.message_count WHERE outcome = 'duplicate'"
        let known = try suite.number(duplicates)
        let from = end - 4
        let dry = try suite.run(replay("--to", place, "--lane", "\(lane)", "--from", "\(from)", "--dry-run"))
        #expect(dry.contains("\(from)…\(end)") && dry.contains("nothing was sent"), "\(dry)")
        let said = try suite.run(replay("--to", place, "--lane", "\(lane)", "--from", "\(from)") + why)
        #expect(said.contains("sent \(from)…\(end) again"), "\(said)")
        #expect(try suite.messages(in: topic, lane) > lying)
        // The message that has the first of them may have others before it; nothing of another lane came.
        #expect(eventually(within: .seconds(20)) { ((try? suite.number(duplicates)) ?? 0) >= known + 5 })
        try suite.settle()
        let dropped = try suite.number(duplicates) - known
        #expect(dropped >= 5 && dropped <= end, "\(dropped) of \(end)")
        #expect(try suite.number(facts) == before)
        #expect(try suite.number(SmallSuite.decided) == all)
        let acts = try suite.texts(
            "SELECT concat_ws(' ', act, topic, partition, before, after, actor, why) FROM ingestion.operator_act")
        #expect(acts == ["replay-link \(topic) from lane \(lane) \(lane) \(from) \(end) Ana to be sure"])

        // The lane goes on behind it.
        let second = records(844..<846)
        try suite.tell(second)
        let total = all + Int64(second.count)
        #expect(try suite.number(SmallSuite.decided, becomes: total) == total)
        #expect(try suite.number(facts) == total)
    }

    @Test func `a reader that lacks what the broker lost gets it from the sequence after its last, each once`() throws {
        let server = PrivatePostgres.shared
        let first = records(847..<848)
        let known = Int64(first.count)
        let suite = try suite(server, deciding: first)
        // More comes while nobody reads it, and the broker is lost with it.
        suite.stop(.governance)
        let second = first.map { step in
            HunanStory.Step(
                topic: step.topic, id: step.id + "-again", type: step.type, subject: step.subject, time: step.time + .seconds(60),
                data: step.data)
        }
        try suite.tell(second)
        let all = known + Int64(second.count)
        #expect(try suite.number(SmallSuite.accepted, becomes: all) == all)
        #expect(try suite.number("SELECT sum(last_seq - acked_seq)::int8 FROM ingestion.link_out", becomes: 0) == 0)
        suite.stop(.ingestion)
        try suite.loseBroker()
        try suite.start(.governance)
        let truncated = "SELECT count(*) FROM governance.lane_pause WHERE reason = 'source-truncated' AND topic = 'ingestion.records.v1'"
        #expect(try suite.number(truncated, becomes: 1) == 1)
        try suite.run(["truncated", "accept", "governance", "--all", "--why", "the broker's disk was lost"])
        #expect(try suite.number(SmallSuite.lacking) == Int64(second.count))

        let lane = Lane.of(try #require(first.first).subject, lanes: 4)
        let taken = "SELECT max(last_seq)::int8 FROM governance.link_in WHERE source = 'xinqiao/ingestion/\(lane)' AND topic = '\(topic)'"
        let from = try suite.number(taken) + 1
        #expect(try suite.number(last(lane)) - from + 1 == Int64(second.count))
        // The sender itself is down: the operator sends in its place.
        try suite.run(
            replay("--to", "\(topic)/\(lane)", "--lane", "\(lane)", "--from", "\(from)", "--why", "the broker's disk was lost"))
        #expect(try suite.number(SmallSuite.lacking, becomes: 0) == 0)
        #expect(try suite.number(SmallSuite.decided, becomes: all) == all)
        #expect(try suite.number(facts) == all)
        #expect(try suite.number("SELECT count(*) FROM governance.dead_letter") == 0)
    }
}
