import Pipeline
import Postgres
import Support
import Testing
import Vocabulary

@Suite struct AttemptTests {
    private func place(_ offset: Int64) -> MessagePlace { MessagePlace(topic: "t", partition: 0, offset: offset) }

    private func batch(_ offsets: Range<Int64>) -> InputBatch {
        InputBatch(messages: offsets.map { RawMessage(topic: "t", partition: 0, offset: $0, key: nil, value: nil, headers: []) })
    }

    @Test func `the first try after an end is as before, the second one by one`() {
        #expect(AttemptPlan(resuming: []) == .asItComes)
        #expect(AttemptPlan(resuming: [.init(place: place(7), attempts: 1, isAlone: false)]) == .oneByOne)
        #expect(AttemptPlan(resuming: [.init(place: place(7), attempts: 1, isAlone: true)]) == .oneByOne)
    }

    @Test func `a message is set aside when it ended the process three times, the last two alone`() {
        let inCompany = AttemptPlan.next(nil, at: place(7), isAlone: false)
        #expect(inCompany.attempts == 1)
        let alone = AttemptPlan.next(inCompany, at: place(7), isAlone: true)
        #expect(alone.attempts == 2 && AttemptPlan.verdict(alone, former: inCompany) == .oneByOne)
        let again = AttemptPlan.next(alone, at: place(7), isAlone: true)
        #expect(AttemptPlan.verdict(again, former: alone) == .oneByOne)
        let last = AttemptPlan.next(again, at: place(7), isAlone: true)
        #expect(AttemptPlan.verdict(last, former: again) == .setAside)
        // It never was alone: it is not blamed for its company.
        let fourth = AttemptPlan.Mark(place: place(7), attempts: 4, isAlone: true)
        #expect(AttemptPlan.verdict(fourth, former: .init(place: place(7), attempts: 3, isAlone: false)) == .oneByOne)
        #expect(AttemptPlan.next(again, at: place(8), isAlone: true).attempts == 1)
    }

    /// A worker that dies whenever it decides `poison`, and starts again. The number of deaths, and what was set aside.
    private func live(_ house: ToyHouse, poison: Int64, messages: Int64) throws -> (deaths: Int, aside: [Int64], decided: [Int64]) {
        var next: Int64 = 0
        var decided: [Int64] = []
        var aside: [Int64] = []
        for death in 0..<20 {
            var marker = AttemptMarker(owner: "a")
            try marker.open(on: house.owner)
            var isDead = false
            while next < messages, !isDead {
                for piece in marker.pieces(of: batch(next..<min(next + 10, messages))) {
                    let crash = try marker.begin(piece, on: house.owner)
                    let offsets = piece.messages.map(\.offset)
                    if offsets.contains(poison), crash?.place.offset != poison {
                        isDead = true
                        break
                    }
                    if let crash { aside.append(crash.place.offset) }
                    decided += offsets.filter { $0 != crash?.place.offset }
                    next = (offsets.last ?? next - 1) + 1
                    try marker.passed(piece, on: house.owner)
                }
            }
            if !isDead {
                try marker.close(on: house.owner)
                return (death, aside, decided)
            }
        }
        return (20, aside, decided)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a message that ends the process costs at most five ends, and everything else is decided once`() throws {
        let house = try ToyHouse()
        for poison in [0, 5, 9, 23] as [Int64] {
            let life = try live(house, poison: poison, messages: 40)
            #expect(life.deaths <= 5, "\(poison): \(life.deaths)")
            #expect(life.aside == [poison])
            #expect(life.decided == (0..<40).filter { $0 != poison })
            try house.owner.script("DELETE FROM attempt")
        }
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `what one process tries again and again is not taken for what ended it`() throws {
        let house = try ToyHouse()
        var first = AttemptMarker(owner: "a")
        try first.open(on: house.owner)
        // Two ends over the same message, the second one alone.
        for attempts in 1...2 as ClosedRange<Int64> {
            var marker = AttemptMarker(owner: "a")
            try marker.open(on: house.owner)
            #expect(marker.isCareful)
            // The database refuses or forgets to answer, and the worker takes the batch up anew.
            for _ in 0..<9 {
                let piece = try #require(marker.pieces(of: batch(7..<10)).first)
                let crash = try marker.begin(piece, on: house.owner)
                #expect(crash?.place == nil, "set aside in the run after end \(attempts)")
            }
            #expect(try house.number("SELECT attempts FROM attempt WHERE \"offset\" = 7") == attempts)
        }
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `after an orderly end nothing is written down, after another's unclean end it is`() throws {
        let house = try ToyHouse()
        var first = AttemptMarker(owner: "a")
        try first.open(on: house.owner)
        #expect(!first.isCareful)
        _ = try first.begin(batch(0..<10), on: house.owner)
        #expect(try house.number("SELECT count(*) FROM attempt") == 0)
        // It still runs and is seen: no reason to be careful.
        try house.owner.script("INSERT INTO worker VALUES ('a', now())")
        var second = AttemptMarker(owner: "b")
        try second.open(on: house.owner)
        #expect(!second.isCareful)
        // It is seen no more, and never said that it ended.
        try house.owner.script("UPDATE worker SET seen_at = now() - interval '1 minute'")
        var third = AttemptMarker(owner: "c")
        try third.open(on: house.owner)
        #expect(third.isCareful)
        for n in Int64(0)..<99 { try third.passed(batch(n..<n + 1), on: house.owner) }
        #expect(third.isCareful)
        try third.passed(batch(0..<1), on: house.owner)
        #expect(!third.isCareful)
        try first.close(on: house.owner)
        try second.close(on: house.owner)
        try third.close(on: house.owner)
        var fourth = AttemptMarker(owner: "d")
        try fourth.open(on: house.owner)
        #expect(!fourth.isCareful)
    }
}
