import Contracts
import Glibc

/// A page of a service's status server, as text.
enum StatusPage {
    static func text(port: Int, path: String) -> String {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return "" }
        defer { close(socket) }
        var limit = timeval(tv_sec: 3, tv_usec: 0)
        _ = unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = FaultProxy.loopback(port)
        let isOpen = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard isOpen, unsafe send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return "" }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    /// The sum of a counter over its labels and over all services.
    static func sum(_ counter: String, _ world: FaultWorld) -> Int {
        ServiceName.allCases.reduce(0) { sum, service in
            text(port: world.statusPort(service), path: "/metrics").split(separator: "\n")
                .filter { $0.hasPrefix(counter) }.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
                .reduce(sum) { $0 + Int($1) }
        }
    }
}
