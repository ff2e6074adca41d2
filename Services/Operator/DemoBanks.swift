import Chassis
import Contracts
import Deciding
import Foundation
import Kafka
import Ledger
import Synchronization
import Vocabulary
import Wire

/// The demonstration's banks: they read their own topics as a bank would and answer on their own topics. What they decide
/// follows from the application's id alone, so that a seed gives the same loans again.
final class DemoBanks: Sendable {
    private let ledger: SentLedger
    private let seed: UInt64
    private let institutions: [String]
    private let settings: KafkaSettings
    private let count = Atomic<Int>(0)
    private let applications = Atomic<Int>(0)
    private let isEnding = Atomic<Bool>(false)

    init(ledger: SentLedger, seed: UInt64) throws {
        self.ledger = ledger
        self.seed = seed
        settings = try Connections.kafka()
        institutions = try CatalogPublishing.published(settings).filter { $0.kind == "institution" }.map(\.id).sorted()
    }

    /// Answers sent and acknowledged so far.
    var sent: Int { count.load(ordering: .acquiring) }
    /// Applications read and answered so far.
    var answered: Int { applications.load(ordering: .acquiring) }

    func stop() { isEnding.store(true, ordering: .releasing) }

    func start() {
        OwnThread.start(named: "demo-banks") { [self] in
            do {
                try work()
            } catch {
                Terminal.say("the demonstration's banks stopped: \(error)")
            }
        }
    }

    private func work() throws {
        let consumer = try KafkaConsumer(settings, groupID: "demo-banks")
        defer { consumer.close() }
        let sender = try Sender(settings)
        var positions: [TopicPosition] = []
        for id in institutions {
            let topic = Topic.institutionOut(id)
            let partitions = try consumer.partitionCount(topic: topic, timeout: .seconds(10)) ?? 0
            positions += (0..<partitions).map { TopicPosition(topic: topic, partition: Int32($0), offset: 0) }
        }
        try consumer.assign(positions)
        while !isEnding.load(ordering: .acquiring) {
            var batch: [RawMessage] = []
            var errors: [PartitionError] = []
            try consumer.poll(into: &batch, errors: &errors, countMax: 500, bytesMax: 4 << 20, wait: .milliseconds(100))
            var read = 0
            for message in batch where try answer(message, sender) { read += 1 }
            try sender.finish()
            count.store(sender.sent, ordering: .releasing)
            applications.add(read, ordering: .acquiringAndReleasing)
        }
    }

    /// False for what is not an application.
    private func answer(_ message: RawMessage, _ sender: Sender) throws -> Bool {
        guard let event = try? CloudEvent.decode(headers: message.headers.map { ($0.name, $0.value) }, value: message.value ?? []),
            event.type == "financing.application.v1", let document = try? JSONDocument(parsing: event.data),
            let fields = try? Fields(document.root), let id = try? fields.text("applicationId"), let subject = try? fields.text("subject"),
            let amount = try? fields.money("amountFen"), let months = try? fields.int("months")
        else { return false }
        let institution = message.topic.split(separator: ".")[1]
        let now = WallClock.now
        let dice = sha256(Array("\(seed)/\(id)".utf8)).bytes
        let topic = Topic.institutionIn(String(institution))
        let today = now.dayInChina.text

        func send(_ kind: String, after seconds: Int64, _ members: (inout JSONWriter) -> Void) throws {
            let data = JSONWriter.encode { writer in
                writer.object { object in
                    object.member("applicationId", id)
                    object.member("institution", String(institution))
                    members(&object)
                }
            }
            let messageID = "\(id)-\(kind)"
            try sender.send(
                topic: topic, id: messageID, type: "financing.\(kind)", source: "demo-bank", subject: subject,
                time: now + .seconds(seconds),
                data: data)
            try ledger.note(topic: topic, id: messageID, planted: "")
        }
        try send("accepted", after: 1) { $0.member("acceptedOn", today) }
        if dice[0] < 64 {
            try send("declined", after: 2) { $0.member("reason", "risk appetite / 风险偏好") }
            return true
        }
        let rate = 380 + Int64(dice[1]) / 2
        let yuan = amount.fen / 100
        try send("credited", after: 2) {
            $0.member("creditLimit", yuan)
            $0.member("annualRateBp", rate)
            $0.member("months", months)
        }
        if dice[2] < 40 { return true }
        try send("disbursed", after: 3) {
            $0.member("loanId", "loan-\(id)")
            $0.member("amount", yuan)
            $0.member("annualRateBp", rate)
            $0.member("months", months)
            $0.member("disbursedOn", today)
        }
        if dice[3] < 30 {
            try send("settled", after: 4) {
                $0.member("loanId", "loan-\(id)")
                $0.member("settledOn", today)
            }
        }
        return true
    }
}
