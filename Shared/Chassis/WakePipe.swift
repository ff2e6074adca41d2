import Glibc

/// A pipe that wakes a thread which waits in poll(2).
enum WakePipe {
    /// Both ends, neither blocking nor inherited; nil when the process may open no more files.
    static func open() -> (reading: CInt, writing: CInt)? {
        var ends: [CInt] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        guard prepare(ends[0]), prepare(ends[1]) else {
            close(ends[0])
            close(ends[1])
            return nil
        }
        return (ends[0], ends[1])
    }

    /// Makes a descriptor neither block nor be inherited.
    static func prepare(_ file: CInt) -> Bool {
        fcntl(file, F_SETFD, FD_CLOEXEC) == 0 && fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK) == 0
    }
}
