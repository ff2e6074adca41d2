import Contracts
import Deciding
import Kafka
import Pipeline
import Vocabulary
import Wire

/// What of a simulated process knows nothing of its service: what it reads, what it has given out, and what the broker said to it. Not
/// generic, so that it is compiled for itself and not looked up for each service at run time.
class SimConnections {
    private let number: Int
    let stage: Stage
    let database: Database
    private let inputs: [[PartitionLog]]
    let session: Session
    let hand: Hand
    private var sender: LinkSender
    /// Given to the client of Kafka, in order.
    private var flights: [Flight] = []
    private var reports: [Report] = []
    private var needsRestart = false
    /// Acknowledged and not yet noted in `link_out`.
    private var hasUnmarked = false
    /// Where reading goes on.
    private(set) final var reading: [(log: PartitionLog, position: Int64)] = []
    final var isLoaded = false
    private(set) final var lanes: Set<Int32> = []
    /// Turns for which the process stands still.
    final var asleep = 0

    private struct Flight {
        let log: PartitionLog
        let message: WireMessage
        let ticket: LinkSender.Ticket
        let link: LinkOut
    }

    private struct Report {
        let ticket: LinkSender.Ticket
        let link: LinkOut
        let isThere: Bool
    }

    init(number: Int, _ database: Database, _ stage: Stage, inputs: [[PartitionLog]], sender: LinkSender) {
        self.number = number
        self.stage = stage
        self.database = database
        self.inputs = inputs
        self.sender = sender
        session = Session(database: database, stage: stage)
        hand = Hand(database, stage, worker: number)
        hand.publish = { [unowned self] rows in
            for row in rows { self.sender.enqueue(row) }
            pump()
        }
    }

    private var service: String { database.service }

    final var hasNothingOpen: Bool { sender.pending <= 0 && flights.isEmpty && reports.isEmpty && !needsRestart && !hasUnmarked }

    // MARK: where it stands

    /// Where the lanes stand, under the row lock.
    final func takeUp(_ lanes: Set<Int32>) -> LaneBook {
        database.awaitLanding(stage)
        self.lanes = lanes
        guard !lanes.isEmpty else { return LaneBook() }
        return database.store.takeUp(topics: inputs.compactMap { $0.first?.place.topic }, lanes: lanes) { self.stage.broker.log($0).low }
    }

    /// Goes on from there.
    final func readOn(_ book: LaneBook) {
        sender.restart(acked: database.store.acknowledged(lanes), rows: database.store.unacknowledged(lanes))
        abandonFlights()
        needsRestart = false
        hasUnmarked = false
        reading = []
        for topic in inputs {
            for log in topic where lanes.contains(log.place.partition) {
                let next = book.nextOffset[log.place] ?? 0
                if PauseReason(next: next, low: log.low, high: log.high) != nil {
                    alarm(log)
                } else {
                    reading.append((log, next))
                    if stage.keepsHistory { stage.history.add(.assigned(service: service, worker: number, log.place, offset: next)) }
                }
            }
        }
        isLoaded = true
        pump()
    }

    /// Partitions that stand still because the log has not what comes next.
    private(set) final var paused: [PartitionLog] = []

    private func alarm(_ log: PartitionLog) {
        paused.append(log)
        if stage.keepsHistory { stage.history.add(.alarmed(service: service, log.place)) }
    }

    final func takePaused() -> [PartitionLog] {
        defer { paused = [] }
        return paused
    }

    /// An operator had a link sent again.
    final func sendAgain() { needsRestart = true }

    /// What the client of Kafka had may be gone, or still come.
    final func abandonFlights() {
        for flight in flights where stage.chance.strikes(.lateWrite) { stage.broker.late.append((flight.log, flight.message)) }
        flights = []
        reports = []
    }

    final func poll() -> [RawMessage] {
        var messages: [RawMessage] = []
        for index in reading.indices {
            let log = reading[index].log
            var position = reading[index].position
            if PauseReason(next: position, low: log.low, high: log.high) != nil {
                alarm(log)
                continue
            }
            // A client that refuses nothing goes on at the beginning, or at the end.
            position = min(max(position, log.low), log.high)
            if stage.chance.isStormy, position > log.low, stage.chance.strikes(.handedOutAgain) {
                position = max(log.low, position - 1 - Int64(stage.chance.number(below: 3)))
            }
            var count = Int(log.high - position)
            guard count > 0 else { continue }
            if stage.chance.strikes(.shortBatch) { count = stage.chance.number(below: count + 1) }
            let taken = log.messages(from: position, count: count)
            messages.append(contentsOf: taken)
            if stage.keepsHistory {
                for message in taken {
                    stage.history.add(
                        .polled(
                            service: service, worker: number, log.place, offset: message.offset,
                            print: message.value?.contentHash ?? 0))
                }
            }
            reading[index].position = max(reading[index].position, position + Int64(count))
        }
        if !paused.isEmpty { reading.removeAll { entry in paused.contains { $0 === entry.log } } }
        return messages
    }

    // MARK: the committer's thread

    final func tend() -> Bool {
        var isMoving = !flights.isEmpty || !reports.isEmpty || needsRestart
        fly()
        deliverReports()
        if needsRestart {
            markAcknowledged()
            needsRestart = false
            abandonFlights()
            sender.restart(acked: database.store.acknowledged(lanes), rows: database.store.unacknowledged(lanes))
        }
        if !stage.chance.isStormy || stage.chance.oneIn(3) { markAcknowledged() }
        pump()
        if sender.pending > 0 || hasUnmarked { isMoving = true }
        return isMoving
    }

    final func markAcknowledged() { store(sender.takeAcknowledged()) }

    private func store(_ acked: [LinkOut: Int64]) {
        if !acked.isEmpty { database.store.mark(acked) }
        hasUnmarked = false
    }

    private func pump() {
        guard !needsRestart else { return }
        sender.handOver { link, message, ticket in
            if stage.chance.strikes(.queueFull) { return .full }
            flights.append(Flight(log: stage.broker.log(link.place), message: message, ticket: ticket, link: link))
            return .taken
        }
    }

    /// The broker's side of what is in flight: per partition in order, with holes.
    private func fly() {
        guard !flights.isEmpty else { return }
        let count = stage.chance.isStormy ? stage.chance.number(below: flights.count + 1) : flights.count
        for flight in flights.prefix(count) {
            var isThere = true
            if stage.chance.strikes(.messageLost) {
                isThere = false
            } else {
                stage.write(flight.message, to: flight.log)
                if stage.chance.strikes(.writtenTwice) { stage.write(flight.message, to: flight.log) }
                if stage.chance.strikes(.acknowledgementLost) { isThere = false }
            }
            reports.append(Report(ticket: flight.ticket, link: flight.link, isThere: isThere))
        }
        flights.removeFirst(count)
        if reports.count > 1, stage.chance.strikes(.acknowledgementsReordered) {
            for index in reports.indices { reports.swapAt(index, stage.chance.number(below: reports.count)) }
        }
    }

    private func deliverReports() {
        guard !reports.isEmpty else { return }
        let count = stage.chance.isStormy ? stage.chance.number(below: reports.count + 1) : reports.count
        for report in reports.prefix(count) where !needsRestart {
            guard report.isThere else {
                needsRestart = true
                continue
            }
            sender.acknowledged(report.ticket)
            hasUnmarked = true
            if stage.keepsHistory {
                stage.history.add(.acknowledged(report.link.asRead(from: service), upTo: report.ticket.lastSequence))
            }
        }
        reports.removeFirst(count)
    }
}

extension LinkOut {
    /// The link as its reader names it.
    func asRead(from service: String) -> LinkIn { LinkIn(source: "xinqiao/\(service)/\(lane)", place: place) }
}

extension Stage {
    func write(_ message: WireMessage, to log: PartitionLog) {
        log.append(message)
        guard keepsHistory else { return }
        let source = message.headers.first { $0.name == "ce_source" }.map { String(decoding: $0.value, as: UTF8.self) } ?? ""
        history.add(
            .appended(
                log.place, offset: log.high - 1, link: LinkIn(source: source, place: log.place), sequences: message.sequences,
                print: log.messages.last?.value?.contentHash ?? 0))
    }
}
