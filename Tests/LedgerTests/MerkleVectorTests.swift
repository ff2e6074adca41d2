import Ledger
import Testing

/// Cases that are not kept, each with its reason. None.
private let exceptions: [String: String] = [:]

@Test func `the public proof vectors get the published verdicts`() throws {
    guard let vectors = try ProofVector.all() else { return }
    let failures = vectors.filter { $0.isAccepted != $0.isAcceptable }.map(\.file)
    let kinds = Dictionary(grouping: vectors, by: \.kind).map { "\($0.key) \($0.value.count)" }.sorted()
    print(
        "merkle vectors: \(vectors.count) cases, \(vectors.count - failures.count) passed, \(exceptions.count) named exceptions; \(kinds.joined(separator: ", "))"
    )
    #expect(failures.isEmpty, "\(failures)")
    #expect(vectors.count == 518)
}
