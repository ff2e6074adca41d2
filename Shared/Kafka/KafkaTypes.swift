import Vocabulary

/// A header of a message: a name and bytes. A null value and an empty one are the same here.
package struct KafkaHeader: Hashable, Sendable {
    package let name: String
    package let value: [UInt8]

    package init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// The next offset to read of one partition.
package struct TopicPosition: Hashable, Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64

    package init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }
}

/// A partition that cannot be read on, while the others can. `offset` is where it stopped, or -1 where the library does not say.
package struct PartitionError: Hashable, Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    package let fault: KafkaFault

    package init(topic: String, partition: Int32, offset: Int64, fault: KafkaFault) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.fault = fault
    }
}

/// What became of one produced message.
package struct DeliveryReport: Sendable {
    /// As given to `produce`.
    package let tag: UInt64
    /// Where it was written; negative when there is a fault.
    package let offset: Int64
    /// Nil: written, at `offset`.
    package let fault: KafkaFault?

    package init(tag: UInt64, offset: Int64, fault: KafkaFault?) {
        self.tag = tag
        self.offset = offset
        self.fault = fault
    }
}
