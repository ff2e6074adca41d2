import Wire

/// What an item of information says of its question and its answers, when it is only verified (状态核验): an answer holds one bit, and which
/// question it answers. The front door refuses what holds more, and the exit door tells no more.
public struct VerifiedAnswer: Hashable, Sendable {
    /// The record type of the question.
    public let request: String
    /// The record type of the answer.
    public let answer: String
    /// The field with the one bit.
    public let bit: String
    /// The field that says which question it answers.
    public let reference: String

    /// The mode of an item that is only verified.
    public static let mode = "verification"
    /// Characters of a question's number at the most: more would be a text.
    public static let referenceLengthMax = 80

    /// Reads an item's `verification`; nil when it is not {request, answer, bit, reference}.
    public init?(_ verification: JSONValue) {
        guard let request = verification["request"]?.string, let answer = verification["answer"]?.string,
            let bit = verification["bit"]?.string, let reference = verification["reference"]?.string
        else { return nil }
        self.request = request
        self.answer = answer
        self.bit = bit
        self.reference = reference
    }

    /// Reads an item's whole body; nil for an item that is not only verified, and for one that says it wrongly: ingestion names what is wrong.
    public init?(ofItem body: JSONValue) {
        guard body["mode"]?.string == Self.mode, let verification = body["verification"] else { return nil }
        self.init(verification)
    }

    public static func isBit(_ value: JSONValue) -> Bool { value.kind == .bool }

    public static func isReference(_ text: String) -> Bool { text.unicodeScalars.count <= referenceLengthMax }

    /// The bit when it is one, and the question's number when it is no text. A fact may be older than the rule that it holds nothing else.
    public func told(of data: JSONValue) -> JSONValue {
        .written { object in
            if let value = data[bit], Self.isBit(value) { object.member(bit, value) }
            if let text = data[reference]?.string, Self.isReference(text) { object.member(reference, text) }
        }
    }
}
