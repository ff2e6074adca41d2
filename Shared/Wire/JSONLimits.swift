/// What a document may be at most, and which two leniencies of RFC 8259 are granted.
///
/// The standard refuses both, because PostgreSQL's `jsonb` refuses U+0000 and because two readers of one repeated key
/// may each believe another value.
public struct JSONLimits: Sendable {
    /// Arrays and objects inside one another; a scalar has depth 0.
    public var depthMax: Int
    /// Bytes of the whole text. More than 2 GiB is never read, whatever is said here.
    public var bytesMax: Int
    /// Members of one object. Elements of an array are bounded by `bytesMax` alone.
    public var membersMax: Int
    /// What happens to a key that an object has twice.
    public var duplicateKeys: DuplicateKeys
    /// What happens to `\u0000` in a string or key. A raw zero byte is never JSON.
    public var nul: NulEscapes

    /// What happens to a key that an object has twice.
    public enum DuplicateKeys: Sendable {
        case refused
        /// Look-up by key and `canonicalBytes` see the last; `members` and `count` see all.
        case lastWins
    }

    /// What happens to `\u0000`.
    public enum NulEscapes: Sendable {
        case refused
        case allowed
    }

    /// The standard's values where nothing is said.
    public init(
        depthMax: Int = 64, bytesMax: Int = 1_048_576, membersMax: Int = 10_000,
        duplicateKeys: DuplicateKeys = .refused, nul: NulEscapes = .refused
    ) {
        self.depthMax = depthMax
        self.bytesMax = bytesMax
        self.membersMax = membersMax
        self.duplicateKeys = duplicateKeys
        self.nul = nul
    }

    /// Depth 64, 1 MiB, 10,000 members, no repeated key, no U+0000.
    public static let standard = JSONLimits()

    /// Offsets and tape indexes are 32 bits wide.
    static let bytesCeiling = Int(Int32.max)
}
