import Vocabulary

/// What may go wrong. Every kind must strike now and then, or the run proves nothing about it.
enum Fault: Int, CaseIterable {
    // The database.
    case readFails
    case serializationFailure
    case connectionBreaksBeforeCommit
    case commitUnknownTookEffect
    case commitUnknownDidNot
    case commitLandsLater
    // The process.
    case crashBeforeCommit
    case crashAfterCommit
    case stoppedAndTakenOver
    case twoOwners
    case lanesMove
    case restartOrderly
    // The producer and the broker.
    case messageLost
    case acknowledgementLost
    case writtenTwice
    case acknowledgementsReordered
    case lateWrite
    case queueFull
    case logLosesItsEnd
    case logLosesItsBeginning
    // The consumer.
    case handedOutAgain
    case shortBatch
    case cacheSqueezed

    var name: String { "\(self)" }

    /// In 10,000 questions, how often the fault strikes at the storm's height.
    var weight: Int {
        switch self {
        case .readFails: 60
        case .serializationFailure, .connectionBreaksBeforeCommit: 250
        case .commitUnknownTookEffect, .commitUnknownDidNot, .commitLandsLater: 300
        case .crashBeforeCommit, .crashAfterCommit: 300
        case .stoppedAndTakenOver, .twoOwners, .lanesMove, .restartOrderly: 80
        case .messageLost, .acknowledgementLost: 500
        case .writtenTwice: 400
        case .acknowledgementsReordered: 2_500
        case .lateWrite: 3_000
        case .queueFull: 300
        case .logLosesItsEnd, .logLosesItsBeginning: 30
        case .handedOutAgain: 500
        case .shortBatch: 3_000
        case .cacheSqueezed: 5_000
        }
    }
}

/// One 64-bit word mixed well.
func mixed(_ word: UInt64) -> UInt64 {
    var generator = SplitMix64(seed: word)
    return generator.next()
}

/// All chance of one run, from its seed. Whether the nth question about a fault is answered with yes depends on nothing but the seed and
/// n, so that a fault can be left out and the others stay: that is how a failing run is made smaller.
struct Chance {
    private let seed: UInt64
    private var state: UInt64
    /// In tenths of what the weights say.
    private let height: Int
    private let kinds: UInt64
    private var asked: [Int]
    /// How often each fault did harm.
    private(set) var struck: [Int]
    /// Every fault that struck, in order.
    private(set) var history: [Strike] = []
    /// Nil: all may strike.
    private let allowed: Set<Strike>?
    var isStormy: Bool

    struct Strike: Hashable {
        let fault: Fault
        let question: Int
    }

    init(seed: UInt64, isStormy: Bool, allowed: Set<Strike>? = nil) {
        self.seed = seed
        state = mixed(seed ^ 0x5EED)
        self.isStormy = isStormy
        self.allowed = allowed
        height = [4, 7, 10, 20][Int(mixed(seed ^ 0x4E16) % 4)]
        // Each seed has about two thirds of the kinds: rare ones are seen apart from the common ones.
        kinds = mixed(seed ^ 0xFA17) | mixed(seed ^ 0xFA18)
        asked = Array(repeating: 0, count: Fault.allCases.count)
        struck = asked
    }

    /// Whether the fault strikes now.
    mutating func strikes(_ fault: Fault) -> Bool {
        let question = asked[fault.rawValue]
        asked[fault.rawValue] = question + 1
        guard isStormy, kinds >> UInt64(fault.rawValue) & 1 == 1 else { return false }
        let word = mixed(seed &+ UInt64(fault.rawValue) &* 0x1_0000_0001 &+ UInt64(question) << 20)
        guard word % 10_000 < UInt64(fault.weight * height / 10) else { return false }
        let strike = Strike(fault: fault, question: question)
        if let allowed, !allowed.contains(strike) { return false }
        struck[fault.rawValue] += 1
        history.append(strike)
        return true
    }

    /// The fault that has just struck found nothing to harm, so it is not counted. It stays in the history, by which a run is repeated.
    mutating func hitNothing(_ fault: Fault) { struck[fault.rawValue] -= 1 }

    /// Evenly in 0 ..< `bound`; zero for a bound of zero.
    mutating func number(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        return bound > 0 ? Int(mixed(state) % UInt64(bound)) : 0
    }

    mutating func oneIn(_ count: Int) -> Bool { number(below: count) == 0 }
}
