/// A message as a broker hands it out.
public struct RawMessage: Sendable {
    public let topic: String
    public let partition: Int32
    public let offset: Int64
    /// The producer's or the broker's clock, as the topic is configured; milliseconds are all that Kafka keeps.
    public let timestamp: Instant?
    public let key: [UInt8]?
    /// Nil is a tombstone; empty is empty.
    public let value: [UInt8]?
    public let headers: [(name: String, value: [UInt8])]

    public init(
        topic: String, partition: Int32, offset: Int64, timestamp: Instant? = nil, key: [UInt8]?, value: [UInt8]?,
        headers: [(name: String, value: [UInt8])]
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.headers = headers
    }
}
