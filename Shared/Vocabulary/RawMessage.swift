/// A message as a broker hands it out.
package struct RawMessage: Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    /// The producer's or the broker's clock, as the topic is configured; milliseconds are all that Kafka keeps.
    package let timestamp: Instant?
    package let key: [UInt8]?
    /// Nil is a tombstone; empty is empty.
    package let value: [UInt8]?
    package let headers: [(name: String, value: [UInt8])]

    package init(
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
