import Glibc
import SwiftOverlayShims

/// A thread of the operating system that runs one closure and ends. For work that blocks, which Swift's own pool must not.
public enum OwnThread {
    /// False when the system has no thread to give. The name is cut to 15 bytes, which is all Linux keeps.
    @discardableResult
    public static func start(named name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let work = unsafe Unmanaged.passRetained(Work(name: name, body: body))
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, &attributes,
            { pointer in
                guard let pointer = unsafe pointer else { return nil }
                let work = unsafe Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue()
                OwnThread.rename(work.name)
                work.body()
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            unsafe work.release()
            return false
        }
        return true
    }

    /// Blocks the calling thread; goes on sleeping when a signal arrives.
    public static func sleep(for length: Duration) {
        let nanoseconds = max(0, length.wholeNanoseconds)
        var rest = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        var left = rest
        while unsafe nanosleep(&rest, &left) != 0, errno == EINTR { rest = left }
    }

    // Linux's own call is hidden from Swift; its file does the same. A thread without a name works as well.
    private static func rename(_ name: String) {
        let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        let bytes = Array(name.utf8.prefix(15))
        _ = unsafe write(file, bytes, bytes.count)
        close(file)
    }

    private final class Work: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
