/// A text that identifies one thing of the kind `Of`. Two kinds of ids are two types, so one cannot be passed for the other.
public struct Identifier<Of>: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let text: String

    public init(_ text: String) { self.text = text }
    public init(stringLiteral text: String) { self.text = text }

    public var description: String { text }

    public static func < (a: Self, b: Self) -> Bool { a.text < b.text }
}
