import CSpawn
import Glibc
import Synchronization

/// A program started by this one, waited for with `waitpid`.
///
/// Foundation's `Process` learns of an end through a socket that every later child inherits, so it can miss the end of one
/// child for as long as another runs. A supervisor and its tests can't live with that. Nor can whoever waits for the end of a connection
/// that a child holds open unknowingly, so a child gets no descriptor but the first three.
public final class ChildProcess: Sendable {
    /// How a program ended.
    public enum End: Hashable, Sendable {
        case status(Int32)
        case signal(Int32)

        public var isOrderly: Bool { self == .status(0) }
    }

    /// Why a program could not be started.
    public enum Defect: Error, CustomStringConvertible, Sendable {
        case notStarted(program: String, errno: Int32)

        public var description: String {
            switch self {
            case .notStarted(let program, let number): "\(program) could not be started: \(unsafe String(cString: strerror(number)))"
            }
        }
    }

    public let pid: Int32
    private let end = Mutex<End?>(nil)

    /// Starts the program with exactly this environment; standard input is empty.
    /// - Parameters:
    ///   - output: a file that standard output and error are appended to; nil throws them away.
    ///   - onEnd: called once, on a thread of its own.
    public init(
        program: String, arguments: [String] = [], environment: [String: String], output: String? = nil,
        onEnd: @escaping @Sendable (End) -> Void = { _ in }
    ) throws(Defect) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0o644)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Ours close themselves; those of the libraries, and what we were started with ourselves, need not.
        unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        // Threads of the runtime's pool block signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = unsafe ([program] + arguments).map { unsafe strdup($0) }
        var pairs = unsafe environment.sorted { $0.key < $1.key }.map { unsafe strdup("\($0.key)=\($0.value)") }
        unsafe words.append(nil)
        unsafe pairs.append(nil)
        defer {
            unsafe words.forEach { unsafe free($0) }
            unsafe pairs.forEach { unsafe free($0) }
        }
        var started: Int32 = 0
        let code = unsafe posix_spawn(&started, program, &actions, &attributes, &words, &pairs)
        guard code == 0 else { throw .notStarted(program: program, errno: code) }
        let pid = started
        self.pid = pid
        OwnThread.start(named: "wait-\(pid)") { [self] in
            var status: Int32 = 0
            while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            let end: End = signal == 0 ? .status((status >> 8) & 0xFF) : .signal(signal)
            self.end.withLock { $0 = end }
            onEnd(end)
        }
    }

    public var isRunning: Bool { end.withLock { $0 == nil } }

    /// Sends a signal, unless the program has ended.
    public func send(_ signal: Int32) { if isRunning { kill(pid, signal) } }

    /// Waits for the end; nil when it did not come in time.
    @discardableResult
    public func wait(atMost limit: Duration = .seconds(3_600)) -> End? {
        let deadline = MonotonicClock.now + limit
        while isRunning, MonotonicClock.now < deadline { OwnThread.sleep(for: .milliseconds(10)) }
        return end.withLock { $0 }
    }

    /// Sends the signal, waits, and ends the program by force when it does not listen.
    @discardableResult
    public func stop(_ signal: Int32 = SIGTERM, within limit: Duration = .seconds(12)) -> End? {
        send(signal)
        if let end = wait(atMost: limit) { return end }
        send(SIGKILL)
        return wait(atMost: .seconds(5))
    }
}
