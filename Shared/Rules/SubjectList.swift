/// Numbers of subjects in ascending order, in a buffer that is used again and again.
public struct SubjectList: Sendable {
    private var buffer: [UInt32] = []
    public private(set) var count = 0

    public init() {}

    mutating func clear() { count = 0 }

    /// Lends room for `more` numbers (and two that may be written ahead) to a writer, which says how many it wrote.
    @inline(__always)
    mutating func grow(by more: Int, _ write: (UnsafeMutablePointer<UInt32>) -> Int) {
        let needed = count + more + 2
        if buffer.count < needed { buffer += [UInt32](repeating: 0, count: max(needed - buffer.count, buffer.count)) }
        let start = count
        count += unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            guard let first = buffer.baseAddress else { return 0 }
            return unsafe write(first + start)
        }
    }

    mutating func keep(where holds: (Int) -> Bool) {
        var kept = 0
        for place in 0..<count where holds(Int(buffer[place])) {
            buffer[kept] = buffer[place]
            kept += 1
        }
        count = kept
    }

    public subscript(place: Int) -> Int {
        precondition(place < count)
        return Int(buffer[place])
    }

    public var numbers: [Int] { buffer[..<count].map { Int($0) } }

    /// The sum of the numbers: tells two lists apart without keeping them.
    public var sum: Int { buffer[..<count].reduce(0) { $0 &+ Int($1) } }
}
