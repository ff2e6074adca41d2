import Models
import Testing
import Vocabulary

@Test func `AUC counts the pairs in the right order, ties half`() {
    // Events 0.8 0.4, others 0.6 0.4 0.1: of six pairs four are right, one is tied (0.4 with 0.4), one is wrong (0.4 below 0.6).
    let scores = [0.8, 0.4, 0.6, 0.4, 0.1]
    let events = [true, true, false, false, false]
    #expect(Discrimination.auc(scores: scores, events: events) == 4.5 / 6)
    // Cumulated from below: 0.1 → 0 and 1/3; 0.4 → 1/2 and 2/3; 0.6 → 1/2 and 1; 0.8 → 1 and 1. The widest gap is 1/2.
    #expect(Discrimination.ks(scores: scores, events: events) == 0.5)
    #expect(Discrimination.auc(scores: [1, 2, 3, 4], events: [false, false, true, true]) == 1)
    #expect(Discrimination.auc(scores: [4, 3, 2, 1], events: [false, false, true, true]) == 0)
    #expect(Discrimination.ks(scores: [1, 2, 3, 4], events: [false, false, true, true]) == 1)
    #expect(Discrimination.auc(scores: [7, 7, 7], events: [false, true, true]) == 0.5)
    #expect(Discrimination.ks(scores: [7, 7, 7], events: [false, true, true]) == 0)
    #expect(Discrimination.auc(scores: [1, 2], events: [true, true]) == nil)
    #expect(Discrimination.ks(scores: [], events: []) == nil)
    #expect(Discrimination.auc(scores: [1, 2, .nan], events: [false, true, true]) == 1)
}

@Test func `AUC is the share of right pairs, whatever the scores`() throws {
    var dice = SplitMix64(seed: 5)
    for _ in 0..<200 {
        let count = Int.random(in: 2...40, using: &dice)
        let scores = (0..<count).map { _ in Double(Int.random(in: 0...9, using: &dice)) }
        let events = (0..<count).map { _ in Bool.random(using: &dice) }
        var (right, pairs) = (0.0, 0.0)
        for a in 0..<count where events[a] {
            for b in 0..<count where !events[b] {
                pairs += 1
                right += scores[a] > scores[b] ? 1 : (scores[a] == scores[b] ? 0.5 : 0)
            }
        }
        let auc = Discrimination.auc(scores: scores, events: events)
        if pairs == 0 { #expect(auc == nil) } else { #expect(abs(try #require(auc) - right / pairs) < 1e-12) }
    }
}

@Test func `PSI is nothing for equal shares and finite for empty bins`() throws {
    #expect(try #require(Discrimination.psi(expected: [10, 20, 70], actual: [100, 200, 700])).magnitude < 1e-12)
    // 0.5 → 0.25 and 0.5 → 0.75: -0.25·ln(0.5) + 0.25·ln(1.5) = 0.17328680 + 0.10136628.
    #expect(abs(try #require(Discrimination.psi(expected: [50, 50], actual: [25, 75])) - 0.274_653_07) < 1e-7)
    let shifted = try #require(Discrimination.psi(expected: [100, 0], actual: [0, 100]))
    #expect(shifted > 1 && shifted.isFinite)
    #expect(Discrimination.psi(expected: [1], actual: [1, 2]) == nil)
    #expect(Discrimination.psi(expected: [0, 0], actual: [1, 2]) == nil)
    #expect(Discrimination.psi(expected: [1, -1], actual: [1, 2]) == nil)
}
