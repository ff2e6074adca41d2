/// An edition of the industry classification. Old registrations carry codes of 2011, and divisions 58 and 79–96 mean something else there.
public enum IndustryEdition: String, CaseIterable, Sendable {
    case edition2011 = "2011"
    case edition2017 = "2017"

    /// Which edition a table follows, from the names of divisions 58, 79 and 82; nil when it has none of them.
    ///
    /// One name of the old edition is enough: a half-converted table must not pass for a new one. Source: both division lists.
    public static func detect(from rows: [(code: String, name: String)]) -> IndustryEdition? {
        var seen = false
        for (code, name) in rows {
            switch code {
            case "79":
                seen = true
                if name != "土地管理业" { return .edition2011 }
            case "82":
                seen = true
                if name == "教育" { return .edition2011 }
            case "58":
                seen = true
                if name == "装卸搬运和运输代理业" { return .edition2011 }
            default: continue
            }
        }
        return seen ? .edition2017 : nil
    }

    /// What a code of 2011 is called in 2017, as exactly as it is known.
    ///
    /// Known: all sections and divisions, and the groups on which an enterprise's size depends. Everything finer is answered with its
    /// division, because classes were split, merged and renumbered.
    public static func translated(from2011 text: some StringProtocol) -> IndustryTranslation {
        let normalised = CodeText.normalised(text)
        if let section = IndustrySection(rawValue: normalised) { return .exact(IndustryCode(section)) }
        let digits = normalised.first.map { $0.isASCII && $0.isNumber } == true ? normalised[...] : normalised.dropFirst()
        guard (2...4).contains(digits.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let division = Int(digits.prefix(2)), (1...96).contains(division)
        else { return .unknown(normalised) }

        if digits.count > 2, let known = groups2011[String(digits.prefix(3))] { return answer(known, digits.count) }
        switch division {
        case 58: return digits.count == 2 ? .split(codes(["582", "591"])) : .unknown(normalised)
        // Storage of 2011 is within 59 of 2017, which has loading and handling as well: never "exact".
        case 59: return digits.count == 2 ? .split(codes(["592", "593", "594", "595", "596", "599"])) : .unknown(normalised)
        case 1...78: return one(division, digits.count)
        default: return one(division + 1, digits.count)
        }
    }

    /// Groups of 2011 with the groups they became. Source: comparison of the two editions' tables.
    private static let groups2011: [String: [String]] = [
        "581": ["591"],
        "582": ["582"],
        "591": ["595"],
        "599": ["592", "593", "594", "596", "599"],
        "701": ["701"],
        "702": ["702"],
        "703": ["703"],
        "704": ["704"],
        "709": ["709"],
    ]

    private static func answer(_ known: [String], _ digitCount: Int) -> IndustryTranslation {
        let list = codes(known)
        guard let only = list.first, list.count == 1 else { return .split(list) }
        return digitCount == 3 ? .exact(only) : .narrowedTo(only)
    }

    private static func one(_ division: Int, _ digitCount: Int) -> IndustryTranslation {
        let list = codes([(division < 10 ? "0" : "") + String(division)])
        guard let only = list.first else { return .unknown(String(division)) }
        return digitCount == 2 ? .exact(only) : .narrowedTo(only)
    }

    private static func codes(_ texts: [String]) -> [IndustryCode] { texts.compactMap { try? IndustryCode($0) } }
}

/// What a code of the 2011 edition is called in 2017.
public enum IndustryTranslation: Hashable, Sendable {
    /// The same activity.
    case exact(IndustryCode)
    /// Lies within this code; the finer digits are not known.
    case narrowedTo(IndustryCode)
    /// Became several; which of them, the code alone cannot say.
    case split([IndustryCode])
    /// Not a code of 2011.
    case unknown(String)
}
