import Vocabulary
import Wire

/// One input of libFuzzer: read as JSON under two sets of limits and as a CloudEvent. A crash or a broken promise ends the run and
/// leaves the input behind.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    check(bytes, limits: .standard)
    check(bytes, limits: JSONLimits(depthMax: 100_000, duplicateKeys: .lastWins, nul: .allowed))
    checkStructured(bytes)
    return 0
}

private func check(_ bytes: [UInt8], limits: JSONLimits) {
    let root: JSONValue
    do throws(JSONDefect) {
        root = try JSONDocument(parsing: bytes, limits: limits).root
    } catch {
        precondition((0...bytes.count).contains(error.offset), "a defect outside the text: \(error)")
        return
    }
    precondition(String(validating: bytes, as: UTF8.self) != nil, "read what is no UTF-8")
    readEverything(root)

    // The canonical text is read, says the same, and is its own canonical text.
    let canonical = root.canonicalBytes
    var roomy = limits
    roomy.bytesMax = .max
    do throws(JSONDefect) {
        let again = try JSONDocument(parsing: canonical, limits: roomy).root
        precondition(again.canonicalBytes == canonical, "canonical text changed")
    } catch {
        preconditionFailure("canonical text refused: \(error)")
    }
}

/// Breadth first, so that depth costs no stack.
private func readEverything(_ root: JSONValue) {
    var waiting = [root]
    while let value = waiting.popLast() {
        precondition(value.rawBytes.startIndex == value.offset, "raw bytes elsewhere")
        let children = value.elements.map { $0 } + value.members.map(\.value)
        precondition(children.count == value.count, "count differs from what is there")
        if let int = value.int { precondition(value.decimal == ExactDecimal(int), "integer and decimal differ") }
        if let decimal = value.decimal, let double = value.double { precondition(decimal.double == double, "decimal and double differ") }
        if let slice = value.utf8 { precondition(value.string.map { $0.utf8.elementsEqual(slice) } == true, "string and bytes differ") }
        _ = (value.day, value.month, value.instant, value.money, value.moneyInYuan)
        if value.count <= 64 {
            for (key, _) in value.members { precondition(value[key] != nil, "a member that is not found") }
        }
        waiting += children
    }
}

private func checkStructured(_ bytes: [UInt8]) {
    let contentType = (name: "content-type", value: Array("application/cloudevents+json".utf8))
    guard let event = try? CloudEvent.decode(headers: [contentType], value: bytes) else { return }
    // What came in structured goes out binary and is the same event, unless its own content type says otherwise.
    guard event.dataContentType?.lowercased().hasPrefix("application/cloudevents") != true else { return }
    let roomy = CloudEventLimits(headersMax: .max, headerBytesMax: .max)
    do throws(CloudEventDefect) {
        let again = try CloudEvent.decode(headers: event.binaryHeaders(), value: event.data, limits: roomy)
        precondition(again == event, "the event changed on its way")
    } catch {
        preconditionFailure("own headers refused: \(error)")
    }
}
