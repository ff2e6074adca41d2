import Foundation

/// How much of everything: a short run inside `make test`, a long one in `make faults`; each number can be set by itself.
struct FaultScale: Sendable {
    let isLong: Bool
    let kills: Int
    let ambiguousCommits: Int
    let resets: Int
    let fuzzedMessages: Int
    let databaseCrashes: Int
    let brokerRestarts: Int
    let brokerOutage: Duration
    /// In each, four services are stopped.
    let pauseRounds: Int
    let rollingRounds: Int
    /// Of the two that run by the clock: killed sessions, rebalances.
    let storm: Duration
    let firmsPerFault: Int
    /// F23: how long, how many firms, and records a second; zero measures what the suite can do and takes half of it.
    let soak: Duration
    let soakFirms: Int
    let soakRate: Int
    let seed: UInt64

    static let current = FaultScale(ProcessInfo.processInfo.environment)

    init(_ environment: [String: String]) {
        let isLong = environment["XINQIAO_FAULTS"] == "long"
        func number(_ name: String, short: Int, long: Int) -> Int {
            environment["XINQIAO_FAULTS_" + name].flatMap { Int($0) } ?? (isLong ? long : short)
        }
        self.isLong = isLong
        kills = number("KILLS", short: 104, long: 1_200)
        ambiguousCommits = number("COMMITS", short: 100, long: 1_000)
        resets = number("RESETS", short: 1_000, long: 10_000)
        fuzzedMessages = number("FUZZED", short: 100_000, long: 9_000_000)
        databaseCrashes = number("DATABASE_CRASHES", short: 6, long: 200)
        brokerRestarts = number("BROKER_RESTARTS", short: 2, long: 50)
        brokerOutage = .seconds(number("OUTAGE_SECONDS", short: 10, long: 600))
        pauseRounds = number("PAUSES", short: 1, long: 50)
        rollingRounds = number("ROLLS", short: 1, long: 50)
        storm = .seconds(number("STORM_SECONDS", short: 5, long: 60))
        firmsPerFault = number("FIRMS", short: 6, long: 30)
        let minutes = environment["XINQIAO_FAULTS_SOAK_MINUTES"].flatMap { Int($0) }
        soak = .seconds(minutes.map { max(1, $0) * 60 } ?? (isLong ? 14_400 : 60))
        // Their states are larger than what the services keep in memory, as a province's are.
        soakFirms = number("SOAK_FIRMS", short: 100, long: 1_000)
        soakRate = number("SOAK_RATE", short: 0, long: 0)
        seed = UInt64(number("SEED", short: 1, long: 1))
    }
}
