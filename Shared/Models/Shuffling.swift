import Vocabulary

extension SplitMix64 {
    /// Fisher–Yates, written out: the standard library may change how it draws, and then no old training could be repeated.
    mutating func shuffle(_ numbers: inout [Int]) {
        guard numbers.count > 1 else { return }
        for last in stride(from: numbers.count - 1, to: 0, by: -1) {
            let chosen = Int(next().multipliedFullWidth(by: UInt64(last + 1)).high)
            numbers.swapAt(last, chosen)
        }
    }
}
