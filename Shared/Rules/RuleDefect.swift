import Wire

/// Why a text is not a rule, and where.
public struct RuleDefect: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        case unknownOperator(String)
        /// The operator cannot take so many arguments.
        case argumentCount(of: String, Int)
        /// An object with several keys: one of them would be silently ignored.
        case severalKeys([String])
        /// Nested deeper than `Logic.depthMax`.
        case tooDeep
        /// A condition lacks the field, or the field has another type.
        case field(String)
        /// Two conditions share the id.
        case repeatedID(String)
    }

    public let kind: Kind
    /// JSON pointer (RFC 6901) to the culprit, from the rule's root: `/and/1`; empty for the root itself.
    public let pointer: String
    /// Bytes from the start of the document to the culprit.
    public let offset: Int
    /// The document's line on which the culprit begins, from 1.
    public let line: Int

    public init(_ kind: Kind, pointer: String, offset: Int, line: Int) {
        self.kind = kind
        self.pointer = pointer
        self.offset = offset
        self.line = line
    }

    init(_ kind: Kind, pointer: String, in culprit: JSONValue) {
        self.init(kind, pointer: pointer, offset: culprit.offset, line: culprit.line)
    }

    /// One sentence, such as ``unknown operator `foo` at /and/1 (line 1, byte 17)``.
    public var description: String {
        let what =
            switch kind {
            case .unknownOperator(let name): "unknown operator `\(name)`"
            case .argumentCount(let name, let count): "operator `\(name)` with \(count) arguments"
            case .severalKeys(let keys): "an object with several keys (\(keys.joined(separator: ", ")))"
            case .tooDeep: "nested deeper than \(Logic.depthMax)"
            case .field(let name): "field `\(name)` missing or of another type"
            case .repeatedID(let id): "id `\(id)` occurs twice"
            }
        return "\(what) at \(pointer.isEmpty ? "the root" : pointer) (line \(line), byte \(offset))"
    }

    func within(_ prefix: String) -> RuleDefect { RuleDefect(kind, pointer: prefix + pointer, offset: offset, line: line) }
}

extension String {
    /// The text as one step of a JSON pointer.
    var pointerStep: String {
        var step = "/"
        for scalar in unicodeScalars {
            switch scalar {
            case "~": step += "~0"
            case "/": step += "~1"
            default: step.unicodeScalars.append(scalar)
            }
        }
        return step
    }
}
