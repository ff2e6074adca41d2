import Contracts
import Ledger

public struct TopicPartition: Hashable, Sendable {
    public let topic: String
    public let partition: Int32

    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }
}

/// A link from upstream: who sent (service and lane), and the partition it arrives in.
public struct LinkIn: Hashable, Sendable {
    public let source: String
    public let place: TopicPartition

    public init(source: String, place: TopicPartition) {
        self.source = source
        self.place = place
    }
}

/// A link to downstream: from which lane of ours, to which partition.
public struct LinkOut: Hashable, Sendable {
    public let lane: Int32
    public let place: TopicPartition

    public init(lane: Int32, place: TopicPartition) {
        self.lane = lane
        self.place = place
    }
}

/// Where the owned lanes stand, as the database says. A copy in memory, valid only while the fence holds.
public struct LaneBook: Sendable {
    /// The row name under which a lane counts its own transactions, so that timers and sweeps are fenced too.
    public static let laneTopic = "@lane"
    /// Stands in `link_in` for a partition whose log began above zero when first read: its links are taken up where they are.
    public static let adoptSource = "@adopt"

    public var nextOffset: [TopicPartition: Int64] = [:]
    public var linkIn: [LinkIn: Int64] = [:]
    public var linkOut: [LinkOut: Int64] = [:]
    /// Rises when a database that was restored from a backup joins a broker that knows more than it does.
    public var epoch: Int64 = 0
    /// The last number of each link that stands from before this epoch; what follows it in the log was decided by a database that is gone.
    public var cuts: [LinkIn: Int64] = [:]
    /// Where the lanes' logs stand; a lane without leaves is absent.
    public var ledgers: [Int32: LedgerHead] = [:]
    /// Lanes whose timer for the next checkpoint is known to be set.
    var checkpointsDue: Set<Int32> = []
    /// Links that wait for a missing message, as far as this process has seen.
    public var linksStalled: Set<LinkIn> = []

    public init() {}

    enum LinkVerdict {
        /// Apply from the event of this index on.
        case next(LinkIn, from: Int)
        case duplicate
        /// Sent by a database that is gone, after the moment of the backup: it will be decided anew.
        case abandoned
        case gap(LinkIn, LinkGap)
    }

    /// The last number given out on a link of ours; a new epoch begins its own.
    public func lastGiven(_ link: LinkOut) -> Int64 { max(linkOut[link] ?? 0, LinkNumber.before(epoch)) }

    /// What to do with a message that carries `count` sequences of a link from `first` on. Only `last + 1` is ever applied: a
    /// high-water mark would lose what fills a hole later.
    func judge(_ link: LinkIn, first: Int64, count: Int) -> LinkVerdict {
        if LinkNumber.epoch(of: first) < epoch, first > cuts[link] ?? 0 { return .abandoned }
        // The first number of this epoch follows the last that stands of the one before.
        let isEpochsFirst = epoch > 0 && first == LinkNumber.before(epoch) + 1 && linkIn[link] ?? 0 == cuts[link] ?? 0
        if isEpochsFirst { return .next(link, from: 0) }
        guard let last = linkIn[link] else {
            let isAdopted = linkIn[LinkIn(source: LaneBook.adoptSource, place: link.place)] != nil
            return first == 1 || isAdopted || Mutant.isOn("first-number-adopted")
                ? .next(link, from: 0) : .gap(link, LinkGap(expected: 1, found: first))
        }
        let applied = last - first + 1
        if applied < 0 {
            return Mutant.isOn("high-water-mark") ? .next(link, from: 0) : .gap(link, LinkGap(expected: last + 1, found: first))
        }
        guard applied < Int64(count) else { return Mutant.isOn("duplicate-applied") ? .next(link, from: 0) : .duplicate }
        return .next(link, from: Mutant.isOn("seen-part-applied") ? 0 : Int(applied))
    }
}

/// How the messages of a link are numbered: densely from 1. A new epoch, of a database that was restored from a backup, numbers from 1
/// again in the upper bits, so that numbers only ever rise and none is given out twice.
public enum LinkNumber {
    private static let epochShift: Int64 = 40
    /// Beyond it readers that know only doubles would lose digits.
    public static let max: Int64 = (1 << 52) - 1

    public static func epoch(of number: Int64) -> Int64 { number >> epochShift }
    /// The number before the first of an epoch.
    public static func before(_ epoch: Int64) -> Int64 { epoch << epochShift }
    /// The part below the epoch: what a ticket of the client has room for.
    static func withinEpoch(_ number: Int64) -> Int64 { number & (1 << epochShift - 1) }
    /// How many messages end with `number`, of those after `last`, which is the one before them.
    static func count(after last: Int64, through number: Int64) -> Int {
        Int(number - Swift.max(last, before(epoch(of: number))))
    }
}

/// A message of a link came before its predecessor. It is not applied; its link waits for `expected`, others go on.
public struct LinkGap: Hashable, Sendable {
    public let expected: Int64
    public let found: Int64
}

/// Why a partition stands still. Nothing is skipped; `/readyz` and an alert name the place.
public enum PauseReason: Hashable, Sendable {
    case truncated(next: Int64, low: Int64, high: Int64)
    /// Found truncated earlier, as `lane_pause` has it, in words: the log may have grown past the place since, and is no less torn.
    case truncatedEarlier(String)
    /// Paused earlier because too much was refused, as `lane_pause` has it, in words.
    case standing(String)

    /// Nil when the log has what comes next.
    public init?(next: Int64, low: Int64, high: Int64) {
        guard next < low || next > high, !Mutant.isOn("truncation-passed-over") else { return nil }
        self = .truncated(next: next, low: low, high: high)
    }

    public var code: String {
        switch self {
        case .truncated, .truncatedEarlier: "source-truncated"
        case .standing: "lane-paused"
        }
    }

    /// Whether messages are missing: somebody must decide where it goes on.
    public var isTruncation: Bool {
        switch self {
        case .truncated, .truncatedEarlier: true
        case .standing: false
        }
    }
}

extension PauseReason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated(let next, let low, let high):
            "offset \(next) lies outside the log (\(low)…\(high)): the broker no longer has what comes next; replay the link upstream"
        case .truncatedEarlier(let detail), .standing(let detail): detail
        }
    }
}
