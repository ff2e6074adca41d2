import Kafka
import Support

/// The brokers that one suite is run against: the embedded one, and a real Kafka where there is one.
enum Ground {
    case embedded(EmbeddedBroker)
    case real(RealKafka)

    static func each(_ body: (Ground) throws -> Void) throws {
        try body(.embedded(EmbeddedBroker()))
        if let kafka = RealKafka.shared { try body(.real(kafka)) }
    }

    func settings(_ clientID: String, extra: [String: String] = [:]) -> KafkaSettings {
        switch self {
        case .embedded(let broker): broker.settings(clientID: clientID, extra: extra)
        case .real(let kafka): kafka.settings(clientID: clientID, extra: extra)
        }
    }

    /// The name of a topic which nobody else uses.
    func createTopic(_ name: String, partitions: Int, config: [String: String] = [:]) throws -> String {
        switch self {
        case .embedded(let broker):
            try broker.createTopic(name, partitions: partitions)
            return name
        case .real(let kafka):
            return try kafka.createTopic(name, partitions: partitions, config: config)
        }
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Produces each text to the partition, tags 1, 2, 3…, and returns the reports once all are there.
func write(_ texts: [String], to topic: String, partition: Int32, on settings: KafkaSettings) throws -> [DeliveryReport] {
    let book = DeliveryBook()
    let producer = try KafkaProducer(settings) { book.add($0) }
    for (index, text) in texts.enumerated() {
        try producer.produce(
            topic: topic, partition: partition, key: nil, value: bytes(text), headers: [], tag: UInt64(index + 1))
    }
    _ = producer.flush(.seconds(20))
    producer.abandon()
    return book.reports
}
