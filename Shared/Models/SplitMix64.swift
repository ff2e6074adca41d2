/// A small generator: the same numbers for the same seed on every machine, so that a training can be repeated.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Fisher–Yates, written out: the standard library may change how it draws, and then no old training could be repeated.
    mutating func shuffle(_ numbers: inout [Int]) {
        guard numbers.count > 1 else { return }
        for last in stride(from: numbers.count - 1, to: 0, by: -1) {
            let chosen = Int(next().multipliedFullWidth(by: UInt64(last + 1)).high)
            numbers.swapAt(last, chosen)
        }
    }
}
