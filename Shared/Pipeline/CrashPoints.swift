import Chassis
import Glibc
import Synchronization

/// Named places on the path where a fault test lets the process die: `XINQIAO_CRASH_AT=after-outbox:3` dies when it comes to that
/// place for the third time, and with `after-outbox:3:hang` it stands still there for ever. Without the variable it costs one comparison.
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
    /// Whether the process stands still at the place instead of dying.
    private let isToHang: Bool
    private let hangs = Atomic(false)

    /// - Parameter text: `place`, `place:count` or `place:count:hang`; nil or empty for none.
    public init(_ text: String?, deadlyKey: String? = nil) {
        let parts = (text ?? "").split(separator: ":")
        place = parts.first.flatMap { Place(rawValue: String($0)) }
        left = Atomic(parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
        isToHang = parts.count > 2 && parts[2] == "hang"
        self.deadlyKey = deadlyKey
    }

    public static let none = CrashPoints(nil)

    /// Whether the process may die at this place, so that all before it must be done when it is reached.
    func isSet(at here: Place) -> Bool { place == here }

    @inline(__always)
    public func pass(_ here: Place) {
        guard place == here else { return }
        guard left.subtract(1, ordering: .relaxed).newValue == 0 else { return }
        if isToHang { hang() } else { die() }
    }

    func die() { kill(getpid(), SIGKILL) }

    /// Whether a thread was made to stand still here and does so now.
    public var isHanging: Bool { hangs.load(ordering: .relaxed) }

    /// Only the end of the process ends it.
    private func hang() {
        hangs.store(true, ordering: .relaxed)
        while true { OwnThread.sleep(for: .seconds(3_600)) }
    }
}
