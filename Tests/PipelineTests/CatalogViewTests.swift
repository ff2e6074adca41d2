import Deciding
import Synchronization
import Testing
import Vocabulary

@Suite struct CatalogViewTests {
    @Test func `a new picture has the views of the one before ready, as of now, and no others`() {
        let before = Catalog(version: 1, entries: [])
        _ = before.view(Counted.self)
        let after = Catalog(version: 2, entries: [])
        after.prepareViews(like: before, at: Instant(microseconds: 7))
        #expect(Counted.made.withLock { $0 } == [1, 2])
        #expect(Counted.prepared.withLock { $0 } == ["2 at 7"])
        #expect(Unasked.made.withLock { $0 } == 0)
        #expect(after.view(Counted.self).version == 2)
        #expect(Counted.made.withLock { $0 } == [1, 2], "made once, beforehand")
    }
}

/// Counts how often it is made.
private final class Counted: CatalogView {
    static let made = Mutex<[Int64]>([])
    static let prepared = Mutex<[String]>([])
    let version: Int64

    init(_ catalog: Catalog) {
        version = catalog.version
        Self.made.withLock { $0.append(catalog.version) }
    }

    func prepare(at now: Instant) { Self.prepared.withLock { $0.append("\(version) at \(now.microseconds)") } }
}

private final class Unasked: CatalogView {
    static let made = Mutex(0)

    init(_ catalog: Catalog) { Self.made.withLock { $0 += 1 } }
}
