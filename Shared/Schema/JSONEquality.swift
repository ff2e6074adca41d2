import Wire

/// Equal as JSON Schema has it: numbers by value, members in any order, strings by their scalars.
enum JSONEquality {
    static func areEqual(_ a: JSONValue, _ b: JSONValue) -> Bool {
        guard a.kind == b.kind else { return false }
        switch a.kind {
        case .null: return true
        case .bool: return a.bool == b.bool
        case .number:
            if let x = a.decimal, let y = b.decimal { return x == y }
            return SchemaNumber(a) == SchemaNumber(b)
        case .string: return stringsAreEqual(a, b)
        case .array:
            guard a.count == b.count else { return false }
            var other = b.elements
            for element in a.elements {
                guard let next = other.next(), areEqual(element, next) else { return false }
            }
            return true
        case .object:
            guard a.count == b.count else { return false }
            for (key, value) in a.members {
                guard let other = b[key], areEqual(value, other) else { return false }
            }
            return true
        }
    }

    /// Equal values have equal hashes.
    static func hash(_ value: JSONValue) -> Int {
        var hasher = Hasher()
        hash(value, into: &hasher)
        return hasher.finalize()
    }

    private static func hash(_ value: JSONValue, into hasher: inout Hasher) {
        hasher.combine(value.kind)
        switch value.kind {
        case .null: break
        case .bool: hasher.combine(value.bool)
        case .number: hasher.combine(SchemaNumber(value))
        case .string: if let string = value.string { for byte in string.utf8 { hasher.combine(byte) } }
        case .array: for element in value.elements { hash(element, into: &hasher) }
        case .object:
            // The order of members says nothing, so their hashes are summed.
            var sum = 0
            for (key, member) in value.members {
                var inner = Hasher()
                for byte in key.utf8 { inner.combine(byte) }
                hash(member, into: &inner)
                sum &+= inner.finalize()
            }
            hasher.combine(sum)
        }
    }

    /// By scalars: Swift's own comparison would call é and e + ´ equal, which JSON does not.
    private static func stringsAreEqual(_ a: JSONValue, _ b: JSONValue) -> Bool {
        if let x = a.utf8, let y = b.utf8 { return x == y }
        guard let x = a.string, let y = b.string else { return false }
        return x.utf8.elementsEqual(y.utf8)
    }
}
