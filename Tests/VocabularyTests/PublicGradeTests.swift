import Testing
import Vocabulary

@Suite struct PublicGradeTests {
    @Test func `old and new wordings mean the same grades`() {
        let cases: [(String, PublicGrade?)] = [
            ("A", .a), ("b", .b), ("Ｃ", .c), ("D级", .d), ("优", .a), ("良", .b), ("中", .c), ("差", .d), ("优秀", .a), (" 良好 ", .b),
            ("未评", .unrated), ("unrated", .unrated), ("E", nil), ("", nil), ("级", nil), ("AA", nil), ("M", nil),
        ]
        for (text, grade) in cases { #expect(PublicGrade(wording: text) == grade, "\(text)") }
    }

    @Test func `an evaluation is stale after twelve months and not on the day`() throws {
        let evaluation = PublicEvaluation(grade: .b, evaluatedOn: try #require(Day("2025-05-10")), source: "信用中国")
        #expect(!evaluation.isStale(on: try #require(Day("2026-05-10"))))
        #expect(evaluation.isStale(on: try #require(Day("2026-05-11"))))
        let leap = PublicEvaluation(grade: .a, evaluatedOn: try #require(Day("2024-02-29")), source: "信用中国")
        #expect(!leap.isStale(on: try #require(Day("2025-02-28"))))
        #expect(leap.isStale(on: try #require(Day("2025-03-01"))))
    }
}
