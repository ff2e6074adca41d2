import Vocabulary

/// One message as a source or a portal would write it.
public struct OutsideRecord: Sendable {
    /// The writer's topic: `source.<id>.records.v1` or `portal.in.v1`.
    public let topic: String
    /// Unique for its writer, such as `tax-000123-2026-03`. Planted duplicates repeat one.
    public let id: String
    /// A record type of the base pack.
    public let type: String
    /// The firm's USCC; the message's key.
    public let subject: String
    /// When it happened. What is reported for a month happened on the month's last day.
    public let time: Instant
    /// One JSON object; amounts in yuan.
    public let data: [UInt8]
    /// The error that was put in; nil for a good record.
    public let planted: PlantedDefect?

    public init(
        topic: String, id: String, type: String, subject: String, time: Instant, data: [UInt8], planted: PlantedDefect? = nil
    ) {
        self.topic = topic
        self.id = id
        self.type = type
        self.subject = subject
        self.time = time
        self.data = data
        self.planted = planted
    }
}
