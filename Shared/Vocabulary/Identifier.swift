/// A text that identifies one thing of the kind `Of`. Two kinds of ids are two types, so one cannot be passed for the other.
package struct Identifier<Of>: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    package let text: String

    package init(_ text: String) { self.text = text }
    package init(stringLiteral text: String) { self.text = text }

    package var description: String { text }

    package static func < (a: Self, b: Self) -> Bool { a.text < b.text }
}
