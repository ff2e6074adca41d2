/// How sensitive texts are shown outside. What has another shape than expected is hidden altogether, by a mask whose length says nothing.
public enum Masking {
    /// What hides a whole text.
    public static let hidden = "****"

    /// The text as it may leave, by the field's class; nil when it may not leave at all (internal, secret).
    public static func shown(_ text: String, as fieldClass: FieldClass) -> String? {
        switch fieldClass {
        case .public: text
        case .internal, .secret: nil
        case .personalNumber: personalNumber(text)
        case .phone: phone(text)
        case .personalName: personalName(text)
        case .account: account(text)
        }
    }

    /// The first six and the last four characters of an identity number of 18 (or the old 15): `110105********002X`.
    public static func personalNumber(_ text: String) -> String {
        let characters = Array(CodeText.normalised(text))
        guard characters.count == 18 || characters.count == 15 else { return hidden }
        return String(characters.prefix(6)) + String(repeating: "*", count: characters.count - 10) + String(characters.suffix(4))
    }

    /// The first three and the last four digits of an eleven-digit mobile number, without +86: `138****1234`.
    public static func phone(_ text: String) -> String {
        var digits = CodeText.normalised(text)[...]
        if digits.hasPrefix("+86") { digits = digits.dropFirst(3) }
        guard digits.utf8.count == 11, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return hidden }
        return digits.prefix(3) + "****" + digits.suffix(4)
    }

    /// The last four characters of an account of eight or more: `****4321`.
    public static func account(_ text: String) -> String {
        let characters = CodeText.normalised(text)
        guard characters.count >= 8 else { return hidden }
        return hidden + characters.suffix(4)
    }

    /// The first character and one star, however long the name is: `张*`. A name of one character is hidden.
    public static func personalName(_ text: String) -> String {
        let visible = text.filter { !$0.isWhitespace }
        guard visible.count > 1, let first = visible.first else { return "*" }
        return String(first) + "*"
    }
}
