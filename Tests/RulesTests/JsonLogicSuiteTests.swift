import Rules
import Testing
import Wire

@Test func `the public suite gets the published results`() throws {
    guard let bytes = sharedData("jsonlogic/compatible.json") else { return }
    let document = try JSONDocument(parsing: bytes)
    var cases = 0
    var failures: [String] = []
    var thrown = 0
    for entry in document.root.elements where entry.kind == .object {
        cases += 1
        let name = entry["description"]?.string ?? "case \(cases)"
        guard let written = entry["rule"], let expected = entry["result"] else {
            failures.append("\(name): no rule or result")
            continue
        }
        do {
            let logic = try Logic(written)
            let result = try logic.evaluate(entry["data"].map { RuleValue($0) } ?? .null)
            if result != RuleValue(expected) { failures.append("\(name): \(result)") }
        } catch {
            thrown += 1
            failures.append("\(name): \(error)")
        }
    }
    print("jsonlogic suite: \(cases) cases, \(cases - failures.count) passed, \(thrown) exceptions")
    #expect(failures.isEmpty, "\(failures)")
    #expect(cases == 278)
}
