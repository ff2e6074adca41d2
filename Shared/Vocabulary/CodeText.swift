/// How people write codes, and the one form that is compared: half-width, upper-case, no spaces, no hyphens.
enum CodeText {
    /// Full-width becomes half-width, letters become upper-case, white space and hyphens of any kind go.
    /// A letter that looks like a digit (O, I) is left as it is: guessing would turn one firm into another.
    static func normalised(_ text: some StringProtocol) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let narrow = narrowed(scalar)
            if narrow.properties.isWhitespace || isHyphen(narrow) { continue }
            result.append(uppercased(narrow))
        }
        return String(result)
    }

    /// The full-width forms U+FF01…U+FF5E are ASCII shifted by 0xFEE0; U+3000 is the wide space.
    private static func narrowed(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard (0xFF01...0xFF5E).contains(scalar.value) else { return scalar }
        return Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value - 0xFEE0))
    }

    private static func isHyphen(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "-" || scalar == "\u{2212}" || (0x2010...0x2015).contains(scalar.value)
    }

    private static func uppercased(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        (97...122).contains(scalar.value) ? Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value - 32)) : scalar
    }
}
