import Deciding
import Vocabulary

/// Why a message is to be set aside when it is met. It is known by its content as well as by its place: a broker that lost its end gives
/// offsets out again, and whatever stands there then is innocent.
public struct Poison: Sendable {
    public let refusal: Refusal
    private let message: RawMessage

    public init(_ message: RawMessage, _ refusal: Refusal) {
        self.message = message
        self.refusal = refusal
    }

    fileprivate func isFound(in other: RawMessage) -> Bool {
        message.value == other.value && message.key == other.key
            && message.headers.elementsEqual(other.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}

extension [MessagePlace: Poison] {
    /// Why the message, or an event of it, is not to be decided; nil when it is.
    func refusal(of message: RawMessage, index: Int32 = 0) -> Refusal? {
        if isEmpty { return nil }
        let place = MessagePlace(topic: message.topic, partition: message.partition, offset: message.offset, index: index)
        guard let poison = self[place], poison.isFound(in: message) else { return nil }
        return poison.refusal
    }
}
