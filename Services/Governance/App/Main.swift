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
                Migration(name: "schema_003_checkpoint", sql: String(decoding: PackageResources.schema_003_checkpoint_sql, as: UTF8.self)),
                Migration(
                    name: "schema_004_consent_states", sql: String(decoding: PackageResources.schema_004_consent_states_sql, as: UTF8.self)),
                Migration(name: "schema_005_statistics", sql: String(decoding: PackageResources.schema_005_statistics_sql, as: UTF8.self)),
                Migration(
                    name: "schema_006_adverse_information",
                    sql: String(decoding: PackageResources.schema_006_adverse_information_sql, as: UTF8.self)),
                Migration(
                    name: "schema_007_standing_again",
                    sql: String(decoding: PackageResources.schema_007_standing_again_sql, as: UTF8.self)),
                Migration(
                    name: "schema_008_record_type_quality",
                    sql: String(decoding: PackageResources.schema_008_record_type_quality_sql, as: UTF8.self)),
            ],
            tables: GovernanceTables.all,
            configured: { _, environment in Governance(persons: personsKey(&environment), signer: signer(&environment)) }
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

    /// Who signs the checkpoints, as the environment has it; none when no key is set.
    private static func signer(_ environment: inout Environment) -> NoteSigner? {
        let pem = environment.secret(ServiceKeys.ledgerKey, default: "")
        let name = environment.text(ServiceKeys.ledgerName, default: "xinqiao/governance")
        guard !pem.isEmpty else { return nil }
        guard let key = Ed25519PrivateKey(pem: pem) else {
            environment.refuse(
                secret: ServiceKeys.ledgerKey, expected: "an Ed25519 private key in PEM, as `openssl genpkey -algorithm ed25519` makes it")
            return nil
        }
        let signer = NoteSigner(name: name, key: key)
        if signer == nil {
            environment.refuse(secret: ServiceKeys.ledgerName, expected: "a name without blanks and plus signs, such as xinqiao/governance")
        }
        return signer
    }
}
