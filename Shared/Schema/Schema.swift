import Wire

/// A JSON Schema of 2020-12, compiled once, that checks texts.
///
/// Two ways to ask. `accepts` reads the bytes once, builds nothing and stops at the first violation; `violations` lists them all. Both say
/// the same: a text is accepted exactly when it is JSON within the limits and the list is empty. Source: json-schema.org, draft 2020-12.
public struct Schema: Sendable {
    /// The `$schema` of record types: the standard's keywords, and our formats asserted.
    public static let recordDialect = SchemaDialect.recordsURI

    /// What to do with a keyword that no vocabulary has.
    public enum Mode: Sendable {
        /// It is refused: in a schema that is to be published it is a slip of the pen.
        case strict
        /// It is an annotation, as the standard says.
        case conformance
    }

    let program: SchemaProgram
    private let bytes: ByteProgram?
    private let limits: JSONLimits

    /// Compiles the schema. `remotes` are the other documents that it may refer to, by URI; the meta-schemas are known. `limits` are those
    /// of the texts to be checked. Refuses with everything that is wrong.
    public init(
        _ root: JSONValue, remotes: [String: JSONValue] = [:], mode: Mode = .strict, limits: JSONLimits = .standard
    ) throws(SchemaRefusal) {
        var compiler = SchemaCompiler(mode: mode, remotes: remotes)
        program = try compiler.compile(root)
        bytes = ByteProgram(program)
        self.limits = limits
    }

    /// True when `accepts` reads the bytes alone; false when it needs the parsed value.
    public var readsBytes: Bool { bytes != nil }

    /// True when the text is JSON within the limits and satisfies the schema.
    public func accepts(_ text: [UInt8]) -> Bool {
        if let bytes {
            switch unsafe text.withUnsafeBufferPointer({ unsafe bytes.check($0, limits) }) {
            case .accepted: return true
            case .refused: return false
            case .unsure: break
            }
        }
        guard let document = try? JSONDocument(parsing: text, limits: limits) else { return false }
        return accepts(document.root)
    }

    /// True when the value satisfies the schema.
    public func accepts(_ value: JSONValue) -> Bool {
        var check = TreeCheck(program, listing: false)
        return check.check(value)
    }

    /// Everything that the value violates, at most 1,000; empty when it satisfies the schema.
    public func violations(in value: JSONValue) -> [SchemaViolation] {
        // Most values are right, and the bytes say so sooner.
        if let bytes, unsafe value.rawBytes.withUnsafeBufferPointer({ unsafe bytes.check($0, limits) }) == .accepted { return [] }
        return listed(value)
    }

    private func listed(_ value: JSONValue) -> [SchemaViolation] {
        var check = TreeCheck(program, bytes: bytes, listing: true)
        return check.check(value) ? [] : check.violations
    }

    /// Accepted, or all that is wrong.
    public func verdict(on text: [UInt8]) -> SchemaVerdict {
        if let bytes, unsafe text.withUnsafeBufferPointer({ unsafe bytes.check($0, limits) }) == .accepted { return .accepted }
        do throws(JSONDefect) {
            let violations = listed(try JSONDocument(parsing: text, limits: limits).root)
            return violations.isEmpty ? .accepted : .refused(violations)
        } catch {
            return .malformed(SchemaVerdict.JSONFault(code: error.code, offset: error.offset))
        }
    }
}
