import Contracts
import Deciding
import Testing
import Vocabulary
import Wire

@testable import ScoringDomain

@Suite struct ScoringPortraitTests {
    /// Registered, two months of good sales, tax grade B: 600 + 150 + 50 + 30 + 0 + 5.
    private func steady() -> ScoringDrive {
        var drive = ScoringDrive()
        drive.tell(ScoringGround.registration())
        drive.tell(ScoringGround.tax("2025-10", "900"))
        drive.tell(ScoringGround.tax("2025-11", "800"))
        return drive
    }

    @Test func `a fact sets the timer and the timer sends one portrait`() throws {
        var drive = ScoringDrive()
        for fact in [ScoringGround.registration(), ScoringGround.tax("2025-10", "900"), ScoringGround.tax("2025-11", "800")] {
            let effects = drive.tell(fact)
            #expect(effects.messages.isEmpty)
            #expect(effects.schedule == ["portrait": ScoringGround.now])
        }
        let effects = drive.ring()
        #expect(effects.types == [Portrait.type, WhitelistChange.type])
        #expect(effects.rows.map(\.table.name) == ["portrait", "score_history", "whitelist_member"])
        let portrait = try #require(effects.payload(Portrait.self))
        #expect(portrait.revision == 1)
        #expect(portrait.name == "长沙星桥有限公司")
        #expect(portrait.region == "430102" && portrait.industry == "3921" && portrait.subjectKind == "enterprise")
        #expect(portrait.asOf == ScoringGround.instant("2025-11-28T04:00:00Z"))
        #expect(portrait.catalogVersion == 7)
        #expect(portrait.tags == ["big"])
        // 300 + 900 stays within 1000; nothing is known of the regulatory side.
        #expect(portrait.dimensions.map(\.name) == ["commercial"] && portrait.dimensions.map(\.points) == [1_000])
        let score = try #require(portrait.score)
        #expect(score.points == 835 && score.grade == "AA")
        #expect(score.scoreID == ScoringGround.firm + "#1")
        #expect(score.low < score.points && score.points < score.high)
        #expect(score.model == "card" && score.modelVersion == 1 && score.defaultProbability > 0)
        for row in effects.rows { #expect(row.cells.count == row.table.columns.count, "\(row.table.name)") }
    }

    @Test func `a portrait that says nothing new is not sent again`() {
        var drive = steady()
        #expect(drive.ring().types.first == Portrait.type)
        #expect(drive.ring().messages.isEmpty)
        // A fact that no indicator asks for moves neither the indicators nor the end of the windows.
        drive.tell(ScoringGround.fact("x", "order.month", "2025-11-29T00:00:00Z", "{\"period\":\"2025-10\",\"orders\":3}"))
        #expect(drive.ring().messages.isEmpty)
        #expect(drive.state.revision == 1)
        drive.tell(ScoringGround.tax("2025-12", "1"))
        #expect(drive.ring().types == [Portrait.type])
        #expect(drive.state.revision == 2)
    }

    @Test func `the official grade D keeps the grade at C`() throws {
        var drive = steady()
        drive.tell(ScoringGround.fact("g", "public-grade", "2025-11-01T00:00:00Z", "{\"grade\":\"D\",\"evaluatedOn\":\"2025-10-01\"}"))
        let portrait = try #require(drive.ring().payload(Portrait.self))
        #expect(portrait.publicGrade == "D")
        #expect(portrait.score?.points == 835)
        #expect(portrait.score?.grade == "C")
        let reason = try #require(portrait.score?.reasons.last)
        #expect(reason.code == "R-PUBLIC-D" && reason.text.zh == "公共信用评价为D级，等级最高为C")
        drive.tell(ScoringGround.fact("h", "public-grade", "2025-11-02T00:00:00Z", "{\"grade\":\"C\",\"evaluatedOn\":\"2025-11-01\"}"))
        #expect(drive.ring().payload(Portrait.self)?.score?.grade == "AA")
    }

    @Test func `there are four reasons in both languages and none accuses of what is not known`() throws {
        var drive = steady()
        let reasons = try #require(drive.ring().payload(Portrait.self)?.score?.reasons)
        #expect(reasons.count >= 4)
        #expect(reasons.allSatisfy { !$0.text.en.isEmpty && !$0.text.zh.isEmpty })
        #expect(reasons.map(\.pointsLost) == reasons.map(\.pointsLost).sorted(by: >))
        let thin = try #require(reasons.first { $0.feature == "overdue" })
        #expect(thin.code == "R-THIN" && thin.text == Bilingual(en: "no borrowing record", zh: "无借贷记录") && thin.pointsLost == 20)
        #expect(reasons.first { $0.code == "R-TAX" }?.text.en == "tax-rank is bad")
        for reason in reasons where reason.pointsLost == 0 { #expect(!reason.text.en.hasSuffix("is bad"), "\(reason)") }
        // Once a loan is known, the thin file is history.
        drive.tell(ScoringGround.fact("l", "loan.status", "2025-11-01T00:00:00Z", "{\"loanId\":\"1\",\"overdueDays\":5}"))
        let after = try #require(drive.ring().payload(Portrait.self)?.score?.reasons)
        #expect(after.first?.code == "R-LOAN")
        #expect(!after.contains { $0.code == "R-THIN" })
    }

    @Test func `a subject enters a white list and leaves it with a reason`() throws {
        var drive = steady()
        let entered = try #require(drive.ring().payload(WhitelistChange.self))
        #expect(entered.isMember && entered.list == "steady" && entered.reason.contains("good and declared"))
        #expect(drive.state.lists["steady"] == ScoringGround.now)
        drive.tell(ScoringGround.fact("p", "penalty", "2025-11-03T00:00:00Z", "{\"decisionNo\":\"1\",\"class\":\"minor\"}"))
        let later = ScoringGround.now + .seconds(60)
        let left = try #require(drive.ring(at: later).payload(WhitelistChange.self))
        #expect(!left.isMember && left.at == later && left.reason.contains("no longer"))
        #expect(drive.state.lists.isEmpty)
        #expect(drive.ring().messages.isEmpty)
    }

    @Test func `a subject leaves a list that was withdrawn`() throws {
        var drive = steady()
        drive.ring()
        drive.catalog = Catalog(version: 8, entries: ScoringGround.entries.filter { $0.kind != "whitelist" })
        let effects = drive.decide(.sweep([ScoringGround.entry("whitelist", "steady", "{}")]))
        #expect(effects.payload(WhitelistChange.self)?.isMember == false)
    }

    @Test func `a request is answered at once with portrait, report and assessment`() throws {
        var drive = steady()
        let effects = drive.tell(ScoringGround.request())
        #expect(effects.types == [Portrait.type, ReportIssued.type, Assessment.type, WhitelistChange.type])
        #expect(effects.messages.allSatisfy { $0.topic == Topic.scoringPortraits && $0.key == ScoringGround.firm })
        #expect(effects.schedule == ["portrait": nil])
        let assessment = try #require(effects.payload(Assessment.self))
        #expect(assessment.request.applicationID == "app-1")
        #expect(assessment.request.amount == Money(fen: 50_000_050))
        #expect(assessment.request.months == 12 && assessment.request.productID.isEmpty && assessment.request.consentID == "c-1")
        #expect(assessment.request.requestedAt == ScoringGround.instant("2025-12-20T04:00:00Z"))
        let portrait = try #require(effects.payload(Portrait.self))
        #expect(assessment.portrait.bytes == portrait.bytes)
        let report = try #require(effects.payload(ReportIssued.self))
        #expect(report.applicationID == "app-1" && report.revision == 1 && report.scoreID == ScoringGround.firm + "#1")
        #expect(report.issuedAt == ScoringGround.now)

        // A second request says nothing new about the firm: no second portrait, but its own report.
        let second = drive.tell(ScoringGround.request("app-2"))
        #expect(second.types == [ReportIssued.type, Assessment.type])
        #expect(second.payload(ReportIssued.self)?.reportID != report.reportID)
        #expect(second.payload(Assessment.self)?.portrait.revision == 1)
    }

    @Test func `a report says who, how much, why, and what it is not`() throws {
        var drive = steady()
        drive.tell(ScoringGround.registration("reg2", at: "2025-03-01T00:00:00Z", name: "Ill | <b>named</b>"))
        let text = try #require(drive.tell(ScoringGround.request()).payload(ReportIssued.self)).text
        for part in [
            "835", "AA", ScoringGround.firm, "no borrowing record", "| sales-12m | 1700 | u |", "Commercial: 1000 / 1000", "Big",
            "not rated",
        ] {
            #expect(text.en.contains(part), "\(part)")
        }
        #expect(text.en.contains("the platform neither issues nor changes it"))
        for part in ["综合信用报告", "835", "无借贷记录", "公共信用评价", "未评", "不作出具或更改", "商业", "大"] { #expect(text.zh.contains(part), "\(part)") }
        #expect(!text.en.contains("<b>") && text.en.contains("Ill \\| \\<b\\>named"))
    }

    @Test func `a request that can not be read is refused and changes nothing`() {
        var drive = steady()
        let before = drive.state.bytes
        for data in [
            "{}", "{\"applicationId\":\"a\",\"amount\":0,\"months\":1,\"purpose\":\"trade\"}",
            "{\"applicationId\":\"a\",\"amount\":1.005,\"months\":1,\"purpose\":\"trade\"}",
            "{\"applicationId\":\"a\",\"amount\":1,\"months\":0,\"purpose\":\"trade\"}",
        ] {
            let effects = drive.tell(ScoringGround.fact("portal/x", "financing.requested", "2025-12-01T00:00:00Z", data))
            #expect(effects.refusal != nil, "\(data)")
            #expect(drive.state.bytes == before)
        }
    }

    @Test func `without a model for its kind a subject has a portrait and no score`() throws {
        var drive = steady()
        drive.catalog = Catalog(version: 9, entries: ScoringGround.entries.filter { $0.kind != "model" })
        let effects = drive.tell(ScoringGround.request())
        #expect(effects.types == [Portrait.type, ReportIssued.type, Assessment.type])
        #expect(effects.payload(Portrait.self)?.score == nil)
        #expect(effects.payload(ReportIssued.self)?.text.en.contains("No model applies") == true)
        #expect(!effects.rows.contains { $0.table == ScoringTables.scoreHistory })
    }

    @Test func `the code tells the kind of the subject`() {
        let kinds = [
            "91430102PDY000079R": "enterprise", "92430102PDY000079R": "sole-trader", "93430102PDY000079R": "cooperative",
            "11430102PDY000079R": "other", "9": "other", "": "other",
        ]
        for (code, kind) in kinds { #expect(SubjectProfile.kind(of: code) == kind, "\(code)") }
    }
}
