import Chassis
import Deciding
import Dispatch
import Kafka
import Postgres
import Synchronization
import Vocabulary

/// The second half of a worker, on a thread and a connection of its own: commits what was decided and publishes what was committed,
/// while the worker decides the next batch. One write is under way at most.
///
/// Everything that it owns is touched by its own thread only; the worker gives orders and waits for answers.
final class Committer: WriteHand, @unchecked Sendable {
    private enum Order {
        case commit(BatchWrite)
        case restart(acked: [LinkOut: Int64], rows: [OutboxRow], lanes: Set<Int32>)
        case drain(Duration)
        case stop
    }

    /// What the worker may know of the publisher without asking its thread.
    struct Outlook: Sendable {
        var pending = 0
        var blocked: [(link: LinkOut, reason: String)] = []
        /// Why what the outbox has can not be read, or how far it got can not be noted.
        var fault: StoreFault?
    }

    private let address: PostgresAddress
    private let publisher: Publisher
    private let metrics: PathMetrics
    private let order = Mutex<Order?>(nil)
    private let given = DispatchSemaphore(value: 0)
    private let answered = DispatchSemaphore(value: 0)
    private let answer = Mutex<StoreFault?>(nil)
    private let outlookNow = Mutex(Outlook())
    private var store: PostgresStore?
    private var lanes: Set<Int32> = []
    private var markedAt = MonotonicClock.now
    /// Of the last try of what goes on beside the orders, until one succeeds.
    private var fault: StoreFault?
    private let crash: CrashPoints

    init(address: PostgresAddress, publisher: Publisher, metrics: PathMetrics, crash: CrashPoints) {
        self.address = address
        self.publisher = publisher
        self.metrics = metrics
        self.crash = crash
    }

    func start() { OwnThread.start(named: "committer") { [self] in work() } }

    var outlook: Outlook { outlookNow.withLock { $0 } }

    // MARK: the worker's side

    /// Gives a write over; `finish` has its outcome. Only when no other order is under way.
    public func submit(_ write: BatchWrite) { give(.commit(write)) }

    /// Waits for the write that was submitted.
    public func finish() throws(StoreFault) {
        answered.wait()
        if let fault = answer.withLock({ $0 }) { throw fault }
    }

    /// Begins the links anew, for lanes taken up.
    func restart(acked: [LinkOut: Int64], rows: [OutboxRow], lanes: Set<Int32>) throws(StoreFault) {
        give(.restart(acked: acked, rows: rows, lanes: lanes))
        try finish()
    }

    /// Waits a bounded time for what is in flight, and notes how far the broker has it.
    func drain(_ timeout: Duration) throws(StoreFault) {
        give(.drain(timeout))
        try finish()
    }

    /// Ends the thread, at the end of the process.
    func stop() {
        give(.stop)
        answered.wait()
    }

    private func give(_ new: Order) {
        order.withLock { $0 = new }
        given.signal()
    }

    // MARK: its own thread

    private func work() {
        while true {
            let wait: DispatchTimeInterval = publisher.pending > 0 ? .milliseconds(1) : .milliseconds(50)
            let isOrdered = given.wait(timeout: .now() + wait) == .success
            if isOrdered, let next = order.withLock({ $0.take() }) {
                if case .stop = next {
                    publisher.close()
                    store?.close()
                    answered.signal()
                    return
                }
                var fault: StoreFault?
                do throws(StoreFault) {
                    try carryOut(next)
                } catch {
                    fault = error
                    if case .refused(let sqlstate, _) = error { metrics.refused(sqlstate) }
                }
                if fault != nil, store?.connection.isAlive != true { closeStore() }
                answer.withLock { $0 = fault }
                answered.signal()
            }
            tend()
        }
    }

    private func carryOut(_ order: Order) throws(StoreFault) {
        switch order {
        case .commit(let write):
            let store = try opened()
            try PublishAfterCommit.carryOut(
                write,
                commit: { write throws(StoreFault) in
                    let started = MonotonicClock.now
                    try store.commit(write, crash: crash)
                    metrics.transaction(took: MonotonicClock.now.since(started))
                    crash.pass(.afterCommit)
                }, publish: publisher.publish)
            crash.pass(.afterProduce)
        case .restart(let acked, let rows, let lanes):
            self.lanes = lanes
            publisher.restart(acked: acked, rows: rows)
        case .drain(let timeout):
            publisher.drain(timeout)
            try markAcknowledged()
        case .stop: break
        }
    }

    /// What goes on beside the orders: delivery reports, a new producer after a failure, marks in `link_out`.
    private func tend() {
        publisher.serve(wait: .zero)
        do throws(StoreFault) {
            if publisher.needsRestart {
                try begin()
                fault = nil
            }
            if MonotonicClock.now.since(markedAt) >= .milliseconds(500) {
                try markAcknowledged()
                fault = nil
            }
        } catch {
            closeStore()
            // What was taken to be noted and was not is taken again.
            publisher.offerAcknowledgedAgain()
            fault = error
        }
        let outlook = Outlook(pending: publisher.pending, blocked: publisher.blockedLinks, fault: fault)
        outlookNow.withLock { $0 = outlook }
    }

    /// Goes back to the first message that was not acknowledged.
    private func begin() throws(StoreFault) {
        _ = Shutdown.wait(atMost: .milliseconds(100))
        try markAcknowledged()
        let links = LinkReader(store: try opened())
        publisher.restart(acked: try links.acknowledged(lanes), rows: try links.unacknowledged(lanes))
    }

    private func markAcknowledged() throws(StoreFault) {
        crash.pass(.beforeMark)
        markedAt = MonotonicClock.now
        let acked = publisher.takeAcknowledged()
        guard !acked.isEmpty else { return }
        try LinkReader(store: try opened()).mark(acked)
    }

    private func opened() throws(StoreFault) -> PostgresStore {
        if let store, store.connection.isAlive { return store }
        let made = try PostgresStore(address)
        store = made
        // A mark that failed, or that a server which crashed had not put on its disk, is made again.
        publisher.offerAcknowledgedAgain()
        return made
    }

    private func closeStore() {
        store?.close()
        store = nil
    }
}
