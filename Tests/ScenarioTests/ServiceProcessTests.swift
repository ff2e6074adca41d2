import Chassis
import Contracts
import Foundation
import Support
import Testing

/// How one service process behaves towards whoever runs it.
@Suite struct ServiceProcessTests {
    private func start(
        _ environment: [String: String], of program: String = "scoring", arguments: [String] = []
    ) throws -> (process: ChildProcess, log: String) {
        let log = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-\(UUID().uuidString)").path
        let process = try ChildProcess(
            program: ProcessSuite.products.appendingPathComponent(program).path, arguments: arguments,
            environment: ["PATH": "/usr/bin"].merging(environment) { $1 }, output: log)
        return (process, log)
    }

    private func text(_ log: String) -> String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    @Test func `a wrong configuration lists everything that is wrong and exits with 1`() throws {
        let (process, log) = try start([
            "XINQIAO_STATUS_PORT": "seventy", "XINQIAO_BATCH_MESSAGES": "0", "XINQIAO_POSTGRES": "host=/nowhere password=canary-secret",
        ])
        #expect(process.wait(atMost: .seconds(10)) == .status(1))
        let said = text(log)
        for key in ["XINQIAO_KAFKA_BOOTSTRAP", "XINQIAO_STATUS_PORT", "XINQIAO_BATCH_MESSAGES"] { #expect(said.contains(key), "\(key)") }
        #expect(!said.contains("canary-secret"))
    }

    @Test func `governance does not start with a key for persons that is missing or too short, and says what to do`() throws {
        let short = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-\(UUID().uuidString)").path
        try "canary-secret\n".write(toFile: short, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: short) }
        for path in [short, "/does/not/exist"] {
            let (process, log) = try start(
                [
                    "XINQIAO_POSTGRES": "host=/nowhere dbname=x", "XINQIAO_KAFKA_BOOTSTRAP": "127.0.0.1:1", "XINQIAO_STATUS_PORT": "0",
                    "XINQIAO_PERSONS_KEY_FILE": path,
                ], of: "governance")
            #expect(process.wait(atMost: .seconds(10)) == .status(1))
            let said = text(log)
            #expect(said.contains(#"configuration error: XINQIAO_PERSONS_KEY_FILE: found "\#(path)", expected "#), "\(said)")
            #expect(said.contains("at least 16 bytes") && said.contains("openssl rand -hex 32"))
            #expect(!said.contains("canary-secret"))
            process.stop(SIGKILL)
        }
    }

    @Test func `without its dependencies a service lives, is not ready, says why, and ends in good order`() throws {
        let port = 40_000 + Int(getpid()) % 10_000
        let (process, log) = try start([
            "XINQIAO_POSTGRES": "host=/nowhere dbname=x", "XINQIAO_KAFKA_BOOTSTRAP": "127.0.0.1:1", "XINQIAO_STATUS_PORT": String(port),
        ])
        #expect(eventually(within: .seconds(10)) { Healthcheck.ask(port: port, path: "/livez").isHealthy })
        #expect(!Healthcheck.ask(port: port).isHealthy)
        #expect(eventually(within: .seconds(10)) { text(log).contains("dependency-unavailable") })
        #expect(process.isRunning)
        #expect(process.stop(SIGTERM, within: .seconds(10)) == .status(0))
        for line in text(log).split(separator: "\n") { #expect(line.hasPrefix("{") && line.hasSuffix("}"), "\(line)") }
    }

    @Test func `help and version answer, an unknown command is refused`() throws {
        #expect(try start([:], arguments: ["help"]).process.wait(atMost: .seconds(10)) == .status(0))
        #expect(try start([:], arguments: ["version"]).process.wait(atMost: .seconds(10)) == .status(0))
        #expect(try start([:], arguments: ["dance"]).process.wait(atMost: .seconds(10)) == .status(64))
    }
}
