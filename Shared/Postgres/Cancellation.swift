import CLibPQ

/// Cancels the running statement of one session, from any thread. The statement then fails with SQLSTATE 57014.
@safe public final class Cancellation: @unchecked Sendable {
    // libpq never changes the ticket after making it, and documents PQcancel as usable from any thread.
    private let ticket: OpaquePointer

    init(_ ticket: OpaquePointer) { unsafe self.ticket = ticket }

    deinit { unsafe PQfreeCancel(ticket) }

    /// Opens a short connection of its own to the server and may block as long as that takes. False when it could not be sent.
    @discardableResult
    public func cancel() -> Bool {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
            unsafe PQcancel(ticket, reason.baseAddress, 256) == 1
        }
    }
}
