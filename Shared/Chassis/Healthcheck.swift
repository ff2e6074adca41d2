import Glibc
import SwiftOverlayShims

/// The other side of `/readyz` and `/livez`: `<service> healthcheck`, so that an image needs no curl.
public enum Healthcheck {
    /// What it found, as one line for `docker inspect`.
    public struct Verdict: Sendable {
        public let isHealthy: Bool
        public let line: String
    }

    /// Asks the status server of this machine. Healthy means status 200 within the timeout.
    /// - Parameter path: `/readyz` or `/livez`; with `?verbose` the line names what is not ok.
    public static func ask(port: Int, path: String = "/readyz", timeout: Duration = .seconds(3)) -> Verdict {
        func unhealthy(_ why: String) -> Verdict { Verdict(isHealthy: false, line: "unhealthy: \(path): \(why)") }
        guard (1...65_535).contains(port) else { return unhealthy("\(port) is not a port") }
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return unhealthy("no socket, errno \(errno)") }
        defer { close(socket) }
        let deadline = MonotonicClock.now + timeout
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(port).bigEndian
        name.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        guard limit(socket, by: deadline), unsafe Socket.withAddress(&name, { unsafe connect(socket, $0, $1) }) == 0
        else { return unhealthy("cannot connect to port \(port), errno \(errno)") }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard unsafe send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
        else { return unhealthy("cannot ask, errno \(errno)") }

        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        // Enough for the verdict; what comes after it is of no interest.
        while answer.count < 64 * 1024 {
            guard limit(socket, by: deadline) else { return unhealthy("no answer in time") }
            let count = unsafe recv(socket, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return unhealthy("no answer in time, errno \(errno)") }
            if count == 0 { break }
            answer += chunk[..<count]
        }
        let text = String(decoding: answer, as: UTF8.self)
        let isHealthy = text.hasPrefix("HTTP/1.1 200 ")
        let body = HTTPRequestHead.end(in: answer).map { String(decoding: answer[$0...], as: UTF8.self) } ?? ""
        let said = body.split(separator: "\n").prefix(20).joined(separator: "; ")
        return isHealthy ? Verdict(isHealthy: true, line: "healthy: \(path): \(said)") : unhealthy(said.isEmpty ? "no answer" : said)
    }

    /// Asks and prints the answer. True when the service is healthy.
    public static func printed(port: Int, path: String = "/readyz", timeout: Duration = .seconds(3)) -> Bool {
        let verdict = ask(port: port, path: path, timeout: timeout)
        let bytes = Array((verdict.line + "\n").utf8)
        _ = unsafe write(STDOUT_FILENO, bytes, bytes.count)
        return verdict.isHealthy
    }

    /// Sets what is left of the time as the socket's timeout; false when nothing is left.
    private static func limit(_ socket: CInt, by deadline: MonotonicInstant) -> Bool {
        let microseconds = deadline.since(MonotonicClock.now).wholeNanoseconds / 1_000
        guard microseconds > 0 else { return false }
        var rest = timeval(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &rest, size)
        unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &rest, size)
        return true
    }
}
