import Vocabulary

/// One message as a source or a portal would write it.
package struct OutsideRecord: Sendable {
    /// The writer's topic: `source.<id>.records.v1` or `portal.in.v1`.
    package let topic: String
    /// Unique for its writer, such as `tax-000123-2026-03`. Planted duplicates repeat one.
    package let id: String
    /// A record type of the base pack.
    package let type: String
    /// The firm's USCC; the message's key.
    package let subject: String
    /// When it happened. What is reported for a month happened on the month's last day.
    package let time: Instant
    /// One JSON object; amounts in yuan.
    package let data: [UInt8]
    /// The error that was put in; nil for a good record.
    package let planted: PlantedDefect?

    package init(
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
