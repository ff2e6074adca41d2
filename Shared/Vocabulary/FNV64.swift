/// FNV-1a, 64 bits: small, and the same on every machine. Tells apart what nobody has an interest to confuse; it is no seal.
public struct FNV64: Sendable {
    public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    public init() {}

    public mutating func mix(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    public static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash = FNV64()
        hash.mix(bytes)
        return hash.value
    }

    /// Cut to 53 bits, so that every JSON reader keeps it whole.
    public static func number(_ bytes: some Sequence<UInt8>) -> Int64 { Int64(truncatingIfNeeded: hash(bytes) >> 11) }
}
