import Contracts
import Deciding
import MatchmakingDomain
import Testing
import Vocabulary

/// Two thousand products: what the sieve leaves out must be what does not fit.
@Suite struct MatchmakingShelfTests {
    private static let regions = [["43"], ["4301"], ["11", "43"], ["11"], []]

    private func products() throws -> [Product] {
        try (0..<2_000).map { number in
            let regions = Self.regions[number % Self.regions.count].map { "\"\($0)\"" }.joined(separator: ", ")
            var defects: [String] = []
            let product = Product(
                Offer.product(
                    "p-\(10_000 + number)", institution: number % 7 == 3 ? "bank-b" : "bank-a", base: 300 + number % 97,
                    salesMin: 1_000_000 + number % 11 * 300_000, more: ", \"regions\": [\(regions)]"), defects: &defects)
            #expect(defects == [])
            return try #require(product)
        }
    }

    @Test func `the best hundred are listed, the first refused are explained, and all are counted`() throws {
        let products = try products()
        let shelf = Shelf(products)
        let poor = ["sales": 900_000.0, "age": 30]
        let middling = ["sales": 2_500_000.0, "age": 30]
        let requests = [nil, Offer.request("a"), Offer.request("b", amount: 6_000_000), Offer.request("c", purpose: "yacht")]
        for (indicators, request) in [poor, middling, ["sales": 9_000_000.0]].flatMap({ known in requests.map { (known, $0) } }) {
            let portrait = Offer.portrait(indicators)
            let facts = SubjectFacts(portrait, request: request)
            let fitting = products.filter { if case .eligible = Eligibility($0, facts) { true } else { false } }
            let matching = Matching(portrait, request: request, shelf: shelf, weights: .standard)
            #expect(matching.eligibleCount == Int64(fitting.count))
            #expect(matching.refusedCount == Int64(products.count - fitting.count))
            #expect(matching.matches.count == min(fitting.count, Matching.matchesMax))
            #expect(matching.refused.count == min(products.count - fitting.count, Matching.refusedMax))
            #expect(matching.matches.map(\.rank) == (0..<matching.matches.count).map { Int64($0 + 1) })
            let others = Set(products.map(\.id)).subtracting(fitting.map(\.id)).sorted()
            #expect(matching.refused.map(\.productID) == Array(others.prefix(Matching.refusedMax)))
            for product in fitting { #expect(matching.best { $0.id == product.id }?.productID == product.id) }
        }
        #expect(Matching(Offer.portrait(middling), request: nil, shelf: shelf, weights: .standard).eligibleCount > 500)
    }

    @Test func `a product that was asked for is chosen even if a hundred others are better`() throws {
        let request = Offer.request("a", product: "p-11999")
        let matching = Matching(
            Offer.portrait(["sales": 9_000_000, "age": 30]), request: request, shelf: Shelf(try products()), weights: .standard)
        #expect(!matching.matches.contains { $0.productID == "p-11999" } && matching.matches.count == Matching.matchesMax)
        let choice = Choice(request, matching)
        #expect(choice.match?.productID == "p-11999" && choice.reason == "product-of-request")
        #expect(choice.match.map { $0.rank > Int64(Matching.matchesMax) && !$0.conditions.isEmpty } == true)
    }
}
