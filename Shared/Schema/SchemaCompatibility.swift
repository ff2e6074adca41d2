/// Whether readers and data of two versions of a schema get on with one another.
///
/// Sound: what is called readable is so for every value there is. The other way round nothing is claimed: what can not be proven from the
/// two texts is said to be not provable, with the places at which the proof ends.
public struct SchemaCompatibility: Sendable, Equatable {
    /// Data of the old version under the new one: what has been written stays readable when readers move on first.
    public let backward: Answer
    /// Data of the new version under the old one: what will be written can be read by those who have not moved yet.
    public let forward: Answer

    public enum Answer: Sendable, Equatable {
        /// Every value that the writer's schema accepts is accepted by the reader's.
        case readable
        /// Never empty.
        case notProvable([Reason])

        public var isReadable: Bool { self == .readable }
    }

    /// Something that the reader asks for, and the writer does not promise.
    public struct Reason: Sendable, Hashable, CustomStringConvertible {
        /// Which values: RFC 6901 with `*` for any member and `-` for any element; empty for the whole.
        public let instance: String
        /// Where the reader's schema asks for it.
        public let schema: String
        /// In words.
        public let detail: String

        public var description: String { "\(instance.isEmpty ? "the value" : instance): \(detail) (\(schema.isEmpty ? "/" : schema))" }
    }

    /// Compares two versions of a schema.
    public init(old: Schema, new: Schema) {
        backward = Self.answer(writer: old, reader: new)
        forward = Self.answer(writer: new, reader: old)
    }

    private static func answer(writer: Schema, reader: Schema) -> Answer {
        var proof = SchemaInclusion(writer: writer.program, reader: reader.program)
        let reasons = proof.reasons()
        return reasons.isEmpty ? .readable : .notProvable(reasons)
    }
}
