import Rules
import Wire

/// A name in one entry that must be the name of something else in the catalogue. Each service says which names its kinds of entries hold;
/// `CatalogNames` looks them up, the same way for all.
public struct CatalogReference: Sendable {
    /// What the name must lead to.
    public enum Target: Hashable, Sendable {
        /// An entry of the kind.
        case entry(kind: String)
        /// A field of the record type.
        case field(of: String)
        /// What a rule may ask about a subject: an indicator, a tag as `tag.<id>`, or one of these.
        case fact(or: Set<String>)
        /// One of these names.
        case name(of: Set<String>)
    }

    public let name: String
    public let target: Target
    /// The part of the entry that holds the name: `recordTypes`.
    public let member: String
    private let place: JSONValue
    private let spelling: String

    /// - Parameters:
    ///   - place: the part of the entry's body in which the name stands.
    ///   - spelling: the text there, when it is more than the name: `data.sales` for the field `sales`.
    public init(_ name: String, _ target: Target, in member: String, at place: JSONValue, as spelling: String? = nil) {
        self.name = name
        self.target = target
        self.member = member
        self.place = place
        self.spelling = spelling ?? name
    }

    /// The line on which the name stands.
    public var line: Int { (place.first(saying: spelling) ?? place).line }

    /// A writer or a receiver, `source:<id>` or `institution:<id>`; nil for the portal and for all of a kind, which are no entries.
    public static func party(_ text: String, in member: String, at place: JSONValue) -> CatalogReference? {
        for kind in ["source", "institution"] where text.hasPrefix(kind + ":") && text != kind + ":*" {
            return CatalogReference(String(text.dropFirst(kind.count + 1)), .entry(kind: kind), in: member, at: place, as: text)
        }
        return nil
    }

    /// What a rule asks for. One that can not be read asks for nothing: that it can not is told by the check of its kind.
    public static func asked(by logic: JSONValue?, _ target: Target, in member: String) -> [CatalogReference] {
        guard let logic, let rule = try? Logic(logic) else { return [] }
        return rule.variables.map { CatalogReference($0, target, in: member, at: logic) }
    }
}

extension JSONValue {
    /// The first text in here that reads so, or what stands under a member of that name.
    fileprivate func first(saying text: String) -> JSONValue? {
        switch kind {
        case .string: return string == text ? self : nil
        case .array:
            for element in elements {
                if let found = element.first(saying: text) { return found }
            }
            return nil
        case .object:
            for (name, value) in members {
                if let found = name == text ? value : value.first(saying: text) { return found }
            }
            return nil
        case .null, .bool, .number: return nil
        }
    }
}
