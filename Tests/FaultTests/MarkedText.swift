import Foundation

/// A part of a document that a run writes.
enum MarkedText {
    /// Puts the text between the two marks of the file that the environment names, a path from the repository; where it names none, nowhere.
    static func write(_ text: String, between begin: String, and end: String, intoFileNamedBy key: String) {
        guard let path = ProcessInfo.processInfo.environment[key], !path.isEmpty else { return }
        let file = URL(fileURLWithPath: path, relativeTo: Repository.root)
        guard let whole = try? String(contentsOf: file, encoding: .utf8), let made = replacing(begin, end, in: whole, by: text)
        else { return print("\(path) has no \(begin) and \(end)") }
        do { try made.write(to: file, atomically: true, encoding: .utf8) } catch { print("\(path) can not be written: \(error)") }
    }

    /// Nil where the marks are not there, or not in this order.
    static func replacing(_ begin: String, _ end: String, in whole: String, by text: String) -> String? {
        guard let first = whole.range(of: begin), let last = whole.range(of: end), first.upperBound <= last.lowerBound else { return nil }
        return "\(whole[..<first.upperBound])\n\(text)\n\(whole[last.lowerBound...])"
    }
}
