import Ledger
import Testing

@Test func `the public proof vectors get the published verdicts`() throws {
    guard let vectors = try ProofVector.all() else { return }
    let failures = vectors.filter { $0.isAccepted != $0.isAcceptable }.map(\.file)
    let kinds = Dictionary(grouping: vectors, by: \.kind).map { "\($0.key) \($0.value.count)" }.sorted()
    print("merkle vectors: \(vectors.count) cases, \(vectors.count - failures.count) passed; \(kinds.joined(separator: ", "))")
    #expect(failures.isEmpty, "\(failures)")
    #expect(vectors.count == 518)
}
