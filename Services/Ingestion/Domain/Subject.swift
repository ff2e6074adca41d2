import Deciding
import Vocabulary

/// What a writer says a record is about, in the one form that decides its lane.
public struct Subject: Hashable, Sendable {
    /// The code in its normal form, or the alias as written.
    public let key: String
    /// False for an alias, which governance resolves.
    public let isCode: Bool

    /// Characters of an alias at the most.
    public static let aliasLengthMax = 64

    public enum Defect: Error, Hashable, Sendable {
        case missing
        /// Meant to be a code and is none.
        case code(USCCDefect)
        /// An alias that is too long, or has a control character or a space at an end.
        case alias(String)

        public var refusal: Refusal {
            switch self {
            case .missing: Refusal(code: "subject-missing", detail: "the message has no `ce_subject`")
            case .code(let defect): Refusal(code: defect.code, detail: "`ce_subject`: \(defect)")
            case .alias(let why): Refusal(code: "subject-invalid", detail: "`ce_subject` \(why)")
            }
        }
    }

    private init(key: String, isCode: Bool) {
        self.key = key
        self.isCode = isCode
    }

    /// - Parameter pilotCodes: codes of the pilot years, in normal form, that fail a check and are a firm's all the same. Such a firm is known under
    ///   its code as under an alias, until the desk or a registration says who it is.
    public static func read(_ text: String, pilotCodes: @autoclosure () -> Set<String> = []) throws(Defect) -> Subject {
        guard !text.isEmpty else { throw .missing }
        let span = text.utf8.span
        if span.count <= 64 {
            do throws(USCCDefect) {
                return Subject(key: try USCC(utf8: span).text, isCode: true)
            } catch {
                if let code = USCC.pilotCode(text, among: pilotCodes()) { return Subject(key: code, isCode: false) }
                // Eighteen letters and digits are meant to be a code; taken for an alias, a typing error would wait for ever.
                if span.count == USCC.length, text.utf8.allSatisfy({ isLetterOrDigit($0) }) { throw .code(error) }
            }
        }
        var count = 0
        for scalar in text.unicodeScalars {
            count += 1
            guard scalar.value >= 0x20, scalar.value != 0x7F, !(0x80...0x9F).contains(scalar.value) else {
                throw .alias("has a control character")
            }
        }
        guard count <= aliasLengthMax else { throw .alias("has \(count) characters, \(aliasLengthMax) are allowed") }
        guard text.utf8.first != 0x20, text.utf8.last != 0x20 else { throw .alias("begins or ends with a space") }
        return Subject(key: text, isCode: false)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
