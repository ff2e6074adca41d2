import Synchronization

/// A subject index that changes while it is read: readers take a snapshot, a change never waits for them.
public final class LiveSubjectIndex: Sendable {
    private let current: Mutex<SubjectIndex>

    public init(_ index: SubjectIndex) { current = Mutex(index) }

    /// The index as it is now; later changes leave it alone.
    public var snapshot: SubjectIndex { current.withLock { $0 } }

    /// Notes one subject; once in `changesMax` times for a chunk it is built anew.
    public func set(_ row: SubjectRow?, at number: Int) { current.withLock { $0.set(row, at: number) } }
}
