/// The numbers of the rules that hit, in a buffer that is used again and again.
package struct RuleHits: Sendable {
    private var numbers: [Int32] = []
    package private(set) var count = 0
    /// Rules with several slots that were found already.
    private var found: Set<Int32> = []

    package init() {}

    mutating func reset(capacity: Int) {
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

    @inline(__always)
    mutating func fill(_ body: (UnsafeMutablePointer<Int32>, inout Int) -> Void) {
        unsafe numbers.withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress { unsafe body(start, &count) }
        }
    }

    /// The hits in ascending order.
    package var sorted: [Int] { numbers[..<count].sorted().map { Int($0) } }

    /// Calls for each hit.
    @inline(__always)
    package func forEach(_ body: (Int) -> Void) {
        unsafe numbers.withUnsafeBufferPointer { buffer in
            for place in 0..<count { unsafe body(Int(buffer[place])) }
        }
    }
}
