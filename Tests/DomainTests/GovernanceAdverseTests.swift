import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary
import Wire

/// Adverse information of any type, by what its entry says: publication, repair, and five years.
@Suite struct GovernanceAdverseTests {
    private let ana = GovernanceHouse.firm(1)
    private let trader = USCC.synthetic(number: 2, kind: .soleTrader)?.text ?? ""

    private static let executeeFields =
        #"{"caseNo":{"type":"text"},"amount":{"type":"int"},"publishedOn":{"type":"day"},"removedOn":{"type":"day"}}"#
    private static let executeeRule =
        #"{"from":"publishedOn","ended":{"on":"removedOn"},"publication":{"classes":{"listed":{"monthsMin":6,"monthsMax":24}},"otherwise":"listed","untilEnded":true}}"#

    private static let types = [
        GovernanceHouse.type("executee", key: ["caseNo"], #","adverse":\#(executeeRule)"#, fields: executeeFields),
        GovernanceHouse.type(
            "arrears", key: ["notice", "tax"],
            #","adverse":{"from":"announcedOn","ended":{"when":{"<=":[{"var":"data.amount"},0]}},"publication":{"classes":{"owed":{"monthsMin":3}},"otherwise":"owed","untilEnded":true}}"#,
            fields: #"{"notice":{"type":"text"},"tax":{"type":"text"},"amount":{"type":"int"},"announcedOn":{"type":"day"}}"#),
        GovernanceHouse.type(
            "judgment", key: ["no"],
            #","adverse":{"when":{"==":[{"var":"data.role"},"executed"]},"ended":{"when":{"==":[{"var":"data.status"},"closed"]}},"retention":"persons"}"#,
            fields: #"{"no":{"type":"text"},"role":{"type":"text"},"status":{"type":"text"}}"#),
        GovernanceHouse.type(
            "loan", key: ["loan", "asOf"],
            #","adverse":{"when":{">":[{"var":"data.overdueDays"},0]},"from":"asOf","ended":{"nextInRow":true},"retention":"persons"}"#,
            fields: #"{"loan":{"type":"text"},"asOf":{"type":"day"},"overdueDays":{"type":"int"}}"#),
        GovernanceHouse.type(
            "credit", key: ["loan", "asOf"],
            #","adverse":{"when":{">":[{"var":"data.overdueDays"},0]},"from":"asOf","ended":{"nextInRow":true,"orBy":{"recordType":"settled","fields":["loan"],"on":"settledOn"}},"retention":"persons"}"#,
            fields: #"{"loan":{"type":"text"},"asOf":{"type":"day"},"overdueDays":{"type":"int"}}"#),
        GovernanceHouse.type(
            "settled", key: ["application"],
            fields: #"{"application":{"type":"text"},"loan":{"type":"text"},"settledOn":{"type":"day"}}"#),
        GovernanceHouse.type(
            "fixed", key: ["no"],
            #","adverse":{"publication":{"classes":{"any":{"monthsMin":0,"monthsMax":36}},"otherwise":"any"},"repairable":false}"#,
            fields: #"{"no":{"type":"text"}}"#),
    ]

    private func opened(on day: String) -> GovernanceHouse {
        var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + Self.types))
        house.now = Self.day(day).startInChina + .seconds(3_600)
        return house
    }

    private static func day(_ text: String) -> Day { Day(text) ?? Day(number: 0) }

    private func arrears(_ id: String = "a", amount: Int = 88, at day: String = "2026-05-10") -> AcceptedRecord {
        GovernanceHouse.record(
            id, "arrears", of: ana, at: "\(day)T01:00:00Z",
            #"{"notice":"N1","tax":"vat","amount":\#(amount),"announcedOn":"2026-05-10"}"#)
    }

    private func executee(_ id: String = "e", removed: String? = nil, at day: String = "2026-05-10") -> AcceptedRecord {
        let end = removed.map { #","removedOn":"\#($0)""# } ?? ""
        return GovernanceHouse.record(
            id, "executee", of: ana, at: "\(day)T01:00:00Z", #"{"caseNo":"C1","amount":7,"publishedOn":"2026-05-10"\#(end)}"#)
    }

    private func applying(for type: String, _ key: String, on day: String) -> AcceptedRecord {
        GovernanceHouse.record(
            "app-\(day)", "repair.applied", of: ana, at: "\(day)T02:00:00Z", writer: "portal",
            #"{"recordType":"\#(type)","key":[\#(key)],"appliedOn":"\#(day)","fulfilledOn":"2026-05-20","commitment":true}"#)
    }

    private func approving(of type: String, _ key: String, on day: String) -> AcceptedRecord {
        GovernanceHouse.record(
            "ok-\(day)", "repair.approved", of: ana, at: "\(day)T02:00:00Z",
            #"{"recordType":"\#(type)","key":[\#(key)],"approvedOn":"\#(day)"}"#)
    }

    @Test func `the types of these tests are read as they are meant`() {
        #expect(opened(on: "2026-05-10").catalog.view(GovernanceCatalog.self).defects == [:])
        #expect(USCC.synthetic(number: 2, kind: .soleTrader)?.kind == .soleTrader)
    }

    @Test func `an application about any adverse type is refused with the first day on which it may be made`() {
        let cases = [
            ("2026-08-09", "refused publication-too-short earliest=2026-08-10"), ("2026-08-10", "admitted N1|vat"),
        ]
        for (applied, answer) in cases {
            let application = applying(for: "arrears", #""N1","vat""#, on: applied)
            for order in [[arrears(), application], [application, arrears()]] {
                var house = opened(on: "2026-08-11")
                for record in order { house.take(record) }
                #expect(house.told == ["repair-application-\(answer)"])
                #expect(house.cells(GovernanceTables.repairApplication, "record_type") == ["arrears"])
                #expect(house.cells(GovernanceTables.repairApplication, "business_key") == ["N1|vat"])
                #expect(house.sum("amount") == 88, "an application takes nothing back")
            }
        }
    }

    @Test func `a repair of any adverse type counts from its first day on and takes the statement back in every order`() {
        let cases = [
            ("2026-11-09", 7, "refused repair-too-early earliest=2026-11-10"), ("2026-11-10", 0, "retracted source:test/ok-2026-11-10"),
        ]
        for (approved, amount, told) in cases {
            let approval = approving(of: "executee", #""C1""#, on: approved)
            var rows: Set<String> = []
            for order in [[executee(), approval], [approval, executee()]] {
                var house = opened(on: "2026-11-11")
                for record in order { house.take(record) }
                #expect(house.sum("amount") == Int64(amount))
                #expect(house.told == [told])
                rows.insert("\(house.cells(GovernanceTables.repairRefused, "business_key"))")
            }
            #expect(rows == [amount == 0 ? "[]" : #"["C1"]"#])
        }
    }

    @Test func `publication ends by the clock at the maximum of the class`() {
        var house = opened(on: "2026-05-10")
        house.take(executee())
        house.now = Self.day("2028-05-09").startInChina + .seconds(86_399)
        house.ring()
        #expect(house.sum("amount") == 7)
        house.now = Self.day("2028-05-10").startInChina
        house.ring()
        #expect(house.sum("amount") == 0)
        #expect(house.told == ["retracted publication-ended"])
        #expect(house.facts.last?.isRetraction == true)
        #expect(house.timers.isEmpty)
    }

    @Test func `publication ends with the state where the type says so, by a field or by a condition`() {
        var listed = opened(on: "2026-09-02")
        listed.take(executee(), executee("e2", removed: "2026-09-01", at: "2026-09-02"))
        #expect(listed.sum("amount") == 0)
        #expect(listed.told == ["retracted publication-ended"])
        listed.take(applying(for: "executee", #""C1""#, on: "2026-12-01"))
        #expect(listed.told.last == "repair-application-ended publication-ended")

        // Removed on a day to come it stands until then.
        var coming = opened(on: "2026-09-02")
        coming.take(executee("e2", removed: "2026-10-01", at: "2026-09-02"))
        #expect(coming.sum("amount") == 7)
        coming.now = Self.day("2026-10-01").startInChina
        coming.ring()
        #expect(coming.sum("amount") == 0)

        var paid = opened(on: "2026-09-02")
        paid.take(arrears(), arrears("a2", amount: 0, at: "2026-09-02"))
        #expect(paid.sum("amount") == 0)
        #expect(paid.standing.isEmpty)
        var owed = opened(on: "2099-01-01")
        owed.take(arrears())
        #expect(owed.sum("amount") == 88, "no length of time ends what is owed")
    }

    @Test func `what the law excludes is not repaired, and a word about nothing adverse is refused`() {
        var fixed = opened(on: "2026-09-02")
        fixed.take(
            GovernanceHouse.record("f", "fixed", of: ana, at: "2026-05-10T01:00:00Z", #"{"no":"1"}"#),
            approving(of: "fixed", #""1""#, on: "2026-09-01"), applying(for: "fixed", #""1""#, on: "2026-09-01"))
        #expect(fixed.standing.count == 1)
        #expect(fixed.told == ["refused repair-excluded", "repair-application-refused excluded-by-law"])

        for (type, key) in [("happening", #""x""#), ("nothing", #""x""#), ("arrears", #""N1""#), ("executee", "null")] {
            var house = opened(on: "2026-09-02")
            house.take(arrears(), executee(), approving(of: type, key, on: "2026-09-01"), applying(for: type, key, on: "2026-09-01"))
            #expect(house.told == ["refused repair-of-nothing", "refused repair-of-nothing"], "\(type) \(key)")
            #expect(house.standing.count == 2)
        }
    }

    // MARK: Five years

    private func judgment(_ id: String, of subject: String, status: String, role: String = "executed", at day: String) -> AcceptedRecord {
        GovernanceHouse.record(
            id, "judgment", of: subject, at: "\(day)T01:00:00Z", #"{"no":"\#(role)","role":"\#(role)","status":"\#(status)"}"#)
    }

    @Test func `a sole trader's adverse statement goes five years after its state ended and a firm's stays`() {
        for (subject, remaining) in [(trader, 1), (ana, 2)] {
            var house = opened(on: "2021-03-02")
            house.take(
                judgment("j1", of: subject, status: "open", at: "2015-01-01"),
                judgment("p", of: subject, status: "closed", role: "plaintiff", at: "2015-01-01"))
            #expect(house.standing.count == 2, "what lasts is kept, and what is not adverse")
            #expect(house.timers.isEmpty)
            house.take(judgment("j2", of: subject, status: "closed", at: "2021-03-01"))
            house.now = Self.day("2026-03-01").startInChina + .seconds(86_399)
            house.ring()
            #expect(house.standing.count == 2)
            house.now = Self.day("2026-03-02").startInChina
            house.ring()
            #expect(house.standing.count == remaining)
            #expect(house.told == (remaining == 1 ? ["retracted retention-ended"] : []))
            // Known only afterwards it is never shown.
            var late = opened(on: "2026-03-02")
            late.take(judgment("j2", of: subject, status: "closed", at: "2021-03-01"))
            #expect(late.facts.count == remaining - 1)
        }
    }

    private func loan(_ asOf: String, _ overdueDays: Int) -> AcceptedRecord {
        GovernanceHouse.record(
            "l-\(asOf)", "loan", of: trader, at: "\(asOf)T01:00:00Z", #"{"loan":"7","asOf":"\#(asOf)","overdueDays":\#(overdueDays)}"#)
    }

    @Test func `months overdue go five years after the month that was paid again, in every order`() {
        let records = [
            loan("2021-01-31", 31), loan("2021-02-28", 59), loan("2021-03-31", 0), loan("2021-04-30", 30),
        ]
        var dice = SplitMix64(seed: 5)
        for _ in 0..<12 {
            var house = opened(on: "2021-05-01")
            for record in records.shuffled(using: &dice) { house.take(record) }
            #expect(house.standing.count == 4)
            #expect(house.timers.values.map { $0 } == [Self.day("2026-04-01").startInChina])
            house.now = Self.day("2026-04-01").startInChina
            house.ring()
            // The month that was paid is not adverse, and April lasts.
            #expect(house.standing.count == 2)
            #expect(house.sum("overdueDays") == 30)

            // All of it heard of only then.
            var late = opened(on: "2026-04-01")
            for record in records.shuffled(using: &dice) { late.take(record) }
            #expect(late.standing == house.standing)
        }
    }

    private func credit(_ asOf: String, _ overdueDays: Int, of subject: String) -> AcceptedRecord {
        GovernanceHouse.record(
            "c-\(asOf)", "credit", of: subject, at: "\(asOf)T01:00:00Z", #"{"loan":"7","asOf":"\#(asOf)","overdueDays":\#(overdueDays)}"#)
    }

    private func settled(_ id: String, _ loan: String, on day: String, of subject: String, application: String? = nil) -> AcceptedRecord {
        GovernanceHouse.record(
            id, "settled", of: subject, at: "\(day)T01:00:00Z",
            #"{"application":"\#(application ?? id)","loan":"\#(loan)","settledOn":"\#(day)"}"#)
    }

    private func credits(_ house: GovernanceHouse) -> Int { house.standing.count { $0.hasPrefix("credit") } }

    @Test func `months overdue go five years after another type says that the loan was settled, in every order`() {
        for (subject, isPerson) in [(trader, true), (ana, false)] {
            let records = [
                credit("2021-01-31", 31, of: subject), credit("2021-02-28", 59, of: subject),
                settled("s", "7", on: "2021-03-15", of: subject),
                // Of another loan, and of a day on which it was not overdue yet.
                settled("t", "8", on: "2021-03-01", of: subject), settled("u", "7", on: "2021-01-10", of: subject),
            ]
            var dice = SplitMix64(seed: 8)
            for _ in 0..<12 {
                var house = opened(on: "2021-05-01")
                for record in records.shuffled(using: &dice) { house.take(record) }
                #expect(credits(house) == 2)
                #expect(house.timers.values.map { $0 } == (isPerson ? [Self.day("2026-03-16").startInChina] : []))
                house.now = Self.day("2026-03-16").startInChina
                house.ring()
                #expect(credits(house) == (isPerson ? 0 : 2))
                #expect(house.standing.count { $0.hasPrefix("settled") } == 3)

                var late = opened(on: "2026-03-16")
                for record in records.shuffled(using: &dice) { late.take(record) }
                #expect(late.standing == house.standing)

                // It was settled later after all, and then it was not at all.
                house.take(settled("s2", "7", on: "2021-04-20", of: subject, application: "s"))
                #expect(credits(house) == 2)
                house.now = Self.day("2026-04-21").startInChina
                house.ring()
                #expect(credits(house) == (isPerson ? 0 : 2))
                house.take(
                    GovernanceHouse.record(
                        "x", "objection.answered", of: subject, at: "2026-04-21T00:00:00Z", writer: "source:governance-desk",
                        #"{"objectionId":"X1","recordId":"source:test/s2","outcome":"removed"}"#))
                #expect(credits(house) == 2)
            }
        }
    }

    @Test func `a settlement is remembered for as long as what it ends`() {
        var house = opened(on: "2021-05-01")
        house.writesStates = false
        house.take(credit("2021-01-31", 31, of: trader), settled("s", "7", on: "2021-03-15", of: trader))
        for number in 0..<60 { house.take(settled("o\(number)", "other-\(number)", on: "2021-03-16", of: trader)) }
        house.now = Self.day("2026-03-16").startInChina
        house.ring()
        #expect(credits(house) == 0)
        // What has ended does not return when the memory of the settlements is full at last.
        for number in 0..<210 { house.take(settled("p\(number)", "further-\(number)", on: "2021-03-17", of: trader)) }
        #expect(credits(house) == 0)
    }

    private func march(_ id: String, _ overdueDays: Int, at day: String) -> AcceptedRecord {
        GovernanceHouse.record(
            id, "loan", of: trader, at: "\(day)T01:00:00Z", #"{"loan":"7","asOf":"2021-03-31","overdueDays":\#(overdueDays)}"#)
    }

    @Test func `an end that a later month told is no end when that month is said otherwise, in every order`() {
        let months = [loan("2021-01-31", 31), loan("2021-02-28", 59), march("m1", 0, at: "2021-04-01")]
        let worse = march("m2", 45, at: "2021-04-02")
        var dice = SplitMix64(seed: 6)
        for _ in 0..<24 {
            var house = opened(on: "2026-04-01")
            for record in (months + [worse]).shuffled(using: &dice) { house.take(record) }
            #expect(house.standing.count == 3)
            #expect(house.sum("overdueDays") == 135)
            #expect(house.timers.isEmpty)
            #expect(house.retracted == [])
            // What is said again has an id of its own.
            let ids = house.facts.filter { !$0.isRetraction }.map(\.factID)
            #expect(Set(ids).count == ids.count)

            // It was paid after all, and then it was not.
            house.take(march("m3", 0, at: "2021-04-03"))
            #expect(house.standing.count == 1)
            #expect(house.sum("overdueDays") == 0)
            house.take(march("m4", 7, at: "2021-04-04"))
            #expect(house.standing.count == 3)
            #expect(house.sum("overdueDays") == 97)
            let more = house.facts.filter { !$0.isRetraction }.map(\.factID)
            #expect(Set(more).count == more.count)
            let told = house.facts.count
            for record in months + [worse] { house.take(record) }
            #expect(house.facts.count == told)
        }
    }

    @Test func `an end that a later month told is no end when an objection has that month removed, in every order`() {
        let removed = GovernanceHouse.record(
            "x", "objection.answered", of: trader, at: "2026-03-01T00:00:00Z", writer: "source:governance-desk",
            #"{"objectionId":"X1","recordId":"source:test/m1","outcome":"removed"}"#)
        let records = [loan("2021-01-31", 31), loan("2021-02-28", 59), march("m1", 0, at: "2021-04-01"), removed]
        var dice = SplitMix64(seed: 7)
        for _ in 0..<24 {
            var house = opened(on: "2026-04-01")
            for record in records.shuffled(using: &dice) { house.take(record) }
            #expect(house.standing.filter { $0.hasPrefix("loan") }.count == 2)
            #expect(house.sum("overdueDays") == 90)
            // A month later that is paid ends them anew, from then on.
            house.take(loan("2021-05-31", 0))
            #expect(house.standing.filter { $0.hasPrefix("loan") }.count == 3)
            house.now = Self.day("2026-06-01").startInChina
            house.ring()
            #expect(house.standing.filter { $0.hasPrefix("loan") }.count == 1)
        }
    }

    @Test func `many months are remembered only of whom they can be taken back from`() {
        for (subject, isRemembered) in [(trader, true), (ana, false)] {
            var house = opened(on: "2025-12-31")
            house.writesStates = false
            func month(_ id: String, _ loan: Int, _ asOf: String, _ overdueDays: Int, at day: String) -> AcceptedRecord {
                GovernanceHouse.record(
                    id, "loan", of: subject, at: "\(day)T01:00:00Z",
                    #"{"loan":"\#(loan)","asOf":"\#(asOf)","overdueDays":\#(overdueDays)}"#)
            }
            for year in 2021...2025 {
                for number in 1...12 {
                    let day = "\(year)-\(number < 10 ? "0" : "")\(number)-28"
                    for loan in 1...2 { house.take(month("l\(loan)-\(day)", loan, day, 0, at: day)) }
                }
            }
            #expect(house.standing.count == 120)
            house.take(month("late", 1, "2021-01-28", 3, at: "2021-01-30"))
            #expect(house.told == (isRemembered ? [] : ["quarantined beyond-memory"]))
        }
    }

    // MARK: Entries

    private func defects(_ rule: String, examples: String) -> [String] {
        let entry = GovernanceHouse.type("t", key: ["caseNo"], #","adverse":\#(rule)"#, fields: Self.executeeFields)
        return Governance.defects(of: entry, examples: Array(GovernanceHouse.json(examples).elements), in: .empty)
    }

    private func example(gone: String = #""2028-05-10""#, repair: String = #""2026-11-10""#) -> String {
        #"[{"data":{"caseNo":"1","publishedOn":"2026-05-10"},"occurredDay":"2026-05-12","adverse":{"goneOn":\#(gone),"repairFrom":\#(repair)}}]"#
    }

    @Test func `what an entry calls adverse is checked by its examples`() {
        #expect(defects(Self.executeeRule, examples: example()) == [])
        #expect(
            defects(Self.executeeRule, examples: example(gone: #""2028-05-11""#))
                == ["example 1 is gone on 2028-05-10 instead of 2028-05-11"])
        #expect(defects(Self.executeeRule, examples: example(gone: "null")) == ["example 1 is gone on 2028-05-10 instead of never"])
        #expect(
            defects(Self.executeeRule, examples: example(repair: "null"))
                == ["example 1 may be repaired from 2026-11-10 instead of never"])
        let silent = #"[{"data":{"caseNo":"1"}}]"#
        #expect(defects(Self.executeeRule, examples: silent) == ["`adverse` has no example that says when such a statement is gone"])
        let other = example().replacing(#"{"goneOn":"2028-05-10","repairFrom":"2026-11-10"}"#, with: "false")
        #expect(defects(Self.executeeRule, examples: other).first == "example 1 is adverse, and should not be")
    }

    @Test func `what an entry calls adverse and can not be read is named`() {
        let cases = [
            (Self.executeeRule.replacing(#""from""#, with: #""form""#), "`adverse` has no member `form`"),
            (Self.executeeRule.replacing("removedOn", with: "endedOn"), "`adverse.ended.on` names no field"),
            (Self.executeeRule.replacing("removedOn", with: "caseNo"), "`adverse.ended.on`: `caseNo` is not a day"),
            (
                Self.executeeRule.replacing(#""otherwise":"listed""#, with: #""otherwise":"else""#),
                "`adverse.publication.otherwise` names none of the classes"
            ),
            (
                Self.executeeRule.replacing(#""monthsMax":24"#, with: #""monthsMax":5"#),
                "class `listed` is not {monthsMin 0…1200, monthsMax? not below it}"
            ),
            (#"{"from":"publishedOn"}"#, "`adverse` has neither a publication nor a retention"),
            (#"{"retention":"persons"}"#, "`adverse` does not say how the state is told to have ended"),
            (#"{"retention":"some"}"#, "`adverse.retention` is none of persons, all"),
            (#"{"ended":{"nextInRow":true},"retention":"all"}"#, "`adverse.ended.nextInRow`: the business key has no period"),
            (
                #"{"ended":{"on":"removedOn","orBy":{"fields":["caseNo"],"on":"settledOn"}},"retention":"all"}"#,
                "`adverse.ended.orBy` is not {recordType, fields: [field, …], on: field}"
            ),
            (
                #"{"ended":{"on":"removedOn","orBy":{"recordType":"settled","fields":["loan"],"on":"settledOn"}},"retention":"all"}"#,
                "`adverse.ended.orBy.fields` names no field"
            ),
            (
                #"{"when":{"==":[{"var":"data.amuont"},1]},"ended":{"on":"removedOn"},"retention":"all"}"#,
                "`adverse.when` asks for `data.amuont`, which no statement has"
            ),
        ]
        for (rule, defect) in cases { #expect(defects(rule, examples: example()).contains(defect), "\(rule)") }

        let told = #"{"ended":{"on":"removedOn","orBy":{"recordType":"settled","fields":["caseNo"],"on":"application"}},"retention":"all"}"#
        let entry = GovernanceHouse.type("t", key: ["caseNo"], #","adverse":\#(told)"#, fields: Self.executeeFields)
        let found = Governance.defects(of: entry, examples: [], in: Catalog(version: 1, entries: Self.types))
        #expect(found.contains("`adverse.ended.orBy.on`: `application` is not a day of `settled`"))
        #expect(found.contains("`adverse.ended.orBy.fields`: `settled` has no `caseNo`"))
    }

    @Test func `every adverse type of the packs and every word of theirs about repair hold their examples`() throws {
        let entries = try GovernancePacks.all().flatMap { try GovernancePacks.entries(of: $0) }
        let catalog = Catalog(version: 1, entries: entries.map(\.entry))
        let types = entries.filter { $0.entry.kind == "recordType" }
        for (entry, examples) in types {
            #expect(Governance.defects(of: entry, examples: examples, in: catalog) == [], "\(entry.id)")
        }
        func ids(with member: String) -> [String] {
            types.filter { $0.entry.body[member] != nil }.map { $0.entry.id }.sorted()
        }
        #expect(
            ids(with: "adverse") == [
                "abnormal-list", "coercion", "consumption-limit", "dishonest-debtor", "judicial.case", "loan.status", "penalty",
                "risk.clue",
                "serious-list", "social-insurance-arrears", "tax-arrears", "tax-offence", "utility-arrears",
            ])
        #expect(ids(with: "repairs") == ["penalty.repaired", "repair.applied", "repair.approved"])
    }

    @Test func `of a record type each defect is told once, and of one that is withdrawn none`() {
        let body =
            #"{"class":"public","writers":["source:test"],"consentCategory":null,"businessKey":["no"],"fields":{},"adverse":{"from":"on"},"repairs":{"step":"wished"}}"#
        let told = Governance.defects(of: GovernanceHouse.entry("recordType", "r", body), examples: [], in: .empty)
        #expect(!told.isEmpty && Set(told).count == told.count, "\(told)")
        let withdrawn = CatalogEntry(
            kind: "recordType", id: "r", version: 2, effectiveFrom: .epoch, isWithdrawn: true, body: GovernanceHouse.json(body))
        #expect(Governance.defects(of: withdrawn, examples: [], in: .empty) == [])
    }

    @Test func `what an entry says of repair is checked by its examples`() {
        func defects(_ rule: String, _ examples: String) -> [String] {
            let entry = GovernanceHouse.type(
                "r", key: ["key"], #","repairs":\#(rule)"#,
                fields: #"{"type":{"type":"text"},"key":{"type":"list"},"on":{"type":"day"}}"#)
            return Governance.defects(
                of: entry, examples: Array(GovernanceHouse.json(examples).elements), in: Catalog(version: 1, entries: Self.types))
        }
        let rule = #"{"step":"approved","recordType":"arrears","typeField":"type","keyField":"key","day":"on"}"#
        let right = #"[{"data":{"key":["N1","vat"],"on":"2026-08-10"},"repairs":{"recordType":"arrears","key":["N1","vat"]}}]"#
        #expect(defects(rule, right) == [])
        #expect(defects(rule, right.replacing(#"{"key":["N1","vat"],"#, with: #"{"key":["N1"],"#)).count == 1)
        #expect(defects(rule, right.replacing(#"{"key":["N1""#, with: #"{"type":"loan","key":["N1""#)).count == 1)
        #expect(defects(rule, "[{}]") == ["`repairs` has no example that says what is repaired"])
        #expect(defects(rule.replacing("approved", with: "wished"), right) == ["`repairs.step` is none of applied, approved"])
        #expect(defects(rule.replacing(#""key","day""#, with: #""kee","day""#), right) == ["`repairs.keyField` names no field"])
    }
}
