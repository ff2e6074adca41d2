import Testing
import Vocabulary

@Suite struct ConsentTests {
    private let start = Instant(microseconds: 1_000_000)
    private let expiry = Instant(microseconds: 9_000_000)

    private func consent(_ status: Consent.Status) -> Consent {
        Consent(
            id: "c-1", subject: "91430100PDY00001XL", grantor: "91430100PDY00001XL", receivers: ["bank-a", "bank-b"],
            categories: ["tax.paid", "flows.summary"], purpose: "loan.application", occasion: "a-7", mode: .view, fetch: .oneTime,
            start: start, expiry: expiry, dataLife: .seconds(86_400), status: status, channel: "portal", evidenceHash: "00")
    }

    private func coverage(
        _ status: Consent.Status, subject: Consent.Subject = "91430100PDY00001XL", receiver: Consent.Receiver = "bank-a",
        category: Consent.Category = "tax.paid", purpose: Consent.Purpose = "loan.application", at moment: Int64 = 5_000_000
    ) -> ConsentCoverage {
        consent(status).covers(
            subject: subject, receiver: receiver, category: category, purpose: purpose, at: Instant(microseconds: moment))
    }

    @Test func `an active consent covers its subject, receivers, categories and purpose in its time`() {
        let active = Consent.Status.active(since: start)
        #expect(coverage(active) == .covered)
        #expect(coverage(active, receiver: "bank-b", category: "flows.summary") == .covered)
        #expect(coverage(active, at: 1_000_000) == .covered)
        #expect(coverage(active, at: 8_999_999) == .covered)
    }

    @Test func `anything outside it is not covered, and the gap is named`() {
        let active = Consent.Status.active(since: start)
        #expect(coverage(active, subject: "91430100PDY0000600") == .notCovered(.otherSubject))
        #expect(coverage(active, receiver: "bank-c") == .notCovered(.otherReceiver("bank-c")))
        #expect(coverage(active, category: "tax.owed") == .notCovered(.otherCategory("tax.owed")))
        #expect(coverage(active, purpose: "marketing") == .notCovered(.otherPurpose("marketing")))
        #expect(coverage(active, at: 999_999) == .notCovered(.notStarted(start)))
        #expect(coverage(active, at: 9_000_000) == .notCovered(.expired(at: expiry)))
    }

    @Test func `only an active consent covers anything`() {
        let moment = Instant(microseconds: 2_000_000)
        #expect(coverage(.pending) == .notCovered(.notGivenYet))
        #expect(coverage(.paused(since: moment)) == .notCovered(.paused(since: moment)))
        #expect(coverage(.revoked(at: moment)) == .notCovered(.revoked(at: moment)))
        #expect(coverage(.expired(at: moment)) == .notCovered(.expired(at: moment)))
    }

    @Test func `a consent can be withdrawn from every state that is not final`() {
        let now = Instant(microseconds: 3_000_000)
        for status in [Consent.Status.pending, .active(since: start), .paused(since: start)] {
            #expect(status.after(.revoke, at: now) == .to(.revoked(at: now)))
        }
    }

    @Test func `no step leads out of revoked or expired`() {
        let now = Instant(microseconds: 3_000_000)
        for status in [Consent.Status.revoked(at: start), .expired(at: start)] {
            for step in Consent.Step.allCases {
                if case .to(let next) = status.after(step, at: now) { Issue.record("\(status.code) became \(next.code) by \(step)") }
            }
        }
    }

    @Test func `a step said twice changes nothing`() {
        let statuses: [Consent.Status] = [
            .pending, .active(since: start), .paused(since: start), .revoked(at: start), .expired(at: start),
        ]
        for status in statuses {
            for step in Consent.Step.allCases {
                guard case .to(let next) = status.after(step, at: Instant(microseconds: 3_000_000)) else { continue }
                #expect(next.after(step, at: Instant(microseconds: 4_000_000)) == .unchanged, "\(status.code) \(step)")
            }
        }
    }

    @Test func `the steps of a life`() {
        let now = Instant(microseconds: 3_000_000)
        #expect(Consent.Status.pending.after(.give, at: now) == .to(.active(since: now)))
        #expect(Consent.Status.active(since: start).after(.pause, at: now) == .to(.paused(since: now)))
        #expect(Consent.Status.paused(since: start).after(.resume, at: now) == .to(.active(since: now)))
        #expect(Consent.Status.active(since: start).after(.expire, at: now) == .to(.expired(at: now)))
        #expect(Consent.Status.pending.after(.pause, at: now) == .refused(.pause, in: .pending))
        #expect(consent(.pending).with(.active(since: start)).status.code == "ACTIVE")
    }

    @Test func `gaps have different codes`() {
        let gaps: [ConsentGap] = [
            .otherSubject, .otherReceiver("a"), .otherCategory("b"), .otherPurpose("c"), .notGivenYet, .notStarted(start),
            .paused(since: start), .revoked(at: start), .expired(at: start),
        ]
        #expect(Set(gaps.map(\.code)).count == gaps.count)
    }
}
