import Foundation

/// A real Apache Kafka of the measurement's own: one node in a folder that goes when it stops. From `KAFKA_HOME`, else from
/// `../shared/kafka`; nil with the reason where there is none.
final class ScratchKafka {
    let bootstrap: String
    private let home: String
    private let folder: String
    private let pid: Int32

    static var home: String? {
        let named = ProcessInfo.processInfo.environment["KAFKA_HOME"] ?? "../shared/kafka"
        return FileManager.default.isExecutableFile(atPath: named + "/bin/start") ? named : nil
    }

    init(home: String) throws {
        self.home = home
        folder = "/var/tmp/xinqiao-bench-kafka-\(getpid())-\(UInt32.random(in: 0...0xFFFF))"
        let port = 20_000 + Int(getpid()) % 20_000
        // Not waited for: its broker outlives it and keeps Foundation waiting. The process id stands in a file once the broker answers.
        let starting = Process()
        starting.executableURL = URL(fileURLWithPath: home + "/bin/start")
        starting.arguments = [String(port), folder, "num.partitions=4"]
        starting.standardOutput = FileHandle.nullDevice
        starting.standardError = FileHandle.nullDevice
        try starting.run()
        var found: Int32?
        for _ in 0..<300 where found == nil {
            Thread.sleep(forTimeInterval: 0.1)
            let text = (try? String(contentsOfFile: folder + "/pid", encoding: .utf8)) ?? ""
            found = Int32(text.filter(\.isNumber))
        }
        guard let pid = found else { throw BenchFault.file(folder + "/broker.log", "the broker did not answer within 30 s") }
        self.pid = pid
        bootstrap = "127.0.0.1:\(port)"
    }

    /// Deletes every topic but the broker's own.
    func clear() throws {
        let deleting = Process()
        deleting.executableURL = URL(fileURLWithPath: home + "/bin/kafka-topics.sh")
        deleting.arguments = ["--bootstrap-server", bootstrap, "--delete", "--topic", "[a-z].*"]
        deleting.standardOutput = FileHandle.nullDevice
        try deleting.run()
        deleting.waitUntilExit()
        guard deleting.terminationStatus == 0 else { throw BenchFault.file("kafka-topics.sh --delete", "\(deleting.terminationStatus)") }
    }

    func stop() {
        kill(pid, SIGTERM)
        for _ in 0..<100 where kill(pid, 0) == 0 { Thread.sleep(forTimeInterval: 0.1) }
        kill(pid, SIGKILL)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
