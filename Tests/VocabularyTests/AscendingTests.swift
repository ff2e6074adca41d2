import Testing
import Vocabulary

@Test func `the count of a beginning is that of walking through it, for every list and every border`() {
    for count in 0...40 {
        // Each number twice, so that borders fall between equal ones, too.
        let list = (0..<count).map { $0 / 2 }
        for border in -1...count {
            #expect(list.prefixCount { $0 < border } == list.prefix { $0 < border }.count, "\(count) \(border)")
        }
    }
}
