import Glibc
import Testing
import Vocabulary

@testable import Models

@Test func `one yes-or-no feature gets the logarithm of the odds ratio`() throws {
    // Of 40 without the feature 10 are events, of 60 with it 45: odds 1/3 and 3, ratio 9.
    let feature = [Double](repeating: 0, count: 40) + [Double](repeating: 1, count: 60)
    let events = (0..<40).map { $0 < 10 } + (0..<60).map { $0 < 45 }
    let fit = try #require(LogisticRegression(columns: [feature], events: events, ridge: 1e-9))
    #expect(abs(fit.intercept - -1.098_612_288_668) < 1e-6)
    #expect(abs(fit.weights[0] - 2.197_224_577_336) < 1e-6)
    // The variance of a difference of log-odds is the sum of the reciprocal counts: 1/10 + 1/30 for the group without the feature.
    #expect(abs(fit.standardError([0]) - (1.0 / 10 + 1.0 / 30).squareRoot()) < 1e-6)
}

@Test func `separable, constant and equal columns still give finite weights`() throws {
    let events = (0..<100).map { $0 >= 50 }
    let separating = (0..<100).map { $0 >= 50 ? 1.0 : -1.0 }
    let constant = [Double](repeating: 3, count: 100)
    let fit = try #require(LogisticRegression(columns: [separating, separating, constant], events: events, ridge: 1))
    #expect(fit.weights.allSatisfy { $0.isFinite })
    #expect(abs(fit.weights[0] - fit.weights[1]) < 1e-6)
    #expect(fit.weights[0] > 0)
}

@Test func `the fit is a minimum: no neighbour is better`() throws {
    // Rare events and a feature that marks most of them: full Newton steps diverge here.
    var dice = SplitMix64(seed: 41)
    for _ in 0..<20 {
        let marked = (0..<2_000).map { $0 < 60 ? 1.0 : 0.0 }
        let noise = (0..<2_000).map { _ in dice.unit() - 0.5 }
        let events = (0..<2_000).map { dice.unit() < (marked[$0] > 0 ? 0.6 : 0.01) }
        let fit = try #require(LogisticRegression(columns: [marked, noise], events: events, ridge: 1))
        func loss(_ intercept: Double, _ first: Double, _ second: Double) -> Double {
            events.indices.reduce((first * first + second * second) / 2) { sum, index in
                let exponent = intercept + first * marked[index] + second * noise[index]
                return sum + log1p(exp(events[index] ? -exponent : exponent))
            }
        }
        let best = loss(fit.intercept, fit.weights[0], fit.weights[1])
        for move in [-0.01, 0.01] {
            #expect(loss(fit.intercept + move, fit.weights[0], fit.weights[1]) > best)
            #expect(loss(fit.intercept, fit.weights[0] + move, fit.weights[1]) > best)
            #expect(loss(fit.intercept, fit.weights[0], fit.weights[1] + move) > best)
        }
    }
}

@Test func `Cholesky solves what it factored and refuses the rest`() throws {
    let factor = try #require(Cholesky(lower: [4, 0, 0, 12, 37, 0, -16, -43, 98], size: 3))
    let solution = factor.solve([0, 6, 39])
    for (found, expected) in zip(solution, [1.0, 1, 1]) { #expect(abs(found - expected) < 1e-9) }
    #expect(Cholesky(lower: [1, 0, 2, 1], size: 2) == nil)
    #expect(Cholesky(lower: [.nan], size: 1) == nil)
}
