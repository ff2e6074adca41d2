import Contracts
import Foundation
import Support
import Testing
import Vocabulary
import Wire

/// One firm under two codes, on the real processes.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct MergerProcessesTests {
    private let today = Day.today - 1

    @Test func `a merger that is undone leaves facts, comparisons and portraits as they were, also when all is said again`() throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server, packs: ["base", "governance"])
        let services: [ServiceName] = [.ingestion, .governance, .scoring]
        for service in services { try suite.start(service) }
        let (ana, ben) = (HunanStory(number: 861, today: today), HunanStory(number: 862, today: today))
        let records = ana.records() + (try other(ben))
        try suite.tell(records)
        #expect(try suite.number("SELECT count(*) FROM governance.fact", becomes: Int64(records.count)) == Int64(records.count))
        try suite.settle()
        let before = try Picture(suite, ana.firm, ben.firm)
        #expect(before.portraits.count == 2 && before.standing.allSatisfy { !$0.isEmpty })
        #expect(before.comparisons.contains { $0.hasPrefix(ana.firm) } && before.comparisons.contains { $0.hasPrefix(ben.firm) })

        // The desk says that the one is the other; governance dies over it.
        let merged = word("merged", of: ben, into: ana, after: 1)
        try suite.tell([merged])
        suite.stop(.governance, signal: SIGKILL)
        try suite.start(.governance)
        let mergers = "SELECT count(*) FROM governance.subject_merger WHERE status = "
        #expect(try suite.number(mergers + "'merged'", becomes: 1) == 1)
        try suite.settle()
        let during = try Picture(suite, ana.firm, ben.firm)
        // Of the firm that went into the other only what is about its code is left; the other one has its twelve months beside its own.
        let left = during.standing[1].filter { !$0.hasPrefix("registration ") && !$0.hasPrefix("consent.granted ") }
        #expect(left == [])
        #expect(during.standing[0].count == before.standing[0].count + 12)
        // The month that both declared: the later word counts.
        let period = "\"period\":\"\((today.month + -1).text)\""
        func declared(_ picture: Picture) -> [String] {
            picture.standing[0].filter { $0.hasPrefix("tax.return ") && $0.contains(period) }
        }
        #expect(declared(before).count == 1 && declared(before).allSatisfy { $0.contains("\"sales\":3420000") })
        #expect(declared(during).count == 1 && declared(during).allSatisfy { $0.contains("\"sales\":5130000") })
        let inflows = try [before, during].map { picture in
            try picture.portraits.map { try Portrait(JSONDocument(parsing: Array($0.utf8)).root).number("flow-inflow-12m") }
        }
        let both: Double = try #require(inflows[0][0]) + #require(inflows[0][1])
        #expect(inflows[1][0] == both)
        #expect(inflows[1][1] != inflows[0][1])

        // Whoever asks what the score rests on is led to what came under either code.
        let explain = ["explain", "score", ana.firm, "--packs", ProcessSuite.packs]
        let walk = try suite.run(explain)
        let guests = try suite.number("SELECT count(*) FROM governance.fact WHERE subject = '\(ben.firm)'")
        #expect(guests > 12)
        #expect(walk.contains("facts of \(ana.firm) and of \(ben.firm), merged into it by then"), "\(walk)")
        #expect(walk.components(separatedBy: "  of \(ben.firm)  whole\n").count - 1 == Int(guests), "\(walk)")

        let undone = word("unmerged", of: ben, into: ana, after: 2)
        try suite.tell([undone])
        #expect(try suite.number(mergers + "'undone'", becomes: 1) == 1)
        try suite.settle()
        let after = try Picture(suite, ana.firm, ben.firm)
        #expect(after.differences(from: before) == [])
        let apart = try suite.run(explain)
        #expect(apart.contains("facts of \(ana.firm), latest first") && !apart.contains(ben.firm), "\(apart)")

        // Everything again: from the senders, and on the links that a merger moves things on. And governance from its tables alone.
        try suite.tell(records + [merged, undone])
        for (service, topic) in [("ingestion", Topic.ingestionRecords), ("governance", Topic.governanceIdentity)] {
            let partition = Lane.of(topic == Topic.ingestionRecords ? ben.firm : ana.firm, lanes: 4)
            try suite.run([
                "replay-link", "--service", service, "--to", "\(topic)/\(partition)", "--lane", "\(Lane.of(ben.firm, lanes: 4))", "--all",
                "--why", "to be sure",
            ])
        }
        suite.stop(.governance)
        try suite.start(.governance)
        let repeated = "SELECT coalesce(sum(messages), 0)::int8 FROM ingestion.message_count WHERE outcome = 'duplicate'"
        #expect(try suite.number(repeated, becomes: Int64(records.count + 2)) == Int64(records.count + 2))
        let dropped = "SELECT count(*) FROM governance.message_count WHERE topic = 'governance.identity.v1' AND outcome = 'duplicate'"
        #expect(try suite.number(dropped, becomes: 1) == 1)
        try suite.settle()
        #expect(try Picture(suite, ana.firm, ben.firm).differences(from: before) == [])
        #expect(try suite.number(mergers + "'merged'") == 1)
        #expect(try suite.number("SELECT count(*) FROM operator.dead_letter") == 0)
    }

    /// A firm with a code, a consent and an account of its own, and one month of taxes, an hour after what the other said of that month.
    private func other(_ story: HunanStory) throws -> [HunanStory.Step] {
        let all = story.records()
        func changed(_ step: HunanStory.Step, _ from: String, _ to: String, later seconds: Int64 = 0) -> HunanStory.Step {
            let text = String(decoding: step.data, as: UTF8.self)
            #expect(text.contains(from))
            return HunanStory.Step(
                topic: step.topic, id: step.id, type: step.type, subject: step.subject, time: step.time + .seconds(seconds),
                data: Array(text.replacingOccurrences(of: from, with: to).utf8))
        }
        let tax = try #require(all.last { $0.type == "tax.return" })
        let own = all.filter { ["registration", "consent.granted"].contains($0.type) }
        let flows = all.filter { $0.type == "bank-flow.month" }.map { changed($0, "\"bank-b\"", "\"bank-c\"") }
        return own + flows + [changed(tax, "\"sales\":3420000", "\"sales\":5130000", later: 3_600)]
    }

    /// What the desk says, so many hours into the day.
    private func word(_ kind: String, of story: HunanStory, into other: HunanStory, after hours: Int64) -> HunanStory.Step {
        HunanStory.Step(
            topic: Topic.source("governance-desk"), id: "\(kind)-\(story.firm)", type: "identity.\(kind)", subject: story.firm,
            time: today.startInChina + .seconds(hours * 3_600),
            data: JSONWriter.encode { writer in
                writer.object { object in
                    object.member("into", other.firm)
                    object.member("reason", "code reissued")
                    object.member("decidedBy", "desk-7")
                }
            })
    }

    /// What the house holds of the two firms, without the moments and the running numbers that tell how it came to it.
    private struct Picture {
        /// Of each firm what stands on the topic of facts, as whoever reads it from the beginning has it. Comparisons follow from the rest.
        let standing: [[String]]
        let facts: [String]
        let retracted: [String]
        let comparisons: [String]
        let portraits: [String]

        init(_ suite: SmallSuite, _ firms: String...) throws {
            var standing: [String: [String: String]] = [:]
            for event in try suite.events(on: Topic.governanceFacts) where event.type == Fact.type {
                let fact = try Fact(JSONDocument(parsing: event.data).root)
                guard fact.writer != "governance" else { continue }
                if let former = fact.supersedes { standing[fact.subject]?[former] = nil }
                guard !fact.isRetraction else { continue }
                standing[fact.subject, default: [:]][fact.factID] =
                    "\(fact.recordType) " + String(decoding: fact.data.canonicalBytes, as: UTF8.self)
            }
            self.standing = firms.map { (standing[$0] ?? [:]).values.sorted() }
            // What the desk says of the codes is written down too, and is none of the firms' facts.
            facts = try suite.texts(
                "SELECT to_jsonb(f)::text FROM governance.fact f WHERE record_type NOT LIKE 'identity.%' ORDER BY fact_id")
            retracted = try suite.texts("SELECT to_jsonb(r)::text FROM governance.fact_retracted r ORDER BY fact_id")
            // The comparisons that were only made while there was a merger stay as taken back.
            comparisons = try suite.texts(
                """
                SELECT concat_ws(' ', subject, check_id, check_key, verdict) FROM governance.cross_result
                 WHERE verdict <> 'taken-back' ORDER BY subject, check_id, check_key
                """)
            portraits = try firms.map { firm in
                try #require(
                    try suite.texts("SELECT body::text FROM scoring.portrait WHERE subject = '\(firm)'").first, "no portrait of \(firm)")
            }
        }

        /// Without what counts how often it was made, and when.
        private var settledPortraits: [String] {
            portraits.map { text in
                guard let root = (try? JSONDocument(parsing: Array(text.utf8)))?.root else { return text }
                let counted = ["revision", "asOf", "catalogVersion", "scoreId"]
                func lines(_ value: JSONValue, _ path: String) -> [String] {
                    guard value.kind == .object else { return ["\(path) \(String(decoding: value.canonicalBytes, as: UTF8.self))"] }
                    return value.members.filter { !counted.contains($0.key) }.flatMap { lines($0.value, path + "/" + $0.key) }
                }
                return lines(root, "").sorted().joined(separator: "\n")
            }
        }

        /// One line for each part that is another, with what only the one and only the other has.
        func differences(from other: Picture) -> [String] {
            func difference(_ name: String, _ mine: [String], _ theirs: [String]) -> String? {
                guard mine != theirs else { return nil }
                let (only, lacking) = (Set(mine).subtracting(theirs).sorted(), Set(theirs).subtracting(mine).sorted())
                return "\(name): \(only.prefix(3)) for \(lacking.prefix(3))"
            }
            return [
                difference("what stands", standing.flatMap { $0 }, other.standing.flatMap { $0 }), difference("facts", facts, other.facts),
                difference("retracted", retracted, other.retracted), difference("comparisons", comparisons, other.comparisons),
                difference(
                    "portraits", settledPortraits.flatMap { $0.split(separator: "\n").map(String.init) },
                    other.settledPortraits.flatMap { $0.split(separator: "\n").map(String.init) }),
            ].compactMap { $0 }
        }
    }
}
