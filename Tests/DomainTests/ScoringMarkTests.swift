import Contracts
import Deciding
import Testing
import Vocabulary
import Wire

@testable import ScoringDomain

/// What goes with every score: the official grade, and what is under dispute.
@Suite struct ScoringMarkTests {
    /// Registered, two months of good sales, one penalty: 600 + 150 - 100 + 30 + 0 + 5.
    private func punished() -> ScoringDrive {
        var drive = ScoringDrive()
        drive.tell(ScoringGround.registration())
        drive.tell(ScoringGround.tax("2025-10", "900"))
        drive.tell(ScoringGround.tax("2025-11", "800"))
        drive.tell(ScoringGround.fact("p", "penalty", "2025-11-03T00:00:00Z", Self.penalty))
        return drive
    }

    private static let penalty = "{\"decisionNo\":\"1\",\"class\":\"minor\"}"

    private func grade(
        _ id: String, _ grade: String, on day: String = "2025-10-01", at time: String = "2025-11-01T00:00:00Z", supersedes: String? = nil,
        isRetraction: Bool = false
    ) -> Fact {
        let data = "{\"grade\":\"\(grade)\",\"evaluatedOn\":\"\(day)\"}"
        return ScoringGround.fact(
            id, "public-grade", time, data, supersedes: supersedes, said: supersedes == nil ? nil : data, isRetraction: isRetraction)
    }

    private func scoreCells(_ effects: Effects) throws -> [String: Cell] {
        let row = try #require(effects.rows.first { $0.table == ScoringTables.scoreHistory })
        return Dictionary(zip(row.table.columns.map(\.name), row.cells)) { first, _ in first }
    }

    // MARK: disputes

    @Test func `a dispute has the subject scored again, with the mark on what rests on the statement`() throws {
        var drive = punished()
        let before = try #require(drive.ring().payload(Portrait.self))
        #expect(before.disputes == [])
        #expect(drive.tell(ScoringGround.dispute("p", "penalty")).schedule == ["portrait": ScoringGround.now])
        let effects = drive.ring()
        let portrait = try #require(effects.payload(Portrait.self))
        #expect(portrait.revision == 2 && portrait.asOf == ScoringGround.instant("2026-01-10T04:00:00Z"))
        let mark = try #require(portrait.disputes.first)
        #expect(portrait.disputes.count == 1 && mark.recordID == "p" && mark.recordType == "penalty")
        #expect(mark.openedOn.text == "2026-01-10" && mark.dueOn.text == "2026-01-30")
        #expect(mark.indicators == ["penalties"] && mark.features == ["penalties"])
        // The mark costs nothing.
        #expect(portrait.score?.points == before.score?.points && portrait.score?.grade == before.score?.grade)
        let reason = try #require(portrait.score?.reasons.last)
        #expect(reason.code == "R-DISPUTE" && reason.feature == "penalties" && reason.pointsLost == 0)
        #expect(reason.text.en.contains("under dispute") && reason.text.zh.contains("异议"))
        #expect(portrait.score?.reasons.filter { $0.code == "R-DISPUTE" }.count == 1)
        guard case .json(let bytes)? = try scoreCells(effects)["disputes"] else {
            Issue.record("the score has no marks")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self).contains("\"recordId\":\"p\""))

        // Answered, and the statement stays.
        #expect(drive.tell(ScoringGround.dispute("p", "penalty", isOpen: false, at: "2026-01-15T04:00:00Z")).schedule.count == 1)
        let after = try #require(drive.ring().payload(Portrait.self))
        #expect(after.disputes == [] && after.score?.reasons == before.score?.reasons)
    }

    @Test func `an objection that is won leaves neither the statement nor its mark`() throws {
        var drive = punished()
        drive.tell(ScoringGround.dispute("p", "penalty"))
        let marked = try #require(drive.ring().payload(Portrait.self))
        drive.tell(
            ScoringGround.fact(
                "desk/1", "penalty", "2025-11-03T00:00:00Z", Self.penalty, supersedes: "p", said: Self.penalty, isRetraction: true))
        drive.tell(ScoringGround.dispute("p", "penalty", isOpen: false, at: "2026-01-15T04:00:00Z"))
        let after = try #require(drive.ring().payload(Portrait.self))
        #expect(after.disputes == [])
        let (points, markedPoints) = (try #require(after.score?.points), try #require(marked.score?.points))
        #expect(points > markedPoints)
    }

    @Test func `a mark goes through windows, latest values and what is made of them`() throws {
        var drive = punished()
        func resting(_ dispute: FactDispute) throws -> [String] {
            var told = drive
            told.tell(dispute)
            return try #require(told.ring().payload(Portrait.self)).disputes.flatMap(\.indicators)
        }
        let october = Month(year: 2025, month: 10)
        #expect(
            try resting(ScoringGround.dispute("tax/2025-11", "tax.return", period: Month(year: 2025, month: 11))) == [
                "sales-12m", "sales-a-month", "sales-last", "sales-max", "tax-grade", "tax-months", "tax-rank",
            ])
        // The latest grade is another return's.
        #expect(
            try resting(ScoringGround.dispute("tax/2025-10", "tax.return", period: october)) == [
                "sales-12m", "sales-a-month", "sales-last", "sales-max", "tax-months",
            ])
        #expect(try resting(ScoringGround.dispute("old", "tax.return", period: Month(year: 2023, month: 1))) == [])
        #expect(try resting(ScoringGround.dispute("reg", "registration")) == ["age"])
        // Sent on under another code, the fact has an id of its own, and that of one record may go on after another's.
        drive.tell(ScoringGround.registration("reg2/x-1", at: "2025-03-01T00:00:00Z"))
        #expect(try resting(ScoringGround.dispute("reg", "registration")) == [])
        #expect(try resting(ScoringGround.dispute("reg2", "registration")) == [])
        #expect(try resting(ScoringGround.dispute("reg2", "registration", as: "reg2/x-1")) == ["age"])
        // Nothing is known of loans, so nothing rests on what is said of them.
        #expect(try resting(ScoringGround.dispute("l", "loan.status")) == [])
    }

    @Test func `facts and words about disputes lead to the same state in every order`() {
        let facts = [
            ScoringGround.registration(), ScoringGround.tax("2025-10", "900"), ScoringGround.tax("2025-11", "800"), grade("g", "B"),
            grade("h", "D", at: "2025-11-02T00:00:00Z", supersedes: "g"),
            grade("r", "D", at: "2025-11-02T00:00:00Z", supersedes: "h", isRetraction: true),
            ScoringGround.fact("p", "penalty", "2025-11-03T00:00:00Z", Self.penalty),
        ]
        let disputes = [
            ScoringGround.dispute("p", "penalty"), ScoringGround.dispute("p", "penalty", isOpen: false, at: "2026-01-15T04:00:00Z"),
            ScoringGround.dispute("tax/2025-11", "tax.return", period: Month(year: 2025, month: 11)),
            ScoringGround.dispute("g", "public-grade", isOpen: false, at: "2026-01-12T04:00:00Z"),
            ScoringGround.dispute("g", "public-grade"),
        ]
        var dice = SplitMix64(seed: 7)
        var states: Set<[UInt8]> = []
        var said: Set<[UInt8]> = []
        for _ in 0..<200 {
            var drive = ScoringDrive()
            for place in Array(0..<facts.count + disputes.count).shuffled(using: &dice) {
                if place < facts.count { drive.tell(facts[place]) } else { drive.tell(disputes[place - facts.count]) }
            }
            states.insert(drive.state.bytes)
            said.formUnion(drive.ring().messages.map(\.value))
            #expect(drive.state.disputes.open.map(\.recordID) == ["tax/2025-11"])
            #expect(drive.state.officialGrade == nil && drive.value("public-grade") == nil)
        }
        #expect(states.count == 1 && said.count == 1)
    }

    /// As when a merger is undone: the host's own grade takes the place of the guest's, which was later.
    @Test func `an earlier grade that stands again is the one on file, in every order`() {
        let facts = [
            grade("d", "D", at: "2025-10-10T00:00:00Z"), grade("a/G-1", "A", at: "2025-11-10T00:00:00Z", supersedes: "d"),
            grade("d/G-2", "D", at: "2025-10-10T00:00:00Z", supersedes: "a/G-1"),
        ]
        var states: Set<[UInt8]> = []
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            var drive = ScoringDrive()
            for place in order { drive.tell(facts[place]) }
            #expect(drive.state.officialGrade?.wording == "D", "\(order)")
            #expect(drive.value("public-grade") == .text("D"), "\(order)")
            states.insert(drive.state.bytes)
        }
        #expect(states.count == 1)
    }

    @Test func `a dispute is read back as it was written, and said again it says nothing`() throws {
        var drive = punished()
        drive.tell(ScoringGround.dispute("p", "penalty"))
        drive.tell(grade("g", "C"))
        drive.ring()
        let bytes = drive.state.bytes
        #expect(try ScoringState(try JSONDocument(parsing: bytes).root).bytes == bytes)
        let again = drive.tell(ScoringGround.dispute("p", "penalty"))
        #expect(again.timers.isEmpty && drive.state.bytes == bytes)
        let older = drive.tell(ScoringGround.dispute("p", "penalty", isOpen: false, at: "2026-01-09T04:00:00Z"))
        #expect(older.timers.isEmpty && drive.state.bytes == bytes)
    }

    @Test func `a dispute about another subject or without its members is refused`() {
        var drive = punished()
        let dispute = ScoringGround.message(ScoringGround.dispute("p", "penalty"))
        var effects = Effects()
        Scoring().decide(
            .message(dispute), key: "92430102PDY000079R", on: &drive.state, at: ScoringGround.now, catalog: ScoringGround.catalog,
            effects: &effects)
        #expect(effects.refusal?.code == "subject-mismatch")
        let broken = Message(
            topic: dispute.topic, partition: 0, offset: 0, key: dispute.key, id: "i", source: "s", type: dispute.type,
            subject: dispute.subject, time: nil, body: ScoringGround.json("{\"subject\":\"\(ScoringGround.firm)\"}"))
        #expect(drive.decide(.message(broken)).refusal?.code == "field-missing")
        #expect(drive.state.disputes.isEmpty)
    }

    @Test func `the report shows the marks in both languages`() throws {
        var drive = punished()
        drive.tell(grade("g", "B"))
        drive.tell(ScoringGround.dispute("p", "penalty"))
        drive.tell(ScoringGround.dispute("g", "public-grade"))
        let text = try #require(drive.tell(ScoringGround.request()).payload(ReportIssued.self)).text
        for part in [
            "B (evaluated on 2025-10-01, source source:test, under dispute)", "## Statements under dispute",
            "record p: objection of 2026-01-10",
            "to be answered by 2026-01-30", "indicators that rest on it: penalties", "| penalties | 1 (under dispute) | u |", "R-DISPUTE",
            "| age | 105 | u |",
        ] {
            #expect(text.en.contains(part), "\(part)")
        }
        for part in ["## 异议标注", "记录p", "2026-01-10提出异议", "| penalties | 1（有异议） | u |", "有异议", "来源source:test"] {
            #expect(text.zh.contains(part), "\(part)")
        }
        var clean = punished()
        let plain = try #require(clean.tell(ScoringGround.request()).payload(ReportIssued.self)).text
        #expect(!plain.en.contains("dispute") && !plain.zh.contains("异议"))
    }

    // MARK: the official grade

    @Test func `the official grade goes with its day, its source and its age into portrait, row and report`() throws {
        var drive = punished()
        let none = try scoreCells(drive.ring())
        #expect(none["public_grade"] == Cell.null && none["public_grade_on"] == Cell.null)
        drive.tell(grade("g", "B"))
        let effects = drive.ring()
        let evaluated = try #require(Day("2025-10-01"))
        let portrait = try #require(effects.payload(Portrait.self))
        #expect(
            portrait.officialGrade
                == OfficialGrade(grade: "B", evaluatedOn: evaluated, source: "source:test", isStale: false, isDisputed: false))
        #expect(portrait.publicGrade == "B")
        let cells = try scoreCells(effects)
        #expect(cells["public_grade"] == Cell.text("B") && cells["public_grade_on"] == Cell.day(evaluated))
        #expect(cells["public_grade_source"] == Cell.text("source:test") && cells["public_grade_stale"] == Cell.bool(false))
        // The day after the last one on which it counts as new.
        let due = try #require(Day("2026-10-02")).startInChina
        #expect(effects.schedule["public-grade"] == due)

        // Nothing else has happened, and it is said that the grade is out of date.
        #expect(drive.ring(at: due - .seconds(1)).messages.isEmpty)
        let later = drive.decide(.timer(DueTimer(name: "public-grade", due: due)), at: due)
        #expect(later.payload(Portrait.self)?.officialGrade?.isStale == true)
        let stale = try scoreCells(later)
        #expect(stale["public_grade_stale"] == Cell.bool(true))
        #expect(drive.ring(at: due).timers.isEmpty)
        let report = try #require(drive.tell(ScoringGround.request(), at: due).payload(ReportIssued.self)).text
        #expect(report.en.contains("B (evaluated on 2025-10-01, source source:test, out of date)") && report.zh.contains("已过期"))
    }

    @Test func `an official grade that was taken back guards nothing, and none is made up`() throws {
        var drive = ScoringDrive()
        drive.tell(ScoringGround.registration())
        drive.tell(ScoringGround.tax("2025-10", "900"))
        drive.tell(ScoringGround.tax("2025-11", "800"))
        drive.tell(grade("g", "D"))
        #expect(try #require(drive.ring().payload(Portrait.self)).score?.grade == "C")
        drive.tell(grade("r", "D", supersedes: "g", isRetraction: true))
        let effects = drive.ring()
        let portrait = try #require(effects.payload(Portrait.self))
        #expect(portrait.score?.grade == "AA" && portrait.publicGrade.isEmpty && portrait.officialGrade == nil)
        #expect(portrait.indicator("public-grade") == nil)
        #expect(effects.schedule["public-grade"] == .some(nil))
        drive.tell(grade("u", "未评", at: "2025-11-05T00:00:00Z"))
        #expect(drive.ring().payload(Portrait.self)?.officialGrade == nil)
    }

    @Test func `which official grade caps ours at which, and for how long it is new, is the entry's to say`() throws {
        var drive = punished()
        drive.catalog = Catalog(
            version: 8,
            entries: ScoringGround.entries.filter { $0.kind != "model" } + [
                model("{\"caps\":{\"B\":\"C\",\"C\":\"D\"},\"staleAfterMonths\":3}")
            ])
        drive.tell(grade("g", "B"))
        let portrait = try #require(drive.ring().payload(Portrait.self))
        #expect(portrait.score?.points == 685 && portrait.score?.grade == "C")
        #expect(portrait.score?.reasons.contains { $0.code == "R-PUBLIC-B" && $0.text.en.contains("the grade is C at the best") } == true)
        #expect(portrait.officialGrade?.isStale == true)
        drive.tell(grade("h", "C", at: "2025-11-02T00:00:00Z", supersedes: "g"))
        #expect(drive.ring().payload(Portrait.self)?.score?.grade == "D")
        // Not named, not capped: not even by D.
        drive.tell(grade("i", "D", at: "2025-11-03T00:00:00Z", supersedes: "h"))
        #expect(drive.ring().payload(Portrait.self)?.score?.grade == "B")
    }

    private func model(_ publicGrade: String?) -> CatalogEntry {
        let body = ScoringGround.entries.first { $0.kind == "model" }?.body
        let bytes = JSONWriter.encode { writer in
            writer.object { object in
                for (name, value) in body?.members.map({ ($0.key, $0.value) }) ?? [] where name != "publicGrade" {
                    object.member(name, value)
                }
                if let publicGrade { object.member("publicGrade", raw: publicGrade.utf8) }
            }
        }
        return ScoringGround.entry("model", "card", String(decoding: bytes, as: UTF8.self))
    }

    @Test func `a model is published only with a guard that names grades there are`() {
        func defects(_ publicGrade: String?, official: String = "") -> [String] {
            Scoring.defects(
                of: model(publicGrade),
                examples: [
                    ScoringGround.json(
                        "{\"indicators\":{\"sales-12m\":1700,\"penalties\":0,\"age\":100}\(official),\"points\":830,\"grade\":\"AA\"}")
                ], in: ScoringGround.catalog)
        }
        #expect(defects("{\"caps\":{\"D\":\"C\"},\"staleAfterMonths\":12}") == [])
        #expect(defects("{\"caps\":{},\"staleAfterMonths\":240}") == [])
        #expect(defects("{\"caps\":{\"D\":\"C\"},\"staleAfterMonths\":12}", official: ",\"publicGrade\":\"A\"") == [])
        #expect(
            defects("{\"caps\":{\"D\":\"C\"},\"staleAfterMonths\":12}", official: ",\"publicGrade\":\"D\"")
                == ["example 1: comes to 830 points, grade C"])
        #expect(
            defects("{\"caps\":{\"D\":\"C\"},\"staleAfterMonths\":12}", official: ",\"publicGrade\":\"E\"")
                == ["example 1: `publicGrade` is no official grade"])
        #expect(defects(nil) == ["`publicGrade` is missing"])
        let wrong = [
            "{\"caps\":{\"E\":\"C\"},\"staleAfterMonths\":12}": "`publicGrade`: there is no official grade `E`",
            "{\"caps\":{\"unrated\":\"C\"},\"staleAfterMonths\":12}": "`publicGrade`: there is no official grade `unrated`",
            "{\"caps\":{\"D\":\"F\"},\"staleAfterMonths\":12}": "`publicGrade`: the card has no grade to cap at under `D`",
            "{\"caps\":{\"D\":1},\"staleAfterMonths\":12}": "`publicGrade`: the card has no grade to cap at under `D`",
            "{\"caps\":{\"D\":\"C\"},\"staleAfterMonths\":0}": "`publicGrade`: `staleAfterMonths` is not 1…240",
            "{\"caps\":{\"D\":\"C\"}}": "`publicGrade`: `staleAfterMonths` is not 1…240",
            "{\"staleAfterMonths\":12}": "`publicGrade` is not {caps, staleAfterMonths}, with `caps` from official grades to ours",
            "3": "`publicGrade` is not {caps, staleAfterMonths}, with `caps` from official grades to ours",
        ]
        for (entry, defect) in wrong { #expect(defects(entry) == [defect], "\(entry)") }
    }
}
