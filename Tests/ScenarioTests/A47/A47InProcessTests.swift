import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A47: departments and institutions tell each other, both ways, and nobody more than was agreed.
@Suite struct A47InProcessTests {
    private let today = Story.day(2026, 9, 10)

    /// One firm by its industry and its figures, and the class that the statistical standard gives it; nil where a figure is missing.
    struct Sized {
        let industry: String
        let employees: Int64
        let revenue: Int64?
        let assets: Int64
        let size: String?
    }

    /// Vectors of 工信部联企业〔2011〕300号 with the industries of 国统字〔2017〕213号; amounts in yuan.
    static let firms = [
        Sized(industry: "3921", employees: 299, revenue: 50_000_000, assets: 1, size: "small"),
        Sized(industry: "3921", employees: 1_000, revenue: 399_990_000, assets: 1, size: "medium"),
        Sized(industry: "3921", employees: 1_000, revenue: 400_000_000, assets: 1, size: "large"),
        Sized(industry: "3921", employees: 19, revenue: 100_000_000, assets: 1, size: "micro"),
        Sized(industry: "5131", employees: 19, revenue: 500_000_000, assets: 1, size: "small"),
        Sized(industry: "5131", employees: 4, revenue: 500_000_000, assets: 1, size: "micro"),
        Sized(industry: "0111", employees: 10, revenue: 499_900, assets: 1, size: "micro"),
        Sized(industry: "0111", employees: 10, revenue: 500_000, assets: 1, size: "small"),
        Sized(industry: "5910", employees: 300, revenue: 30_000_000, assets: 1, size: "medium"),
        Sized(industry: "5920", employees: 100, revenue: 10_000_000, assets: 1, size: "medium"),
        Sized(industry: "6420", employees: 2_000, revenue: 500_000_000, assets: 1, size: "medium"),
        Sized(industry: "6510", employees: 10, revenue: 500_000, assets: 1, size: "small"),
        Sized(industry: "7010", employees: 1, revenue: 2_000_000_000, assets: 100_000_000, size: "large"),
        Sized(industry: "7020", employees: 100, revenue: 5_000_000, assets: 1, size: "small"),
        Sized(industry: "7211", employees: 100, revenue: 1, assets: 80_000_000, size: "medium"),
        Sized(industry: "7511", employees: 10, revenue: 1, assets: 1, size: "small"),
        Sized(industry: "7511", employees: 9, revenue: 1, assets: 1, size: "micro"),
        Sized(industry: "6621", employees: 50, revenue: 1, assets: 1, size: "not-applicable"),
        Sized(industry: "4710", employees: 1, revenue: 60_000_000, assets: 50_000_000, size: "medium"),
        Sized(industry: "3921", employees: 86, revenue: nil, assets: 1, size: nil),
    ]

    private func object(_ body: (inout JSONWriter) -> Void) -> [UInt8] { JSONWriter.encode { writer in writer.object { body(&$0) } } }

    /// Each test has firms of its own: the processes that hear the stories again are the same for all.
    func code(_ number: Int, from base: Int) -> String { USCC.synthetic(number: base + number, region: "430102")?.text ?? "" }

    /// The base pack and the row's two, with twenty firms registered.
    private func province(from base: Int) throws -> MemoryHouse {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "first-loans", "data-sharing"])
        let topic = Topic.source("market-regulation")
        for (number, firm) in Self.firms.enumerated() {
            house.send(
                to: topic, type: "registration", id: "r-\(base + number)", subject: code(number, from: base), at: (today - 60).startInChina,
                data: object {
                    $0.member("uscc", code(number, from: base))
                    $0.member("name", "第\(number)家示范企业")
                    $0.member("legalPerson", "张示范")
                    $0.member("division", "430102")
                    $0.member("industry", firm.industry)
                    $0.member("registeredOn", "2015-03-18")
                    $0.member("capital", Int64(1_000_000))
                    $0.member("employees", firm.employees)
                    $0.member("status", "normal")
                })
            guard let revenue = firm.revenue else { continue }
            house.send(
                to: topic, type: "financial-statement", id: "s-\(base + number)", subject: code(number, from: base),
                at: (today - 50).startInChina,
                data: object {
                    $0.member("year", Int64(2_025))
                    $0.member("assets", firm.assets)
                    $0.member("liabilities", Int64(0))
                    $0.member("revenue", revenue)
                    $0.member("netProfit", Int64(0))
                })
        }
        return house
    }

    /// The latest portrait of each subject.
    private func portraits(_ house: MemoryHouse) throws -> [String: Portrait] {
        let told = try house.bodies(Topic.scoringPortraits, Portrait.type).map { try Portrait($0) }
        return Dictionary(told.map { ($0.subject, $0) }) { first, second in first.revision < second.revision ? second : first }
    }

    /// The first of those whose sizes are asked.
    static let sized = 4_700

    @Test func `twenty firms are classed by the statistical standard, and a missing figure is not guessed`() throws {
        let base = Self.sized
        let house = try province(from: base)
        try house.advance(to: house.now + .seconds(60))
        #expect(house.setAside(.ingestion) == [])
        let portraits = try portraits(house)
        for (number, firm) in Self.firms.enumerated() {
            let seen = portraits[code(number, from: base)]?.indicators.first { $0.name == "size-class" }?.value
            #expect(seen == firm.size.map { .text($0) }, "\(number): \(firm.industry), \(firm.employees) persons")
        }
    }

    @Test func `the list of first borrowers is the firms without a loan at any institution`() throws {
        let base = 4730
        let house = try province(from: base)
        // Firm 3 has a loan that the platform brought about, firm 8 one that its bank only reports.
        house.tell(HunanStory(number: base + 3, today: today - 20).disbursement(by: "bank-a"))
        let reported = try #require(house.catalog.entry("recordType", "loan.status", at: house.now))
        #expect(reported.body["writers"]?.elements.contains { $0.string == "institution:*" } ?? false)
        house.send(
            to: Topic.institutionIn("bank-b"), type: "loan.status", id: "l-\(base)", subject: code(8, from: base),
            at: (today - 10).startInChina,
            data: object {
                $0.member("loanId", "L-8")
                $0.member("institution", "bank-b")
                $0.member("asOf", (today - 10).text)
                $0.member("balance", Int64(300_000))
                $0.member("overdueDays", Int64(0))
            })
        try house.advance(to: house.now + .seconds(60))
        #expect(house.setAside(.ingestion) == [])
        var members: Set<String> = []
        for change in try house.bodies(Topic.scoringPortraits, WhitelistChange.type).map({ try WhitelistChange($0) })
        where change.list == "first-loan" {
            if change.isMember { members.insert(change.subject) } else { members.remove(change.subject) }
        }
        #expect(members == Set(Self.firms.indices.filter { $0 != 3 && $0 != 8 }.map { code($0, from: base) }))
    }

    @Test func `what happens on a wage account reaches the department by the agreed fields alone, once, and what it replaces is named`()
        throws
    {
        let base = 4760
        let house = try province(from: base)
        func pay(_ id: String, account: String, amount: Int64) {
            house.send(
                to: Topic.institutionIn("bank-a"), type: "wage-account.event", id: id, subject: code(0, from: base),
                at: (today - 1).startInChina,
                data: object {
                    $0.member("institution", "bank-a")
                    $0.member("eventId", "W-1")
                    $0.member("projectId", "P-9")
                    $0.member("kind", "wages")
                    $0.member("amount", amount)
                    $0.member("workers", Int64(24))
                    $0.member("paidOn", (today - 1).text)
                    $0.member("account", account)
                    $0.member("balance", Int64(80_000))
                })
        }
        pay("w-1-\(base)", account: "6222020200112233445", amount: 120_000)
        pay("w-1-\(base)", account: "6222020200112233445", amount: 120_000)
        try house.advance(to: house.now + .seconds(60))
        let topic = Topic.sourceOut("human-resources")
        let told = house.bodies(topic, "wage-account.event.v1")
        #expect(told.count == 1)
        let body = try #require(told.first)
        #expect(
            Set(body["data"]?.members.map(\.key) ?? []) == ["institution", "eventId", "projectId", "kind", "amount", "workers", "paidOn"])
        #expect(body["subject"]?.string == code(0, from: base))
        #expect(!String(decoding: body.rawBytes, as: UTF8.self).contains("6222"))
        // The bank says the same movement again with another amount: the department hears of it, and what it replaces.
        pay("w-2-\(base)", account: "6222020200112233445", amount: 110_000)
        try house.advance(to: house.now + .seconds(60))
        let both = house.bodies(topic, "wage-account.event.v1")
        #expect(both.count == 2)
        #expect(both.last?["supersedes"]?.string == body["factId"]?.string)
        // Nobody else was told, and no other fact goes that way.
        #expect(house.messages(on: topic).count == 2)
        #expect(house.messages(on: Topic.sourceOut("tax")).isEmpty)
    }
}
