import Vocabulary
import Wire

/// What an item of information says of its answers, when it is only verified (状态核验): one bit, and which question it answers.
struct VerifiedAnswer: Hashable, Sendable {
    let recordType: String
    private let bit: String
    private let reference: String

    /// The mode of an item that is only verified.
    static let mode = "verification"
    /// Characters of a question's number at the most: more would be a text.
    static let referenceLengthMax = 80

    /// Nil for an item that is not only verified, and for one that says it wrongly: ingestion names what is wrong.
    init?(_ body: JSONValue) {
        guard body["mode"]?.string == Self.mode, let json = body["verification"], let answer = json["answer"]?.string,
            let bit = json["bit"]?.string, let reference = json["reference"]?.string
        else { return nil }
        recordType = answer
        self.bit = bit
        self.reference = reference
    }

    /// The bit when it is one, and the question's number when it is no text. A fact may be older than the rule that it holds nothing else.
    func bit(of data: JSONValue) -> JSONValue {
        .written { object in
            if let value = data[bit], value.kind == .bool { object.member(bit, value) }
            if let text = data[reference]?.string, text.unicodeScalars.count <= Self.referenceLengthMax { object.member(reference, text) }
        }
    }
}
