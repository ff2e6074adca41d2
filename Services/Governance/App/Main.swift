import Chassis
import GovernanceDomain
import Ledger
import Pipeline
import Postgres

@main
struct Main {
    static func main() {
        ServiceMain(
            Governance(),
            migrations: [
                Migration(name: "schema_001_governance", sql: String(decoding: PackageResources.schema_001_governance_sql, as: UTF8.self)),
                Migration(
                    name: "schema_002_governance_in_full",
                    sql: String(decoding: PackageResources.schema_002_governance_in_full_sql, as: UTF8.self)),
            ],
            configured: { _, environment in Governance(persons: personsKey(&environment)) }
        ).run()
    }

    /// The key under which persons are compared; nil, and they are not compared, where no file is named.
    private static func personsKey(_ environment: inout Environment) -> PseudonymKey? {
        environment.secretFile(
            "XINQIAO_PERSONS_KEY_FILE", as: { try? PseudonymKey(secret: $0) },
            expected:
                "the path of a readable file with a secret of at least \(PseudonymKey.byteCountMin) bytes, such as `openssl rand -hex 32` makes"
        )
    }
}
