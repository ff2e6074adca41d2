/// One thing wrong with the configuration.
package struct ConfigDefect: Error, Hashable, Sendable {
    /// The environment key to change.
    package let key: String
    /// What was there; `(missing)` when nothing was, `(hidden)` when it may be a secret.
    package let found: String
    /// What would have been right, in words.
    package let expected: String

    package init(key: String, found: String, expected: String) {
        self.key = key
        self.found = found
        self.expected = expected
    }

    /// One line for people: `XINQIAO_LANES: found "many", expected a whole number in 1...64`.
    package var line: String { "\(key): found \(found), expected \(expected)" }
}
