import Vocabulary

extension SplitMix64 {
    /// The stream numbered `index` of a family: neighbours have nothing in common.
    public init(seed: UInt64, stream index: UInt64) {
        var mixer = SplitMix64(seed: seed ^ (index &* 0xD1B5_4A32_D192_ED03))
        self.init(seed: mixer.next())
    }

    /// Evenly in 0 ..< 1, with 53 bits.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Evenly in the range, both ends included.
    public mutating func whole(_ range: ClosedRange<Int>) -> Int {
        let width = UInt64(range.upperBound - range.lowerBound) + 1
        // The high half of a product, so that no remainder favours the low numbers much: 2^-64 × width.
        return range.lowerBound + Int(next().multipliedFullWidth(by: width).high)
    }

    /// Evenly between the two.
    public mutating func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }

    /// True with this probability.
    public mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// One of the choices; `fallback` when there are none.
    public mutating func one<Choice>(of choices: [Choice], or fallback: Choice) -> Choice {
        choices.isEmpty ? fallback : choices[whole(0...choices.count - 1)]
    }

    /// Roughly a bell around 1: the mean of four even draws within ±`spread`.
    public mutating func factor(spread: Double) -> Double {
        1 + spread * ((unit() + unit() + unit() + unit()) / 2 - 1)
    }
}
