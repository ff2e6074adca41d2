import Vocabulary

/// A header of a message: a name and bytes. A null value and an empty one are the same here.
public struct KafkaHeader: Hashable, Sendable {
    public let name: String
    public let value: [UInt8]

    public init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// The next offset to read of one partition.
public struct TopicPosition: Hashable, Sendable {
    public let topic: String
    public let partition: Int32
    public let offset: Int64

    public init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }
}

/// A partition that cannot be read on, while the others can. `offset` is where it stopped, or -1 where the library does not say.
public struct PartitionError: Hashable, Sendable {
    public let topic: String
    public let partition: Int32
    public let offset: Int64
    public let fault: KafkaFault

    public init(topic: String, partition: Int32, offset: Int64, fault: KafkaFault) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.fault = fault
    }
}

/// What became of one produced message.
public struct DeliveryReport: Sendable {
    /// As given to `produce`.
    public let tag: UInt64
    /// Where it was written; negative when there is a fault.
    public let offset: Int64
    /// Nil: written, at `offset`.
    public let fault: KafkaFault?

    public init(tag: UInt64, offset: Int64, fault: KafkaFault?) {
        self.tag = tag
        self.offset = offset
        self.fault = fault
    }
}
