import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary
import Wire

/// The mark of a statement under dispute, as governance tells of it on the topic of facts.
@Suite struct DisputeMarkTests {
    private let ana = GovernanceHouse.firm(1)
    private let ben = GovernanceHouse.firm(2)

    private func happening(_ id: String = "h", of subject: String? = nil) -> AcceptedRecord {
        GovernanceHouse.record(id, "happening", of: subject ?? ana, at: "2026-03-01T00:00:00Z", #"{"amount":1}"#)
    }

    private func tax(_ id: String, _ sales: Int, at time: String = "2026-02-01T00:00:00Z", of subject: String? = nil) -> AcceptedRecord {
        GovernanceHouse.record(id, "tax.return", of: subject ?? ana, at: time, #"{"period":"2026-01","sales":\#(sales)}"#)
    }

    private func objection(_ kind: String, to record: String = "h", _ more: String = "", of subject: String? = nil) -> AcceptedRecord {
        let time = kind == "opened" ? "2026-08-01T00:00:00Z" : "2026-08-05T00:00:00Z"
        return GovernanceHouse.record(
            "\(kind)-\(record)", "objection.\(kind)", of: subject ?? ana, at: time,
            writer: kind == "opened" ? "portal" : "source:governance-desk", received: time,
            #"{"objectionId":"X-\#(record)","recordId":"source:test/\#(record)"\#(more)}"#)
    }

    private func answer(_ outcome: String, to record: String = "h") -> AcceptedRecord {
        objection("answered", to: record, #","outcome":"\#(outcome)","explanation":"x""#)
    }

    @Test func `a statement is marked beside the facts from the objection to the answer, whatever the answer is`() throws {
        for outcome in ["upheld", "corrected", "removed"] {
            var house = GovernanceHouse()
            house.take(happening(), objection("opened"))
            #expect(house.marked == ["\(ana) happening source:test/h"])
            let told = try #require(house.disputes.first)
            #expect(told.disputeID == "\(ana)/X-h" && told.isOpen && told.openedOn.text == "2026-08-01" && told.dueOn.text == "2026-08-21")
            #expect(told.occurredAt == GovernanceHouse.instant("2026-03-01T00:00:00Z") && told.period == nil)
            house.take(answer(outcome))
            #expect(house.marked == [], "\(outcome)")
            #expect(house.disputes.map(\.isOpen) == [true, false], "\(outcome)")
            #expect(house.facts.contains { $0.isRetraction } == (outcome == "removed"))
        }
    }

    @Test func `nobody answered in twenty days and the mark stays`() {
        var house = GovernanceHouse()
        house.take(happening(), objection("opened"))
        house.now = GovernanceHouse.instant("2026-09-30T00:00:00Z")
        house.ring()
        #expect(house.told.contains("objection-overdue X-h"))
        #expect(house.marked.count == 1 && house.disputes.count == 1)
    }

    @Test func `the objection may come before what it is about`() {
        var house = GovernanceHouse()
        house.take(objection("opened"))
        #expect(house.disputes == [])
        house.take(happening())
        #expect(house.marked == ["\(ana) happening source:test/h"])
        // The fact first, so that whoever hears of the mark has it already.
        #expect(house.facts.map(\.factID).contains("source:test/h"))
    }

    @Test func `what was corrected before the answer bears no mark, and what was only said again keeps it`() {
        var house = GovernanceHouse()
        house.take(tax("t1", 100), objection("opened", to: "t1"))
        #expect(house.disputes.map(\.period) == [Month(year: 2026, month: 1)])
        house.take(tax("t2", 100, at: "2026-02-02T00:00:00Z"))
        #expect(house.marked == ["\(ana) tax.return source:test/t1"])
        house.take(tax("t3", 90, at: "2026-02-03T00:00:00Z"))
        #expect(house.marked == [])
        house.take(answer("corrected", to: "t1"))
        #expect(house.disputes.map(\.isOpen) == [true, false])
    }

    @Test func `the mark goes with a statement that goes under another code and comes back with it`() {
        func merger(_ word: String, at time: String) -> AcceptedRecord {
            GovernanceHouse.record("m-\(word)", "identity.\(word)", of: ben, at: time, #"{"into":"\#(ana)"}"#)
        }
        var house = GovernanceHouse()
        house.take(happening("b", of: ben), objection("opened", to: "b", of: ben))
        #expect(house.marked == ["\(ben) happening source:test/b"])
        house.take(merger("merged", at: "2026-08-02T00:00:00Z"))
        #expect(house.marked == ["\(ana) happening source:test/b"])
        house.take(merger("unmerged", at: "2026-08-03T00:00:00Z"))
        #expect(house.marked == ["\(ben) happening source:test/b"])
    }

    @Test func `the mark names the fact that was sent for the statement, however often it was said`() throws {
        // What says no month counts in the month of the fact that was sent.
        func paired(_ id: String, at time: String) -> AcceptedRecord {
            GovernanceHouse.record(id, "pair", of: ana, at: time, #"{"left":"a","right":"b","amount":1}"#)
        }
        let said = [
            paired("p1", at: "2026-03-01T00:00:00Z"), paired("p2", at: "2026-05-01T00:00:00Z"), paired("p3", at: "2026-06-01T00:00:00Z"),
        ]
        var dice = SplitMix64(seed: 26)
        for contested in ["p1", "p2", "p3"] {
            for _ in 0..<20 {
                var house = GovernanceHouse()
                for record in (said + [objection("opened", to: contested)]).shuffled(using: &dice) { house.take(record) }
                #expect(house.marked == ["\(ana) pair source:test/\(contested)"])
                let fact = try #require(house.standingFacts.first { $0.recordType == "pair" })
                #expect(house.markedFacts == [fact.factID])
                #expect(house.disputes.last?.occurredAt == fact.occurredAt)
            }
        }
    }

    @Test func `through a merger and back the mark is on the fact that stands, also after a repetition`() throws {
        func merger(_ word: String, at time: String) -> AcceptedRecord {
            GovernanceHouse.record("m-\(word)-\(time)", "identity.\(word)", of: ben, at: time, #"{"into":"\#(ana)"}"#)
        }
        let contested = [
            tax("t1", 100, of: ben), tax("t2", 100, at: "2026-02-02T00:00:00Z", of: ben), objection("opened", to: "t1", of: ben),
        ]
        var dice = SplitMix64(seed: 27)
        for _ in 0..<30 {
            var house = GovernanceHouse()
            var subjects: [String] = []
            for record in (contested + [merger("merged", at: "2026-08-02T00:00:00Z")]).shuffled(using: &dice) { house.take(record) }
            for word in ["unmerged", "merged", "unmerged"] {
                let fact = try #require(house.standingFacts.first { $0.recordType == "tax.return" })
                #expect(house.markedFacts == [fact.factID])
                #expect(house.marked == ["\(fact.subject) tax.return source:test/t1"])
                subjects.append(fact.subject)
                house.take(merger(word, at: "2026-08-0\(2 + subjects.count)T00:00:00Z"))
            }
            #expect(subjects == [ana, ben, ana])
            #expect(house.marked == ["\(ben) tax.return source:test/t1"])
            house.take(
                GovernanceHouse.record(
                    "answer", "objection.answered", of: ben, at: "2026-08-09T00:00:00Z", writer: "source:governance-desk",
                    #"{"objectionId":"X-t1","recordId":"source:test/t1","outcome":"removed"}"#))
            #expect(house.marked == [] && house.standingFacts.allSatisfy { $0.recordType != "tax.return" })
        }
    }

    @Test func `what stands again after another was said in between is under dispute again`() {
        let records = [
            tax("t1", 100), tax("t2", 90, at: "2026-02-02T00:00:00Z"), tax("t3", 100, at: "2026-02-03T00:00:00Z"),
            objection("opened", to: "t1"),
        ]
        var dice = SplitMix64(seed: 28)
        for _ in 0..<30 {
            var house = GovernanceHouse()
            for record in records.shuffled(using: &dice) { house.take(record) }
            #expect(house.marked == ["\(ana) tax.return source:test/t1"])
            #expect(house.markedFacts == house.standingFacts.filter { $0.recordType == "tax.return" }.map(\.factID))
        }
    }

    @Test func `whatever comes first the same is marked at the end`() {
        let records = [
            happening(), happening("g"), tax("t1", 100), tax("t3", 90, at: "2026-02-03T00:00:00Z"), objection("opened"),
            objection("opened", to: "g"), objection("opened", to: "t1"), objection("opened", to: "t3"), answer("upheld"),
        ]
        var dice = SplitMix64(seed: 25)
        for _ in 0..<60 {
            var house = GovernanceHouse()
            for record in records.shuffled(using: &dice) { house.take(record) }
            #expect(house.marked == ["\(ana) happening source:test/g", "\(ana) tax.return source:test/t3"])
            let told = house.disputes.count
            for record in records { house.take(record) }
            #expect(house.disputes.count == told)
        }
    }

    @Test func `an objection about what does not stand has no memory read but those of which something is said`() {
        var house = GovernanceHouse()
        house.take(happening(), tax("t1", 100), objection("opened", to: "gone"), objection("opened", to: "t1"))
        var state = house.state(ana)
        let record = happening("h2")
        let message = Message(
            topic: Topic.ingestionRecords, partition: 0, offset: 0, key: ana, id: "1", source: "", type: AcceptedRecord.type, subject: ana,
            time: nil, body: GovernanceHouse.json(String(decoding: record.bytes, as: UTF8.self)))
        var effects = Effects()
        Governance().decide(.message(message), key: ana, on: &state, at: house.now, catalog: house.catalog, effects: &effects)
        #expect(effects.refusal == nil)
        #expect(state.memories.count > 2)
        #expect(state.memories.filter { !$0.slots.isEmpty }.map(\.type) == ["happening"])
    }

    @Test func `states that stay in memory and states that are read anew tell of the same disputes`() {
        let records = [
            happening(), happening("g"), tax("t1", 100), tax("t2", 100, at: "2026-02-02T00:00:00Z"),
            tax("t3", 90, at: "2026-02-03T00:00:00Z"), objection("opened"), objection("opened", to: "g"), objection("opened", to: "t1"),
            objection("opened", to: "t3"), answer("removed"),
            GovernanceHouse.record("m", "identity.merged", of: ana, at: "2026-08-02T00:00:00Z", #"{"into":"\#(ben)"}"#),
        ]
        var dice = SplitMix64(seed: 29)
        for _ in 0..<40 {
            var stored = GovernanceHouse()
            var kept = GovernanceHouse()
            kept.writesStates = false
            for record in records.shuffled(using: &dice) {
                stored.take(record)
                kept.take(record)
            }
            #expect(stored.disputes == kept.disputes)
            #expect(stored.marked == ["\(ben) happening source:test/g", "\(ben) tax.return source:test/t3"])
        }
    }

    @Test func `a reader has the last word about each dispute, whichever came first`() throws {
        var house = GovernanceHouse()
        house.take(happening(), objection("opened"), answer("upheld"), tax("t1", 100), objection("opened", to: "t1"))
        var dice = SplitMix64(seed: 3)
        for _ in 0..<20 {
            var book = DisputeBook()
            for dispute in house.disputes.shuffled(using: &dice) { _ = book.take(dispute) }
            #expect(book.open.map(\.recordID) == ["source:test/t1"])
            #expect(book.isOpen(about: "source:test/t1"))
            for other in ["t12", "t1/x-1", "h"] { #expect(!book.isOpen(about: "source:test/\(other)"), "\(other)") }
            for dispute in house.disputes {
                let isNews = book.take(dispute)
                #expect(!isNews)
            }
            let bytes = JSONWriter.encode { writer in writer.object { book.write(to: &$0, as: "disputes") } }
            #expect(try DisputeBook(try Fields(GovernanceHouse.json(String(decoding: bytes, as: UTF8.self))), "disputes") == book)
        }
    }

    @Test func `the book of disputes has an end, and what is closed leaves first`() throws {
        func dispute(_ number: Int, isOpen: Bool, at second: Int64) -> FactDispute {
            FactDispute(
                disputeID: "s/\(number)", subject: "s", recordID: "r/\(number)", factID: "r/\(number)", recordType: "happening",
                occurredAt: .epoch, period: nil, isOpen: isOpen, openedOn: Day(number: 20_000), dueOn: Day(number: 20_020),
                at: Instant.epoch + .seconds(second))
        }
        var book = DisputeBook()
        for number in 0..<DisputeBook.countMax { _ = book.take(dispute(number, isOpen: number != 100, at: Int64(number))) }
        _ = book.take(dispute(1_000, isOpen: true, at: 1_000))
        #expect(book.open.count == DisputeBook.countMax)
        #expect(book.isOpen(about: "r/0"))
        _ = book.take(dispute(1_001, isOpen: true, at: 1_001))
        #expect(book.open.count == DisputeBook.countMax)
        #expect(!book.isOpen(about: "r/0") && book.isOpen(about: "r/1001"))
    }
}
