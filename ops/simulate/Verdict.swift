import Contracts
import Deciding
import Pipeline
import Vocabulary

/// What was found wrong with one run, by the oracle that found it.
struct Violation: CustomStringConvertible {
    enum Oracle: String, CaseIterable {
        /// The tables differ from those of the calm run.
        case picture = "O1"
        /// A message that was sent came to no end, or to two.
        case ledger = "O2"
        /// A link is not the same at both ends.
        case links = "O3"
        /// The history has one of Jepsen's anomalies.
        case history = "O4"
        /// A log is not what its leaves, its facts and its checkpoints say.
        case log = "O5"
        /// Nothing was wrong but that it never ended.
        case rest = "O0"
    }

    let oracle: Oracle
    let words: String

    var description: String { "\(oracle.rawValue) \(words)" }
}

enum Verdict {
    /// Everything that is wrong with the run; `calm` is the same world without faults.
    static func violations(of run: Run, calm: Run, without: Set<Int> = []) -> [Violation] {
        guard run.hasComeToRest else {
            return [Violation(oracle: .rest, words: "after \(run.rounds) rounds there is still something to do")]
        }
        var found: [Violation] = []
        found += ledger(run, without: without).map { Violation(oracle: .ledger, words: $0) }
        found += links(run).map { Violation(oracle: .links, words: $0) }
        if run.stage.keepsHistory {
            found += Anomaly.found(in: run.stage.history) { topic in
                ServiceName.allCases.filter { $0.inputs.contains(topic) }.map(\.rawValue)
            }.map { Violation(oracle: .history, words: "\($0)") }
        }
        found += LogVerdict.wrongs(run).map { Violation(oracle: .log, words: $0) }
        found += Picture.differences(calm, run).map { Violation(oracle: .picture, words: $0) }
        return found
    }

    // MARK: the ledger

    /// Every message from outside was let in, or set aside, or is the repeat of one that was; and never two of these.
    private static func ledger(_ run: Run, without: Set<Int>) -> [String] {
        guard let store = run.room(.ingestion)?.store else { return [] }
        var letIn: [MessagePlace: Int] = [:]
        if let table = store.tables.first(where: { $0.key.name == "accepted_record" }) {
            func column(_ name: String) -> Int { table.key.columns.firstIndex { $0.name == name } ?? 0 }
            let places = (column("topic"), column("partition"), column("offset"))
            for row in table.value.values {
                guard case .text(let topic) = row[places.0], case .int64(let partition) = row[places.1],
                    case .int64(let offset) = row[places.2]
                else { continue }
                letIn[MessagePlace(topic: topic, partition: Int32(partition), offset: offset), default: 0] += 1
            }
        }
        var found: [String] = []
        var seen: Set<String> = []
        for log in run.stage.broker.all where Topic.writer(of: log.place.topic) != nil {
            for message in log.everything {
                let place = MessagePlace(topic: message.topic, partition: message.partition, offset: message.offset)
                let accepted = letIn.removeValue(forKey: place) ?? 0
                let refused = store.deadLetters[place] == nil ? 0 : 1
                let id = message.headers.first { $0.name == "ce_id" }.map { String(decoding: $0.value, as: UTF8.self) } ?? ""
                let isRepeat = !seen.insert(message.topic + "|" + id).inserted
                if accepted + refused != 1, !(isRepeat && accepted + refused == 0) {
                    found.append(
                        "\(place.topic)/\(place.partition)@\(place.offset) was let in \(accepted) times, set aside \(refused) times")
                }
            }
        }
        if let place = letIn.keys.first { found.append("\(place.topic)@\(place.offset) was let in and never sent") }
        return found
    }

    // MARK: the links

    private static func links(_ run: Run) -> [String] {
        var found: [String] = []
        for writer in run.rooms {
            let store = writer.store
            for (link, given) in store.linksOut {
                let name = "\(writer.service.rawValue)/\(link.lane) → \(link.place.topic)/\(link.place.partition)"
                var next: Int64 = 1
                for row in store.outboxOfLinks[link] ?? [] {
                    if row.firstSequence != next { found.append("\(name): the outbox goes from \(next - 1) to \(row.firstSequence)") }
                    next = row.lastSequence + 1
                }
                if next != given + 1 { found.append("\(name): the outbox ends at \(next - 1) of \(given)") }
                if store.acked[link] ?? 0 != given { found.append("\(name): \(store.acked[link] ?? 0) of \(given) acknowledged") }
                let source = link.asRead(from: writer.service.rawValue)
                for reader in run.rooms where reader.service.inputs.contains(link.place.topic) {
                    let taken = reader.store.linksIn[source] ?? 0
                    if taken != given { found.append("\(name): \(given) given out, \(reader.service.rawValue) took \(taken)") }
                }
                if run.stage.broker.log(link.place).lostEnds == 0, let hole = firstHole(run, link, source.source, given) {
                    found.append("\(name): \(hole) of \(given) never came to the log")
                }
            }
        }
        return found
    }

    /// The first sequence of the link that is nowhere on the log.
    private static func firstHole(_ run: Run, _ link: LinkOut, _ source: String, _ given: Int64) -> Int64? {
        var there: Set<Int64> = []
        let isPacked = Topic.dialect(of: link.place.topic) == .packed
        for message in run.stage.broker.log(link.place).everything {
            var isOurs = false
            var first: Int64 = 0
            for header in message.headers {
                if header.name == "ce_source" { isOurs = header.value.elementsEqual(source.utf8) }
                if header.name == "ce_sequence" { first = Int64(String(decoding: header.value, as: UTF8.self)) ?? 0 }
            }
            guard isOurs else { continue }
            for sequence in first..<first + Int64(isPacked ? message.eventCount : 1) { there.insert(sequence) }
        }
        return given > 0 ? (1...given).first { !there.contains($0) } : nil
    }
}
