import Vocabulary
import Wire

/// How alike a firm that is known and one that is only named must be: the entry of kind `identityRule`.
///
/// Without a code, the name finds the candidates; name, division and legal person are weighed. A division that was abolished is compared
/// by what took over, as the `divisionTable` has it.
struct IdentityRule: Sendable {
    /// Points for each likeness; the sum of all is what a perfect likeness has.
    let nameWeight: Int64
    let divisionWeight: Int64
    let legalPersonWeight: Int64
    /// Points from which a candidate is taken.
    let acceptFrom: Int64
    /// Points by which the best must lead.
    let leadMin: Int64

    init?(_ body: JSONValue, defects: inout [String]) {
        func points(_ name: String) -> Int64? {
            guard let points = body[name]?.int, (0...1_000).contains(points) else {
                defects.append("`\(name)` is not 0…1000")
                return nil
            }
            return points
        }
        guard let name = points("name"), let division = points("division"), let person = points("legalPerson"),
            let accept = points("acceptFrom"), let lead = points("leadMin")
        else { return nil }
        (nameWeight, divisionWeight, legalPersonWeight, acceptFrom, leadMin) = (name, division, person, accept, lead)
    }

    /// Whether the most alike is taken: it has the points, and leads by enough.
    ///
    /// - Parameter points: of all candidates, the most first.
    func takesFirst(of points: [Int64]) -> Bool {
        guard let best = points.first else { return false }
        let lead = points.count > 1 ? best - points[1] : best
        return best >= acceptFrom && lead >= leadMin
    }

    /// Points, and where they come from. What one side does not say is neither like nor unlike, and gives nothing.
    ///
    /// - Parameter division: the code under which a division counts.
    func likeness(
        _ question: NamedFirm, _ candidate: NamedFirm, division: (String) -> String
    ) -> (points: Int64, explained: String) {
        var parts: [String] = []
        var points: Int64 = 0
        func weigh(_ word: String, _ a: String, _ b: String, _ weight: Int64) {
            if a.isEmpty || b.isEmpty {
                parts.append("\(word)=?")
            } else if a == b {
                points += weight
                parts.append("\(word)+\(weight)")
            } else {
                // Another division or another person speaks against it.
                points -= word == "name" ? 0 : weight
                parts.append("\(word)-\(weight)")
            }
        }
        weigh("name", NamedFirm.normalised(question.name), NamedFirm.normalised(candidate.name), nameWeight)
        weigh("division", division(question.division), division(candidate.division), divisionWeight)
        weigh("legalPerson", question.legalPerson, candidate.legalPerson, legalPersonWeight)
        return (points, parts.joined(separator: " "))
    }
}

/// What is said of a firm apart from its code.
public struct NamedFirm: Hashable, Sendable {
    let name: String
    let division: String
    /// As a pseudonym: the same person has the same one, and nobody else can tell who it is.
    let legalPerson: String

    /// The name as it is compared: half-width, upper-case, without white space, brackets and stops.
    static func normalised(_ name: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            // The full-width forms U+FF01…U+FF5E are ASCII shifted by 0xFEE0.
            let isWide = (0xFF01...0xFF5E).contains(scalar.value)
            let narrow = isWide ? Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value - 0xFEE0)) : scalar
            if narrow.properties.isWhitespace || passedOver.contains(narrow) { continue }
            result.append((97...122).contains(narrow.value) ? Unicode.Scalar(UInt8(truncatingIfNeeded: narrow.value - 32)) : narrow)
        }
        return String(result)
    }

    private static let passedOver: Set<Unicode.Scalar> = Set("()[]【】《》<>·.,。、-'\"“”".unicodeScalars)
}
