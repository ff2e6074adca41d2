import Deciding
import Foundation
import Vocabulary
import Wire

/// Shows messages without what is personal in them. It does not know the message's type, which may be the very thing that is wrong: it
/// goes by the names of members (those that the packs call personal, and the usual ones) and by what a text looks like.
struct PersonalMask {
    /// Member names of the packs' record types, with their classes.
    private let classes: [String: FieldClass]

    init(classes: [String: FieldClass] = [:]) { self.classes = classes }

    /// Takes the personal fields from the packs in a folder; when they can not be read, only the usual names are known, which is told.
    init(packs path: String) {
        var classes: [String: FieldClass] = [:]
        do {
            for entry in try Pack.load(path).flatMap(\.entries) where entry.entry.kind == "recordType" {
                for (name, known) in RecordFields(entry.entry.body)?.classes ?? [:] where known.isPersonal || known == .secret {
                    classes[name] = known
                }
            }
        } catch {
            let reason = (error as? Failure)?.text ?? "\(error)"
            Terminal.complain("\(reason); only members with the usual names are masked by what they hold (--packs DIR names more)")
        }
        self.init(classes: classes)
    }

    /// A value as lines to read: JSON indented. What is no JSON has no names to go by: nothing but its size is shown.
    func shown(_ value: [UInt8]) -> String {
        guard let document = try? JSONDocument(parsing: value) else { return "\(value.count) bytes that are no JSON; --raw shows them" }
        return lines(document.root, indent: "", as: nil)
    }

    private func lines(_ value: JSONValue, indent: String, as fieldClass: FieldClass?) -> String {
        switch value.kind {
        case .object:
            let inner = value.members.map { key, member in
                "\(indent)  \(quoted(key)): \(lines(member, indent: indent + "  ", as: fieldClass ?? self.fieldClass(of: key)))"
            }
            return inner.isEmpty ? "{}" : "{\n\(inner.joined(separator: ",\n"))\n\(indent)}"
        case .array:
            let inner = value.elements.map { "\(indent)  \(lines($0, indent: indent + "  ", as: fieldClass))" }
            return inner.isEmpty ? "[]" : "[\n\(inner.joined(separator: ",\n"))\n\(indent)]"
        case .string:
            let text = value.string ?? ""
            guard let fieldClass else { return quoted(masked(text)) }
            return quoted(Masking.shown(text, as: fieldClass) ?? Masking.hidden)
        default:
            let text = String(decoding: value.rawBytes, as: UTF8.self)
            if fieldClass != nil, value.kind != .null { return quoted(Masking.hidden) }
            let hidden = masked(text)
            return hidden == text ? text : quoted(hidden)
        }
    }

    private func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.value(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func fieldClass(of name: String) -> FieldClass? {
        if let known = classes[name] { return known }
        let plain = name.lowercased().filter(\.isLetter)
        return Self.usual.first { word, _ in plain.contains(word) }?.fieldClass
    }

    /// Parts of member names that say what they hold, the first that fits counting.
    private static let usual: [(word: String, fieldClass: FieldClass)] = [
        ("password", .secret), ("secret", .secret), ("token", .secret),
        ("phone", .phone), ("mobile", .phone), ("telephone", .phone),
        ("idnumber", .personalNumber), ("idcard", .personalNumber), ("identitynumber", .personalNumber),
        ("personalnumber", .personalNumber),
        ("bankaccount", .account), ("accountnumber", .account), ("cardnumber", .account), ("iban", .account),
        ("legalperson", .personalName), ("legalrepresentative", .personalName), ("contactname", .personalName),
        ("contactperson", .personalName),
        ("holdername", .personalName), ("personname", .personalName), ("guarantorname", .personalName),
    ]

    /// A text with what looks like an identity number, a mobile number or an account masked, also with spaces or hyphens in it.
    func masked(_ text: String) -> String {
        var words: [Word] = []
        var word = Word()
        for character in text {
            if character.isASCII, character.isLetter || character.isNumber {
                word.text.append(character)
            } else {
                if !word.text.isEmpty {
                    words.append(word)
                    word = Word()
                }
                word.gap.append(character)
            }
        }
        if !word.text.isEmpty {
            words.append(word)
            word = Word()
        }
        var shown = ""
        var index = 0
        while index < words.count {
            let (count, text) = Self.beginning(of: words[index...].prefix(Self.digitsMax))
            shown += words[index].gap + text
            index += count
        }
        return shown + word.gap
    }

    /// ASCII letters and digits, and what stands before them.
    private struct Word {
        var gap = ""
        var text = ""
    }

    /// Of the longest number that is masked.
    private static let digitsMax = 19

    /// The longest row of words, from the first on, that is a number of somebody, masked; else the first word as it is.
    private static func beginning(of words: ArraySlice<Word>) -> (count: Int, text: String) {
        var found = (count: 1, text: words.first?.text ?? "")
        var groups: [String] = []
        for word in words {
            guard groups.isEmpty || word.gap.allSatisfy({ $0 == " " || $0 == "-" }) else { break }
            groups.append(word.text)
            if let text = maskedNumber(groups) { found = (groups.count, text) }
            guard word.text.utf8.allSatisfy(isDigit) else { break }
        }
        return found
    }

    private static func maskedNumber(_ groups: [String]) -> String? {
        let number = groups.joined()
        let digits = Array(number.utf8)
        guard (11...digitsMax).contains(digits.count), digits.dropLast().allSatisfy(isDigit), let last = digits.last else { return nil }
        if digits.count == 18, isDigit(last) || last == UInt8(ascii: "X") || last == UInt8(ascii: "x"), hasBirthday(number) {
            return Masking.personalNumber(number)
        }
        guard isDigit(last) else { return nil }
        if digits.count == 11, isMobile(digits[...]) { return Masking.phone(number) }
        if digits.count == 13, number.hasPrefix("86"), isMobile(digits[2...]) { return "86" + Masking.phone(String(number.dropFirst(2))) }
        // Days written one after the other have groups of two.
        guard digits.count >= 15, groups.dropLast().allSatisfy({ $0.utf8.count > 2 }) else { return nil }
        return Masking.account(number)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func isMobile(_ digits: ArraySlice<UInt8>) -> Bool {
        digits.first == UInt8(ascii: "1") && digits.dropFirst().first.map { $0 >= UInt8(ascii: "3") } == true
    }

    /// Whether the characters 7 to 14 are a day of the last or this century, as in an identity number.
    private static func hasBirthday(_ run: String) -> Bool {
        let text = Array(run)[6..<14]
        return Day("\(String(text.prefix(4)))-\(String(text.dropFirst(4).prefix(2)))-\(String(text.suffix(2)))") != nil
            && (text.starts(with: "19") || text.starts(with: "20"))
    }
}
