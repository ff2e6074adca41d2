import Contracts
import Kafka
import Ledger
import Province
import Testing
import Vocabulary
import Wire

/// The oracles themselves: each is shown a whole house, and then one in which a single thing was lost, doubled or altered.
struct OracleTests {
    // MARK: O2

    /// Three returns of one firm: two let in, one set aside; and what the database says of them.
    private struct Books {
        var sent: [(record: OutsideRecord, places: [TopicPosition])] = (0..<3).map { number in
            let record = OutsideRecord(
                topic: "source.tax.records.v1", id: "tax-\(number)", type: "tax.return", subject: "firm", time: .epoch,
                data: Array(#"{"sales":\#(number + 1)00.25}"#.utf8))
            return (record, [TopicPosition(topic: record.topic, partition: 1, offset: Int64(number))])
        }
        var evidence = AcceptanceLedger.Evidence()

        init() {
            evidence.taken = [mark(0), mark(1)]
            evidence.aside = [mark(2)]
            evidence.effects = ["source:tax/tax-0": 1, "source:tax/tax-1": 1]
            // The second one is held.
            evidence.kept = 10_025
            evidence.held = 20_025
        }

        func mark(_ number: Int) -> AcceptanceLedger.Mark {
            AcceptanceLedger.Mark(place: sent[number].places[0], sha256: sha256(sent[number].record.data).hex)
        }

        func judged(without left: [String] = []) -> AcceptanceLedger { AcceptanceLedger(sent, evidence, without: left) }
    }

    @Test func `the ledger of a whole house is whole`() {
        var books = Books()
        #expect(books.judged().isWhole)
        #expect(books.judged().accepted == 2 && books.judged().setAside == 1 && books.judged().repeats == 0)
        // The same bytes once more under the same id.
        books.sent.append((books.sent[0].record, [TopicPosition(topic: "source.tax.records.v1", partition: 1, offset: 3)]))
        #expect(books.judged().isWhole && books.judged().repeats == 1)
    }

    @Test func `the ledger finds a record that was lost at the door, and one that was lost behind it`() {
        var books = Books()
        books.evidence.taken.remove(books.mark(1))
        #expect(books.judged().lost == ["source.tax.records.v1 tax-1"] && !books.judged().isWhole)
        books = Books()
        books.evidence.aside = []
        #expect(books.judged().lost == ["source.tax.records.v1 tax-2"])
        books = Books()
        books.evidence.effects["source:tax/tax-1"] = 0
        #expect(books.judged().lost == ["no effect of source:tax/tax-1"] && !books.judged().isWhole)
    }

    @Test func `the ledger finds a record with two effects, and one that was both let in and set aside`() {
        var books = Books()
        books.evidence.effects["source:tax/tax-0"] = 2
        #expect(books.judged().doubled == ["2 effects of source:tax/tax-0"] && !books.judged().isWhole)
        books = Books()
        books.evidence.aside.insert(books.mark(0))
        #expect(books.judged().doubled.count == 1 && !books.judged().isWhole)
    }

    @Test func `the ledger finds a record whose bytes or whose money were altered`() {
        var books = Books()
        books.evidence.taken.remove(books.mark(0))
        books.evidence.taken.insert(AcceptanceLedger.Mark(place: books.sent[0].places[0], sha256: sha256([0]).hex))
        #expect(books.judged().lost == ["source.tax.records.v1 tax-0"])
        books = Books()
        books.evidence.kept += 1
        #expect(books.judged().sums.count == 1 && !books.judged().isWhole)
    }

    @Test func `what a fault takes out is not asked of the ledger`() {
        var books = Books()
        books.evidence = AcceptanceLedger.Evidence()
        #expect(!books.judged().isWhole)
        #expect(books.judged(without: ["firm"]).isWhole)
    }

    // MARK: O4

    private static let records = LinkTrace.Link(source: "xinqiao/ingestion/0", topic: Topic.ingestionRecords, partition: 0)
    private static let letters = LinkTrace.Link(source: "xinqiao/exchange/0", topic: "institution.bank-a.out.v1", partition: 0)

    /// A message of the link with the records, as the outbox packs it.
    private static func packed(_ recordIDs: [String], from sequence: Int64, at offset: Int64) -> RawMessage {
        func number(_ value: Int, bytes: Int) -> [UInt8] {
            (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        var block: [UInt8] = [1]
        block += number(recordIDs.count, bytes: 4)
        block += number(0, bytes: 8)
        for (index, id) in recordIDs.enumerated() {
            let type = index == 0 ? "ingestion.record.v1" : ""
            let value = Array(#"{"recordId":"\#(id)"}"#.utf8)
            block.append(UInt8(type.utf8.count))
            block += type.utf8
            block += number(4, bytes: 2)
            block += "firm".utf8
            // The subject is the key.
            block += [0xFF, 0xFF]
            block += number(value.count, bytes: 4)
            block += value
        }
        return RawMessage(
            topic: records.topic, partition: 0, offset: offset, key: nil, value: block,
            headers: [("ce_source", Array(records.source.utf8)), ("ce_sequence", Array(String(sequence).utf8))])
    }

    /// Something that leaves the house.
    private static func letter(_ releaseID: String, _ type: String = "matches.v1", sequence: Int64) -> RawMessage {
        let event = CloudEvent(
            id: "letter-\(sequence)", source: letters.source, type: type, time: .epoch, subject: "firm",
            dataContentType: "application/json", sequence: sequence, data: Array(#"{"releaseId":"\#(releaseID)"}"#.utf8))
        return RawMessage(
            topic: letters.topic, partition: 0, offset: sequence - 1, key: nil, value: event.data, headers: event.binaryHeaders())
    }

    private func anomalies(
        _ messages: [RawMessage], acknowledged: [LinkTrace.Link: Int64] = [:], givenOut: [LinkTrace.Link: Int64]
    ) -> [LinkTrace.Anomaly] {
        var trace = LinkTrace()
        trace.acknowledged = acknowledged
        var next: [String: Int64] = [:]
        for message in messages {
            trace.follow(message, from: next[message.topic] ?? 0)
            next[message.topic] = message.offset + 1
        }
        trace.close(givenOut: givenOut)
        return LinkTrace.Anomaly.allCases.filter { trace.anomalies[$0] != nil }
    }

    @Test func `the trace of a whole log is whole, also where the log has things twice`() {
        let given = [Self.records: Int64(4), Self.letters: 2]
        let log = [
            Self.packed(["a", "b"], from: 1, at: 0), Self.packed(["a", "b"], from: 1, at: 1), Self.packed(["c", "d"], from: 3, at: 2),
            Self.letter("x", sequence: 1), Self.letter("x", "recall.v1", sequence: 2),
        ]
        #expect(anomalies(log, acknowledged: given, givenOut: given) == [])
    }

    @Test func `the trace finds a lost write`() {
        let given = [Self.records: Int64(4)]
        // The log ends too early, has a hole, or knows more than the writer.
        #expect(anomalies([Self.packed(["a", "b"], from: 1, at: 0)], acknowledged: given, givenOut: given) == [.lostWrite])
        let hole = [Self.packed(["a"], from: 1, at: 0), Self.packed(["c", "d"], from: 3, at: 1)]
        #expect(anomalies(hole, acknowledged: given, givenOut: given) == [.lostWrite])
        #expect(anomalies([Self.packed(["a", "b"], from: 1, at: 0)], givenOut: [Self.records: 1]) == [.lostWrite])
    }

    @Test func `the trace finds a record that went down twice and a release that left twice`() {
        let given = [Self.records: Int64(2), Self.letters: 2]
        #expect(anomalies([Self.packed(["a", "a"], from: 1, at: 0)], givenOut: given) == [.duplicateEffect])
        #expect(anomalies([Self.letter("x", sequence: 1), Self.letter("x", sequence: 2)], givenOut: given) == [.duplicateEffect])
        #expect(anomalies([Self.letter("x", sequence: 1), Self.letter("y", sequence: 2)], givenOut: given) == [])
    }

    @Test func `the trace finds a sequence with two contents`() {
        let log = [Self.packed(["a"], from: 1, at: 0), Self.packed(["b"], from: 1, at: 1)]
        #expect(anomalies(log, givenOut: [Self.records: 1]) == [.rewritten])
    }

    @Test func `the trace finds offsets that go back or are skipped`() {
        let given = [Self.records: Int64(2)]
        let back = [Self.packed(["a"], from: 1, at: 0), Self.packed(["b"], from: 2, at: 0)]
        #expect(anomalies(back, givenOut: given) == [.nonmonotonic])
        let skipped = [Self.packed(["a"], from: 1, at: 0), Self.packed(["b"], from: 2, at: 2)]
        #expect(anomalies(skipped, givenOut: given) == [.pollSkip])
    }

    // MARK: O1

    private static let calm = GoldenDump(tables: [
        "scoring.portrait": [#"{"points": 700}"#, #"{"points": 710}"#], "policypush.push": [#"{"policy": "a"}"#, #"{"policy": "b"}"#],
    ])

    private func differences(_ change: (inout [String: [String]]) -> Void) -> [String] {
        var tables = Self.calm.tables
        change(&tables)
        return GoldenDump(tables: tables).differences(from: Self.calm).compactMap { $0.split(separator: ":").first.map(String.init) }
    }

    @Test func `the golden state tells a row that is lost, doubled or altered, by its table`() {
        #expect(differences { _ in } == [])
        #expect(differences { $0["scoring.portrait"]?.removeLast() } == ["scoring.portrait"])
        #expect(differences { $0["scoring.portrait"]?.append(#"{"points": 710}"#) } == ["scoring.portrait"])
        #expect(differences { $0["scoring.portrait"]?[0] = #"{"points": 701}"# } == ["scoring.portrait"])
        #expect(differences { $0["scoring.portrait"] = nil } == ["scoring.portrait"])
        #expect(differences { $0["matchmaking.match"] = ["{}"] } == ["matchmaking.match"])
    }

    @Test func `where a row more is allowed, one less or another one is told all the same`() {
        #expect(differences { $0["policypush.push"]?.append(#"{"policy": "c"}"#) } == [])
        #expect(differences { $0["policypush.push"]?.removeLast() } == ["policypush.push"])
        #expect(differences { $0["policypush.push"]?[0] = #"{"policy": "c"}"# } == ["policypush.push"])
        // The number of rows alone would not tell.
        #expect(differences { $0["policypush.push"]?[0] = #"{"policy": "b"}"# } == ["policypush.push"])
    }

    // MARK: O5

    @Test func `a release that left more often than on the calm day is told, a new one is not`() {
        let calm = ReleaseCounts(times: ["firm matches/1": 1, "firm matches/2": 1])
        #expect(calm.doubled(beside: calm) == [])
        #expect(ReleaseCounts(times: ["firm matches/1": 1, "firm status/3": 1]).doubled(beside: calm) == [])
        #expect(
            ReleaseCounts(times: ["firm matches/1": 2, "firm status/3": 2]).doubled(beside: calm) == [
                "released 2 times: firm matches/1", "released 2 times: firm status/3",
            ])
    }
}
