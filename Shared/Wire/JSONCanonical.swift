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
                    if !value.isPlainInteger, let decimal = value.decimal {
                        decimal.write(to: &writer)
                    } else {
                        writer.raw(value.rawBytes)
                    }
                case .string:
                    // What was written without escapes needs none.
                    if value.entry.hasEscapes { writer.value(value.string ?? "") } else { writer.raw(value.rawBytes) }
                case .null, .bool:
                    writer.raw(value.rawBytes)
                }
                current = nil
            }
            guard let last = open.indices.last else { return writer.bytes }
            switch open[last].next() {
            case .element(let value):
                current = value
            case .member(let key):
                let entry = key.entry
                if entry.hasEscapes { writer.key(key.string ?? "") } else { writer.key(written: key.rawBytes) }
                current = JSONValue(document: key.document, index: key.index + 1)
            case .end:
                if open[last].isObject { writer.closeObject() } else { writer.closeArray() }
                open.removeLast()
            }
        }
    }
}

extension JSONValue {
    /// Written as the plain decimal that it is: all digits, no sign before a zero.
    fileprivate var isPlainInteger: Bool {
        let entry = entry
        return entry.info & TapeEntry.isSmallInteger != 0 && entry.link != 0
    }
}

/// What of a container is still to be written.
private struct Remainder {
    enum Step {
        case element(JSONValue)
        /// The key; its value follows it on the tape.
        case member(JSONValue)
        case end
    }

    let isObject: Bool
    private var elements: JSONElements
    /// Where the keys are on the tape, in the order of their bytes, the next one last.
    private var keys: [Int] = []

    init(elementsOf array: JSONValue) {
        isObject = false
        elements = array.elements
    }

    init(sortedMembersOf object: JSONValue) {
        isObject = true
        elements = object.elements
        let document = object.document
        keys.reserveCapacity(object.count)
        var place = object.index + 1
        while place < Int(object.entry.link) {
            keys.append(place)
            place = document.tape[place + 1].next(after: place + 1)
        }
        keys.sort { a, b in
            switch document.order(ofKey: a, andKey: b) {
            case 0: a > b
            case let order: order > 0
            }
        }
        guard document.duplicateKeys == .lastWins else { return }
        // Of equal keys the last is the one that counts.
        let all = keys
        keys = all.indices.filter { $0 == 0 || document.order(ofKey: all[$0], andKey: all[$0 - 1]) != 0 }.map { all[$0] }
    }

    mutating func next() -> Step {
        if let key = keys.popLast() { return .member(JSONValue(document: elements.document, index: key)) }
        return elements.next().map { .element($0) } ?? .end
    }
}

extension JSONDocument {
    /// Below, at or above zero, by the bytes of two keys whose places on the tape are given.
    fileprivate func order(ofKey a: Int, andKey b: Int) -> Int {
        func text(_ place: Int) -> ArraySlice<UInt8> {
            let (key, bytes) = (tape[place], bytes)
            return key.hasEscapes ? JSONText.unescaped(bytes.span.extracting(key.inside))[...] : bytes[key.inside]
        }
        return JSONText.order(text(a), text(b))
    }
}
