import CLibPQ
import Glibc

/// Until when an answer is waited for.
struct AnswerDeadline {
    /// What was allowed, for the message.
    let allowed: Duration
    /// Nil waits for ever.
    private let end: ContinuousClock.Instant?

    init(after allowed: Duration?) {
        self.allowed = allowed ?? .zero
        end = allowed.map { ContinuousClock.now + $0 }
    }

    /// Looks and does not wait.
    static let now = AnswerDeadline(after: .zero)

    /// For poll: milliseconds left, rounded up; −1 for ever.
    var millisecondsLeft: Int32 {
        guard let end else { return -1 }
        let left = (end - ContinuousClock.now).components
        guard left.seconds >= 0, left.attoseconds >= 0 else { return 0 }
        return Int32(clamping: left.seconds * 1000 + (left.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

extension Connection {
    /// Waits until the socket can be read (or also written). False when the deadline passed first.
    func wait(_ handle: OpaquePointer, toWrite: Bool, by deadline: AnswerDeadline) -> Bool {
        let descriptor = unsafe PQsocket(handle)
        guard descriptor >= 0 else { return true }  // Already gone: the next call to libpq says so.
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN | (toWrite ? POLLOUT : 0)), revents: 0)
        while true {
            let ready = unsafe poll(&entry, 1, deadline.millisecondsLeft)
            if ready > 0 { return true }
            if ready == 0 || errno != EINTR { return false }
        }
    }
}
