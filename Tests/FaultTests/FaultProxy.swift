import Chassis
import Glibc
import Support
import Synchronization

/// A TCP proxy with bad manners, between the services and what they depend on: it resets connections, refuses new ones, and loses the
/// answers to COMMIT. One thread owns all sockets; orders reach it through a mailbox.
final class FaultProxy: @unchecked Sendable {
    /// Where it connects to.
    enum Target: Sendable {
        case port(Int)
        case socketFile(String)
    }

    /// What it does when a client says COMMIT.
    enum CommitLoss: CaseIterable, Sendable {
        /// The server commits and answers; the client never hears of it.
        case afterAnswer
        /// The connection is reset as soon as the server has the word: it commits while the client already asks anew.
        case afterForwarding
        /// The word never reaches the server: it rolls back.
        case beforeForwarding
    }

    struct Counts: Sendable {
        var connections = 0
        var resets = 0
        var commitsLost: [CommitLoss: Int] = [:]
    }

    let port: Int
    private let listener: Int32
    private let target: Target
    private let hearsPostgres: Bool
    private struct Orders {
        var resets = 0
        var isRefusing = false
        /// Of 1,000 COMMITs this many are lost.
        var commitsLostPerMille = 0
        var isStopping = false
    }
    private let orders = Mutex(Orders())
    private let counted = Mutex(Counts())
    private var pairs: [Pair] = []
    private var random = SystemRandomNumberGenerator()

    private struct Pair {
        let client: Int32
        let server: Int32
        /// Read from one side and not yet taken by the other.
        var toServer: [UInt8] = []
        var toClient: [UInt8] = []
        var isCommitPending = false
        /// Nil for another protocol than PostgreSQL's.
        var said: ClientStream?
        var isOver = false
    }

    /// - Parameter hearsPostgres: whether its clients speak PostgreSQL's protocol, so that it hears their COMMIT.
    init(to target: Target, port wanted: Int = 0, hearsPostgres: Bool = false) throws {
        self.target = target
        self.hearsPostgres = hearsPostgres
        listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        _ = unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard Self.bind(listener, to: wanted), listen(listener, 256) == 0, let port = Self.boundPort(listener) else {
            throw Trouble("the proxy can not listen on port \(wanted): errno \(errno)")
        }
        self.port = port
        OwnThread.start(named: "fault-proxy") { [self] in work() }
    }

    deinit { close(listener) }

    var counts: Counts { counted.withLock { $0 } }

    /// Resets this many live connections, drawn by lot, or as many as there are.
    func reset(_ count: Int) { orders.withLock { $0.resets += count } }

    /// While true every connection is closed and every new one refused.
    func refuse(_ isRefusing: Bool) { orders.withLock { $0.isRefusing = isRefusing } }

    /// From now on this many of 1,000 COMMITs are lost, in one of the three ways by lot.
    func loseCommits(perMille: Int) { orders.withLock { $0.commitsLostPerMille = perMille } }

    func stop() { orders.withLock { $0.isStopping = true } }

    // MARK: the thread

    private func work() {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let now = orders.withLock { orders in
                defer { orders.resets = 0 }
                return orders
            }
            if now.isStopping || now.isRefusing {
                for index in pairs.indices { end(index, byReset: true) }
                pairs.removeAll()
                if now.isStopping { return }
            }
            carryOut(resets: now.resets)
            var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            for pair in pairs {
                polled.append(pollfd(fd: pair.client, events: Self.interest(reading: pair.toServer, writing: pair.toClient), revents: 0))
                polled.append(pollfd(fd: pair.server, events: Self.interest(reading: pair.toClient, writing: pair.toServer), revents: 0))
            }
            guard unsafe poll(&polled, nfds_t(polled.count), 5) > 0 else { continue }
            for index in pairs.indices {
                serve(index, polled[1 + index * 2].revents, polled[2 + index * 2].revents, now, &buffer)
            }
            pairs.removeAll(where: \.isOver)
            if polled[0].revents != 0 { accept(isRefusing: now.isRefusing) }
        }
    }

    private static func interest(reading: [UInt8], writing: [UInt8]) -> Int16 {
        Int16((reading.isEmpty ? POLLIN : 0) | (writing.isEmpty ? 0 : POLLOUT))
    }

    private func carryOut(resets: Int) {
        // What is not there can not be reset, and waiting for it would strike every new connection at birth.
        for _ in 0..<min(resets, pairs.count) {
            guard let index = pairs.indices.randomElement(using: &random) else { break }
            end(index, byReset: true)
            pairs.remove(at: index)
            counted.withLock { $0.resets += 1 }
        }
    }

    private func accept(isRefusing: Bool) {
        let client = Glibc.accept(listener, nil, nil)
        guard client >= 0 else { return }
        guard !isRefusing, let server = connected() else {
            Self.reset(client)
            return
        }
        for socket in [client, server] {
            _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK)
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            var on: Int32 = 1
            _ = unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        pairs.append(Pair(client: client, server: server, said: hearsPostgres ? ClientStream() : nil))
        counted.withLock { $0.connections += 1 }
    }

    private func serve(_ index: Int, _ fromClient: Int16, _ fromServer: Int16, _ orders: Orders, _ buffer: inout [UInt8]) {
        if fromClient & Int16(POLLOUT) != 0 { Self.drain(&pairs[index].toClient, into: pairs[index].client) }
        if fromServer & Int16(POLLOUT) != 0 { Self.drain(&pairs[index].toServer, into: pairs[index].server) }
        let ended = Int16(POLLIN | POLLHUP | POLLERR)
        if pairs[index].toServer.isEmpty, fromClient & ended != 0 {
            let count = unsafe recv(pairs[index].client, &buffer, buffer.count, 0)
            if count > 0 {
                pairs[index].toServer = Array(buffer[..<count])
                guard passesCommit(index, orders) else { return }
                Self.drain(&pairs[index].toServer, into: pairs[index].server)
            } else if count == 0 || errno != EAGAIN {
                return end(index, byReset: false)
            }
        }
        if pairs[index].toClient.isEmpty, fromServer & ended != 0 {
            let count = unsafe recv(pairs[index].server, &buffer, buffer.count, 0)
            if count > 0 {
                if pairs[index].isCommitPending { return end(index, byReset: true) }
                pairs[index].toClient = Array(buffer[..<count])
                Self.drain(&pairs[index].toClient, into: pairs[index].client)
            } else if count == 0 || errno != EAGAIN {
                return end(index, byReset: false)
            }
        }
    }

    /// False when the connection is over.
    private func passesCommit(_ index: Int, _ orders: Orders) -> Bool {
        let said = pairs[index].toServer[...]
        let isCommit = pairs[index].said?.take(said) ?? false
        guard orders.commitsLostPerMille > 0, isCommit,
            Int.random(in: 0..<1_000, using: &random) < orders.commitsLostPerMille,
            let loss = CommitLoss.allCases.randomElement(using: &random)
        else { return true }
        counted.withLock { $0.commitsLost[loss, default: 0] += 1 }
        switch loss {
        case .afterAnswer:
            pairs[index].isCommitPending = true
            return true
        case .afterForwarding:
            Self.drain(&pairs[index].toServer, into: pairs[index].server)
            end(index, byReset: true)
        case .beforeForwarding: end(index, byReset: true)
        }
        return false
    }

    private func end(_ index: Int, byReset: Bool) {
        guard !pairs[index].isOver else { return }
        pairs[index].isOver = true
        if byReset { Self.reset(pairs[index].client) } else { close(pairs[index].client) }
        // The server is left gently, or it would throw away a COMMIT that it has and did not read yet.
        close(pairs[index].server)
    }

    // MARK: sockets

    private static func drain(_ bytes: inout [UInt8], into socket: Int32) {
        guard !bytes.isEmpty else { return }
        let count = unsafe send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        if count > 0 { bytes.removeFirst(count) }
    }

    /// The peer sees RST, not the end of the stream.
    private static func reset(_ socket: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close(socket)
    }

    private func connected() -> Int32? {
        switch target {
        case .port(let port):
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var address = Self.loopback(port)
            let isOpen = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if !isOpen { close(socket) }
            return isOpen ? socket : nil
        case .socketFile(let path):
            let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let isOpen = unsafe withUnsafeMutableBytes(of: &address) { bytes in
                let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
                guard path.utf8.count < bytes.count - offset else { return false }
                for (index, byte) in path.utf8.enumerated() { unsafe bytes[offset + index] = byte }
                guard let base = bytes.baseAddress else { return false }
                return unsafe connect(socket, base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
            }
            if !isOpen { close(socket) }
            return isOpen ? socket : nil
        }
    }

    static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func bind(_ socket: Int32, to port: Int) -> Bool {
        var address = loopback(port)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func boundPort(_ socket: Int32) -> Int? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isKnown = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(socket, $0, &length) == 0 }
        }
        return isKnown ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }

    /// Ports that nobody listens on now, this many in a row.
    static func freePorts(_ count: Int) -> Int? {
        for _ in 1...100 {
            let first = Int.random(in: 20_000..<32_000)
            let areFree = (first..<first + count).allSatisfy { port in
                let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
                defer { close(socket) }
                return bind(socket, to: port)
            }
            if areFree { return first }
        }
        return nil
    }
}

/// Why a fault test could not go on.
struct Trouble: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
