import Deciding
import Pipeline
import Wire

/// What really happened, as the broker and the database saw it: kept apart from the path's own books, and judged by `Anomaly.found`.
struct History {
    /// A transaction that took effect.
    struct Commit {
        let service: String
        let worker: Int
        let fence: [FenceMove]
        let linksIn: [LinkIn: Int64]
        let outbox: [OutboxRow]
    }

    enum Event {
        /// The broker wrote a message of a link; nil for one from outside.
        case appended(TopicPartition, offset: Int64, link: LinkIn?, sequences: ClosedRange<Int64>?, print: Int)
        /// The producer was told that the message is there.
        case acknowledged(LinkIn, upTo: Int64)
        /// A worker began to read there.
        case assigned(service: String, worker: Int, TopicPartition, offset: Int64)
        /// A worker was given a message.
        case polled(service: String, worker: Int, TopicPartition, offset: Int64, print: Int)
        /// A worker said that the log does not have what comes next.
        case alarmed(service: String, TopicPartition)
        /// An operator moved a service's place in a log by hand.
        case moved(service: String, TopicPartition, to: Int64)
        case committed(Commit)
        /// The broker lost what it had acknowledged.
        case lostEnd(TopicPartition, high: Int64)
    }

    private(set) var events: [Event] = []

    mutating func add(_ event: Event) { events.append(event) }
}

/// What must not be found in a history. The names are Jepsen's for logs.
enum Anomaly: Hashable, CustomStringConvertible {
    /// Acknowledged, and never applied by a reader of the topic.
    case lostWrite(service: String, LinkIn, expected: Int64, applied: Int64)
    /// Two transactions applied the same.
    case duplicateEffect(service: String, TopicPartition, offset: Int64)
    /// One offset, two messages.
    case inconsistentOffsets(TopicPartition, offset: Int64)
    /// A place in a log went back.
    case nonmonotonic(service: String, TopicPartition, from: Int64, to: Int64)
    /// A message that was there was passed over without a word.
    case pollSkip(service: String, TopicPartition, from: Int64, to: Int64)
    /// A message on the log that no transaction gave out, or that says something else than that one.
    case phantomWrite(LinkIn, sequence: Int64)

    var description: String {
        switch self {
        case .lostWrite(let service, let link, let expected, let applied):
            "lost-write: \(service) applied \(applied) of \(expected) from \(link.source) in \(link.place.topic)/\(link.place.partition)"
        case .duplicateEffect(let service, let place, let offset):
            "duplicate-effect: \(service) applied \(place.topic)/\(place.partition)@\(offset) twice"
        case .inconsistentOffsets(let place, let offset): "inconsistent-offsets: \(place.topic)/\(place.partition)@\(offset)"
        case .nonmonotonic(let service, let place, let from, let to):
            "nonmonotonic: \(service) went from \(from) to \(to) in \(place.topic)/\(place.partition)"
        case .pollSkip(let service, let place, let from, let to):
            "poll-skip: \(service) passed over \(from)..<\(to) of \(place.topic)/\(place.partition)"
        case .phantomWrite(let link, let sequence):
            "phantom-write: \(link.source) \(sequence) in \(link.place.topic)/\(link.place.partition) was never given out"
        }
    }

    /// - Parameter readers: who reads a topic.
    static func found(in history: History, readers: (String) -> [String]) -> [Anomaly] {
        var judge = HistoryJudge()
        for event in history.events { judge.take(event) }
        return judge.finish(readers: readers)
    }
}

private struct HistoryJudge {
    private struct Reader: Hashable {
        let service: String
        let place: TopicPartition
    }
    private struct Seat: Hashable {
        let service: String
        let worker: Int
        let place: TopicPartition
    }

    private var anomalies: [Anomaly] = []
    private var prints: [TopicPartition: [Int64: Int]] = [:]
    /// Where each service's place in a log is.
    private var next: [Reader: Int64] = [:]
    private var position: [Seat: Int64] = [:]
    private var alarmed: Set<Reader> = []
    /// The messages of a link as they were given out, one by one and by the row.
    private var givenOut: [LinkIn: [Int64: Int]] = [:]
    private var rows: [LinkIn: [Int64: Int]] = [:]
    private var onLog: [(LinkIn, ClosedRange<Int64>, Int)] = []
    private var acknowledged: [LinkIn: Int64] = [:]
    private var applied: [String: [LinkIn: Int64]] = [:]

    mutating func take(_ event: History.Event) {
        switch event {
        case .appended(let place, let offset, let link, let sequences, let print):
            if let known = prints[place]?[offset], known != print { anomalies.append(.inconsistentOffsets(place, offset: offset)) }
            prints[place, default: [:]][offset] = print
            if let link, let sequences { onLog.append((link, sequences, print)) }
        case .acknowledged(let link, let upTo): acknowledged[link] = max(acknowledged[link] ?? 0, upTo)
        case .assigned(let service, let worker, let place, let offset):
            position[Seat(service: service, worker: worker, place: place)] = offset
        case .polled(let service, let worker, let place, let offset, let print):
            if let known = prints[place]?[offset], known != print { anomalies.append(.inconsistentOffsets(place, offset: offset)) }
            let seat = Seat(service: service, worker: worker, place: place)
            let at = position[seat] ?? 0
            if offset > at { anomalies.append(.pollSkip(service: service, place, from: at, to: offset)) }
            position[seat] = max(at, offset + 1)
        case .alarmed(let service, let place): alarmed.insert(Reader(service: service, place: place))
        case .moved(let service, let place, let to):
            let reader = Reader(service: service, place: place)
            next[reader] = to
            alarmed.remove(reader)
        case .lostEnd(let place, let high):
            // The offsets above are given again.
            prints[place] = prints[place]?.filter { $0.key < high }
        case .committed(let commit): take(commit)
        }
    }

    private mutating func take(_ commit: History.Commit) {
        for move in commit.fence where move.place.topic != LaneBook.laneTopic {
            let reader = Reader(service: commit.service, place: move.place)
            let at = next[reader] ?? 0
            if move.to < move.from { anomalies.append(.nonmonotonic(service: commit.service, move.place, from: move.from, to: move.to)) }
            if move.from < at { anomalies.append(.duplicateEffect(service: commit.service, move.place, offset: move.from)) }
            if move.from > at { anomalies.append(.pollSkip(service: commit.service, move.place, from: at, to: move.from)) }
            let seat = Seat(service: commit.service, worker: commit.worker, place: move.place)
            if move.to > position[seat] ?? 0 {
                anomalies.append(.pollSkip(service: commit.service, move.place, from: position[seat] ?? 0, to: move.to))
            }
            next[reader] = max(at, move.to)
        }
        for (link, last) in commit.linksIn {
            let before = applied[commit.service]?[link] ?? 0
            if last <= before { anomalies.append(.duplicateEffect(service: commit.service, link.place, offset: last)) }
            applied[commit.service, default: [:]][link] = max(before, last)
        }
        for row in commit.outbox {
            let link = LinkIn(source: "xinqiao/\(commit.service)/\(row.link.lane)", place: row.link.place)
            for (index, message) in row.messages.enumerated() {
                let sequence = row.firstSequence + Int64(index)
                if givenOut[link]?[sequence] != nil {
                    anomalies.append(.duplicateEffect(service: commit.service, link.place, offset: sequence))
                }
                givenOut[link, default: [:]][sequence] = message.value.contentHash
            }
            rows[link, default: [:]][row.firstSequence] = row.frames.contentHash
        }
    }

    mutating func finish(readers: (String) -> [String]) -> [Anomaly] {
        for (link, sequences, print) in onLog {
            let first = sequences.lowerBound
            guard rows[link]?[first] != print, sequences.count > 1 || givenOut[link]?[first] != print else { continue }
            anomalies.append(.phantomWrite(link, sequence: first))
        }
        for (link, upTo) in acknowledged {
            for service in readers(link.place.topic) {
                let applied = applied[service]?[link] ?? 0
                if applied < upTo { anomalies.append(.lostWrite(service: service, link, expected: upTo, applied: applied)) }
            }
        }
        return anomalies
    }
}
