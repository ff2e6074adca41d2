import Chassis
import Glibc
import Synchronization

/// Named places on the path where a fault test lets the process die: `XINQIAO_CRASH_AT=after-outbox:3` dies when it comes to that
/// place for the third time. Without the variable it costs one comparison.
public final class CrashPoints: Sendable {
    public enum Place: String, CaseIterable, Sendable {
        case afterBegin = "after-begin"
        case afterState = "after-state"
        case afterOutbox = "after-outbox"
        case beforeCommit = "before-commit"
        case afterCommit = "after-commit"
        case afterProduce = "after-produce"
        case beforeMark = "before-mark"
    }

    private let place: Place?
    /// A message of this key kills the process when it is decided: a message that nobody can survive.
    public let deadlyKey: String?
    private let left: Atomic<Int>

    /// - Parameter text: `place` or `place:count`; nil or empty for none.
    public init(_ text: String?, deadlyKey: String? = nil) {
        let parts = (text ?? "").split(separator: ":")
        place = parts.first.flatMap { Place(rawValue: String($0)) }
        left = Atomic(parts.count == 2 ? Int(parts[1]) ?? 1 : 1)
        self.deadlyKey = deadlyKey
    }

    public static let none = CrashPoints(nil)

    /// Whether the process may die at this place, so that all before it must be done when it is reached.
    func isSet(at here: Place) -> Bool { place == here }

    @inline(__always)
    public func pass(_ here: Place) {
        guard place == here else { return }
        if left.subtract(1, ordering: .relaxed).newValue == 0 { die() }
    }

    func die() { kill(getpid(), SIGKILL) }
}
