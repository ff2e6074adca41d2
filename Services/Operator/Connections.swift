import Chassis
import Foundation
import Kafka
import Pipeline
import Postgres

/// The operator's connections, from the environment.
enum Connections {
    static func postgres() throws -> Connection {
        var environment = Environment.ofProcess()
        let conninfo = environment.postgres()
        if let defect = environment.defects.first { throw Failure("\(defect)", code: .configuration) }
        return try postgres(conninfo)
    }

    /// Nil only when no database is named at all; one that does not answer is an error.
    static func postgresIfNamed() throws -> Connection? { try optionalSecret(ServiceKeys.postgres).map { try postgres($0) } }

    /// A secret that may be absent; a file that is named and can not be read is an error.
    static func optionalSecret(_ key: String) throws -> String? {
        var environment = Environment.ofProcess()
        let secret = environment.secret(key, default: "")
        if let defect = environment.defects.first { throw Failure(defect.line, code: .configuration) }
        return secret.isEmpty ? nil : secret
    }

    private static func postgres(_ conninfo: String) throws -> Connection {
        do {
            return try Connection(
                PostgresAddress(conninfo: conninfo, applicationName: "xinqiao", searchPath: "operator", statementDeadline: .seconds(600)))
        } catch {
            throw Failure("PostgreSQL does not answer: \(error)")
        }
    }

    static func kafka() throws -> KafkaSettings {
        var environment = Environment.ofProcess()
        let settings = KafkaSettings(&environment, clientID: "xinqiao-operator")
        if let defect = environment.defects.first { throw Failure("\(defect)", code: .configuration) }
        return settings
    }
}

/// Asks again while the broker says "not yet", as it does for a moment after a topic was made.
func whileTransient<Answer>(_ limit: Duration = .seconds(30), _ ask: () throws(KafkaFault) -> Answer) throws -> Answer {
    let deadline = MonotonicClock.now + limit
    while true {
        do {
            return try ask()
        } catch {
            guard error.isTransient, MonotonicClock.now < deadline else { throw error }
            usleep(200_000)
        }
    }
}

/// Where the suite's executables lie: beside this one.
enum Executables {
    static var ownPath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    static func path(_ name: String) -> String {
        URL(fileURLWithPath: ownPath).deletingLastPathComponent().appendingPathComponent(name).path
    }
}
