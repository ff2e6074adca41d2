import Contracts
import Deciding
import ReportingDomain
import Testing
import Vocabulary

/// A subject's state has an end; the rows have none.
@Suite struct ReportingBoundsTests {
    private static let most = SubjectRecord.keptMax

    /// Decides without going through the state's bytes, which would take minutes.
    private struct Record {
        var state = SubjectRecord()
        var rows = 0
        var refusals: [String] = []

        mutating func take(_ message: Message) {
            var effects = Effects()
            Reporting().decide(.message(message), key: "S", on: &state, at: .epoch, catalog: .empty, effects: &effects)
            rows += effects.rows.count
            if let refusal = effects.refusal { refusals.append(refusal.code) }
        }
    }

    private func watch(_ kind: String, _ number: Int) -> Message {
        ReportingHouse.message(
            WatchEvent(
                kind: kind, loanID: "L\(number)", subject: "S", institution: "bank-a", balance: .zero, loanClass: "normal",
                at: ReportingHouse.day(number)), on: Topic.riskMonitoringEvents)
    }

    private func alert(_ kind: String, _ number: Int) -> Message {
        ReportingHouse.message(
            RiskAlert(
                alertID: "rule-\(number)/S", subject: "S", rule: "rule-\(number)", ruleVersion: 1, level: "red", kind: kind,
                title: Bilingual(en: "R", zh: "规"), observed: "", lenders: [], at: ReportingHouse.day(number)),
            on: Topic.riskMonitoringEvents)
    }

    private func push(_ number: Int) -> Message {
        ReportingHouse.message(
            PolicyEvent(
                kind: "pushed", policyID: "P\(number)", policyVersion: 1, subject: "S", amount: .zero, reason: "", conditions: [],
                at: ReportingHouse.day(number)), on: Topic.policyPushEvents)
    }

    private func list(_ isMember: Bool, _ number: Int) -> Message {
        ReportingHouse.message(
            WhitelistChange(list: "W\(number)", subject: "S", isMember: isMember, reason: "", at: ReportingHouse.day(number)),
            on: Topic.scoringPortraits)
    }

    private func offer(_ number: Int) -> Message {
        ReportingHouse.message(
            MatchList(
                subject: "S", applicationID: "A\(number)", portraitRevision: 1, at: ReportingHouse.day(number), matches: [],
                eligibleCount: 0, refused: [], refusedCount: 0), on: Topic.matchmakingEvents)
    }

    @Test func `of what is over the oldest is forgotten, and every row was written`() {
        var record = Record()
        for number in 0...Self.most {
            record.take(ReportingHouse.step("unmatched", on: number, application: "A\(number)", institution: ""))
            record.take(watch("closed", number))
            record.take(alert("lowered", number))
            record.take(push(number))
            record.take(list(false, number))
            record.take(offer(number))
        }
        #expect(record.refusals == [])
        #expect(record.rows == 6 * (Self.most + 1))
        let state = record.state
        let kept: [(gone: Bool, count: Int)] = [
            (state.applications["A0"] == nil, state.applications.count), (state.watches["bank-a|L0"] == nil, state.watches.count),
            (state.alerts["rule-0/S"] == nil, state.alerts.count), (state.pushes["P0"] == nil, state.pushes.count),
            (state.lists["W0"] == nil, state.lists.count), (state.offers["A0"] == nil, state.offers.count),
        ]
        for (gone, count) in kept { #expect(gone && count == Self.most) }
    }

    @Test func `what still goes on is not forgotten, and the next is set aside by name`() {
        var record = Record()
        for number in 0..<Self.most {
            record.take(ReportingHouse.step("requested", on: number, application: "A\(number)", institution: ""))
            record.take(watch("opened", number))
            record.take(alert("raised", number))
            record.take(list(true, number))
        }
        #expect(record.refusals == [])
        let next = Self.most
        record.take(ReportingHouse.step("requested", on: next, application: "A\(next)", institution: ""))
        record.take(watch("opened", next))
        record.take(alert("raised", next))
        record.take(list(true, next))
        #expect(record.refusals == ["applications-full", "watches-full", "alerts-full", "lists-full"])
        #expect(record.rows == 4 * Self.most)
        // What is known goes on, and what ends makes room.
        record.take(watch("closed", 7))
        record.take(watch("opened", next))
        #expect(record.refusals.count == 4)
        #expect(record.state.watches["bank-a|L7"] == nil)
        #expect(record.state.watches["bank-a|L\(next)"] != nil)
    }
}
