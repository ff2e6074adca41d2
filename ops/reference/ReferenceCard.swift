import Foundation
import Wire

/// The job's scorecard: twenty features, each with cuts and points, the last points for a missing value.
struct ReferenceCard: Sendable {
    static let count = 20
    /// Cuts of a feature at the most.
    private static let cutsMax = 15
    /// Sixteen cuts a feature, in a row; those that a feature lacks are infinite, which nothing reaches.
    private let cuts: [Double]
    /// Sixteen bins a feature and the missing one.
    private let points: [Int32]
    private let highest: [Int32]

    enum Decision: String { case approve = "APPROVE", review = "REVIEW", decline = "DECLINE" }

    struct Score {
        let points: Int32
        let decision: Decision
        /// The four features that cost most, dearest first; of equals the one that comes first.
        let reasons: [Int16]

        func json(_ id: String) -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(96)
            bytes.append(contentsOf: "{\"applicationId\":\"".utf8)
            bytes.append(contentsOf: id.utf8)
            bytes.append(contentsOf: "\",\"score\":".utf8)
            bytes.append(contentsOf: String(points).utf8)
            bytes.append(contentsOf: ",\"decision\":\"".utf8)
            bytes.append(contentsOf: decision.rawValue.utf8)
            bytes.append(contentsOf: "\",\"reasons\":[".utf8)
            for (place, reason) in reasons.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                if reason >= 10 { bytes.append(UInt8(ascii: "0") + UInt8(reason / 10)) }
                bytes.append(UInt8(ascii: "0") + UInt8(reason % 10))
            }
            bytes.append(contentsOf: "]}".utf8)
            return bytes
        }
    }

    init(path: String) throws {
        let root = try JSONDocument(parsing: [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))).root
        var cuts: [Double] = []
        var points: [Int32] = []
        var highest: [Int32] = []
        for feature in root["features"].map({ Array($0.elements) }) ?? [] {
            let bounds = (feature["cuts"].map { Array($0.elements) } ?? []).compactMap(\.double)
            let values = (feature["points"].map { Array($0.elements) } ?? []).compactMap { $0.int.map { Int32(clamping: $0) } }
            guard values.count == bounds.count + 2, bounds.count <= Self.cutsMax, let missing = values.last else {
                throw ReferenceFault.card("feature \(highest.count) has \(values.count) points for \(bounds.count) cuts")
            }
            cuts += bounds + Array(repeating: .infinity, count: Self.cutsMax + 1 - bounds.count)
            points += Array(values.dropLast()) + Array(repeating: missing, count: Self.cutsMax + 1 - bounds.count)
            highest.append(values.max() ?? 0)
        }
        guard highest.count == Self.count else { throw ReferenceFault.card("\(highest.count) features, not \(Self.count)") }
        self.cuts = cuts
        self.points = points
        self.highest = highest
    }

    func score(_ features: InlineArray<20, Double>, risk: Double) -> Score {
        var total: Int32 = 0
        // Loss and place in one number, so that the four largest are found without moving anything.
        var best: (Int32, Int32, Int32, Int32) = (-1, -1, -1, -1)
        for place in 0..<Self.count {
            let value = features[place]
            var bin = 0
            let base = place << 4
            for cut in base..<base + 16 where cuts[cut] <= value { bin += 1 }
            // The last bin is the missing value's, the one before it is never reached otherwise.
            if value.isNaN { bin = 16 }
            let gained = points[place * 17 + bin]
            total += gained
            let loss = (highest[place] - gained) << 5 | Int32(31 - place)
            if loss > best.3 {
                if loss > best.1 {
                    if loss > best.0 {
                        best = (loss, best.0, best.1, best.2)
                    } else {
                        best = (best.0, loss, best.1, best.2)
                    }
                } else if loss > best.2 {
                    best = (best.0, best.1, loss, best.2)
                } else {
                    best.3 = loss
                }
            }
        }
        let score = total - Int32((risk * 50 + 0.5).rounded(.down))
        func feature(_ loss: Int32) -> Int16 { Int16(31 - (loss & 31)) }
        return Score(
            points: score, decision: score >= 620 ? .approve : score >= 560 ? .review : .decline,
            reasons: [feature(best.0), feature(best.1), feature(best.2), feature(best.3)])
    }
}
