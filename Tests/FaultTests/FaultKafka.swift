import Chassis
import Foundation
import Kafka
import Support

/// An Apache Kafka that can be stopped, killed and put back, and that is reached through a proxy, unless nothing is to be hurt.
final class FaultKafka {
    let folder: URL
    let proxy: FaultProxy
    private let watched: WatchedFolder
    private let home: String
    private let port: Int
    /// Lines of `server.properties` beside our own.
    private let settings: [String]
    private let isProxied: Bool
    private var pid: Int32 = 0

    /// Nil where there is no Kafka with a script `bin/start`.
    static var home: String? {
        let environment = ProcessInfo.processInfo.environment
        let shared = environment["XINQIAO_SHARED"] ?? Repository.root.appendingPathComponent("../shared").path
        return [environment["KAFKA_HOME"], shared + "/kafka"].compactMap { $0 }
            .first { FileManager.default.isExecutableFile(atPath: $0 + "/bin/start") }
    }

    /// - Parameter watched: in whose name it is started.
    init(home: String, folder: URL, watched: WatchedFolder, settings: [String] = [], isProxied: Bool = true) throws {
        self.home = home
        self.settings = settings
        self.isProxied = isProxied
        self.folder = folder
        self.watched = watched
        guard let port = FaultProxy.freePorts(2) else { throw Trouble("no free ports") }
        self.port = port
        proxy = try FaultProxy(to: .port(port))
        try start()
    }

    var bootstrap: String { "127.0.0.1:\(isProxied ? proxy.port : port)" }

    func start() throws {
        let said = try Script.output(
            [
                watched.assignment, home + "/bin/start", String(port), folder.path,
                "advertised.listeners=PLAINTEXT://\(bootstrap)",
                "log.message.timestamp.type=CreateTime",
            ] + settings)
        guard let pid = said.split(separator: "\n").compactMap({ Int32($0) }).last else { throw Trouble("Kafka did not start: \(said)") }
        self.pid = pid
        let isReady = eventually(within: .seconds(60)) {
            guard let admin = try? KafkaAdmin(KafkaSettings(bootstrap: bootstrap, clientID: "probe")) else { return false }
            return (try? admin.clusterID(timeout: .seconds(2))) != nil
        }
        guard isReady else { throw Trouble("Kafka does not answer") }
    }

    func stop(_ signal: Int32 = SIGTERM) {
        guard pid > 0 else { return }
        kill(pid, signal)
        if !eventually(within: .seconds(30), { !isRunning }) {
            kill(pid, SIGKILL)
            _ = eventually(within: .seconds(10)) { !isRunning }
        }
        pid = 0
    }

    /// Its parent was the script that started it, so nobody of ours waits for it.
    private var isRunning: Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return status.split(separator: ")").last?.split(separator: " ").first != "Z"
    }

    func remove() {
        stop(SIGKILL)
        proxy.stop()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// The repository that these tests lie in.
enum Repository {
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            folder.deleteLastPathComponent()
        }
        return folder
    }()
}
