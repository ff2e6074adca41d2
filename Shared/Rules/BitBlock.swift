import Glibc

/// Bits in lines of 512, zeroed at first. The pointers of the indexes stay in here and in the loops that scan them.
@safe final class BitBlock: @unchecked Sendable {
    typealias Line = SIMD8<UInt64>
    static let bitsPerLine = 512

    let lines: UnsafeMutablePointer<Line>
    let count: Int

    init(lines count: Int) {
        unsafe lines = BitBlock.allocate(count)
        unsafe lines.initialize(repeating: .zero, count: count)
        self.count = count
    }

    init(copying other: BitBlock) {
        unsafe lines = BitBlock.allocate(other.count)
        unsafe lines.initialize(from: other.lines, count: other.count)
        count = other.count
    }

    deinit { unsafe lines.deallocate() }

    /// In huge pages where it fills one: a scan jumps through all of the block, and among small pages it waits for their addresses (a quarter
    /// of the time, once a process has run for a while).
    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Line> {
        let size = count * MemoryLayout<Line>.size
        guard size >= hugePage else { return .allocate(capacity: count) }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: hugePage)
        // Refused where there are none; the block is as good then, only slower.
        _ = unsafe madvise(memory, size, MADV_HUGEPAGE)
        return unsafe memory.bindMemory(to: Line.self, capacity: count)
    }

    private static let hugePage = 2 << 20

    var byteCount: Int { count * MemoryLayout<Line>.size }

    /// The bit at a position counted from the start of a line.
    func isSet(_ bit: Int, from line: Int) -> Bool {
        let place = line * 8 + bit >> 6
        precondition(bit >= 0 && place < count * 8)
        return unsafe UnsafeRawPointer(lines).load(fromByteOffset: place * 8, as: UInt64.self) >> UInt64(bit & 63) & 1 == 1
    }

    func set(_ bit: Int, from line: Int, to isSet: Bool) {
        let place = line * 8 + bit >> 6
        precondition(bit >= 0 && place < count * 8)
        let words = unsafe UnsafeMutableRawPointer(lines).assumingMemoryBound(to: UInt64.self)
        let mask: UInt64 = 1 << UInt64(bit & 63)
        if isSet { unsafe words[place] |= mask } else { unsafe words[place] &= ~mask }
    }
}

extension SIMD8<UInt64> {
    /// All words joined into one.
    @inline(__always)
    var union: UInt64 {
        let half = lowHalf | highHalf
        let quarter = half.lowHalf | half.highHalf
        return quarter.x | quarter.y
    }

    @inline(__always)
    var isZero: Bool { union == 0 }
}

extension UInt64 {
    /// The place of the lowest bit set, and some place for zero: where the compiler knows that there is one, it takes the processor's fast
    /// instruction without asking.
    @inline(__always)
    var lowestBit: Int { (self | 1 << 63).trailingZeroBitCount }

    /// 1, or 0 for zero: arithmetic, where the compiler makes a branch of a comparison.
    @inline(__always)
    var oneUnlessZero: Int { Int(truncatingIfNeeded: (self | (0 &- self)) >> 63) }
}
