import Chassis
import Contracts
import Kafka
import Pipeline
import Support
import Testing
import Vocabulary

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A40ProcessesTests {
    @Test func `what four channels bring lands in one portrait within a second, and a grant needs no application`() throws {
        try Story.again {
            try A40InProcessTests().`what four channels bring lands in one portrait within a second, and a grant needs no application`()
        }
        // Conversion by the statistics: the story's firm is one of the policy's pushes, and each of them was claimed.
        let suite = try ProcessSuite.shared.get()
        let converted = """
            SELECT count(*) FROM reporting.push_by_policy
             WHERE policy_id = 'channel-jobs-award' AND claims = pushes AND pushes > 0 AND conversion_bp = 10000
            """
        #expect(try suite.number(converted, becomes: 1) == 1)

        // By the clock, from the moment at which the broker has the last item. Other tests are on the same cores, so each may take a while: the
        // row's second is printed, and a delay of the house's own making would show in all five.
        let took = try (0..<5).map { try portraitTakes(suite, number: 4_000 + $0) }
        print("A40: from the last of four channels to the portrait \(took.map { $0.wholeMicroseconds / 1_000 }) ms")
        #expect(took.allSatisfy { $0 < .seconds(10) }, "\(took)")
        #expect(took.contains { $0 < .seconds(3) }, "\(took)")
    }

    /// From the last of four items about a firm until its portrait has all four.
    private func portraitTakes(_ suite: ProcessSuite, number: Int) throws -> Duration {
        let firm = try #require(USCC.synthetic(number: number, region: "430102")).text
        // The layouts' own reading makes the records.
        let house = try wholeHouse(now: WallClock.now, packs: ["base", "channels"])
        for file in A40InProcessTests.files(about: firm) { try house.deliver(file.text, by: file.layout) }
        let messages = house.sent.map { $0.message }
        try #require(messages.count == 4)
        func send(_ message: RawMessage) throws {
            try suite.sendRaw(
                message.topic, key: firm, value: message.value,
                headers: message.headers.map { KafkaHeader(name: $0.name, value: $0.value) })
        }
        for message in messages.dropLast() { try send(message) }
        try suite.acknowledged()
        #expect(eventually(within: .seconds(60)) { known(suite, firm) == A40InProcessTests.expected.count - 1 })
        try send(messages[messages.count - 1])
        try suite.acknowledged()
        let sent = ContinuousClock.now
        #expect(eventually(within: .seconds(60)) { known(suite, firm) == A40InProcessTests.expected.count })
        return ContinuousClock.now - sent
    }

    /// How many of the four indicators the firm's portrait has, each with the value that it should have.
    private func known(_ suite: ProcessSuite, _ firm: String) -> Int {
        guard let portrait = try? suite.portrait(of: firm) else { return 0 }
        return A40InProcessTests.expected.count { portrait.number($0.indicator) == $0.value }
    }
}
