import Contracts
import Support
import Testing

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A47ProcessesTests {
    @Test func `twenty firms are classed by the statistical standard, and a missing figure is not guessed`() throws {
        let story = A47InProcessTests()
        try Story.again {
            try A47InProcessTests().`twenty firms are classed by the statistical standard, and a missing figure is not guessed`()
        }
        // Each exactly, and of the one with a missing figure nothing.
        let suite = try ProcessSuite.shared.get()
        for (number, firm) in A47InProcessTests.firms.enumerated() {
            let code = story.code(number, from: A47InProcessTests.sized)
            let portrait = try #require(try suite.portrait(of: code))
            let seen = portrait.indicators.first { $0.name == "size-class" }?.value
            #expect(seen == firm.size.map { .text($0) }, "\(number): \(firm.industry), \(firm.employees) persons")
        }
    }

    @Test func `the list of first borrowers is the firms without a loan at any institution`() throws {
        try Story.again { try A47InProcessTests().`the list of first borrowers is the firms without a loan at any institution`() }
    }

    @Test func `what happens on a wage account reaches the department by the agreed fields alone, once, and what it replaces is named`()
        throws
    {
        try Story.again {
            try A47InProcessTests()
                .`what happens on a wage account reaches the department by the agreed fields alone, once, and what it replaces is named`()
        }
    }
}
