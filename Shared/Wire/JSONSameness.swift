extension JSONValue {
    /// The same content, however it is written: as if both `canonicalBytes` were compared, which are only made for a list or an object inside.
    public func saysTheSame(as other: JSONValue) -> Bool {
        let (mine, its) = (entry, other.entry)
        guard mine.kindCode == its.kindCode else { return false }
        if rawBytes == other.rawBytes { return true }
        switch kind {
        case .null, .bool: return false
        case .number:
            // What is not exact stands in the canonical form as it is written.
            guard let number = decimal, let another = other.decimal else { return false }
            return number == another
        case .string:
            guard mine.hasEscapes || its.hasEscapes else { return false }
            return (string ?? "").utf8.elementsEqual((other.string ?? "").utf8)
        case .array: return canonicalBytes == other.canonicalBytes
        case .object:
            guard document.duplicateKeys == .refused, other.document.duplicateKeys == .refused else {
                return canonicalBytes == other.canonicalBytes
            }
            return count == other.count && hasSameMembers(as: other)
        }
    }

    /// Of two objects of as many members, none of them twice.
    private func hasSameMembers(as other: JSONValue) -> Bool {
        let (end, otherEnd) = (Int(entry.link), Int(other.entry.link))
        var (here, there) = (index + 1, other.index + 1)
        while here < end {
            let value = JSONValue(document: document, index: here + 1)
            let counterpart: JSONValue?
            // One writer puts its members in one order.
            if there < otherEnd, document.isSameKey(document.tape[here], other.document.tape[there], in: other.document) {
                counterpart = JSONValue(document: other.document, index: there + 1)
            } else {
                counterpart = other[JSONValue.string(document.tape[here], in: document)]
            }
            guard let counterpart, value.saysTheSameInside(as: counterpart) else { return false }
            here = document.tape[here + 1].next(after: here + 1)
            if there < otherEnd { there = other.document.tape[there + 1].next(after: there + 1) }
        }
        return true
    }

    /// No recursion: an object in an object is compared by its canonical form, so that depth costs memory and not stack.
    private func saysTheSameInside(as other: JSONValue) -> Bool {
        entry.isContainer && rawBytes != other.rawBytes ? canonicalBytes == other.canonicalBytes : saysTheSame(as: other)
    }
}

extension JSONDocument {
    /// Whether two keys are written alike; one with escapes is like none.
    fileprivate func isSameKey(_ key: TapeEntry, _ otherKey: TapeEntry, in other: JSONDocument) -> Bool {
        key.length == otherKey.length && !key.hasEscapes && !otherKey.hasEscapes && bytes[key.inside] == other.bytes[otherKey.inside]
    }
}
