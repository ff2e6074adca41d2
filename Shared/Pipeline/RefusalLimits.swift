/// Stops a partition of which too much is refused: going on would empty a topic into the dead letters. Pure; one for each partition.
public struct RefusalLimits: Sendable {
    /// When it is too much.
    public struct Bounds: Hashable, Sendable {
        /// Messages that the share is taken of.
        public var windowMax = 1_000
        /// Share of the window above which the partition pauses. Unit: basis points.
        public var shareMax: Int64 = 5_000
        /// Refusals one after the other at which it pauses.
        public var runMax = 500

        public init() {}
    }

    /// Why a partition pauses, and where it goes on.
    public struct Pause: Hashable, Sendable, CustomStringConvertible {
        public enum Limit: Hashable, Sendable {
            /// So many refusals in a row.
            case run(Int)
            /// So many of the last messages.
            case share(refused: Int, of: Int)
        }

        public let place: TopicPartition
        /// The first message that is not decided any more.
        public var next: Int64
        /// The last one that was refused, and its reason.
        public let last: Int64
        public let code: String
        public let limit: Limit

        public init(place: TopicPartition, next: Int64, last: Int64, code: String, limit: Limit) {
            self.place = place
            self.next = next
            self.last = last
            self.code = code
            self.limit = limit
        }

        public var description: String {
            let what =
                switch limit {
                case .run(let count): "\(count) messages in a row were refused"
                case .share(let refused, let count): "\(refused) of the last \(count) messages were refused"
                }
            return "\(place.topic)/\(place.partition): \(what), the last at offset \(last) as \(code); goes on at \(next) when an operator "
                + "lets it, or with a newer catalogue"
        }
    }

    public let place: TopicPartition
    private let bounds: Bounds
    /// Of the last messages, whether each was refused: a ring.
    private var window: [Bool] = []
    private var position = 0
    private var refused = 0
    private var run = 0

    public init(_ place: TopicPartition, bounds: Bounds = Bounds()) {
        self.place = place
        self.bounds = bounds
        window.reserveCapacity(bounds.windowMax)
    }

    /// Notes one decided message; `code` is its refusal's, nil when it was not refused. An answer says that this was one too many.
    public mutating func note(offset: Int64, refusedAs code: String?) -> Pause? {
        let isRefused = code != nil
        if window.count < bounds.windowMax {
            window.append(isRefused)
        } else {
            if window[position] { refused -= 1 }
            window[position] = isRefused
            position = (position + 1) % bounds.windowMax
        }
        if isRefused { refused += 1 }
        run = isRefused ? run + 1 : 0
        guard let code else { return nil }
        if run >= bounds.runMax { return pause(offset, code, .run(run)) }
        // A share of few messages says nothing.
        if window.count == bounds.windowMax, Int64(refused) * 10_000 > Int64(window.count) * bounds.shareMax {
            return pause(offset, code, .share(refused: refused, of: window.count))
        }
        return nil
    }

    /// True when none of the messages that count was refused.
    public var isQuiet: Bool { refused == 0 && run == 0 }

    private func pause(_ offset: Int64, _ code: String, _ limit: Pause.Limit) -> Pause {
        Pause(place: place, next: offset + 1, last: offset, code: code, limit: limit)
    }
}
