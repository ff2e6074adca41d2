import Contracts
import Deciding
import ReportingDomain
import Testing
import Vocabulary

/// Statistics are sums over rows, so the rows must say what the events said.
@Suite struct ReportingReconciliationTests {
    private let way = [
        ReportingHouse.step("requested", on: 0, institution: "", yuan: 600_000), ReportingHouse.step("dispatched", on: 0),
        ReportingHouse.step("accepted", on: 1), ReportingHouse.step("credited", on: 5, yuan: 550_000),
        ReportingHouse.step("disbursed", on: 6, yuan: 500_000, loan: "L-1"), ReportingHouse.step("settled", on: 300, loan: "L-1"),
    ]

    @Test func `an application that went the whole way is one loan with its own amount`() {
        let house = ReportingHouse()
        house.take(way)
        let table = ReportingTables.application
        #expect(house.cells(table, "status") == [.text("settled")])
        #expect(house.cells(table, "loan_id") == [.text("L-1")])
        #expect(house.sum(table, "requested_fen") == 60_000_000)
        #expect(house.sum(table, "credited_fen") == 55_000_000)
        #expect(house.sum(table, "disbursed_fen") == 50_000_000)
        #expect(house.cells(table, "accepted_at") == [.instant(ReportingHouse.day(1))])
        #expect(house.cells(table, "prefecture") == [.text("430100")])
        #expect(house.cells(table, "annual_rate_bp") == [.int64(435)])
        #expect(house.sum(ReportingTables.handling, "disbursed_fen") == 50_000_000)
    }

    @Test func `the rows of many applications add up to their events`() {
        var dice = SplitMix64(seed: 7)
        let house = ReportingHouse()
        var paid: Int64 = 0
        var asked: Int64 = 0
        var loans = 0
        for number in 0..<300 {
            let key = "S\(number % 40)"
            let application = "A-\(number)"
            let yuan = Int64.random(in: 1...9_000_000, using: &dice)
            house.take([ReportingHouse.step("requested", on: 0, application: application, institution: "", yuan: yuan, key: key)])
            asked += yuan * 100
            if Int.random(in: 0...2, using: &dice) > 0 {
                house.take([ReportingHouse.step("disbursed", on: 4, application: application, yuan: yuan - 1, key: key, loan: "L\(number)")]
                )
                paid += (yuan - 1) * 100
                loans += 1
            }
        }
        #expect(house.sum(ReportingTables.application, "requested_fen") == asked)
        #expect(house.sum(ReportingTables.application, "disbursed_fen") == paid)
        #expect(house.cells(ReportingTables.application, "disbursed_at").count { $0 != .null } == loans)
        #expect(house.sum(ReportingTables.handling, "disbursed_fen") == paid)
    }

    @Test func `lateness is the late institution's, and the loan the other's`() {
        let house = ReportingHouse()
        house.take([
            ReportingHouse.step("requested", on: 0, institution: ""), ReportingHouse.step("dispatched", on: 0),
            ReportingHouse.step("accept-overdue", on: 4), ReportingHouse.step("dispatched", on: 4, institution: "bank-b"),
            ReportingHouse.step("accepted", on: 5, institution: "bank-b"),
            ReportingHouse.step("disbursed", on: 9, institution: "bank-b", loan: "L-1"),
            ReportingHouse.step("declined", on: 10, reason: "too late"),
        ])
        #expect(house.cells(ReportingTables.handling, "institution") == [.text("bank-a"), .text("bank-b")])
        #expect(house.cells(ReportingTables.handling, "accept_overdue") == [.bool(true), .bool(false)])
        #expect(house.cells(ReportingTables.application, "status") == [.text("disbursed")])
        #expect(house.cells(ReportingTables.application, "institution") == [.text("bank-b")])
    }

    @Test func `a refusal by the institution that holds it is the state, until another takes it`() {
        let house = ReportingHouse()
        house.take([ReportingHouse.step("dispatched", on: 0), ReportingHouse.step("declined", on: 2, reason: "collateral")])
        #expect(house.cells(ReportingTables.application, "status") == [.text("declined")])
        #expect(house.cells(ReportingTables.application, "reason") == [.text("collateral")])
        house.take([ReportingHouse.step("dispatched", on: 3, institution: "bank-b")])
        #expect(house.cells(ReportingTables.application, "status") == [.text("dispatched")])
    }

    private func watch(_ kind: String, _ institution: String, on day: Int) -> WatchEvent {
        WatchEvent(
            kind: kind, loanID: "L-1", subject: "S", institution: institution, balance: Money(yuan: kind == "closed" ? 0 : 1_000),
            loanClass: "normal", at: ReportingHouse.day(day))
    }

    @Test func `two banks may give their loans one number, and the end of one is not that of the other`() {
        let house = ReportingHouse()
        let watches = [watch("opened", "bank-a", on: 1), watch("opened", "bank-b", on: 2), watch("closed", "bank-a", on: 3)]
        house.take(watches.map { ReportingHouse.message($0, on: Topic.riskMonitoringEvents) })
        #expect(house.cells(ReportingTables.watch, "institution") == [.text("bank-a"), .text("bank-b")])
        #expect(house.cells(ReportingTables.watch, "is_open") == [.bool(false), .bool(true)])
        #expect(house.sum(ReportingTables.watch, "balance_fen") == 100_000)
        #expect(house.state("S").watches.count == 2)
    }

    @Test func `a state that kept watches by the loan's number alone is read as the loans that it speaks of`() throws {
        let opened = String(decoding: watch("opened", "bank-b", on: 2).bytes, as: UTF8.self)
        let closed = String(decoding: watch("closed", "bank-a", on: 3).bytes, as: UTF8.self)
        let state = try SubjectRecord(ReportingHouse.json(#"{"watches":{"L-1":{"opened":\#(opened),"closed":\#(closed)}}}"#))
        #expect(state.watches.keys.sorted() == ["bank-a|L-1", "bank-b|L-1"])
        #expect(state.watches["bank-b|L-1"]?.byName.keys.sorted() == ["opened"])
    }

    @Test func `facts in each other's place count once, and one taken back not at all`() {
        let house = ReportingHouse()
        house.take([
            ReportingHouse.fact(1), ReportingHouse.fact(2), ReportingHouse.fact(3, supersedes: "f-2"),
            ReportingHouse.fact(4, supersedes: "f-1", retracts: true),
        ])
        #expect(house.sum(ReportingTables.coverage, "facts") == 4)
        #expect(house.sum(ReportingTables.coverage, "standing") == 1)
    }

    @Test func `a legal person's name is masked before it is kept`() {
        let house = ReportingHouse()
        house.take([
            ReportingHouse.fact(1, "registration", data: #"{"name":"湘绣厂","legalPerson":"张三丰","division":"430102","industry":"C1711"}"#)
        ])
        #expect(house.cells(ReportingTables.subject, "legal_person") == [.text("张*")])
        #expect(house.cells(ReportingTables.subject, "section") == [.text("C")])
        #expect(!String(decoding: house.states["S"] ?? [], as: UTF8.self).contains("三丰"))
    }

    /// A county that becomes another on the day, in another city.
    private func divisions(_ day: String) -> CatalogEntry {
        CatalogEntry(
            kind: "divisionTable", id: "gb", version: 1, effectiveFrom: .epoch,
            body: ReportingHouse.json(
                #"{"divisions":[{"code":"430102","name":"a","validTo":"\#(day)","successor":"430299","sourceChecked":false},{"code":"430299","name":"b","validFrom":"\#(day)","sourceChecked":false}]}"#
            ))
    }

    private func places(_ house: ReportingHouse) -> [Cell] {
        [ReportingTables.subject, ReportingTables.application].flatMap { house.cells($0, "region") + house.cells($0, "prefecture") }
    }

    @Test func `a firm and its applications count where the successor of their division is, from the day on which the table says so`() {
        let before: [Cell] = [.text("430102"), .text("430100"), .text("430102"), .text("430100")]
        let after: [Cell] = [.text("430299"), .text("430200"), .text("430299"), .text("430200")]
        let messages = [
            ReportingHouse.fact(1, "registration", data: #"{"name":"湘绣厂","division":"430102","industry":"C1711"}"#),
            ReportingHouse.step("requested", on: 1),
        ]
        let house = ReportingHouse()
        house.take(messages)
        #expect(places(house) == before)
        house.publish(divisions("2025-01-01"))
        #expect(places(house) == after)
        #expect(house.timers.isEmpty)

        let late = ReportingHouse()
        late.catalog = Catalog(version: 1, entries: [divisions("2026-03-01")])
        late.take(messages)
        #expect(places(late) == before)
        let due = late.timers["divisions"]
        #expect(due == Instant(rfc3339: "2026-03-01T00:00:00+08:00"))
        late.decide(.timer(DueTimer(name: "divisions", due: due ?? .epoch)), "S", at: due ?? .epoch)
        #expect(places(late) == after)
    }

    @Test func `the highest revision of a portrait stands, with the marks that go with its score`() {
        let house = ReportingHouse()
        house.take([ReportingHouse.portrait(3, points: 700), ReportingHouse.portrait(2, points: 600)])
        #expect(house.cells(ReportingTables.subject, "points") == [.int64(700)])
        #expect(house.cells(ReportingTables.subject, "revision") == [.int64(3)])
        // Not without the marks that go with the score.
        #expect(house.cells(ReportingTables.subject, "public_grade_on") == [.day(Day(number: 20_000))])
        #expect(house.cells(ReportingTables.subject, "public_grade_source") == [.text("source:credit-china")])
        #expect(house.cells(ReportingTables.subject, "public_grade_stale") == [.bool(true)])
        guard case .json(let disputes)? = house.cells(ReportingTables.subject, "disputes").first else {
            Issue.record("the row has no marks")
            return
        }
        #expect(String(decoding: disputes, as: UTF8.self).contains(#""recordId":"source:tax/1""#))
    }
}
