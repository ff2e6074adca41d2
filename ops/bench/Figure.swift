import Foundation

/// One measured number.
struct Figure {
    /// Its name in the JSON object.
    let key: String
    /// What it is, for people.
    let title: String
    let unit: String
    /// The median of the runs.
    let value: Double
    /// Of how many: what is told once, such as a size or a peer's own median, has one.
    let runs: Int
    /// The lowest and the highest run.
    let spread: ClosedRange<Double>

    /// `series` is one value a run, and not empty.
    init(_ key: String, _ title: String, unit: String, of series: [Double]) {
        self.key = key
        self.title = title
        self.unit = unit
        value = median(series)
        runs = series.count
        spread = (series.min() ?? 0)...(series.max() ?? 0)
    }

    /// Three digits after the point for small numbers, none for large ones: more would be noise.
    static func text(_ number: Double) -> String { String(format: abs(number) < 100 ? "%.3f" : "%.0f", number) }
}

/// The middle one, or the mean of the two middle ones; 0 of none.
func median(_ series: [Double]) -> Double {
    let sorted = series.sorted()
    guard let last = sorted.last else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + (middle < sorted.count ? sorted[middle] : last)) / 2
}
