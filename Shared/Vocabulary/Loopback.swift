extension StringProtocol {
    /// True for a host that is this machine itself: `localhost`, `127.…`, `::1`. Names are not resolved.
    public var isLoopbackHost: Bool {
        let name = lowercased()
        guard name != "localhost", name != "::1" else { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
