/// A stream of numbers that its seed decides: the same seed gives the same numbers on every machine. Not for secrets.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// The stream numbered `index` of a family: neighbours have nothing in common.
    package init(seed: UInt64, stream index: UInt64) {
        var mixer = SplitMix64(seed: seed ^ (index &* 0xD1B5_4A32_D192_ED03))
        state = mixer.next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Evenly in 0 ..< 1, with 53 bits.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Evenly in the range, both ends included.
    package mutating func whole(_ range: ClosedRange<Int>) -> Int {
        let width = UInt64(range.upperBound - range.lowerBound) + 1
        // The high half of a product, so that no remainder favours the low numbers much: 2^-64 × width.
        return range.lowerBound + Int(next().multipliedFullWidth(by: width).high)
    }

    /// Evenly between the two.
    package mutating func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }

    /// True with this probability.
    package mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// One of the choices; `fallback` when there are none.
    package mutating func one<Choice>(of choices: [Choice], or fallback: Choice) -> Choice {
        choices.isEmpty ? fallback : choices[whole(0...choices.count - 1)]
    }

    /// Roughly a bell around 1: the mean of four even draws within ±`spread`.
    package mutating func factor(spread: Double) -> Double {
        1 + spread * ((unit() + unit() + unit() + unit()) / 2 - 1)
    }
}
