/// One thing wrong with the configuration.
public struct ConfigDefect: Error, Hashable, Sendable {
    /// The environment key to change.
    public let key: String
    /// What was there; `(missing)` when nothing was, `(hidden)` when it may be a secret.
    public let found: String
    /// What would have been right, in words.
    public let expected: String

    public init(key: String, found: String, expected: String) {
        self.key = key
        self.found = found
        self.expected = expected
    }

    /// One line for people: `XINQIAO_LANES: found "many", expected a whole number in 1...64`.
    public var line: String { "\(key): found \(found), expected \(expected)" }
}
