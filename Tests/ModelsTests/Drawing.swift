import Vocabulary

extension SplitMix64 {
    mutating func unit() -> Double { Double.random(in: 0..<1, using: &self) }
}
