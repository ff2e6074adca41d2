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
                self = USCC.pilotCode(text, among: pilotExceptions).map { .pilot($0) } ?? .defect(error)
            }
        }
    }

    /// What is no code by its checks, in normal form, where the list has it; nil where it has not. The list's codes are in normal form.
    public static func pilotCode(_ text: some StringProtocol, among list: Set<String>) -> String? {
        guard !list.isEmpty else { return nil }
        let normalised = CodeText.normalised(text)
        return list.contains(normalised) ? normalised : nil
    }
}
