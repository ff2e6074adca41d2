extension USCC {
    /// What came of reading a text as a code, where pilot codes exist.
    ///
    /// Codes issued during the pilot years can fail a check and be the firm's legal identity all the same. They are known one by one, so
    /// the list is data; a code on it is set aside for a person to see, neither accepted as verified nor refused.
    public enum Reading: Hashable, Sendable {
        /// A verified code.
        case valid(USCC)
        /// On the list of pilot codes, in normal form; to be quarantined, not refused.
        case pilot(String)
        /// Not a code.
        case defect(USCCDefect)

        /// Reads `text`. `pilotExceptions` holds codes in normal form (half-width, upper-case, no separators).
        public init(_ text: some StringProtocol, pilotExceptions: Set<String>) {
            do throws(USCCDefect) {
                self = .valid(try USCC(text))
            } catch {
                let normalised = CodeText.normalised(text)
                self = pilotExceptions.contains(normalised) ? .pilot(normalised) : .defect(error)
            }
        }
    }
}
