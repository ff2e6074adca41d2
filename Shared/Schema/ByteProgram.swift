import Wire

struct ByteProgram: Sendable {
    enum Answer { case accepted, refused, unsure }
    init?(_ program: SchemaProgram) { return nil }
    func check(_ text: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits) -> Answer { .unsure }
}
