import Deciding
import Rules
import Vocabulary

/// The products in force, and what sorts out those that can not fit a subject without judging each: institutions of a whole country have some
/// ten thousand.
public struct Shelf: Sendable {
    /// By id.
    public let products: [Product]
    private let sieve: RuleSieve

    public init(_ products: [Product]) {
        self.products = products.sorted { $0.id < $1.id }
        sieve = RuleSieve(self.products.map(Self.necessary))
    }

    /// The places of all products that fit, and of some that do not, ascending.
    func candidates(_ facts: SubjectFacts) -> [Int] { sieve.passing(PlacedFacts(facts: facts)) }

    /// What must hold for the product to fit, as far as one rule can say it: without conditions that may wait for a request, and without
    /// the limit, which is a calculation.
    private static func necessary(_ product: Product) -> Logic {
        var parts = product.requirements
            .filter { $0.isHard && !$0.names.contains { $0.hasPrefix("request.") } }.map(\.condition.logic)
        if !product.regions.isEmpty {
            let byLength = Dictionary(grouping: product.regions, by: \.utf8.count).sorted { $0.key < $1.key }
            parts.append(
                .apply(
                    .or,
                    byLength.map { length, beginnings in
                        .member(.variable(PlacedFacts.name(length), fallback: nil), of: Set(beginnings.map { .string($0) }))
                    }))
        }
        // A subject without a request has none of these figures; then they keep nobody out.
        func within(_ name: String, _ low: Double, _ high: Double) -> Logic {
            let bound = Logic.constant(.number(low))
            return .apply(.atMost, [bound, .variable(VariableName(name), fallback: bound), .constant(.number(high))])
        }
        parts.append(within("request.amount", Double(product.amountMin.fen) / 100, Double(product.amountMax.fen) / 100))
        parts.append(within("request.months", Double(product.monthsMin), Double(product.monthsMax)))
        return .apply(.and, parts)
    }
}

/// A subject's facts, and the beginnings of its division code besides.
private struct PlacedFacts: FactSource {
    let facts: SubjectFacts

    private static let prefix = "region:"

    static func name(_ length: Int) -> VariableName { VariableName("\(prefix)\(length)") }

    func value(_ name: String) -> RuleValue? {
        guard name.hasPrefix(Self.prefix) else { return facts.value(name) }
        guard let region = facts.text("region"), let length = Int(name.dropFirst(Self.prefix.count)), region.utf8.count >= length else {
            return nil
        }
        return .string(String(decoding: region.utf8.prefix(length), as: UTF8.self))
    }
}
