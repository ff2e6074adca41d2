import Deciding

/// What is to be sent on every link and how far the broker has it: go-back-N without the I/O.
///
/// Each link is sent in order. After any failed delivery everything is forgotten (`restart`) and sent again from the first message
/// above the last acknowledged one; receivers apply only the next sequence of a link, so sending again is harmless.
public struct LinkSender {
    /// A Kafka message on its way, by link number and the last sequence it carries.
    public struct Ticket: Hashable, Sendable {
        public let link: Int
        public let lastSequence: Int64

        public init(link: Int, lastSequence: Int64) {
            self.link = link
            self.lastSequence = lastSequence
        }
    }

    private struct Progress {
        let link: LinkOut
        var acked: Int64
        /// Rows given out under the fence and not handed to the client, in order.
        var rows: ArraySlice<OutboxRow> = []
        /// The first row of `rows` as Kafka messages, and how many of them the client has.
        var current: [WireMessage] = []
        var position = 0
        /// Last sequences of the messages that the client has, in the order they were handed over.
        var inFlight: ArraySlice<Int64> = []
        /// Messages acknowledged since somebody asked.
        var counted = 0
        /// Acknowledged out of order, by their numbers within the epoch: they count once everything before them does.
        var early: Set<Int64> = []
    }

    private let wire: LinkWire
    private var links: [Progress] = []
    private var numbers: [LinkOut: Int] = [:]
    private var changed: Set<Int> = []
    /// Links with something to hand over.
    private var waiting: [Int] = []

    /// Messages given out under the fence that the broker has not acknowledged.
    public private(set) var pending = 0

    public init(wire: LinkWire) { self.wire = wire }

    /// Begins anew with what the outbox has above the acknowledged sequences.
    public mutating func restart(acked: [LinkOut: Int64], rows: [OutboxRow]) {
        self = LinkSender(wire: wire)
        for (link, sequence) in acked { _ = number(of: link, acked: sequence) }
        for row in rows { enqueue(row) }
    }

    private mutating func number(of link: LinkOut, acked: Int64) -> Int {
        if let known = numbers[link] { return known }
        let number = links.count
        links.append(Progress(link: link, acked: acked))
        numbers[link] = number
        return number
    }

    /// Takes a committed row; rows of a link come in order.
    public mutating func enqueue(_ row: OutboxRow) {
        let number = number(of: row.link, acked: row.firstSequence - 1)
        // A row that was acknowledged in part is sent as a whole on a packed topic; what was acknowledged is not counted again.
        pending += Int(row.lastSequence - max(links[number].acked, row.firstSequence - 1))
        if links[number].rows.isEmpty { waiting.append(number) }
        links[number].rows.append(row)
    }

    /// The next Kafka message of each link in turn that `send` takes. `send` says what the client did with it.
    public mutating func handOver(_ send: (LinkOut, WireMessage, Ticket) -> HandOver) {
        var blocked: [Int] = []
        defer { waiting = blocked + waiting }
        while let number = waiting.first {
            switch handOver(number, send) {
            case .taken: waiting.removeFirst()
            case .blocked:
                waiting.removeFirst()
                blocked.append(number)
            case .full, .failed: return
            }
        }
    }

    /// What the client did with a message.
    public enum HandOver: Sendable {
        case taken
        /// No room in the client: nothing more for now.
        case full
        /// Its destination is missing or refuses it: this link waits, the others go on.
        case blocked
        case failed
    }

    private mutating func handOver(_ number: Int, _ send: (LinkOut, WireMessage, Ticket) -> HandOver) -> HandOver {
        while let row = links[number].rows.first {
            if links[number].current.isEmpty {
                let acked = links[number].acked
                links[number].current = wire.messages(of: row).filter { $0.sequences.upperBound > acked }
            }
            while links[number].position < links[number].current.count {
                let message = links[number].current[links[number].position]
                var link = links[number].link
                if Mutant.isOn("partition-chosen-anew"), message.sequences.upperBound % 2 == 0 {
                    link = LinkOut(lane: link.lane, place: TopicPartition(topic: link.place.topic, partition: 0))
                }
                let outcome = send(link, message, Ticket(link: number, lastSequence: message.sequences.upperBound))
                guard case .taken = outcome else { return outcome }
                if Mutant.isOn("handed-counts-as-acked") { count(number, upTo: message.sequences.upperBound) }
                links[number].inFlight.append(message.sequences.upperBound)
                links[number].position += 1
            }
            links[number].position = 0
            links[number].current = []
            links[number].rows.removeFirst()
        }
        links[number].rows = []
        return .taken
    }

    /// The link that the ticket was given for.
    public func link(of ticket: Ticket) -> LinkOut? { links.indices.contains(ticket.link) ? links[ticket.link].link : nil }

    /// The broker has the message. Only an unbroken beginning counts as acknowledged.
    public mutating func acknowledged(_ ticket: Ticket) {
        guard links.indices.contains(ticket.link) else { return }
        let acknowledged = LinkNumber.withinEpoch(ticket.lastSequence)
        guard let first = links[ticket.link].inFlight.first, LinkNumber.withinEpoch(first) == acknowledged else {
            links[ticket.link].early.insert(acknowledged)
            if Mutant.isOn("ack-out-of-order") { count(ticket.link, upTo: ticket.lastSequence) }
            return
        }
        links[ticket.link].inFlight.removeFirst()
        count(ticket.link, upTo: first)
        while let next = links[ticket.link].inFlight.first, links[ticket.link].early.remove(LinkNumber.withinEpoch(next)) != nil {
            links[ticket.link].inFlight.removeFirst()
            count(ticket.link, upTo: next)
        }
    }

    private mutating func count(_ number: Int, upTo reached: Int64) {
        guard reached > links[number].acked else { return }
        let count = LinkNumber.count(after: links[number].acked, through: reached)
        pending -= count
        links[number].counted += count
        links[number].acked = reached
        changed.insert(number)
    }

    /// Acknowledged sequences that changed since the last call: to be written to `link_out`.
    public mutating func takeAcknowledged() -> [LinkOut: Int64] {
        defer { changed.removeAll(keepingCapacity: true) }
        return Dictionary(uniqueKeysWithValues: changed.map { (links[$0].link, links[$0].acked) })
    }

    /// Lets `takeAcknowledged` give all links again: what was noted before may be gone with the database's session.
    public mutating func offerAcknowledgedAgain() { changed = Set(links.indices) }

    /// How many messages of each topic were acknowledged since the last call.
    public mutating func takeAcknowledgedCounts() -> [String: Int] {
        var counts: [String: Int] = [:]
        for number in changed {
            counts[links[number].link.place.topic, default: 0] += links[number].counted
            links[number].counted = 0
        }
        return counts
    }
}
