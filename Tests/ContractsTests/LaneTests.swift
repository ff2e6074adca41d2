import Contracts
import Testing

@Suite struct LaneTests {
    @Test func `a key lies in the partition that Kafka's own default gives it`() {
        // Hashes of the Java client's own test of Utils.murmur2.
        let known: [(String, Int32)] = [
            ("21", -973_932_308 & 0x7FFF_FFFF), ("foobar", -790_332_482 & 0x7FFF_FFFF),
            ("a-little-bit-long-string", -985_981_536 & 0x7FFF_FFFF),
        ]
        for (key, positive) in known { #expect(Lane.of(key, lanes: 10) == positive % 10, "\(key)") }
    }

    @Test func `who may write a topic is read from its name alone`() {
        #expect(Topic.writer(of: "source.tax.records.v1") == .source("tax"))
        #expect(Topic.writer(of: "institution.bank-a.in.v1") == .institution("bank-a"))
        #expect(Topic.writer(of: "institution.bank-a.out.v1") == nil)
        #expect(Topic.writer(of: Topic.sourceOut("tax")) == nil)
        #expect(Topic.writer(of: Topic.portalIn) == .portal)
        #expect(Topic.writer(of: Topic.governanceFacts) == nil)
        #expect(Topic.writer(of: "source..records.v1.x") == nil)
    }
}
