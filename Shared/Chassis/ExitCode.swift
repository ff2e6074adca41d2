import Glibc

/// What a process of the suite says to whoever started it.
public enum ExitCode: Int32, Sendable {
    /// Everything asked for was done.
    case ok = 0
    /// The configuration is wrong; every defect was listed on stderr. Starting again changes nothing.
    case configuration = 1
    /// The world is broken (or the shutdown took too long). Starting again may help.
    case fault = 2
    /// The command line is wrong. The number is BSD's EX_USAGE.
    case usage = 64

    /// Ends the process with it. Declared as if it came back: Swift 6.2.3 fails to optimise generic code that runs into a call of type `Never`.
    @inline(never)
    public func endProcess() { exit(rawValue) }
}
