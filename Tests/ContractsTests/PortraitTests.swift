import Contracts
import Testing
import Vocabulary

@Suite struct PortraitTests {
    @Test func `an indicator is found exactly when the list has it`() {
        var random = SplitMix64(seed: 7)
        let letters = Array("abz-019")
        func word() -> String {
            String((0..<Int.random(in: 1...4, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" })
        }
        for count in [0, 1, 2, 3, 7, 8, 9, 64, 200] {
            for _ in 0..<20 {
                let names = Set((0..<count).map { _ in word() }).sorted()
                let portrait = Self.portrait(names.enumerated().map { ($1, $0 % 3 == 0 ? .text($1) : .number(Double($0))) })
                for name in names + (0..<50).map({ _ in word() }) + ["", "~"] {
                    let expected = portrait.indicators.first { $0.name == name }?.value
                    #expect(portrait.indicator(name) == expected, "\(name) among \(names)")
                }
            }
        }
    }

    private static func portrait(_ indicators: [(name: String, value: IndicatorValue)]) -> Portrait {
        Portrait(
            subject: "91430102PDY000079R", revision: 1, asOf: .epoch, name: "", region: "", industry: "", subjectKind: "enterprise",
            indicators: indicators, tags: [], dimensions: [], score: nil, publicGrade: "", catalogVersion: 1)
    }
}
