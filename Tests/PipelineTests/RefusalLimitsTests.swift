import Deciding
import Postgres
import Support
import Testing
import Vocabulary

@testable import Pipeline

@Suite struct RefusalLimitsTests {
    private let place = TopicPartition(topic: "source.tax.records.v1", partition: 2)

    /// The first pause, and after how many messages.
    private func run(_ limits: RefusalLimits, _ isRefused: (Int64) -> Bool, count: Int64 = 10_000) -> RefusalLimits.Pause? {
        var limits = limits
        for offset in 0..<count {
            if let pause = limits.note(offset: offset, refusedAs: isRefused(offset) ? "field-missing" : nil) { return pause }
        }
        return nil
    }

    @Test func `five hundred refusals in a row pause a partition, and one good message in between does not let it come to that`() {
        let pause = run(RefusalLimits(place), { $0 >= 100 })
        #expect(pause?.limit == .run(500) && pause?.last == 599 && pause?.next == 600)
        #expect(run(RefusalLimits(place), { $0 < 499 }) == nil)
        #expect(run(RefusalLimits(place), { $0 % 500 != 0 && $0 < 900 }) == nil)
    }

    @Test func `more than half of the last thousand pause it, half does not, and fewer messages say nothing`() {
        #expect(run(RefusalLimits(place), { $0 % 2 == 0 }) == nil)
        let pause = run(RefusalLimits(place), { $0 % 100 < 51 })
        #expect(
            pause?.limit == .share(refused: 501, of: 1_000) || pause?.limit == .share(refused: 510, of: 1_000),
            "\(String(describing: pause))")
        #expect(run(RefusalLimits(place), { $0 % 3 != 0 }, count: 999) == nil)
        #expect(run(RefusalLimits(place), { $0 % 3 != 0 }, count: 2_000) != nil)
        // What left the window does not count any more.
        #expect(run(RefusalLimits(place), { $0 < 400 || $0 > 3_000 && $0 % 2 == 0 }) == nil)
    }

    @Test func `the reason names the offset`() {
        let text = run(RefusalLimits(place), { _ in true }).map { "\($0)" } ?? ""
        #expect(text.contains("source.tax.records.v1/2") && text.contains("offset 499") && text.contains("field-missing"), "\(text)")
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a pause outlives the process, until it is let go or a newer catalogue comes`() throws {
        let house = try ToyHouse()
        let old = Catalog(version: 7, entries: [])
        var book = PauseBook()
        var messages: [RawMessage] = []
        for offset in Int64(0)..<500 {
            messages.append(RawMessage(topic: "t", partition: 1, offset: offset, key: nil, value: nil, headers: []))
            messages.append(RawMessage(topic: "t", partition: 2, offset: offset, key: nil, value: nil, headers: []))
        }
        var letters: [MessagePlace: DeadLetter] = [:]
        for message in messages where message.partition == 1 {
            let place = MessagePlace(topic: "t", partition: 1, offset: message.offset)
            letters[place] = DeadLetter(place: place, refusal: Refusal(code: "c", detail: "d"), key: nil, value: nil, headers: [])
        }
        let pauses = book.note(messages, refused: letters)
        #expect(pauses.map(\.place) == [TopicPartition(topic: "t", partition: 1)])
        try book.pause(pauses, catalog: old, on: house.owner)
        try book.pause(pauses, catalog: old, on: house.owner)
        let again = PauseBook()
        #expect(try again.standing(in: [0, 1, 2], catalog: old, on: house.owner).keys.map(\.partition) == [1])
        #expect(try again.standing(in: [2], catalog: old, on: house.owner).isEmpty)
        #expect(try again.standing(in: [1], catalog: Catalog(version: 8, entries: []), on: house.owner).isEmpty)
        #expect(try house.number("SELECT count(*) FROM lane_pause") == 0)
        // A log that lost its messages is no matter of the catalogue.
        try again.pauseTruncated(
            TopicPartition(topic: "t", partition: 1), next: 9, "offset 9 lies outside the log (0…3)", catalog: old, on: house.owner)
        let lost = TopicPartition(topic: "t", partition: 1)
        let torn: [TopicPartition: PauseReason] = [lost: .truncatedEarlier("offset 9 lies outside the log (0…3)")]
        #expect(try again.standing(in: [1], catalog: Catalog(version: 9, entries: []), on: house.owner) == torn)
        #expect(torn.values.allSatisfy { $0.isTruncation && $0.code == PauseBook.truncatedReason })
        // Nor when it stood for refusals before: a newer catalogue would let it go on past what is missing.
        _ = try house.owner.execute("DELETE FROM lane_pause")
        try book.pause(pauses, catalog: old, on: house.owner)
        try again.pauseTruncated(lost, next: 9, "offset 9 lies outside the log (0…3)", catalog: old, on: house.owner)
        #expect(try again.standing(in: [1], catalog: Catalog(version: 9, entries: []), on: house.owner) == torn)
        // Counted anew from there.
        #expect(book.note(Array(messages.prefix(2)), refused: letters).isEmpty)
    }
}
