import Glibc
import Testing

@testable import Chassis

@Suite struct HeapTuningTests {
    @Test func `free memory between what stays is given back, and only by a large process`() throws {
        // 100 MB, of which one block in a hundred stays: the last one holds the heap's end up.
        var blocks = (0..<100_000).map { _ in [UInt8](repeating: 1, count: 1_000) }
        let kept = stride(from: 99, to: blocks.count, by: 100).map { blocks[$0] }
        blocks = []
        let before = try #require(ProcessMemory.resident.kibibytes(of: getpid()))
        HeapTuning.giveBack(above: before * 8)
        let untouched = try #require(ProcessMemory.resident.kibibytes(of: getpid()))
        HeapTuning.giveBack(above: 0)
        let after = try #require(ProcessMemory.resident.kibibytes(of: getpid()))
        #expect(untouched - after > 40 << 10, "\(before), \(untouched), \(after) KiB")
        #expect(kept.count == 1_000)
    }
}
