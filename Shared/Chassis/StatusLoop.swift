import Dispatch
import Glibc
import Synchronization
import Vocabulary

/// The thread of the status server: waits for whatever socket has something to say, and does the next small thing for it.
final class StatusLoop: Sendable {
    private let listener: CInt
    private let limits: StatusServer.Limits
    private let find: @Sendable (HTTPRequestHead) -> (route: StatusServer.Route, request: StatusServer.Request)?
    private let wakeRead: CInt
    private let wakeWrite: CInt
    private let isStopped = Atomic<Bool>(false)
    private let pages: [DispatchQueue]
    private let pagesWaiting = Atomic<Int>(0)
    /// Answers made elsewhere, waiting to be sent. Nil once the loop has ended, when the wake pipe is closed and must not be used.
    private let answers = Mutex<[(connection: UInt64, response: StatusServer.Response)]?>([])

    init?(
        listener: CInt, limits: StatusServer.Limits,
        find: @escaping @Sendable (HTTPRequestHead) -> (route: StatusServer.Route, request: StatusServer.Request)?
    ) {
        guard let (reading, writing) = WakePipe.open() else { return nil }
        self.listener = listener
        self.limits = limits
        self.find = find
        wakeRead = reading
        wakeWrite = writing
        pages = (0..<4).map { DispatchQueue(label: "status-page-\($0)") }
    }

    func stop() {
        isStopped.store(true, ordering: .releasing)
        answers.withLock { if $0 != nil { wake() } }
    }

    private func wake() {
        var byte: UInt8 = 1
        _ = unsafe write(wakeWrite, &byte, 1)
    }

    func run() {
        var connections: [StatusConnection] = []
        var nextID: UInt64 = 0
        while !isStopped.load(ordering: .acquiring) {
            let now = MonotonicClock.now
            var waiting = [
                pollfd(fd: listener, events: Int16(POLLIN), revents: 0), pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0),
            ]
            waiting += connections.map { pollfd(fd: $0.socket, events: $0.events, revents: 0) }
            let nearest = connections.map(\.deadline).min().map { max(0, $0.since(now).wholeMicroseconds / 1_000 + 1) }
            let count = unsafe poll(&waiting, nfds_t(waiting.count), Int32(clamping: nearest ?? 60_000))
            if count < 0, errno != EINTR { OwnThread.sleep(for: .milliseconds(50)) }

            if waiting[1].revents != 0 { takeAnswers(&connections) }
            for index in connections.indices where waiting[index + 2].revents != 0 {
                advance(&connections[index])
            }
            let later = MonotonicClock.now
            for index in connections.indices where connections[index].deadline <= later { expire(&connections[index]) }
            connections.removeAll { connection in
                if connection.isDone { close(connection.socket) }
                return connection.isDone
            }
            if waiting[0].revents != 0 { accept(&connections, &nextID) }
        }
        for connection in connections { close(connection.socket) }
        close(listener)
        answers.withLock { waiting in
            waiting = nil
            close(wakeRead)
            close(wakeWrite)
        }
    }

    private func accept(_ connections: inout [StatusConnection], _ nextID: inout UInt64) {
        // Bounded, so that a flood of connections cannot keep the others from being served.
        for _ in 0..<limits.connectionsMax {
            let socket = Glibc.accept(listener, nil, nil)
            guard socket >= 0 else {
                // Out of descriptors: without a pause the listener would stay readable and the loop spin.
                if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM { OwnThread.sleep(for: .milliseconds(50)) }
                return
            }
            guard WakePipe.prepare(socket) else {
                close(socket)
                continue
            }
            if connections.count >= limits.connectionsMax {
                // The deadlines of those that read a head are in the order of their coming.
                let givingWay = connections.indices.filter { connections[$0].canGiveWay }
                    .min { connections[$0].deadline < connections[$1].deadline }
                guard let givingWay else {
                    close(socket)
                    continue
                }
                close(connections[givingWay].socket)
                connections.remove(at: givingWay)
            }
            nextID += 1
            connections.append(StatusConnection(id: nextID, socket: socket, deadline: MonotonicClock.now + limits.headTimeout))
        }
    }

    private func advance(_ connection: inout StatusConnection) {
        switch connection.stage {
        case .head: readHead(&connection)
        case .page:
            // Only a hang-up is reported here; the page's answer will find nobody.
            connection.stage = .done
        case .response: send(&connection)
        case .drain: connection.drain()
        case .done: break
        }
    }

    private func readHead(_ connection: inout StatusConnection) {
        switch connection.readHead() {
        case .wait: return
        case .gone: connection.stage = .done
        case .refused(let refusal): answer(&connection, .refusal(refusal), isHead: false)
        case .head(let head):
            guard let (route, request) = find(head) else { return answer(&connection, .notFound, isHead: head.isHead) }
            connection.isHead = head.isHead
            if route.isQuick { return answer(&connection, route.respond(request), isHead: head.isHead) }
            guard pagesWaiting.load(ordering: .relaxed) < limits.pagesWaitingMax else {
                return answer(&connection, .text("too many pages are asked for\n", status: 503), isHead: head.isHead)
            }
            pagesWaiting.add(1, ordering: .relaxed)
            let deadline = MonotonicClock.now + limits.pageTimeout
            connection.stage = .page
            connection.deadline = deadline
            let id = connection.id
            pages[Int(id % UInt64(pages.count))].async { [self] in
                pagesWaiting.subtract(1, ordering: .relaxed)
                // Whoever asked has had the answer that it took too long.
                guard MonotonicClock.now < deadline else { return }
                let response = route.respond(request)
                answers.withLock { waiting in
                    guard waiting != nil else { return }
                    waiting?.append((id, response))
                    wake()
                }
            }
        }
    }

    private func takeAnswers(_ connections: inout [StatusConnection]) {
        var bytes = [UInt8](repeating: 0, count: 256)
        while unsafe read(wakeRead, &bytes, bytes.count) > 0 {}
        let ready = answers.withLock { waiting in
            defer { waiting = [] }
            return waiting ?? []
        }
        for (id, response) in ready {
            guard let index = connections.firstIndex(where: { $0.id == id && $0.stage == .page }) else { continue }
            answer(&connections[index], response, isHead: connections[index].isHead)
        }
    }

    private func answer(_ connection: inout StatusConnection, _ response: StatusServer.Response, isHead: Bool) {
        connection.begin(response.encoded(isHead: isHead, at: WallClock.now))
        connection.deadline = MonotonicClock.now + limits.writeTimeout
        send(&connection)
    }

    private func send(_ connection: inout StatusConnection) {
        connection.send()
        if connection.stage == .drain { connection.deadline = MonotonicClock.now + .milliseconds(500) }
    }

    private func expire(_ connection: inout StatusConnection) {
        switch connection.stage {
        case .head: answer(&connection, .text("the request took too long\n", status: 408), isHead: false)
        case .page: answer(&connection, .text("the page took too long\n", status: 503), isHead: connection.isHead)
        case .response, .drain, .done: connection.stage = .done
        }
    }
}

/// One connection: one request, one response, the end.
struct StatusConnection {
    enum Stage { case head, page, response, drain, done }

    enum HeadOutcome {
        case wait, gone
        case head(HTTPRequestHead)
        case refused(HTTPRequestHead.Refusal)
    }

    let id: UInt64
    let socket: CInt
    var deadline: MonotonicInstant
    var stage = Stage.head
    var isHead = false
    private var received: [UInt8] = []
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var drained = 0

    init(id: UInt64, socket: CInt, deadline: MonotonicInstant) {
        self.id = id
        self.socket = socket
        self.deadline = deadline
    }

    var isDone: Bool { stage == .done }
    var canGiveWay: Bool { stage == .head || stage == .drain }

    var events: Int16 {
        switch stage {
        case .head, .drain: Int16(POLLIN)
        case .page, .done: 0
        case .response: Int16(POLLOUT)
        }
    }

    mutating func readHead() -> HeadOutcome {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe recv(socket, &chunk, chunk.count, 0)
            if count < 0 {
                if errno == EINTR { continue }
                return errno == EAGAIN ? .wait : .gone
            }
            guard count > 0 else { return .gone }
            let searched = received.count
            received += chunk[..<count]
            if let end = HTTPRequestHead.end(in: received, from: searched), end <= HTTPRequestHead.sizeMax {
                do throws(HTTPRequestHead.Refusal) {
                    return .head(try HTTPRequestHead(received[..<end]))
                } catch {
                    return .refused(error)
                }
            }
            guard received.count < HTTPRequestHead.sizeMax else { return .refused(.headTooLarge) }
        }
    }

    mutating func begin(_ bytes: [UInt8]) {
        stage = .response
        outgoing = bytes
        received = []
    }

    mutating func send() {
        while sent < outgoing.count {
            let count = unsafe outgoing.withUnsafeBytes { bytes in
                unsafe Glibc.send(socket, bytes.baseAddress.map { unsafe $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno != EAGAIN { stage = .done }
                return
            }
            sent += count
        }
        // Closing with unread input makes the kernel reset the connection, and the client would lose the answer.
        shutdown(socket, Int32(SHUT_WR))
        outgoing = []
        stage = .drain
        drain()
    }

    mutating func drain() {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while drained <= 256 * 1024 {
            let count = unsafe recv(socket, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { break }
            drained += count
        }
        stage = .done
    }
}

extension StatusServer.Response {
    static func refusal(_ refusal: HTTPRequestHead.Refusal) -> StatusServer.Response {
        var response = StatusServer.Response.text("refused\n", status: Int(refusal.rawValue))
        if refusal == .methodNotAllowed { response.headers.append(("Allow", "GET, HEAD")) }
        return response
    }

    /// Our own headers first; a page cannot break out of its own.
    func encoded(isHead: Bool, at now: Instant) -> [UInt8] {
        let status = (100...599).contains(status) ? status : 500
        var lines = [
            "HTTP/1.1 \(status) \(reason(status))",
            "Date: \(now.httpDate)",
            "Content-Type: \(contentType.isHeaderText ? contentType : "application/octet-stream")",
            "Content-Length: \(body.count)",
            "Connection: close",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "X-Frame-Options: DENY",
            "Referrer-Policy: no-referrer",
            "Content-Security-Policy: default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
                + "frame-ancestors 'none'",
        ]
        for (name, value) in headers where name.isHeaderText && !name.contains(":") && value.isHeaderText {
            lines.append("\(name): \(value)")
        }
        let head = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        return isHead ? head : head + body
    }

    private func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 302: "Found"
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}

extension String {
    fileprivate var isHeaderText: Bool { !isEmpty && utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }
}

extension Instant {
    /// `Sun, 10 May 2026 08:00:00 GMT`. Source: RFC 9110 section 5.6.7.
    var httpDate: String {
        let text = rfc3339
        guard let day = Day(text.prefix(10)) else { return "Thu, 01 Jan 1970 00:00:00 GMT" }
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let (year, month, number) = day.civil
        let time = text.dropFirst(11).prefix(8)
        return "\(names[day.weekday - 1]), \(number < 10 ? "0" : "")\(number) \(months[month - 1]) \(year) \(time) GMT"
    }
}
