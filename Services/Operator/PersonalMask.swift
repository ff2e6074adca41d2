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

    /// Takes the personal fields from the packs in a folder; without a folder only the usual names are known.
    init(packs path: String) {
        var classes: [String: FieldClass] = [:]
        let packs = (try? Pack.load(path)) ?? []
        for entry in packs.flatMap(\.entries) where entry.entry.kind == "recordType" {
            for (name, known) in RecordFields(entry.entry.body)?.classes ?? [:] where known.isPersonal || known == .secret {
                classes[name] = known
            }
        }
        self.init(classes: classes)
    }

    /// A value as lines to read: JSON indented, anything else as text, or in hexadecimal when it is no text.
    func shown(_ value: [UInt8]) -> String {
        if let document = try? JSONDocument(parsing: value) { return lines(document.root, indent: "", as: nil) }
        guard let text = String(validating: value, as: UTF8.self) else {
            // Bytes that are no text may still hold some: nothing but their shape is shown.
            return "\(value.count) bytes that are no text; --raw shows them"
        }
        return masked(text)
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

    /// A text with what looks like an identity number, a mobile number or an account masked.
    func masked(_ text: String) -> String {
        var shown = ""
        var run = ""
        func close() {
            shown += Self.maskedRun(run)
            run = ""
        }
        for character in text {
            if character.isASCII, character.isLetter || character.isNumber {
                run.append(character)
            } else {
                close()
                shown.append(character)
            }
        }
        close()
        return shown
    }

    private static func maskedRun(_ run: String) -> String {
        guard run.utf8.count >= 11 else { return run }
        let digits = Array(run.utf8)
        let isNumber = digits.allSatisfy { (48...57).contains($0) }
        let isNumberButLast = digits.dropLast().allSatisfy { (48...57).contains($0) }
        if digits.count == 18, isNumberButLast, isNumber || digits.last == 88 || digits.last == 120, hasBirthday(run) {
            return Masking.personalNumber(run)
        }
        if digits.count == 11, isNumber, digits[0] == 49, digits[1] >= 51 { return Masking.phone(run) }
        if isNumber, (15...19).contains(digits.count) { return Masking.account(run) }
        return run
    }

    /// Whether the characters 7 to 14 are a day of the last or this century, as in an identity number.
    private static func hasBirthday(_ run: String) -> Bool {
        let text = Array(run)[6..<14]
        return Day("\(String(text.prefix(4)))-\(String(text.dropFirst(4).prefix(2)))-\(String(text.suffix(2)))") != nil
            && (text.starts(with: "19") || text.starts(with: "20"))
    }
}
