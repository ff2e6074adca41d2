import Contracts
import Deciding
import GovernanceDomain
import Ledger
import Testing
import Vocabulary
import Wire

/// One firm under two codes, and a firm without a code.
@Suite struct GovernanceMergingTests {
    private let ana = GovernanceHouse.firm(1)
    private let ben = GovernanceHouse.firm(2)

    private func tax(_ id: String, of subject: String, _ period: String, _ sales: Int, at time: String) -> AcceptedRecord {
        GovernanceHouse.record(id, "tax.return", of: subject, at: time, #"{"period":"\#(period)","sales":\#(sales)}"#)
    }

    private func word(_ kind: String, at time: String, into other: String? = nil) -> AcceptedRecord {
        GovernanceHouse.record(
            "\(kind)-\(time)", "identity.\(kind)", of: ben, at: time, writer: "source:governance-desk", #"{"into":"\#(other ?? ana)"}"#)
    }

    private var records: [AcceptedRecord] {
        [
            tax("a1", of: ana, "2026-01", 100, at: "2026-02-01T00:00:00Z"), tax("a2", of: ana, "2026-02", 110, at: "2026-03-01T00:00:00Z"),
            tax("b2", of: ben, "2026-02", 115, at: "2026-03-02T00:00:00Z"), tax("b3", of: ben, "2026-03", 120, at: "2026-04-01T00:00:00Z"),
            GovernanceHouse.record("h", "happening", of: ben, at: "2026-04-01T00:00:00Z", #"{"amount":7}"#),
        ]
    }

    private func taxes(_ house: GovernanceHouse) -> [String] {
        house.standing.filter { $0.hasPrefix("tax.return") || $0.hasPrefix("happening") }
    }

    private func said(_ subject: String, _ texts: [String]) -> [String] { texts.filter { $0.contains(subject) } }

    @Test func `what is said of the merged code is held to be said of the other in every order`() {
        let all = records + [word("merged", at: "2026-05-01T00:00:00Z")]
        var dice = SplitMix64(seed: 12)
        for _ in 0..<40 {
            var house = GovernanceHouse()
            for record in all.shuffled(using: &dice) { house.take(record) }
            #expect(said(ben, taxes(house)) == [])
            #expect(
                taxes(house) == [
                    #"happening \#(ana) {"amount":7}"#, #"tax.return \#(ana) {"period":"2026-01","sales":100}"#,
                    #"tax.return \#(ana) {"period":"2026-02","sales":115}"#, #"tax.return \#(ana) {"period":"2026-03","sales":120}"#,
                ])
            #expect(house.sum("sales") == 335)
        }
    }

    @Test func `a merger can be undone and everything stands as if it had never been`() {
        var plain = GovernanceHouse()
        for record in records { plain.take(record) }
        var dice = SplitMix64(seed: 13)
        for _ in 0..<40 {
            var house = GovernanceHouse()
            // Undone last: statements may come before the merger, during it and after it.
            let shuffled = records.shuffled(using: &dice)
            let (first, second) = (Int.random(in: 0...5, using: &dice), Int.random(in: 0...5, using: &dice))
            for (number, record) in shuffled.enumerated() {
                if number == min(first, second) { house.take(word("merged", at: "2026-05-01T00:00:00Z")) }
                if number == max(first, second) { house.take(word("unmerged", at: "2026-06-01T00:00:00Z")) }
                house.take(record)
            }
            house.take(word("merged", at: "2026-05-01T00:00:00Z"), word("unmerged", at: "2026-06-01T00:00:00Z"))
            #expect(taxes(house) == taxes(plain))
            #expect(house.sum("sales") == plain.sum("sales"))
            #expect(house.sum("amount") == plain.sum("amount"))
        }
    }

    @Test func `a type that stays with its code does not move, whenever it is said`() {
        let type = GovernanceHouse.type("request", key: ["no"], #","staysWithCode":true"#)
        for isFirst in [true, false] {
            var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + [type]))
            if !isFirst { house.take(word("merged", at: "2026-05-01T00:00:00Z")) }
            house.take(GovernanceHouse.record("r", "request", of: ben, at: "2026-04-01T00:00:00Z", #"{"no":"7"}"#))
            if isFirst { house.take(word("merged", at: "2026-05-01T00:00:00Z")) }
            #expect(house.standing.filter { $0.hasPrefix("request") } == [#"request \#(ben) {"no":"7"}"#], "\(isFirst)")
            #expect(house.facts.count { $0.recordType == "request" } == 1)
        }
    }

    /// One return for each of the months, counted from January 2020, said when the month is over.
    private func returns(of subject: String, _ months: Range<Int>, _ sales: Int) -> [AcceptedRecord] {
        let first = Month("2020-01") ?? Month(year: 2020, month: 1)
        return months.map { number in
            tax("\(subject)-\(number)", of: subject, (first + number).text, sales + number, at: "\((first + number + 1).text)-01T00:00:00Z")
        }
    }

    @Test func `what came along and was forgotten is corrected in its place and goes with its code`() {
        let (early, late) = (returns(of: ben, 0..<3, 1_000), returns(of: ana, 3..<45, 2_000))
        let correction = tax("corrected", of: ben, "2020-02", 1_500, at: "2020-03-05T00:00:00Z")
        var plain = GovernanceHouse()
        for record in early + late { plain.take(record) }
        var corrected = plain
        corrected.take(correction)

        for isCorrected in [false, true] {
            let goal = isCorrected ? corrected : plain
            var house = GovernanceHouse()
            for record in early { house.take(record) }
            house.take(word("merged", at: "2026-05-01T00:00:00Z"))
            // 45 months are more than the other code remembers.
            for record in late { house.take(record) }
            if isCorrected { house.take(correction) }
            #expect(said(ben, taxes(house)) == [])
            #expect(taxes(house).count == 45)
            #expect(house.sum("sales") == goal.sum("sales"))
            for time in 1...3 {
                house.take(word("unmerged", at: "2026-06-0\(time)T00:00:00Z"))
                #expect(taxes(house) == taxes(goal), "\(isCorrected) \(time)")
                #expect(house.sum("sales") == goal.sum("sales"))
                house.take(word("merged", at: "2026-06-0\(time)T12:00:00Z"))
                #expect(said(ben, taxes(house)) == [])
                #expect(taxes(house).count == 45)
                #expect(house.sum("sales") == goal.sum("sales"))
            }
            let ids = house.facts.map { "\($0.subject) \($0.factID)" }
            #expect(Set(ids).count == ids.count)
        }
    }

    @Test func `what the other code has forgotten itself is not said a second time`() {
        let records = returns(of: ana, 0..<42, 2_000) + [tax("b", of: ben, "2020-03", 7_777, at: "2020-04-02T00:00:00Z")]
        var plain = GovernanceHouse()
        for record in records { plain.take(record) }
        var house = plain
        house.take(word("merged", at: "2026-05-01T00:00:00Z"))
        #expect(taxes(house) == taxes(plain).filter { !$0.contains(ben) })
        #expect(house.sum("sales") == plain.sum("sales") - 7_777)
        house.take(word("unmerged", at: "2026-06-01T00:00:00Z"))
        #expect(taxes(house) == taxes(plain))
        #expect(house.sum("sales") == plain.sum("sales"))
    }

    private func word(_ kind: String, of code: String, into other: String, at time: String) -> AcceptedRecord {
        GovernanceHouse.record(
            "\(kind)-\(code)-\(time)", "identity.\(kind)", of: code, at: time, writer: "source:governance-desk", #"{"into":"\#(other)"}"#)
    }

    @Test func `what a guest had covered comes back under a third code, too`() {
        let cat = GovernanceHouse.firm(3)
        let records = [
            tax("a", of: ana, "2026-02", 110, at: "2026-03-01T00:00:00Z"), tax("b", of: ben, "2026-02", 115, at: "2026-03-02T00:00:00Z"),
        ]
        var plain = GovernanceHouse()
        for record in records { plain.take(record) }
        var house = plain
        house.take(
            word("merged", of: ben, into: ana, at: "2026-05-01T00:00:00Z"), word("merged", of: ana, into: cat, at: "2026-05-02T00:00:00Z"))
        #expect(taxes(house) == [#"tax.return \#(cat) {"period":"2026-02","sales":115}"#])
        house.take(word("unmerged", of: ben, into: ana, at: "2026-06-01T00:00:00Z"))
        #expect(
            taxes(house).sorted()
                == [
                    #"tax.return \#(ben) {"period":"2026-02","sales":115}"#, #"tax.return \#(cat) {"period":"2026-02","sales":110}"#,
                ].sorted())
        #expect(house.sum("sales") == 225)
        house.take(word("unmerged", of: ana, into: cat, at: "2026-06-02T00:00:00Z"))
        #expect(taxes(house) == taxes(plain))
        #expect(house.sum("sales") == 225)
    }

    @Test func `a correction of what covered another word and was forgotten takes its place, and it stays when its code goes`() {
        var house = GovernanceHouse()
        house.take(
            tax("a", of: ana, "2020-01", 900, at: "2020-02-01T00:00:00Z"), tax("b", of: ben, "2020-01", 1_000, at: "2020-02-02T00:00:00Z"),
            word("merged", at: "2026-05-01T00:00:00Z"))
        for record in returns(of: ana, 1..<45, 2_000) { house.take(record) }
        house.take(tax("c", of: ben, "2020-01", 1_100, at: "2020-02-03T00:00:00Z"))
        #expect(taxes(house).filter { $0.contains("2020-01") } == [#"tax.return \#(ana) {"period":"2020-01","sales":1100}"#])
        house.take(word("unmerged", at: "2026-06-01T00:00:00Z"))
        #expect(taxes(house).filter { $0.contains("2020-01") }.count == 2)
    }

    @Test func `a guest that was said again under another id goes with the merger`() {
        var house = GovernanceHouse()
        house.take(tax("b3", of: ben, "2026-03", 120, at: "2026-04-01T00:00:00Z"), word("merged", at: "2026-05-01T00:00:00Z"))
        house.take(tax("b4", of: ben, "2026-03", 120, at: "2026-04-02T00:00:00Z"), word("unmerged", at: "2026-06-01T00:00:00Z"))
        #expect(taxes(house) == [#"tax.return \#(ben) {"period":"2026-03","sales":120}"#])
        #expect(house.sum("sales") == 120)
    }

    private func penalty(_ id: String, of subject: String, _ amount: Int, at time: String) -> AcceptedRecord {
        GovernanceHouse.record(
            id, "penalty", of: subject, at: time,
            #"{"decisionNo":"D1","class":"ordinary","amount":\#(amount),"publishedOn":"2026-03-01"}"#)
    }

    private func penalties(_ house: GovernanceHouse) -> [String] {
        house.standingFacts.filter { $0.recordType == "penalty" }.map(\.subject)
    }

    @Test func `a repair of the host's own statement counts beneath a guest, in every order`() {
        let records = [
            penalty("h", of: ana, 5, at: "2026-03-02T00:00:00Z"), penalty("g", of: ben, 6, at: "2026-03-03T00:00:00Z"),
            word("merged", at: "2026-05-01T00:00:00Z"),
            GovernanceHouse.record(
                "r", "penalty.repaired", of: ana, at: "2026-07-01T01:00:00Z", #"{"decisionNo":"D1","approvedOn":"2026-07-01"}"#),
        ]
        var dice = SplitMix64(seed: 14)
        for _ in 0..<30 {
            var house = GovernanceHouse()
            for record in records.shuffled(using: &dice) { house.take(record) }
            // What came along is repaired under its own code.
            #expect(penalties(house) == [ana])
            #expect(house.sum("amount") == 6)
            #expect(house.told.filter { $0.hasPrefix("retracted") } == ["retracted source:test/r"])
            #expect(house.cells(GovernanceTables.factRetracted, "fact_id") == ["source:test/h"])
            house.take(word("unmerged", at: "2026-07-02T00:00:00Z"))
            #expect(penalties(house) == [ben])
            #expect(house.sum("amount") == 6)
            #expect(house.cells(GovernanceTables.factRetracted, "retracted_by") == ["source:test/r"])

            var all = GovernanceHouse()
            for record in (records + [word("unmerged", at: "2026-07-02T00:00:00Z")]).shuffled(using: &dice) { all.take(record) }
            #expect(penalties(all) == [ben])
            #expect(all.sum("amount") == 6)
        }
    }

    @Test func `an objection to the host's own statement is won beneath a guest, in every order`() {
        let records = [
            penalty("h", of: ana, 5, at: "2026-03-02T00:00:00Z"), penalty("g", of: ben, 6, at: "2026-03-03T00:00:00Z"),
            word("merged", at: "2026-05-01T00:00:00Z"),
            GovernanceHouse.record(
                "x", "objection.answered", of: ana, at: "2026-07-01T01:00:00Z", writer: "source:governance-desk",
                #"{"objectionId":"X1","recordId":"source:test/h","outcome":"removed"}"#),
        ]
        var dice = SplitMix64(seed: 15)
        for _ in 0..<30 {
            var house = GovernanceHouse()
            for record in records.shuffled(using: &dice) { house.take(record) }
            #expect(penalties(house) == [ana])
            house.take(word("unmerged", at: "2026-07-02T00:00:00Z"))
            #expect(penalties(house) == [ben])
            #expect(house.sum("amount") == 6)
        }
    }

    @Test func `an application about the host's own statement is answered beneath a guest`() {
        let application = GovernanceHouse.record(
            "a", "repair.applied", of: ana, at: "2026-07-01T01:00:00Z", writer: "portal",
            #"{"decisionNo":"D1","appliedOn":"2026-07-01","fulfilledOn":"2026-05-01","commitment":true}"#)
        let records = [
            penalty("g", of: ben, 6, at: "2026-03-03T00:00:00Z"), word("merged", at: "2026-05-01T00:00:00Z"),
            penalty("h", of: ana, 5, at: "2026-03-02T00:00:00Z"), application,
        ]
        var dice = SplitMix64(seed: 16)
        for _ in 0..<30 {
            var house = GovernanceHouse()
            for record in records.shuffled(using: &dice) { house.take(record) }
            #expect(house.told.filter { $0.hasPrefix("repair-application") } == ["repair-application-admitted D1"])
        }
    }

    @Test func `merged again and again the facts never repeat an id`() {
        var house = GovernanceHouse()
        for record in records { house.take(record) }
        for number in 1...6 {
            house.take(word(number % 2 == 1 ? "merged" : "unmerged", at: "2026-05-0\(number)T00:00:00Z"))
        }
        let ids = house.facts.filter { !$0.isRetraction }.map { "\($0.subject) \($0.factID)" }
        #expect(Set(ids).count == ids.count)
        #expect(house.sum("sales") == 445)
        #expect(house.told.filter { $0.hasPrefix("merged") || $0.hasPrefix("unmerged") }.count == 6)
    }

    @Test func `a merger into itself or into nobody is refused and a circle comes to rest`() {
        var house = GovernanceHouse()
        house.take(word("merged", at: "2026-05-01T00:00:00Z", into: ben), word("merged", at: "2026-05-02T00:00:00Z", into: "x"))
        #expect(house.told == ["refused merger-with-nobody", "refused merger-with-nobody"])
        house.take(word("merged", at: "2026-05-03T00:00:00Z"))
        house.take(
            GovernanceHouse.record("m", "identity.merged", of: ana, at: "2026-05-04T00:00:00Z", #"{"into":"\#(ben)"}"#))
        for record in records { house.take(record) }
        #expect(house.refusals.isEmpty)
    }

    // MARK: Names

    private let rule = GovernanceHouse.entry(
        "identityRule", "cn",
        #"{"name":60,"division":25,"legalPerson":15,"acceptFrom":80,"leadMin":20}"#)

    private let divisions = GovernanceHouse.entry(
        "divisionTable", "gb",
        #"{"divisions":[{"code":"430124","name":"a","validTo":"2017-04-10","successor":"430182","sourceChecked":false},{"code":"430182","name":"b","validFrom":"2017-04-10","sourceChecked":false}]}"#
    )

    private func house(_ more: CatalogEntry...) throws -> GovernanceHouse {
        let type = GovernanceHouse.type("licence", key: ["no"])
        let key = try PseudonymKey(secret: Array("a key of twenty bytes".utf8))
        return GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + [rule, type] + more), persons: key)
    }

    private func registration(_ code: String, _ name: String, _ division: String, _ person: String) -> AcceptedRecord {
        GovernanceHouse.record(
            "r-\(code)", "registration", of: code, at: "2026-01-01T00:00:00Z",
            #"{"uscc":"\#(code)","name":"\#(name)","division":"\#(division)","legalPerson":"\#(person)"}"#)
    }

    private func licence(_ alias: String, _ name: String, _ division: String, _ person: String) -> AcceptedRecord {
        GovernanceHouse.record(
            "l-\(alias)", "licence", of: alias, at: "2026-02-01T00:00:00Z",
            #"{"no":"1","name":"\#(name)","division":"\#(division)","legalPerson":"\#(person)"}"#)
    }

    @Test func `a firm without a code is known by name and division and legal person in every order`() throws {
        let records = [
            registration(ana, "长沙星桥（集团）有限公司", "430182", "王建国"), registration(ben, "湘潭恒达有限公司", "430302", "李四"),
            // An old division code, another width, another way of writing brackets.
            licence("old-7", "长沙星桥(集团)有限公司 ", "430124", "王建国"),
        ]
        var dice = SplitMix64(seed: 3)
        for _ in 0..<12 {
            var house = try house(divisions)
            for record in records.shuffled(using: &dice) { house.take(record) }
            #expect(house.standing.filter { $0.hasPrefix("licence") }.allSatisfy { $0.contains(ana) })
            #expect(house.standing.filter { $0.hasPrefix("licence") }.count == 1)
            #expect(house.cells(GovernanceTables.identityMatch, "status") == ["matched"])
            #expect(house.cells(GovernanceTables.identityMatch, "points") == ["int64(100)"])
        }
    }

    @Test func `what takes over from a division is known from the table of divisions alone`() throws {
        let records = [registration(ana, "长沙星桥有限公司", "430182", "王建国"), licence("old-7", "长沙星桥有限公司", "430124", "王建国")]
        for (table, points) in [([divisions], "int64(100)"), ([], "int64(50)")] as [([CatalogEntry], String)] {
            var house = try house()
            house.catalog = Catalog(version: 2, entries: house.catalog.all + table)
            for record in records { house.take(record) }
            #expect(house.cells(GovernanceTables.identityMatch, "points") == [points])
        }
    }

    @Test func `two firms of one name are for people to tell apart and nobody's name is in the book`() throws {
        var house = try house()
        house.take(registration(ana, "星桥商贸", "430102", "王建国"), registration(ben, "星桥商贸", "430102", "李四"))
        house.take(licence("old-7", "星桥商贸", "430102", ""))
        #expect(house.told.last == "identity-ambiguous \(ana) 85, \(ben) 85")
        #expect(house.cells(GovernanceTables.identityMatch, "status") == ["queued"])
        for (key, bytes) in house.states where key.hasPrefix("name:") {
            #expect(!String(decoding: bytes, as: UTF8.self).contains("王建国"))
        }
        for cells in (house.rows[GovernanceTables.identityMatch.name] ?? [:]).values { #expect(!"\(cells)".contains("王")) }
        house.take(
            GovernanceHouse.record(
                "q", "identity.resolved", of: ben, at: "2026-08-01T00:00:00Z", writer: "source:governance-desk", #"{"alias":"old-7"}"#))
        #expect(house.standing.filter { $0.hasPrefix("licence") }.allSatisfy { $0.contains(ben) })
        #expect(house.standing.filter { $0.hasPrefix("licence") }.count == 1)
    }

    @Test func `what the desk said of an alias holds when the name is matched otherwise later`() throws {
        func registered(_ code: String, _ division: String, at time: String) -> AcceptedRecord {
            GovernanceHouse.record(
                "r-\(code)-\(time)", "registration", of: code, at: time,
                #"{"uscc":"\#(code)","name":"星桥商贸","division":"\#(division)"}"#)
        }
        let records = [
            registered(ana, "430102", at: "2026-01-01T00:00:00Z"), registered(ben, "430102", at: "2026-01-01T00:00:00Z"),
            licence("old-7", "星桥商贸", "430102", ""),
            GovernanceHouse.record(
                "q", "identity.resolved", of: ben, at: "2026-05-01T00:00:00Z", writer: "source:governance-desk", #"{"alias":"old-7"}"#),
            // From now on the name alone would say that it is the other one.
            registered(ben, "430302", at: "2026-06-01T00:00:00Z"), registered(ana, "430102", at: "2026-07-01T00:00:00Z"),
        ]
        var dice = SplitMix64(seed: 17)
        for number in 0..<24 {
            var house = try house()
            for record in number == 0 ? records : records.shuffled(using: &dice) { house.take(record) }
            house.take(
                GovernanceHouse.record(
                    "l2", "licence", of: "old-7", at: "2026-07-05T00:00:00Z", #"{"no":"2","name":"星桥商贸","division":"430102"}"#))
            let licences = house.standing.filter { $0.hasPrefix("licence") }
            #expect(licences.filter { $0.contains(#""no":"2""#) }.allSatisfy { $0.contains(ben) }, "\(licences)")
            #expect(licences.count == 2)
        }
    }

    @Test func `what went to the wrong firm by its name goes to the one that is meant, in every order`() throws {
        let records = [
            registration(ana, "星桥商贸", "430102", "王建国"),
            licence("old-7", "星桥商贸", "430102", "王建国"),
            GovernanceHouse.record(
                "l2", "licence", of: "old-7", at: "2026-03-01T00:00:00Z",
                #"{"no":"2","name":"星桥商贸","division":"430102","legalPerson":"王建国"}"#),
            // Of the firm itself, and of a number that the other one has, too.
            GovernanceHouse.record("own", "licence", of: ben, at: "2026-04-01T00:00:00Z", #"{"no":"2","name":"b"}"#),
            GovernanceHouse.record("f", "happening", of: "old-7", at: "2026-04-01T00:00:00Z", #"{"amount":7}"#),
            GovernanceHouse.record(
                "q", "identity.resolved", of: ben, at: "2026-05-01T00:00:00Z", writer: "source:governance-desk", #"{"alias":"old-7"}"#),
        ]
        var dice = SplitMix64(seed: 18)
        for number in 0..<24 {
            var house = try house()
            for record in number == 0 ? records : records.shuffled(using: &dice) { house.take(record) }
            let mine = house.standing.filter { !$0.hasPrefix("registration") && !$0.hasPrefix("identity") }
            #expect(mine.allSatisfy { $0.contains(ben) }, "\(mine)")
            #expect(mine.count == 3, "\(mine)")
            #expect(house.sum("amount") == 7)
            #expect(house.refusals.isEmpty)
            let ids = house.facts.filter { !$0.isRetraction }.map(\.factID)
            #expect(Set(ids).count == ids.count)
        }
        // The firm that was taken for it keeps what it says itself.
        var house = try house()
        for record in records.prefix(3) { house.take(record) }
        house.take(GovernanceHouse.record("a9", "licence", of: ana, at: "2026-04-02T00:00:00Z", #"{"no":"9","name":"a"}"#))
        #expect(house.standing.filter { $0.hasPrefix("licence \(ana)") }.count == 3)
        house.take(records[5])
        #expect(house.standing.filter { $0.hasPrefix("licence \(ana)") } == [#"licence \#(ana) {"name":"a","no":"9"}"#])
        #expect(house.retracted == ["source:test/l-old-7", "source:test/l2"])
    }

    @Test func `another division speaks against a firm and what is not said speaks for nobody`() throws {
        for (division, person, isKnown) in [
            ("430102", "", true), ("430302", "王建国", false), ("", "王建国", false), ("430102", "李四", false), ("430102", "王建国", true),
        ] {
            var house = try house()
            house.take(registration(ana, "星桥商贸", "430102", "王建国"), licence("old-7", "星桥商贸", division, person))
            #expect(house.standing.contains { $0.hasPrefix("licence") } == isKnown, "\(division) \(person)")
        }
    }

    @Test func `a seal is the same however the content is written and breaks with one byte`() {
        let said = GovernanceHouse.json(#"{"period":"2026-01","sales":1250000.00,"note":"信桥","list":[1,2.50]}"#)
        let stored = #"{"list": [1, 2.5], "note": "信桥", "sales": 1250000.00, "period": "2026-01"}"#
        let seal = FactSeal.of(said)
        #expect(FactSeal.check(.init(factID: "f", data: Array(stored.utf8), seal: seal)) == .whole)
        #expect(FactSeal.check(.init(factID: "f", data: Array(stored.utf8), seal: nil)) == .unsealed)
        var bytes = Array(stored.utf8)
        for place in bytes.indices where ![UInt8(ascii: " ")].contains(bytes[place]) {
            let original = bytes[place]
            bytes[place] = original == UInt8(ascii: "7") ? UInt8(ascii: "8") : UInt8(ascii: "7")
            #expect(FactSeal.check(.init(factID: "f", data: bytes, seal: seal)) == .altered(factID: "f"), "byte \(place)")
            bytes[place] = original
        }
        #expect(FactSeal.isMessageWhole(Array("abc".utf8), sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
        #expect(!FactSeal.isMessageWhole(Array("abd".utf8), sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    }
}
