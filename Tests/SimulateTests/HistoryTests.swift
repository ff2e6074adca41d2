import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

@testable import simulate

/// A checker that finds nothing proves nothing: every anomaly is planted once.
@Suite struct HistoryTests {
    private let place = TopicPartition(topic: Topic.governanceFacts, partition: 0)
    private var link: LinkIn { LinkIn(source: "xinqiao/governance/0", place: place) }
    private func readers(_ topic: String) -> [String] { topic == Topic.governanceFacts ? ["scoring"] : [] }

    private func row(_ sequence: Int64, _ words: String = "{}") -> OutboxRow {
        OutboxRow(
            link: LinkOut(lane: 0, place: place), firstSequence: sequence, at: .epoch,
            messages: [.init(topic: place.topic, key: "S", subject: "S", type: "t", value: Array(words.utf8))])
    }

    private func given(_ row: OutboxRow) -> History.Event {
        .committed(.init(service: "governance", worker: 0, fence: [], linksIn: [:], outbox: [row]))
    }

    private func appended(_ row: OutboxRow, at offset: Int64) -> History.Event {
        .appended(place, offset: offset, link: link, sequences: row.firstSequence...row.lastSequence, print: row.frames.contentHash)
    }

    private func polled(_ row: OutboxRow, at offset: Int64) -> History.Event {
        .polled(service: "scoring", worker: 0, place, offset: offset, print: row.frames.contentHash)
    }

    private func applied(_ from: Int64, _ to: Int64, last: Int64) -> History.Event {
        .committed(
            .init(
                service: "scoring", worker: 0, fence: [FenceMove(place: place, from: from, to: to)], linksIn: last > 0 ? [link: last] : [:],
                outbox: []))
    }

    /// Two messages, given out, written, read and applied.
    private var whole: [History.Event] {
        [
            .assigned(service: "scoring", worker: 0, place, offset: 0), given(row(1)), given(row(2, "[]")), appended(row(1), at: 0),
            appended(row(2, "[]"), at: 1), .acknowledged(link, upTo: 2), polled(row(1), at: 0), polled(row(2, "[]"), at: 1),
            applied(0, 2, last: 2),
        ]
    }

    private func anomalies(_ events: [History.Event]) -> [Anomaly] {
        var history = History()
        for event in events { history.add(event) }
        return Anomaly.found(in: history, readers: readers)
    }

    @Test func `a history in which everything went its way has no anomaly`() {
        #expect(anomalies(whole) == [])
    }

    @Test func `what was acknowledged and never applied is a lost write`() {
        var events = whole
        events.removeLast()
        #expect(anomalies(events + [applied(0, 2, last: 1)]) == [.lostWrite(service: "scoring", link, expected: 2, applied: 1)])
    }

    @Test func `the same applied by two transactions is a duplicate effect`() {
        #expect(anomalies(whole + [applied(1, 2, last: 0)]).contains(.duplicateEffect(service: "scoring", place, offset: 1)))
        #expect(anomalies(whole + [applied(2, 2, last: 2)]).contains(.duplicateEffect(service: "scoring", place, offset: 2)))
        #expect(anomalies(whole + [given(row(2, "other"))]).contains(.duplicateEffect(service: "governance", place, offset: 2)))
    }

    @Test func `two messages at one offset are inconsistent`() {
        #expect(anomalies(whole + [polled(row(1, "other"), at: 1)]).contains(.inconsistentOffsets(place, offset: 1)))
    }

    @Test func `an offset given again after a lost end is not inconsistent`() {
        #expect(anomalies(whole + [.lostEnd(place, high: 1), appended(row(1), at: 1)]) == [])
    }

    @Test func `a place that goes back is not monotonic`() {
        #expect(anomalies(whole + [applied(2, 1, last: 0)]).contains(.nonmonotonic(service: "scoring", place, from: 2, to: 1)))
    }

    @Test func `a message passed over is a skip, in what was read and in what was committed`() {
        let unread = whole.filter { event in if case .polled(_, _, _, 0, _) = event { false } else { true } }
        #expect(anomalies(unread).contains(.pollSkip(service: "scoring", place, from: 0, to: 1)))
        #expect(anomalies(whole + [applied(2, 4, last: 0)]).contains(.pollSkip(service: "scoring", place, from: 2, to: 4)))
        let jump = whole + [polled(row(2, "[]"), at: 3), applied(3, 4, last: 0)]
        #expect(anomalies(jump).contains(.pollSkip(service: "scoring", place, from: 2, to: 3)))
    }

    @Test func `a message that no transaction gave out is a phantom`() {
        #expect(anomalies(whole + [appended(row(3), at: 2)]) == [.phantomWrite(link, sequence: 3)])
        #expect(anomalies(whole + [appended(row(2, "other"), at: 2)]) == [.phantomWrite(link, sequence: 2)])
    }
}
