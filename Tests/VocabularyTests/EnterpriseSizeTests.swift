import Testing
import Vocabulary

@Suite struct EnterpriseSizeTests {
    /// `revenue` and `assets` in 万元.
    private func size(_ industry: String, _ persons: Int? = nil, revenue: Double? = nil, assets: Double? = nil) throws -> SizeClass {
        func money(_ wan: Double?) -> Money? { wan.map { Money(fen: Int64(($0 * 1_000_000).rounded())) } }
        return EnterpriseSize.classify(
            industry: try IndustryCode(industry), persons: persons, revenue: money(revenue), assets: money(assets))
    }

    @Test func `the known cases come out as the standard says`() throws {
        #expect(try size("C", 299, revenue: 5_000) == .small)
        #expect(try size("C", 1_000, revenue: 39_999) == .medium)
        #expect(try size("C", 19, revenue: 10_000) == .micro)
        #expect(try size("51", 19, revenue: 50_000) == .small)
        #expect(try size("51", 4, revenue: 50_000) == .micro)
        #expect(try size("A", revenue: 49.99) == .micro)
        #expect(try size("591", 300, revenue: 3_000) == .medium)
        #expect(try size("592", 100, revenue: 1_000) == .medium)
        #expect(try size("64", 2_000, revenue: 50_000) == .medium)
        #expect(try size("65", 10, revenue: 50) == .small)
        #expect(try size("7010", revenue: 200_000, assets: 10_000) == .large)
        #expect(try size("702", 100, revenue: 500) == .small)
        #expect(try size("72", 100, assets: 8_000) == .medium)
        #expect(try size("75", 10) == .small)
        #expect(try size("75", 9) == .micro)
        #expect(try size("66", 10_000, revenue: 1e6, assets: 1e6) == .notApplicable)
    }

    /// The printed table again: industries, indices in the order large, medium, small.
    private let printed: [(industries: [String], persons: [Int]?, revenue: [Double]?, assets: [Double]?)] = [
        (["A", "01", "0511"], nil, [20_000, 500, 50], nil),
        (["B", "C", "D", "06", "43", "4690"], [1_000, 300, 20], [40_000, 2_000, 300], nil),
        (["E", "47", "501"], nil, [80_000, 6_000, 300], [80_000, 5_000, 300]),
        (["51", "5111"], [200, 20, 5], [40_000, 5_000, 1_000], nil),
        (["52", "521"], [300, 50, 10], [20_000, 500, 100], nil),
        (["54", "55", "56", "57", "58", "591", "5910"], [1_000, 300, 20], [30_000, 3_000, 200], nil),
        (["592", "593", "594", "595", "596", "599", "5951"], [200, 100, 20], [30_000, 1_000, 100], nil),
        (["60"], [1_000, 300, 20], [30_000, 2_000, 100], nil),
        (["H", "61", "62"], [300, 100, 10], [10_000, 2_000, 100], nil),
        (["63", "64"], [2_000, 100, 10], [100_000, 1_000, 100], nil),
        (["65"], [300, 100, 10], [10_000, 1_000, 50], nil),
        (["701", "7010"], nil, [200_000, 1_000, 100], [10_000, 5_000, 2_000]),
        (["702"], [1_000, 300, 100], [5_000, 1_000, 500], nil),
        (["L", "71", "72"], [300, 100, 10], nil, [120_000, 8_000, 100]),
        (["M", "N", "O", "85", "R", "703", "709", "7030", "79", "82"], [300, 100, 10], nil, nil),
    ]

    @Test func `each printed limit is the least figure of its class, and one below it drops a class`() throws {
        let classes: [SizeClass] = [.large, .medium, .small, .micro]
        for row in printed {
            for industry in row.industries {
                for rank in 0..<3 {
                    let place: Comment = "\(industry) \(rank)"
                    let lower = classes[rank + 1]
                    let persons = row.persons?[rank]
                    let revenue = row.revenue?[rank]
                    let assets = row.assets?[rank]
                    #expect(try size(industry, persons, revenue: revenue, assets: assets) == classes[rank], place)
                    // A cent less is below the limit; the next class's limits are all met.
                    if let persons {
                        #expect(try size(industry, persons - 1, revenue: revenue, assets: assets) == lower, place)
                    }
                    if let revenue {
                        #expect(try size(industry, persons, revenue: revenue - 0.000_001, assets: assets) == lower, place)
                    }
                    if let assets {
                        #expect(try size(industry, persons, revenue: revenue, assets: assets - 0.000_001) == lower, place)
                    }
                }
            }
        }
    }

    @Test func `an amount in yuan taken for 万元 changes the class`() throws {
        // 3,000 万元 is thirty million yuan; 3,000 yuan is nothing.
        let industry = try IndustryCode("C")
        #expect(EnterpriseSize.classify(industry: industry, persons: 400, revenue: Money(yuan: 30_000_000), assets: nil) == .medium)
        #expect(EnterpriseSize.classify(industry: industry, persons: 400, revenue: Money(yuan: 3_000), assets: nil) == .micro)
        #expect(Money(wan: 3_000) == Money(yuan: 30_000_000))
        #expect(Money(wan: .max) == Money(fen: .max))
    }

    @Test func `industries outside the standard have no size`() throws {
        for industry in ["J", "66", "69", "53", "5310", "P", "83", "84", "8411", "S", "T", "96", "97", "704", "7040"] {
            #expect(try size(industry, 10_000, revenue: 1e6, assets: 1e6) == .notApplicable, "\(industry)")
        }
    }

    @Test func `a missing figure is unknown and never micro`() throws {
        #expect(try size("C", nil, revenue: 5_000) == .unknown(missing: [.persons]))
        #expect(try size("C", 10) == .unknown(missing: [.revenue]))
        #expect(try size("C") == .unknown(missing: [.persons, .revenue]))
        #expect(try size("47", 10, revenue: 10) == .unknown(missing: [.assets]))
        #expect(try size("72", 10, revenue: 10) == .unknown(missing: [.assets]))
        #expect(try size("A", nil, revenue: 600) == .medium)
    }

    @Test func `a code too short to tell the rule is unknown`() throws {
        for industry in ["59", "70", "F", "G", "I", "K", "Q"] {
            #expect(try size(industry, 10_000, revenue: 1e6, assets: 1e6) == .unknown(missing: [.industryDetail]), "\(industry)")
        }
    }

    @Test func `more of anything never makes a firm smaller`() throws {
        let ranks: [SizeClass] = [.micro, .small, .medium, .large]
        var generator = SplitMix64(seed: 300)
        for rule in SizeRule.all {
            let number = try #require(rule.classes.first).lowerBound
            let industry = try IndustryCode((number < 1_000 ? "0" : "") + String(number))
            for _ in 0..<200 {
                let persons = Int.random(in: 0...2_500, using: &generator)
                let revenue = Money(wan: Int64.random(in: 0...210_000, using: &generator))
                let assets = Money(wan: Int64.random(in: 0...130_000, using: &generator))
                let before = EnterpriseSize.classify(industry: industry, persons: persons, revenue: revenue, assets: assets)
                let after = EnterpriseSize.classify(
                    industry: industry, persons: persons + 50, revenue: revenue + Money(wan: 500), assets: assets + Money(wan: 500))
                let first = try #require(ranks.firstIndex(of: before))
                let second = try #require(ranks.firstIndex(of: after))
                #expect(first <= second)
            }
        }
    }
}
