/// Which elements or members of one value some schema has looked at, by their places.
struct Evaluated {
    private var words: [UInt64] = []

    func contains(_ place: Int) -> Bool { place >> 6 < words.count && words[place >> 6] & (1 << UInt64(place & 63)) != 0 }

    mutating func insert(_ place: Int) {
        while place >> 6 >= words.count { words.append(0) }
        words[place >> 6] |= 1 << UInt64(place & 63)
    }

    mutating func formUnion(_ other: Evaluated) {
        if words.isEmpty {
            words = other.words
            return
        }
        for (index, word) in other.words.enumerated() {
            if index < words.count { words[index] |= word } else { words.append(word) }
        }
    }
}
