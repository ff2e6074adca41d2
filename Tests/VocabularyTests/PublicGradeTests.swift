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
}
