/// What the kernel says about the memory of a process on this machine.
public enum ProcessMemory: String, Sendable {
    /// Now, and the most since the process began.
    case resident = "VmRSS:"
    case peak = "VmHWM:"

    /// KiB; nil when there is no such process.
    public func kibibytes(of pid: Int32) -> Int? {
        guard let status = SmallFile.read("/proc/\(pid)/status") else { return nil }
        let line = status.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: rawValue.utf8) }
        return line.flatMap { Int(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
    }
}
