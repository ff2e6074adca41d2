import Dispatch
import Glibc
import Synchronization
import Vocabulary

/// Answers GET and HEAD over HTTP/1.1, one request a connection, for `/livez`, `/readyz`, `/metrics`, `/version` and the read-only
/// pages a service adds. Nothing that has a body gets in, nothing grows with what is sent, and nothing waits for the pipeline.
///
/// One thread serves all connections; pages of services run on a few queues of their own, so that a slow page cannot delay `/livez`. Only
/// so many pages wait for their turn, and one whose time is over before its turn is not made.
/// When all connections are taken, the one that has been sending its head for longest gives way to the new one.
public final class StatusServer: Sendable {
    /// What a page is asked for.
    public struct Request: Sendable {
        /// Decoded; starts with `/`.
        public let path: String
        /// What followed the prefix, decoded: one segment, never empty. Empty for an exact route.
        public let parameter: String
        public let query: [String: String]
        public let isHead: Bool

        public init(path: String, parameter: String = "", query: [String: String] = [:], isHead: Bool = false) {
            self.path = path
            self.parameter = parameter
            self.query = query
            self.isHead = isHead
        }
    }

    /// What a page answers.
    public struct Response: Sendable {
        public var status: Int
        public var contentType: String
        /// Not sent for HEAD, but counted in Content-Length.
        public var body: [UInt8]
        /// Sent after our own; those with line breaks in them are left out.
        public var headers: [(String, String)]

        public init(status: Int = 200, contentType: String, body: [UInt8], headers: [(String, String)] = []) {
            self.status = status
            self.contentType = contentType
            self.body = body
            self.headers = headers
        }

        public static func text(_ text: String, status: Int = 200) -> Response {
            Response(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
        }
        public static func html(_ text: String, status: Int = 200) -> Response {
            Response(status: status, contentType: "text/html; charset=utf-8", body: Array(text.utf8))
        }
        public static func json(_ body: [UInt8], status: Int = 200) -> Response {
            Response(status: status, contentType: "application/json", body: body)
        }
        public static let notFound = Response.text("not found\n", status: 404)
    }

    /// How much the server takes.
    public struct Limits: Sendable {
        public var connectionsMax = 64
        /// For the whole head of a request to arrive.
        public var headTimeout: Duration = .seconds(2)
        /// For a page to be made.
        public var pageTimeout: Duration = .seconds(10)
        /// Pages of services that are asked for and not begun; one more is answered with 503.
        public var pagesWaitingMax = 16
        /// For the response to be taken.
        public var writeTimeout: Duration = .seconds(10)

        public init() {}
    }

    /// Why it could not start. The number is errno.
    public enum Defect: Error, Hashable, Sendable {
        case notAnAddress(String)
        case portOutOfRange(Int)
        case cannotBind(address: String, port: Int, errno: Int32)
        case alreadyStarted
        case noThread
    }

    public typealias Respond = @Sendable (Request) -> Response

    struct Routes: Sendable {
        var exact: [String: Route] = [:]
        var prefixes: [(prefix: String, route: Route)] = []
    }

    struct Route: Sendable {
        let respond: Respond
        /// Whether it may run on the server's own thread, because it never blocks.
        let isQuick: Bool
    }

    private let address: String
    private let wantedPort: Int
    private let limits: Limits
    private let routes = Mutex(Routes())
    private let running = Mutex<(loop: StatusLoop, port: Int)?>(nil)

    /// - Parameters:
    ///   - address: an IPv4 address in dots; `0.0.0.0` for all of them.
    ///   - port: 0 for any free one, which `port` then says.
    public init(
        address: String = "127.0.0.1", port: Int, health: Health, metrics: Metrics, build: BuildInfo, limits: Limits = Limits()
    ) {
        self.address = address
        wantedPort = port
        self.limits = limits
        metrics.set(build)
        routes.withLock { $0 = StatusServer.builtIn(health: health, metrics: metrics, build: build) }
    }

    /// A page at exactly this path. The last one registered for a path counts; the four of the server can be replaced too.
    public func route(_ path: String, _ respond: @escaping Respond) {
        routes.withLock { $0.exact[path] = Route(respond: respond, isQuick: false) }
    }

    /// A page for every path of the prefix and one more segment: `prefix("/firm/")` answers `/firm/x`, not `/firm/` or `/firm/x/y`.
    public func prefix(_ prefix: String, _ respond: @escaping Respond) {
        routes.withLock { routes in
            routes.prefixes.removeAll { $0.prefix == prefix }
            routes.prefixes.append((prefix, Route(respond: respond, isQuick: false)))
            // The longest first, so that `/firm/by-name/` is not hidden by `/firm/`.
            routes.prefixes.sort { $0.prefix.utf8.count > $1.prefix.utf8.count }
        }
    }

    /// The port it listens on; 0 before it started.
    public var port: Int { running.withLock { $0?.port ?? 0 } }

    /// Binds, listens, and serves until `stop` or the end of the process.
    public func start() throws(Defect) {
        guard (0...65_535).contains(wantedPort) else { throw .portOutOfRange(wantedPort) }
        guard port == 0 else { throw .alreadyStarted }
        let (socket, port) = try Socket.listening(address: address, port: wantedPort)
        guard let loop = StatusLoop(listener: socket, limits: limits, find: { [self] in find($0) }) else {
            close(socket)
            throw .noThread
        }
        running.withLock { $0 = (loop, port) }
        guard OwnThread.start(named: "status", { loop.run() }) else { throw .noThread }
    }

    /// Stops listening and drops what is in progress.
    public func stop() {
        let loop = running.withLock { state in
            defer { state = nil }
            return state?.loop
        }
        loop?.stop()
    }

    /// The route of a path with what the page gets, or nil.
    private func find(_ head: HTTPRequestHead) -> (route: Route, request: Request)? {
        routes.withLock { routes in
            if let route = routes.exact[head.rawPath] {
                return (route, Request(path: head.rawPath, query: head.query, isHead: head.isHead))
            }
            for (prefix, route) in routes.prefixes where head.rawPath.hasPrefix(prefix) {
                let rest = Array(head.rawPath.utf8.dropFirst(prefix.utf8.count))
                guard let parameter = HTTPRequestHead.percentDecoded(rest[...]), !parameter.isEmpty, !parameter.contains("/"),
                    !parameter.contains("\\"), parameter != ".", parameter != ".."
                else { continue }
                return (route, Request(path: prefix + parameter, parameter: parameter, query: head.query, isHead: head.isHead))
            }
            return nil
        }
    }

    private static func builtIn(health: Health, metrics: Metrics, build: BuildInfo) -> Routes {
        let ready = metrics.gauge(.ready)
        let live = metrics.gauge(.live)
        var routes = Routes()
        func quick(_ path: String, _ respond: @escaping Respond) { routes.exact[path] = Route(respond: respond, isQuick: true) }
        quick("/livez") { _ in
            let now = health.snapshot
            return now.isLive
                ? .text("live\n") : .text("not live: no progress for \(now.sinceProgress.components.seconds) s\n", status: 503)
        }
        quick("/readyz") { request in
            let now = health.snapshot
            let verdict = now.isReady ? "ready\n" : "not ready\n"
            let list = request.query["verbose"] == nil ? "" : now.lines.map { $0 + "\n" }.joined()
            return .text(list + verdict, status: now.isReady ? 200 : 503)
        }
        quick("/metrics") { _ in
            let now = health.snapshot
            ready.set(now.isReady)
            live.set(now.isLive)
            return Response(contentType: PrometheusText.contentType, body: metrics.rendered())
        }
        quick("/version") { _ in .json(build.json) }
        return routes
    }
}

/// The few calls on sockets that need care.
enum Socket {
    static func listening(address: String, port: Int) throws(StatusServer.Defect) -> (socket: CInt, port: Int) {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(port).bigEndian
        guard unsafe inet_pton(AF_INET, address, &name.sin_addr) == 1 else { throw .notAnAddress(address) }
        let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw .cannotBind(address: address, port: port, errno: errno) }
        var yes: CInt = 1
        unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        let isBound = unsafe withAddress(&name) { pointer, size in unsafe bind(listener, pointer, size) } == 0
        guard isBound, listen(listener, 128) == 0 else {
            let code = errno
            close(listener)
            throw .cannotBind(address: address, port: port, errno: code)
        }
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withAddress(&name) { pointer, _ in unsafe getsockname(listener, pointer, &size) }
        return (listener, Int(UInt16(bigEndian: name.sin_port)))
    }

    static func withAddress(_ name: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        unsafe withUnsafeMutablePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe body(address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
