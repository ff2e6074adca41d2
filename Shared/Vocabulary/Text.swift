// Texts as bytes, where letters do not matter: keys, ids, what is shown cut short.

extension String {
    /// Before the other one, byte by byte: the order of PostgreSQL's collation "C" and of every stored list.
    public func precedesBytewise(_ other: String) -> Bool {
        let (mine, its) = (utf8Span.span, other.utf8Span.span)
        let shorter = min(mine.count, its.count)
        for place in 0..<shorter where mine[place] != its[place] { return mine[place] < its[place] }
        return mine.count < its.count
    }

    /// At the most so many characters; what is short enough is not counted.
    public func cut(_ count: Int) -> String { utf8.count <= count ? self : String(prefix(count)) }
}
