import Vocabulary
import Wire

/// What crosses a topic between two services: one JSON object with a versioned type name.
///
/// The type name is the CloudEvents `type` and ends in its major version (`governance.fact.v1`). A field is never
/// removed and never changes its type within a major version; a new field is optional with a default.
public protocol Payload: Sendable {
    static var type: String { get }
    /// Writes the members of the object, in the order of the declaration.
    func write(to object: inout JSONWriter)
    /// Refuses a body that lacks a required field or has one of the wrong kind. Unknown fields are passed over.
    init(_ json: JSONValue) throws(ContractDefect)
}

extension Payload {
    public var bytes: [UInt8] {
        JSONWriter.encode { writer in
            writer.object { object in write(to: &object) }
        }
    }
}

/// Why a body is not what its type says.
public enum ContractDefect: Error, Hashable, Sendable {
    case missing(field: String)
    case wrong(field: String, expected: String)
    case unknownType(String)
    case notAnObject

    /// Stable, for counters and dead letters.
    public var code: String {
        switch self {
        case .missing: "field-missing"
        case .wrong: "field-wrong"
        case .unknownType: "type-unknown"
        case .notAnObject: "not-an-object"
        }
    }
}

extension ContractDefect: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missing(let field): "field `\(field)` is missing"
        case .wrong(let field, let expected): "field `\(field)` should be \(expected)"
        case .unknownType(let type): "message type `\(type)` is not known here"
        case .notAnObject: "the body is not a JSON object"
        }
    }
}

/// Typed reads of an object's members, each refusing with the member's name.
public struct Fields {
    public let json: JSONValue

    public init(_ json: JSONValue) throws(ContractDefect) {
        guard json.kind == .object else { throw .notAnObject }
        self.json = json
    }

    /// The member, when it is there and is not null.
    public subscript(name: String) -> JSONValue? {
        guard let value = json[name], !value.isNull else { return nil }
        return value
    }

    public func required(_ name: String) throws(ContractDefect) -> JSONValue {
        guard let value = self[name] else { throw .missing(field: name) }
        return value
    }

    public func text(_ name: String) throws(ContractDefect) -> String {
        guard let text = try required(name).string else { throw .wrong(field: name, expected: "a string") }
        return text
    }

    public func textOrNil(_ name: String) throws(ContractDefect) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string else { throw .wrong(field: name, expected: "a string") }
        return text
    }

    public func int(_ name: String) throws(ContractDefect) -> Int64 {
        guard let number = try required(name).int else { throw .wrong(field: name, expected: "a whole number") }
        return number
    }

    public func intOrNil(_ name: String) throws(ContractDefect) -> Int64? {
        guard let value = self[name] else { return nil }
        guard let number = value.int else { throw .wrong(field: name, expected: "a whole number") }
        return number
    }

    public func double(_ name: String) throws(ContractDefect) -> Double {
        guard let number = try required(name).double else { throw .wrong(field: name, expected: "a number") }
        return number
    }

    public func bool(_ name: String, default fallback: Bool = false) throws(ContractDefect) -> Bool {
        guard let value = self[name] else { return fallback }
        guard let flag = value.bool else { throw .wrong(field: name, expected: "true or false") }
        return flag
    }

    /// A flag whose absence means something else than `false`.
    public func requiredBool(_ name: String) throws(ContractDefect) -> Bool {
        guard let flag = try required(name).bool else { throw .wrong(field: name, expected: "true or false") }
        return flag
    }

    public func money(_ name: String) throws(ContractDefect) -> Money { Money(fen: try int(name)) }

    public func instant(_ name: String) throws(ContractDefect) -> Instant {
        guard let instant = try required(name).instant else { throw .wrong(field: name, expected: "an RFC 3339 time") }
        return instant
    }

    public func instantOrNil(_ name: String) throws(ContractDefect) -> Instant? {
        guard let value = self[name] else { return nil }
        guard let instant = value.instant else { throw .wrong(field: name, expected: "an RFC 3339 time") }
        return instant
    }

    public func day(_ name: String) throws(ContractDefect) -> Day {
        guard let day = try required(name).day else { throw .wrong(field: name, expected: "a day yyyy-MM-dd") }
        return day
    }

    public func dayOrNil(_ name: String) throws(ContractDefect) -> Day? {
        guard let value = self[name] else { return nil }
        guard let day = value.day else { throw .wrong(field: name, expected: "a day yyyy-MM-dd") }
        return day
    }

    public func monthOrNil(_ name: String) throws(ContractDefect) -> Month? {
        guard let value = self[name] else { return nil }
        guard let month = value.month else { throw .wrong(field: name, expected: "a month yyyy-MM") }
        return month
    }

    public func texts(_ name: String) throws(ContractDefect) -> [String] {
        guard let value = self[name] else { return [] }
        guard value.kind == .array else { throw .wrong(field: name, expected: "a list of strings") }
        var texts: [String] = []
        for element in value.elements {
            guard let text = element.string else { throw .wrong(field: name, expected: "a list of strings") }
            texts.append(text)
        }
        return texts
    }

    /// Every element of a list read by `read`; an absent list is empty.
    public func list<Element>(
        _ name: String, _ read: (JSONValue) throws(ContractDefect) -> Element
    ) throws(ContractDefect) -> [Element] {
        guard let value = self[name] else { return [] }
        guard value.kind == .array else { throw .wrong(field: name, expected: "a list") }
        var result: [Element] = []
        for element in value.elements { result.append(try read(element)) }
        return result
    }

    public func object(_ name: String) throws(ContractDefect) -> Fields { try Fields(try required(name)) }

    public func objectOrNil(_ name: String) throws(ContractDefect) -> Fields? {
        guard let value = self[name] else { return nil }
        return try Fields(value)
    }
}

/// A text in the two languages that institutions and regulators read.
public struct Bilingual: Hashable, Sendable {
    public let en: String
    public let zh: String

    public init(en: String, zh: String) {
        self.en = en
        self.zh = zh
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(en: try fields.text("en"), zh: try fields.text("zh"))
    }

    public func write(to writer: inout JSONWriter, as name: String) {
        writer.member(
            name,
            object: { object in
                object.member("en", en)
                object.member("zh", zh)
            })
    }
}
