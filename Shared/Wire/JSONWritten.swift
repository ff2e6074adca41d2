extension JSONValue {
    /// The object that the writer makes, as a value: for what goes on inside the house before it is bytes. What was written can be read, so
    /// no limit but the reader's own holds.
    public static func written(_ body: (inout JSONWriter) -> Void) -> JSONValue {
        let bytes = JSONWriter.encode { writer in writer.object { body(&$0) } }
        do throws(JSONDefect) {
            return try JSONDocument(
                parsing: bytes, limits: JSONLimits(depthMax: 512, bytesMax: .max, membersMax: .max, duplicateKeys: .lastWins, nul: .allowed)
            ).root
        } catch {
            preconditionFailure("what the writer wrote can be read: \(error)")
        }
    }
}
