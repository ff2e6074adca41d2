import Vocabulary

/// Divisions as statistics of one day count them: one that was abolished under what took over.
struct Divisions {
    let table: DivisionTable
    let day: Day

    func counted(_ code: String) -> String { table.counted(code, on: day) }
}

/// Where statistics put a firm: the prefecture of its division code, the section of its industry code.
public enum Place {
    /// Such as `430100`; empty for what is no code below a province.
    public static func prefecture(of code: String) -> String {
        guard let division = DivisionCode(code), let prefecture = division.prefecture else { return "" }
        return prefecture.text
    }

    /// The letter of GB/T 4754, such as `C`; empty when the code has none.
    public static func section(of code: String) -> String {
        let digits = code.drop { $0.isLetter }
        if let division = Int(digits.prefix(2)), let section = IndustrySection(division: division) { return section.rawValue }
        return code.first.flatMap { IndustrySection(rawValue: String($0)) }?.rawValue ?? ""
    }
}
