extension [UInt8] {
    /// A hash of the bytes, as good as `hashValue` and several times as fast. Good within this process only.
    public var contentHash: Int {
        var hasher = Hasher()
        unsafe withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}
