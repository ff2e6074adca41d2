import Contracts
import Ledger
import Wire

/// The seal on a fact's content: SHA-256 of its canonical form, in hexadecimal. Whoever alters one stored byte breaks it.
///
/// The canonical form does not depend on how numbers, white space and the order of members are written, so the seal of the source's bytes is
/// the seal of what the database gives back.
public enum FactSeal {
    public static func of(_ data: JSONValue) -> String { sha256(data.canonicalBytes).hex }

    /// What stands in one row of the table `fact`.
    public struct Row: Hashable, Sendable {
        public let factID: String
        /// `data::text`.
        public let data: [UInt8]
        /// `content_sha256`; nil in rows that were written before there were seals.
        public let seal: String?

        public init(factID: String, data: [UInt8], seal: String?) {
            self.factID = factID
            self.data = data
            self.seal = seal
        }
    }

    public enum Finding: Hashable, Sendable {
        case whole
        /// Written before there were seals.
        case unsealed
        case altered(factID: String)
    }

    /// Whether the row says what was taken in.
    public static func check(_ row: Row) -> Finding {
        guard let seal = row.seal else { return .unsealed }
        do throws(JSONDefect) {
            let data = try JSONDocument(parsing: row.data, limits: JSONLimits(bytesMax: 16 << 20)).root
            return of(data) == seal ? .whole : .altered(factID: row.factID)
        } catch {
            return .altered(factID: row.factID)
        }
    }

    /// Whether the message that a fact came from still has the bytes whose hash the fact keeps. `sha256` as in the column of that name.
    public static func isMessageWhole(_ bytes: [UInt8], sha256 expected: String) -> Bool { sha256(bytes).hex == expected }
}
