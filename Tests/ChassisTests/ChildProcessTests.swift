import Chassis
import Foundation
import Testing

struct ChildProcessTests {
    @Test func `a child inherits no descriptor but the first three`() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-child-\(UUID().uuidString.prefix(8))").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        // Open without a mark that would close it in a child, as a library's may be.
        let inherited = dup(0)
        try #require(inherited > 2)
        defer { close(inherited) }
        let script = "for entry in /proc/self/fd/*; do echo ${entry##*/}; done"
        let child = try ChildProcess(
            program: "/bin/bash", arguments: ["-c", script], environment: ["PATH": "/usr/bin:/bin"], output: file)
        #expect(child.wait(atMost: .seconds(20)) == .status(0))
        let open = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
        // The fourth is the one with which the shell reads the folder.
        #expect(open.count <= 4 && Set(["0", "1", "2"]).isSubset(of: open), "\(open)")
        #expect(!open.contains(String(inherited)) || inherited == 3, "\(open)")
    }
}
