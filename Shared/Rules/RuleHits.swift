/// The numbers of the rules that hit, in a buffer that is used again and again.
@safe public struct RuleHits {
    private var numbers: [Int32] = []
    public private(set) var count = 0
    /// Rules with several slots that were found already.
    private var found: Set<Int32> = []

    public init() {}

    /// The words of the scan that are not zero, and where the rules of each one's slots stand.
    private var words: [UInt64] = []
    private var rules: [UnsafePointer<Int32>?] = unsafe []

    mutating func reset(capacity: Int, chunks: Int) {
        let wordCount = chunks * RuleChunk.slotCount / 64 + 1
        if words.count < wordCount {
            words = [UInt64](repeating: 0, count: wordCount)
            unsafe rules = [UnsafePointer<Int32>?](repeating: nil, count: wordCount)
        }
        // A line more: the scan writes ahead of what it keeps.
        if numbers.count < capacity + BitBlock.bitsPerLine { numbers = [Int32](repeating: 0, count: capacity + BitBlock.bitsPerLine) }
        count = 0
        if !found.isEmpty { found.removeAll(keepingCapacity: true) }
    }

    mutating func append(_ rule: Int32) {
        numbers[count] = rule
        count += 1
    }

    /// False when it was found before.
    mutating func find(_ rule: Int32) -> Bool { found.insert(rule).inserted }

    @safe struct Buffers {
        let numbers: UnsafeMutablePointer<Int32>
        let words: UnsafeMutablePointer<UInt64>
        let rules: UnsafeMutablePointer<UnsafePointer<Int32>?>
    }

    /// Lends the buffers to a scan, which says how many numbers it wrote.
    @inline(__always)
    mutating func fill(_ scan: (Buffers) -> Int) {
        count = unsafe numbers.withUnsafeMutableBufferPointer { numbers in
            unsafe words.withUnsafeMutableBufferPointer { words in
                unsafe rules.withUnsafeMutableBufferPointer { rules in
                    guard let numbers = numbers.baseAddress, let words = words.baseAddress, let rules = rules.baseAddress
                    else { return 0 }
                    return scan(unsafe Buffers(numbers: numbers, words: words, rules: rules))
                }
            }
        }
    }

    /// The hits in ascending order.
    public var sorted: [Int] { numbers[..<count].sorted().map { Int($0) } }

    /// The hits in the order found.
    public var unsorted: ArraySlice<Int32> { numbers[..<count] }
}
