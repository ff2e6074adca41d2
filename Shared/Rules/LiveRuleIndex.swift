import Synchronization

/// A rule index that changes while it is read: readers take a snapshot, a change never waits for them.
public final class LiveRuleIndex: Sendable {
    private let current: Mutex<RuleIndex>

    public init(_ index: RuleIndex) { current = Mutex(index) }

    /// The index as it is now; later changes leave it alone.
    public var snapshot: RuleIndex { current.withLock { $0 } }

    /// Copies at most the chunk of the rule, and only when a snapshot still holds it.
    public func set(_ rule: CompiledRule?, at number: Int) { current.withLock { $0.set(rule, at: number) } }

    /// Puts a new index in the place of this one, such as one built anew with all thresholds that are in use by now. Whoever
    /// builds it holds changes back meanwhile: what was set on the old one after the new one was begun would be lost.
    public func replace(with index: RuleIndex) { current.withLock { $0 = index } }
}
