import Glibc
import SwiftOverlayShims

/// A client that sends whatever bytes it is told to.
final class RawClient: Sendable {
    let socket: CInt

    init?(port: Int) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return nil }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(port).bigEndian
        name.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        let code = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(socket)
            return nil
        }
        // No test may hang, whatever the server does.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        self.socket = socket
    }

    deinit { close(socket) }

    /// False when the server no longer takes it.
    @discardableResult
    func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(socket, $0.baseAddress.map { unsafe $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Everything until the server closes.
    func receive() -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe recv(socket, &chunk, chunk.count, 0)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// One whole exchange; the empty text when the server closed without an answer.
    static func exchange(_ request: String, port: Int) -> String {
        guard let client = RawClient(port: port) else { return "" }
        client.send(request)
        return client.receive()
    }

    static func get(_ target: String, port: Int) -> String {
        exchange("GET \(target) HTTP/1.1\r\nHost: test\r\n\r\n", port: port)
    }
}

extension String {
    /// The three digits of a response's first line; 0 when there is none.
    var status: Int { hasPrefix("HTTP/1.1 ") ? Int(dropFirst(9).prefix(3)) ?? 0 : 0 }
    /// What follows the empty line.
    var httpBody: String {
        let bytes = Array(utf8)
        let end = bytes.indices.first { bytes[$0...].starts(with: [13, 10, 13, 10]) }
        return end.map { String(decoding: bytes[($0 + 4)...], as: UTF8.self) } ?? ""
    }
}
