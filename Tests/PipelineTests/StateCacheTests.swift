import Contracts
import Deciding
import Testing
import Vocabulary
import Wire

@testable import Pipeline

@Suite struct StateCacheTests {
    /// A state of a size.
    private struct Text: DecidedState {
        var text = ""
        init() {}
        init(_ json: JSONValue) throws(ContractDefect) { text = json["text"]?.string ?? "" }
        func write(to writer: inout JSONWriter) { writer.member("text", text) }
    }

    private func key(_ number: Int) -> StateKey { StateKey(lane: 0, key: "k\(number)") }

    /// Asks for a state as a batch does: found, or read and put in. True when it was there.
    private func ask(_ cache: inout StateCache<Text>, _ number: Int) -> Bool {
        if cache.slot(key(number)) != nil { return true }
        let slot = cache.add(key(number))
        cache.fill(slot, with: Text(), read: Array(repeating: 0, count: 100))
        return false
    }

    private func endBatch(_ cache: inout StateCache<Text>, countMax: Int = .max, sizeMax: Int = .max) {
        _ = cache.takeChanged()
        cache.trim(to: countMax, sizeMax: sizeMax)
    }

    @Test func `rounds about more subjects than there is room for find most of what fits`() {
        var cache = StateCache<Text>()
        var found = 0
        for round in 0..<6 {
            for number in 0..<1_000 {
                if ask(&cache, number), round > 0 { found += 1 }
                if number % 10 == 9 { endBatch(&cache, sizeMax: 50_000) }
            }
        }
        // Half of them fit. Whoever lets the oldest go finds none.
        #expect(found > 5 * 350)
        #expect(cache.size <= 50_000 && cache.size == cache.count * 100)
    }

    @Test func `what this batch and the one before asked for stays, however little room there is`() {
        var cache = StateCache<Text>()
        for number in 0..<40 {
            _ = ask(&cache, number)
            if number % 10 == 9 { endBatch(&cache, countMax: 5) }
        }
        #expect((20..<40).allSatisfy { cache.slot(key($0)) != nil })
        #expect((0..<20).allSatisfy { cache.slot(key($0)) == nil })
        #expect(cache.size == cache.count * 100)
    }

    @Test func `those that nobody has asked for in a long time go first`() {
        var cache = StateCache<Text>()
        for number in 0..<50 { _ = ask(&cache, number) }
        for _ in 0..<1_100 {
            for number in 100..<140 { _ = ask(&cache, number) }
            endBatch(&cache)
        }
        for number in 200..<210 { _ = ask(&cache, number) }
        endBatch(&cache, countMax: 80)
        #expect(cache.count == 50 && cache.size == 5_000)
        #expect((100..<140).allSatisfy { cache.slot(key($0)) != nil })
    }
}
