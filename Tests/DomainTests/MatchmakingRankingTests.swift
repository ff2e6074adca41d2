import Contracts
import Deciding
import MatchmakingDomain
import Rules
import Testing
import Vocabulary

private func compiled(_ entry: CatalogEntry) throws -> Product {
    var defects: [String] = []
    let product = Product(entry, defects: &defects)
    #expect(defects == [])
    return try #require(product)
}

@Test func `an amount near the limit lowers the chance of success`() throws {
    let product = try compiled(Offer.product("p", success: 8_000))
    let limit = Money(yuan: 1_000_000)
    for (amount, chance) in [
        (100_000, 8_000), (800_000, 8_000), (900_000, 6_000), (1_000_000, 4_000), (1_000_001, 4_000), (2_000_000, 2_000),
    ] {
        #expect(Objective.success(product, grade: "A", amount: Money(yuan: Int64(amount)), limit: limit) == Int64(chance), "\(amount)")
    }
    #expect(Objective.success(product, grade: "C", amount: nil, limit: limit) == 2_000)
    #expect(Objective.success(product, grade: nil, amount: nil, limit: limit) == 2_000)
}

@Test func `a fee counts towards the rate over the term and rounds against the product`() throws {
    let product = try compiled(Offer.product("p", base: 400, fee: 100))
    #expect(Objective.annualRate(product, grade: "A", months: 12) == 450)
    #expect(Objective.annualRate(product, grade: "A", months: 24) == 400)
    #expect(Objective.annualRate(product, grade: "A", months: 7) == 350 + 172)
    #expect(Objective.annualRate(product, grade: "unheard", months: 12) == 580)
}

@Test func `cost is measured between the cheapest and the dearest`() {
    #expect(Objective.cost(300, lowest: 300, highest: 500) == 10_000)
    #expect(Objective.cost(400, lowest: 300, highest: 500) == 5_000)
    #expect(Objective.cost(500, lowest: 300, highest: 500) == 0)
    #expect(Objective.cost(500, lowest: 500, highest: 500) == 10_000)
}

@Test func `money within a day is fastest and thirty days are slowest`() {
    #expect([0, 1, 30, 300].map { Objective.speed(days: $0) } == [10_000, 10_000, 0, 0])
    #expect(Objective.speed(days: 2) > Objective.speed(days: 3))
}

@Test func `the four objectives decide the order and ties go by product id`() throws {
    func order(_ products: [CatalogEntry], _ weights: RankingWeights = .standard) throws -> [String] {
        try Matching(Offer.portrait(Offer.good), request: nil, shelf: Shelf(products.map(compiled)), weights: weights).matches
            .map(\.productID)
    }
    #expect(try order([Offer.product("b"), Offer.product("a")]) == ["a", "b"])
    #expect(try order([Offer.product("a"), Offer.product("b", success: 8_100)]) == ["b", "a"])
    #expect(try order([Offer.product("a"), Offer.product("b", base: 399)]) == ["b", "a"])
    #expect(try order([Offer.product("a"), Offer.product("b", days: 2)]) == ["b", "a"])
    #expect(try order([Offer.product("a"), Offer.product("b", service: 5_100)]) == ["b", "a"])
    // Cheap and unsure against dear and sure.
    let pair = [Offer.product("cheap", base: 300, success: 2_000), Offer.product("sure", base: 500, success: 9_900)]
    #expect(try order(pair) == ["sure", "cheap"])
    #expect(try order(pair, RankingWeights(success: 10, cost: 90, speed: 0, service: 0)) == ["cheap", "sure"])
}

@Test func `what has no rate stands in the middle for cost and moves nobody else`() throws {
    let products = try [
        Offer.product("a", base: 300), Offer.product("b", base: 500), Offer.product("e", base: 0, kind: "equity"),
    ].map(compiled)
    let matches = Matching(Offer.portrait(Offer.good), request: nil, shelf: Shelf(products), weights: .standard).matches
    #expect(Dictionary(uniqueKeysWithValues: matches.map { ($0.productID, $0.cost) }) == ["a": 10_000, "b": 0, "e": 5_000])
}

@Test func `the first failing condition is named and an unknown one only when none fails`() throws {
    let product = try compiled(Offer.product("p"))
    func refusal(_ indicators: [String: Double], _ request: FinancingRequest? = nil) -> String? {
        Matching(Offer.portrait(indicators), request: request, shelf: Shelf([product]), weights: .standard).refused.first?.condition
    }
    #expect(refusal(Offer.good) == nil)
    #expect(refusal(["sales": 10, "age": 1]) == "sales")
    #expect(refusal(["sales": 4_000_000, "age": 1]) == "young")
    #expect(refusal(["age": 1]) == "young")
    #expect(refusal(["age": 40]) == "sales (unknown: sales)")
    #expect(refusal([:]) == "sales (unknown: sales)")
    #expect(refusal(Offer.good, Offer.request("a", amount: 5_000_001)) == "amount-range")
    #expect(refusal(Offer.good, Offer.request("a", months: 25)) == "months-range")
    #expect(refusal(Offer.good, Offer.request("a", purpose: "research")) == "purpose")
    let small = try compiled(Offer.product("p", limit: "10"))
    let refused = Matching(Offer.portrait(Offer.good), request: nil, shelf: Shelf([small]), weights: .standard).refused
    #expect(refused.map(\.condition) == ["limit"])
    let regional = try compiled(Offer.product("p", more: #", "regions": ["4301"]"#))
    #expect(Matching(Offer.portrait(Offer.good), request: nil, shelf: Shelf([regional]), weights: .standard).matches.count == 1)
    let elsewhere = try compiled(Offer.product("p", more: #", "regions": ["44"]"#))
    #expect(
        Matching(Offer.portrait(Offer.good), request: nil, shelf: Shelf([elsewhere]), weights: .standard).refused.map(\.condition) == [
            "region"
        ]
    )
}

@Test func `a soft condition is shown and refuses nobody`() throws {
    let product = try compiled(Offer.product("p"))
    let match = try #require(
        Matching(Offer.portrait(Offer.good), request: Offer.request("a"), shelf: Shelf([product]), weights: .standard).matches.first)
    #expect(
        match.conditions.map { "\($0.condition) \($0.truth) \($0.observed)" } == [
            "amount-range yes request.amount=1000000", "months-range yes request.months=12", "purpose yes request.purpose=working-capital",
            "firm yes subjectKind=enterprise", "sales yes sales=4000000", "young yes age=40", "nice unknown missing: patents",
            "limit yes limit=2000000.00",
        ])
}

@Test func `without a request a condition on the request refuses nobody`() throws {
    let asksForRequest = Offer.entry(
        "product", "p",
        """
        {"title": {"en": "P", "zh": "产品"}, "institution": "bank-a", "kind": "credit", "amountMin": 1, "amountMax": 100, "monthsMin": 1,
         "monthsMax": 2, "conditions": [{"id": "half", "title": {"en": "x", "zh": "x"}, "logic": {"<": [{"var": "request.amount"}, 50]}}],
         "rate": {"baseBp": 1, "gradeBp": {}}, "feeBp": 0, "limit": 100, "successBp": {}, "days": 1, "serviceBp": 1}
        """)
    let product = try compiled(asksForRequest)
    #expect(Matching(Offer.portrait(), request: nil, shelf: Shelf([product]), weights: .standard).matches.count == 1)
    let over = Matching(Offer.portrait(), request: Offer.request("a", amount: 60, months: 1), shelf: Shelf([product]), weights: .standard)
    #expect(over.refused.map(\.condition) == ["half"])
}
