import Contracts
import Deciding
import Pipeline
import Province
import Vocabulary
import Wire

/// What the outside sends, and when. Drawn from a number: worlds are small and there are many.
struct World: Sendable {
    struct Message: Sendable {
        let number: Int
        let topic: String
        let key: String
        let headers: [(name: String, value: [UInt8])]
        let value: [UInt8]?
        let id: String
        let type: String
    }

    /// What comes together; the next act begins when everything has come to rest.
    struct Act: Sendable {
        /// The clock is moved here first.
        var moment: Instant?
        /// The catalogue from then on.
        var catalog: Catalog?
        var messages: [Message] = []
    }

    static let start = (Day(year: 2026, month: 9, day: 10) ?? Day(number: 0)).startInChina + .seconds(36_000)
    /// How many worlds there are; every seed plays one of them.
    static let count = 512

    let number: Int
    let lanes: Int32
    /// Who a firm is and what it allows comes before what is said about it, and timers wait for messages. Then nothing may differ.
    let isOrderly: Bool
    /// A service whose database will not have some of the rows.
    let refusingService: ServiceName?
    private(set) var acts: [Act] = []

    static func number(ofSeed seed: UInt64) -> Int { Int(mixed(seed ^ 0x3014_D) % UInt64(count)) }

    /// What ids contain that the refusing database will not have.
    private static let cursed = "cursed"

    static let refusal: @Sendable (StoreTable, [Cell]) -> String? = { _, row in
        for cell in row { if case .text(let text) = cell, text.utf8.count < 200, text.hasSuffix(cursed) { return "22021" } }
        return nil
    }

    /// A world in which nothing happens.
    init(lanes: Int32) {
        number = -1
        self.lanes = lanes
        isOrderly = true
        refusingService = nil
    }

    init(number: Int, catalogue: Catalogue) {
        self.number = number
        var chance = Chance(seed: mixed(UInt64(number) &+ 0xA11), isStormy: false)
        lanes = Int32(1 + chance.number(below: 3))
        isOrderly = chance.number(below: 4) > 0
        refusingService = chance.oneIn(3) ? (chance.oneIn(2) ? .ingestion : .governance) : nil
        let province = Province(
            seed: UInt64(number), firms: 2, months: 2, lastMonth: Month(year: 2026, month: 8), badShare: BasisPoints(1_500))
        var firmRecords: [[OutsideRecord]] = [province.records(ofFirm: 0)]
        if chance.oneIn(2) { firmRecords.append(province.records(ofFirm: 1)) }

        var who: [OutsideRecord] = []
        var what: [OutsideRecord] = []
        var asks: [OutsideRecord] = []
        for records in firmRecords {
            for record in records {
                switch record.type {
                case "registration", "consent.granted": who.append(record)
                case "financing.requested": asks.append(record)
                default: what.append(record)
                }
            }
        }
        // A handful of what is said is enough, in the order in which it was said.
        let share = 2 + chance.number(below: 5)
        what = what.filter { _ in chance.number(below: 10) < share }
        let most = 4 + chance.number(below: 8)
        while what.count > most { what.remove(at: chance.number(below: what.count)) }
        what = what.flatMap { Self.varied($0, registrations: who, isRefused: refusingService != nil, &chance) }

        if !chance.oneIn(3) { asks = [] }
        var first = Act()
        var second = Act()
        if isOrderly {
            add(who.map(Self.whole), to: &first)
            add(what.map(Self.whole), to: &second)
            acts = [first, second]
            if chance.oneIn(3) { addPauses(of: who.filter { $0.type == "consent.granted" }, &chance) }
            if !asks.isEmpty {
                var third = Act(moment: World.start + .seconds(60))
                add(asks.map(Self.whole), to: &third)
                var fourth = Act(moment: World.start + .seconds(7_200))
                add(asks.flatMap { Self.answers(to: $0, from: ["bank-a", "bank-b", "bank-c"][chance.number(below: 3)]) }, to: &fourth)
                acts += [third, fourth]
            }
        } else {
            add((who + what + asks).map(Self.whole), to: &first)
            acts = [first]
        }
        if chance.oneIn(3), !catalogue.changed.isEmpty {
            acts.append(Act(catalog: catalogue.changed[chance.number(below: catalogue.changed.count)]))
        }
        if chance.oneIn(2) { acts.append(Act(moment: World.start + .seconds(Int64(1 + chance.number(below: 20)) * 86_400))) }
        if acts.last?.messages.isEmpty == true, chance.oneIn(2), let again = what.first {
            // A late repeat of something said long before.
            var last = Act()
            add([Self.whole(again)], to: &last)
            acts.append(last)
        }
    }

    /// The consents are suspended, and mostly taken up again; now and then once more, in the same words.
    private mutating func addPauses(of consents: [OutsideRecord], _ chance: inout Chance) {
        for number in 0..<Int64(1 + chance.number(below: 3)) {
            let word = number % 2 == 0 ? "paused" : "resumed"
            var act = Act()
            add(
                consents.compactMap { consent in
                    guard let id = try? JSONDocument(parsing: consent.data).root["consentId"]?.string else { return nil }
                    return Self.draft(
                        Topic.portalIn, id: "\(id)-\(word)-\(number)", type: "consent.\(word)", subject: consent.subject,
                        time: World.start + .seconds(number), data: JSONWriter.encode { $0.object { $0.member("consentId", id) } })
                }, to: &act)
            acts.append(act)
        }
    }

    private mutating func add(_ messages: [Draft], to act: inout Act) {
        for draft in messages {
            act.messages.append(
                Message(
                    number: sent, topic: draft.topic, key: draft.key, headers: draft.headers, value: draft.value, id: draft.id,
                    type: draft.type))
            sent += 1
        }
    }

    private var sent = 0
    var messageCount: Int { sent }

    // MARK: messages

    private struct Draft {
        let topic: String
        let key: String
        let headers: [(name: String, value: [UInt8])]
        let value: [UInt8]?
        let id: String
        let type: String
    }

    private static func whole(_ record: OutsideRecord) -> Draft {
        let isBroken = record.id.hasSuffix("-broken")
        return draft(
            record.topic, id: record.id, type: record.type, subject: record.subject, time: record.time,
            data: isBroken ? Array(record.data.dropLast(2)) : record.data)
    }

    private static func draft(_ topic: String, id: String, type: String, subject: String, time: Instant, data: [UInt8]) -> Draft {
        var event = CloudEvent(id: id, source: "outside", type: type, data: data)
        event.time = time
        event.subject = subject
        event.dataContentType = "application/json"
        return Draft(topic: topic, key: subject, headers: event.binaryHeaders(), value: data, id: id, type: type)
    }

    /// The record as it is, said twice, under an alias, cut off, or such that a database will not have it.
    private static func varied(
        _ record: OutsideRecord, registrations: [OutsideRecord], isRefused: Bool, _ chance: inout Chance
    ) -> [OutsideRecord] {
        func other(id: String, subject: String? = nil) -> OutsideRecord {
            OutsideRecord(
                topic: record.topic, id: id, type: record.type, subject: subject ?? record.subject, time: record.time, data: record.data)
        }
        switch chance.number(below: 12) {
        case 0, 5: return [record, record]
        case 1: return [record, other(id: record.id + "-broken")]
        case 2,
            3 where isRefused:
            return [other(id: record.id + "-" + cursed)]
        case 4:
            let aliases =
                registrations.first { $0.subject == record.subject }
                .flatMap { try? JSONDocument(parsing: $0.data).root["aliases"]?.elements.compactMap(\.string) } ?? []
            return aliases.first.map { [other(id: record.id + "-alias", subject: $0)] } ?? [record]
        default: return [record]
        }
    }

    private static func answers(to request: OutsideRecord, from bank: String) -> [Draft] {
        guard let application = try? JSONDocument(parsing: request.data).root["applicationId"]?.string else { return [] }
        let topic = Topic.institutionIn(bank)
        func answer(_ kind: String, _ hours: Int64, _ body: (inout JSONWriter) -> Void) -> Draft {
            draft(
                topic, id: "\(application)-\(kind)", type: "financing.\(kind)", subject: request.subject,
                time: start + .seconds(hours * 600),
                data: JSONWriter.encode { writer in
                    writer.object {
                        $0.member("applicationId", application)
                        $0.member("institution", bank)
                        body(&$0)
                    }
                })
        }
        return [
            answer("accepted", 1) { $0.member("acceptedOn", "2026-09-10") },
            answer("credited", 2) {
                $0.member("creditLimit", Int64(300_000))
                $0.member("annualRateBp", Int64(395))
                $0.member("months", Int64(12))
            },
            answer("disbursed", 3) {
                $0.member("loanId", "L-" + application)
                $0.member("amount", Int64(300_000))
                $0.member("annualRateBp", Int64(395))
                $0.member("months", Int64(12))
                $0.member("disbursedOn", "2026-09-10")
            },
        ]
    }
}
