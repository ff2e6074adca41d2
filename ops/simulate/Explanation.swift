import Contracts
import Vocabulary

/// One failing seed, with the faults and messages left out that it does not need.
struct Explanation {
    private let order: Order

    init(_ order: Order) { self.order = order }

    func carryOut() throws -> Bool {
        let simulator = try Simulator(packs: order.packs)
        guard let least = simulator.shrunk(order.first) else {
            print("  alone it does not fail")
            return true
        }
        let world = simulator.world(World.number(ofSeed: order.first))
        print(
            "  made smaller (world \(world.number), \(world.lanes) lanes, \(world.isOrderly ? "orderly" : "disorderly")"
                + "\(world.refusingService.map { ", \($0.rawValue)'s database refuses rows" } ?? "")):")
        for (number, act) in world.acts.enumerated() {
            let kept = act.messages.filter { !least.without.contains($0.number) }
            let what = [act.moment.map { "the clock moves to \($0.rfc3339)" }, act.catalog.map { _ in "the catalogue changes" }]
                .compactMap { $0 }
            print("    act \(number): " + (what + kept.map { "\($0.type) \($0.id) to \($0.topic)" }).joined(separator: "; "))
        }
        print("    faults: " + least.faults.map { "\($0.fault.name) at its question \($0.question)" }.joined(separator: "; "))
        for violation in least.violations.prefix(8) { print("    \("\(violation)".prefix(700))") }
        return true
    }
}
