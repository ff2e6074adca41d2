import Kafka
import Testing

struct FaultTests {
    @Test func `every fault says what it is about, with a code of its own`() {
        let faults: [(KafkaFault, isTransient: Bool, culprit: String)] = [
            (.configuration(key: "linger.ms", reason: "no number"), false, "linger.ms"), (.brokerUnreachable, true, "broker"),
            (.timedOut(operation: "metadata"), true, "metadata"),
            (.unknownTopicOrPartition(topic: "facts", partition: 7), false, "partition 7 of topic facts"),
            (.authorization(subject: "facts", reason: "no"), false, "facts"),
            (.messageTooLarge(topic: "facts", bytes: 900_001), false, "900001"),
            (.offsetOutOfRange(topic: "facts", partition: 1, offset: 12), false, "12"),
            (.fatal(code: 45, reason: "sequence"), true, "sequence"),
            (.unconfirmed(topic: "facts", partition: 3), true, "partition 3 of topic facts"), (.queueFull, true, "queue"),
            (.closed, false, "closed"),
            (.other(code: 19, name: "NOT_ENOUGH_REPLICAS", reason: "r"), true, "NOT_ENOUGH_REPLICAS"),
            (.other(code: 87, name: "INVALID_RECORD", reason: "r"), false, "INVALID_RECORD"),
        ]
        for (fault, isTransient, culprit) in faults {
            #expect(fault.isTransient == isTransient, "\(fault)")
            #expect(fault.description.contains(culprit), "\(fault)")
        }
        #expect(Set(faults.map(\.0.code)).count == 12)
    }
}
