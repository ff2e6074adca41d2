import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// What is to be set aside is known by what it says and not only by where it stands.
@Suite struct PoisonTests {
    private let place = TopicPartition(topic: Topic.portalIn, partition: 0)

    private func message(_ id: String, at offset: Int64) -> RawMessage {
        var event = CloudEvent(id: id, source: "s", type: "add", data: Array("{\"add\":1,\"note\":\"\(id)\"}".utf8))
        event.subject = "key"
        return RawMessage(
            topic: place.topic, partition: place.partition, offset: offset, key: Array("key".utf8), value: event.data,
            headers: event.binaryHeaders())
    }

    private func setAside(_ met: RawMessage, poison: Poison) throws -> [String] {
        let store = MemoryStore()
        var cache = StateCache<Toy.State>()
        let stands = MessagePlace(topic: place.topic, partition: place.partition, offset: 0)
        let result = try Step(decider: Toy(), lanes: 1).run(
            InputBatch(messages: [met]), book: store.takeUp(topics: [place.topic], lanes: 1), cache: &cache, catalog: .empty, at: .epoch,
            poisoned: [stands: poison], loading: store)
        #expect(result.book.nextOffset[place] == 1)
        return result.write.deadLetters.values.map(\.refusal.code)
    }

    @Test func `a message that the store refused is set aside when it is met again`() throws {
        let poison = Poison(message("a", at: 0), Refusal(code: "row-refused", detail: ""))
        #expect(try setAside(message("a", at: 0), poison: poison) == ["row-refused"])
    }

    @Test func `another message at the same offset, after the broker lost its end, is decided`() throws {
        let poison = Poison(message("a", at: 0), Refusal(code: "row-refused", detail: ""))
        #expect(try setAside(message("b", at: 0), poison: poison).isEmpty)
    }
}
