import Chassis
import Dispatch
import Glibc
import Synchronization

/// Asks the other services' status servers how they are.
struct ServiceProbe: Sendable {
    /// What one service answered.
    struct Answer: Sendable {
        let name: String
        let address: String
        let isReady: Bool
        /// The lines of `/readyz?verbose`, or why there are none.
        let lines: [String]
    }

    static let key = "XINQIAO_CONSOLE_SERVICES"
    private static let servicesMax = 32
    private static let answerSizeMax = 16 * 1024
    private static let timeout: Duration = .seconds(1)

    let name: String
    let host: String
    let port: UInt16

    /// Reads `scoring=http://scoring:9464`; nil for anything else.
    init?(_ text: String) {
        guard let sign = text.firstIndex(of: "=") else { return nil }
        let name = String(text[..<sign])
        let address = text[text.index(after: sign)...]
        guard !name.isEmpty, address.hasPrefix("http://") else { return nil }
        let place = address.dropFirst(7).prefix { $0 != "/" }
        guard let colon = place.lastIndex(of: ":"), let port = UInt16(place[place.index(after: colon)...]), port > 0 else { return nil }
        let host = String(place[..<colon])
        let isPlain = host.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        guard !host.isEmpty, isPlain else { return nil }
        self.name = name
        self.host = host
        self.port = port
    }

    /// Those named in the environment; entries that cannot be read are left out.
    static func configured() -> [ServiceProbe] {
        var environment = Environment.ofProcess()
        return environment.list(key, default: []).prefix(servicesMax).compactMap { ServiceProbe($0) }
    }

    /// All at once, so that together they take no longer than the slowest.
    static func ask(_ probes: [ServiceProbe]) -> [Answer] {
        let answers = Mutex<[Int: Answer]>([:])
        DispatchQueue.concurrentPerform(iterations: probes.count) { place in
            let answer = probes[place].ask()
            answers.withLock { $0[place] = answer }
        }
        return answers.withLock { found in probes.indices.compactMap { found[$0] } }
    }

    func ask() -> Answer {
        func answer(_ isReady: Bool, _ lines: [String]) -> Answer {
            Answer(name: name, address: "\(host):\(port)", isReady: isReady, lines: lines)
        }
        guard let socket = connected() else { return answer(false, ["no answer"]) }
        defer { close(socket) }
        let request = Array("GET /readyz?verbose HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
        guard unsafe send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return answer(false, ["no answer"])
        }
        let deadline = MonotonicClock.now + ServiceProbe.timeout
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < ServiceProbe.answerSizeMax, deadline.since(MonotonicClock.now) > .zero {
            let count = unsafe recv(socket, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        let text = String(decoding: bytes.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.") else { return answer(false, ["no answer"]) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let body = lines.drop { !$0.isEmpty }.dropFirst().filter { !$0.isEmpty }.prefix(20).map { String($0.prefix(200)) }
        return answer(lines.first?.dropFirst(9).hasPrefix("200") == true, body)
    }

    /// A socket with every wait limited to the timeout; nil when nobody is there.
    private func connected() -> CInt? {
        var wanted = unsafe addrinfo()
        unsafe wanted.ai_family = AF_UNSPEC
        unsafe wanted.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, String(port), &wanted, &found) == 0 else { return nil }
        defer { unsafe freeaddrinfo(found) }
        guard let first = unsafe found else { return nil }
        let socket = unsafe Glibc.socket(first.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        var limit = timeval(tv_sec: Int(ServiceProbe.timeout.components.seconds), tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        guard unsafe connect(socket, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            close(socket)
            return nil
        }
        return socket
    }
}
