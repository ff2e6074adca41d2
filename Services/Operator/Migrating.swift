import Chassis
import Contracts
import Foundation
import Pipeline
import Postgres

extension Command {
    static let migrate = Command(
        "migrate", summary: "make or update the roles and schemas of every service in PostgreSQL",
        details: """
            Idempotent. Needs XINQIAO_POSTGRES of the database's owner, who must be allowed to create roles only where some are
            missing or get a password. Each service's own executable, which lies beside this one, applies its own migrations.
            XINQIAO_SERVICE_PASSWORD[_FILE] sets the password of the services' roles; a file that can not be read is an error.
            """
    ) { _ in
        let password = try Connections.optionalSecret("XINQIAO_SERVICE_PASSWORD")
        try Migrating.run(password: password, environment: ProcessInfo.processInfo.environment) { print($0) }
    }
}

enum Migrating {
    static func run(password: String?, environment: [String: String], say: (String) -> Void) throws {
        do {
            let connection = try Connections.postgres()
            try connection.script(OperatorSchema.roles(password: password))
            connection.close()
        }
        for service in ServiceName.allCases {
            let text = try runToEnd(Executables.path(service.rawValue), ["migrate"], environment: environment)
            say(text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let connection = try Connections.postgres()
        try connection.script(OperatorSchema.sql)
        connection.close()
        say("operator: views are up to date")
    }
}
