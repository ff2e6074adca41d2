extension JSONValue {
    /// One text for all texts with the same content: members sorted by the bytes of their keys, no white space, strings with only the
    /// necessary escapes, numbers as plain decimals where exact (1e2 and 100.0 become 100) and otherwise as written. For hashing, not for
    /// exchange: it is not RFC 8785.
    public var canonicalBytes: [UInt8] {
        var writer = JSONWriter(reserving: rawBytes.count)
        // Open containers and what is left of each: no recursion, so that depth costs memory and not stack.
        var open: [Remainder] = []
        var current: JSONValue? = self
        while true {
            if let value = current {
                switch value.kind {
                case .object:
                    writer.openObject()
                    open.append(Remainder(sortedMembersOf: value))
                case .array:
                    writer.openArray()
                    open.append(Remainder(elementsOf: value))
                case .number:
                    if let decimal = value.decimal { decimal.write(to: &writer) } else { writer.raw(value.rawBytes) }
                case .string:
                    if let string = value.string { writer.value(string) }
                case .null, .bool:
                    writer.raw(value.rawBytes)
                }
                current = nil
            }
            guard let last = open.indices.last else { return writer.bytes }
            switch open[last].next() {
            case .element(let value):
                current = value
            case .member(let key, let value):
                writer.key(key)
                current = value
            case .end:
                if open[last].isObject { writer.closeObject() } else { writer.closeArray() }
                open.removeLast()
            }
        }
    }
}

/// What of a container is still to be written.
private struct Remainder {
    enum Step {
        case element(JSONValue)
        case member(String, JSONValue)
        case end
    }

    let isObject: Bool
    private var elements: JSONElements
    private var members: ArraySlice<(key: String, value: JSONValue)>

    init(elementsOf array: JSONValue) {
        isObject = false
        elements = array.elements
        members = []
    }

    init(sortedMembersOf object: JSONValue) {
        isObject = true
        elements = object.elements
        var sorted = object.members.map { (bytes: Array($0.key.utf8)[...], member: $0) }
        sorted.sort { a, b in
            switch JSONText.order(a.bytes, b.bytes) {
            case 0: a.member.value.offset < b.member.value.offset
            case let order: order < 0
            }
        }
        // Of equal keys, which only `lastWins` lets in, the last is the one that counts.
        let kept = sorted.indices.filter { $0 + 1 == sorted.count || sorted[$0].bytes != sorted[$0 + 1].bytes }
        members = kept.map { sorted[$0].member }[...]
    }

    mutating func next() -> Step {
        if let member = members.popFirst() { return .member(member.key, member.value) }
        return elements.next().map { .element($0) } ?? .end
    }
}
