import Glibc

/// How well scores tell events from the rest.
public enum Discrimination {
    /// The probability that an event has a higher score than a non-event, ties counting half. Nil unless there are both.
    public static func auc(scores: [Double], events: [Bool]) -> Double? {
        let groups = tiedGroups(scores, events)
        let eventCount = groups.reduce(0) { $0 + $1.events }
        let otherCount = groups.reduce(0) { $0 + $1.others }
        guard eventCount > 0, otherCount > 0 else { return nil }
        var othersBelow = 0.0
        var wins = 0.0
        for group in groups {
            wins += Double(group.events) * (othersBelow + Double(group.others) / 2)
            othersBelow += Double(group.others)
        }
        return wins / (Double(eventCount) * Double(otherCount))
    }

    /// The Kolmogorov–Smirnov distance: the widest gap between the two cumulated shares, 0…1. Nil unless there are both.
    public static func ks(scores: [Double], events: [Bool]) -> Double? {
        let groups = tiedGroups(scores, events)
        let eventCount = groups.reduce(0) { $0 + $1.events }
        let otherCount = groups.reduce(0) { $0 + $1.others }
        guard eventCount > 0, otherCount > 0 else { return nil }
        var (eventsBelow, othersBelow, widest) = (0, 0, 0.0)
        for group in groups {
            eventsBelow += group.events
            othersBelow += group.others
            widest = max(widest, abs(Double(eventsBelow) / Double(eventCount) - Double(othersBelow) / Double(otherCount)))
        }
        return widest
    }

    /// The population stability index between two distributions over the same bins: below 0.1 stable, above 0.25 shifted.
    /// An empty bin counts as half a subject. Nil when the bins differ in number, or a side is empty or has a negative count.
    public static func psi(expected: [Int], actual: [Int]) -> Double? {
        guard expected.count == actual.count, expected.allSatisfy({ $0 >= 0 }), actual.allSatisfy({ $0 >= 0 }),
            expected.contains(where: { $0 > 0 }), actual.contains(where: { $0 > 0 })
        else { return nil }
        let expectedSum = expected.reduce(0.0) { $0 + max(Double($1), 0.5) }
        let actualSum = actual.reduce(0.0) { $0 + max(Double($1), 0.5) }
        return zip(expected, actual).reduce(0.0) { sum, pair in
            let expectedShare = max(Double(pair.0), 0.5) / expectedSum
            let actualShare = max(Double(pair.1), 0.5) / actualSum
            return sum + (actualShare - expectedShare) * log(actualShare / expectedShare)
        }
    }

    /// From the lowest score up; not-a-number is left out.
    private static func tiedGroups(_ scores: [Double], _ events: [Bool]) -> [(events: Int, others: Int)] {
        let pairs = zip(scores, events).filter { !$0.0.isNaN }.sorted { $0.0 < $1.0 }
        var groups: [(events: Int, others: Int)] = []
        var last: Double?
        for (score, isEvent) in pairs {
            if score != last { groups.append((0, 0)) }
            last = score
            if isEvent { groups[groups.count - 1].events += 1 } else { groups[groups.count - 1].others += 1 }
        }
        return groups
    }
}
