/// How a subject index keeps each attribute.
struct SubjectLayout: Sendable {
    enum Keeping: Sendable {
        /// One bitmap a code, from `base` on.
        case maps(base: Int, count: Int)
        /// A bitmap of those whose number is known at `base`, then one a cut: of those at or above it.
        case cuts(base: Int, table: CutTable)
        /// The subjects of a chunk are sorted by it, so that a code is a run of slots.
        case runs(count: Int)
        /// A list of slots a code.
        case lists(count: Int)
    }

    let keepings: [Keeping]
    /// Bitmap 0 is of all slots in use.
    let mapCount: Int

    /// More codes than this get no bitmaps of their own.
    static let mappedMax = 18

    /// The first attribute with many codes sorts the subjects.
    init(_ schema: AttributeSchema) {
        var keepings: [Keeping] = []
        var base = 1
        var isSorted = false
        for (place, attribute) in schema.attributes.enumerated() {
            let count = schema.codeCount(at: place)
            switch attribute.kind {
            case .number(let cuts):
                let table = CutTable(Set(cuts).sorted())
                keepings.append(.cuts(base: base, table: table))
                base += 1 + table.cuts.count
            case .flag, .words, .codes:
                if count <= SubjectLayout.mappedMax {
                    keepings.append(.maps(base: base, count: count))
                    base += count
                } else if isSorted {
                    keepings.append(.lists(count: count))
                } else {
                    keepings.append(.runs(count: count))
                    isSorted = true
                }
            }
        }
        self.keepings = keepings
        mapCount = base
    }
}
