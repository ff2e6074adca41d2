import Dispatch
import Glibc
import Synchronization

/// Ends the process in good order. The first SIGTERM or SIGINT asks for it, the second one ends it at once, and so does the deadline:
/// a process that is killed loses nothing (the database is the only truth), so it never waits for long.
public enum Shutdown {
    private static let request = ShutdownRequest()

    /// Call first thing in main. Also ignores SIGPIPE (a broken pipe is an answer of write, not a death) and, unless allowed, turns core
    /// dumps off, because memory holds personal data.
    /// - Parameter deadline: how long after the request the process ends by force, with `ExitCode.fault`.
    public static func install(allowsCoreDumps: Bool = false, deadline: Duration = .seconds(10)) {
        // Made here, since a signal handler may not be the first to touch it.
        guard request.prepare(deadline: deadline) else { return }
        signal(SIGPIPE, SIG_IGN)
        if !allowsCoreDumps { turnCoreDumpsOff() }
        // Whoever started us may have had them blocked, and a child inherits that.
        var wanted = sigset_t()
        unsafe sigemptyset(&wanted)
        for number in [SIGTERM, SIGINT] { unsafe sigaddset(&wanted, number) }
        unsafe pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
        for number in [SIGTERM, SIGINT] {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { number in Shutdown.request.received(number) }
            action.sa_flags = SA_RESTART
            unsafe sigaction(number, &action, nil)
        }
    }

    /// Whether somebody asked. Cheap: a worker may ask between any two batches.
    public static var isRequested: Bool { request.isMade }

    /// Blocks until somebody asks.
    public static func wait() { request.wait() }

    /// Blocks until somebody asks or the time is over; true when somebody asked. A sleep that a shutdown ends.
    @discardableResult
    public static func wait(atMost length: Duration) -> Bool { request.wait(atMost: length) }

    /// Runs the closure once when somebody asks, on a thread of its own; at once when somebody already did.
    public static func onRequest(_ body: @escaping @Sendable () -> Void) { request.onMade(body) }

    /// Asks from inside, as a signal would.
    public static func ask() { request.received(SIGTERM, endsOnSecond: false) }

    private static func turnCoreDumpsOff() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // The limit does not hold back a core pattern that is a program. prctl takes variable arguments, which Swift cannot import;
        // called with the five whole numbers the kernel takes, both of our processors pass them the same way.
        let setDumpable: CInt = 4
        typealias Prctl = @convention(c) (CInt, UInt, UInt, UInt, UInt) -> CInt
        guard let symbol = unsafe dlsym(nil, "prctl") else { return }
        let prctl = unsafe unsafeBitCast(symbol, to: Prctl.self)
        _ = prctl(setDumpable, 0, 0, 0, 0)
    }
}

/// One request to end, and everybody who waits for it. `Shutdown` has the one of the process.
public final class ShutdownRequest: Sendable {
    private let count = Atomic<Int>(0)
    private let pipeWriteEnd = Atomic<CInt>(-1)
    private let made = DispatchGroup()
    private let bodies = Mutex<(isMade: Bool, waiting: [@Sendable () -> Void])>((false, []))
    private let endProcess: @Sendable (ExitCode) -> Void

    /// - Parameter endProcess: what the second request and the deadline do.
    public init(endProcess: @escaping @Sendable (ExitCode) -> Void = { _exit($0.rawValue) }) {
        self.endProcess = endProcess
        made.enter()
    }

    /// Starts the thread that turns a signal into ordinary calls; false when it was started before or cannot be.
    public func prepare(deadline: Duration) -> Bool {
        guard pipeWriteEnd.load(ordering: .acquiring) < 0, let (reading, writing) = WakePipe.open() else { return false }
        guard pipeWriteEnd.compareExchange(expected: -1, desired: writing, ordering: .acquiringAndReleasing).exchanged else {
            close(reading)
            close(writing)
            return false
        }
        return OwnThread.start(named: "shutdown") { [self] in
            var ready = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            while unsafe poll(&ready, 1, -1) < 0, errno == EINTR {}
            announce()
            OwnThread.sleep(for: deadline)
            writeToStandardError("shutdown took longer than \(deadline.configured); ending by force")
            endProcess(.fault)
        }
    }

    /// May be called from a signal handler: only atomics and write(2).
    public func received(_ number: CInt, endsOnSecond: Bool = true) {
        let savedError = errno
        if count.add(1, ordering: .acquiringAndReleasing).oldValue > 0, endsOnSecond { endProcess(.fault) }
        var byte = UInt8(truncatingIfNeeded: number)
        let pipe = pipeWriteEnd.load(ordering: .acquiring)
        if pipe >= 0 { _ = unsafe write(pipe, &byte, 1) }
        errno = savedError
    }

    public var isMade: Bool { count.load(ordering: .acquiring) > 0 }

    public func wait() { made.wait() }

    public func wait(atMost length: Duration) -> Bool {
        let nanoseconds = max(0, length.wholeNanoseconds)
        return made.wait(timeout: .now() + .nanoseconds(Int(clamping: nanoseconds))) == .success
    }

    public func onMade(_ body: @escaping @Sendable () -> Void) {
        let isLate = bodies.withLock { state in
            if !state.isMade { state.waiting.append(body) }
            return state.isMade
        }
        if isLate { body() }
    }

    private func announce() {
        let waiting = bodies.withLock { state in
            state.isMade = true
            return state.waiting
        }
        made.leave()
        // Each on its own thread: one that blocks must not keep the others, or the deadline, waiting.
        for body in waiting where !OwnThread.start(named: "shutdown-step", body) { body() }
    }
}
