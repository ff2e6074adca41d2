import Adapters
import Contracts
import Deciding
import Foundation
import IngestionDomain
import Pipeline
import Testing
import Vocabulary
import Wire

extension MemoryHouse {
    /// What came of a file: the lines that became records, and the refused ones with their reasons.
    struct Delivery {
        var records = 0
        var rejected: [LineDefect] = []
    }

    /// Sends a file by a layout of the house's catalogue, as `xinqiao import --layout` does: an id from the line's content alone.
    @discardableResult
    func deliver(_ text: String, by id: String) throws -> Delivery {
        var defects: [LayoutDefect] = []
        let layout = try #require(Layouts.layout(id, at: now, in: catalog, defects: &defects), "\(id): \(defects)")
        var left = layout.encoding.encode(text)
        var reader = LayoutReader(layout) { most in
            defer { left.removeFirst(min(most, left.count)) }
            return Array(left.prefix(most))
        }
        var delivery = Delivery()
        while let reading = try reader.next() {
            switch reading {
            case .record(let record):
                delivery.records += 1
                send(
                    to: Topic.source(layout.source), type: layout.recordType,
                    id: "\(record.subject)/\(record.occurredAt.microseconds)/\(String(decoding: record.data, as: UTF8.self).utf8.fnv)",
                    subject: record.subject, at: record.occurredAt, data: record.data)
            case .rejected(let line): delivery.rejected.append(line.defect)
            }
        }
        return delivery
    }

    /// The facts of a type in the order in which they became known.
    func facts(_ type: String) throws -> [Fact] {
        try bodies(Topic.governanceFacts, Fact.type).map { try Fact($0) }.filter { $0.recordType == type }
    }

    /// Each fact leads back to the message that it came in.
    func checkOrigins(of facts: [Fact]) {
        let rows = rows(.ingestion, "accepted_record")
        for fact in facts {
            let row = rows.first {
                $0["topic"] == .text(fact.origin.topic) && $0["partition"] == .int64(Int64(fact.origin.partition))
                    && $0["offset"] == .int64(fact.origin.offset)
            }
            #expect(row?["sha256"] == .text(fact.origin.sha256))
        }
    }

    /// Everything that a service set aside, in words.
    func setAside(_ service: ServiceName) -> [String] {
        store(of: service)?.deadLetters.values.map { "\($0.refusal.code): \($0.refusal.detail)" } ?? []
    }
}

extension Portrait {
    /// The indicator's number; nil when it is not known or is a word.
    func number(_ name: String) -> Double? { indicators.first { $0.name == name }?.value.number }
}

extension Sequence<UInt8> {
    /// FNV-1a: enough for the ids of a test's few lines.
    fileprivate var fnv: UInt64 { reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }
}
