/// Why a body is no model.
public enum ModelDefect: Error, Hashable, Sendable {
    /// The field at the JSON pointer is missing or of another type.
    case field(String)
    /// The value at the JSON pointer is out of its range.
    case range(String)
    /// Upper bounds do not rise.
    case boundsNotRising(feature: String)
    /// No bin takes what the other bins leave over, so some value would have no points.
    case noElseBin(feature: String)
    /// No bin takes a missing value.
    case noMissingBin(feature: String)
    /// Two bins claim the same value, or a special bin occurs twice.
    case repeatedBin(feature: String)
    case repeatedFeature(String)
    /// The weights of an expert model sum to something other than 10,000 basis points.
    case weights(sum: Int)
    /// Grades do not fall from the best, or the last one does not reach down to the lowest score.
    case grades
}
