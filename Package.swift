// swift-tools-version: 6.2
import PackageDescription

// The house's targets, and who may import whom. `swift build --explicit-target-dependency-import-check error`
// (which the Makefile always passes) makes an undeclared import an error, so this list is the architecture.

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

func shared(_ name: String, needs: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: needs, path: "Shared/\(name)", resources: resources, swiftSettings: strict)
}

/// A service is two targets: `<Name>Domain`, pure decisions, and `<name>`, the process around them.
func service(_ name: String, domainNeeds: [Target.Dependency] = [], appNeeds: [Target.Dependency] = []) -> [Target] {
    [
        .target(
            name: "\(name)Domain",
            dependencies: ["Deciding", "Contracts", "Rules", "Wire", "Vocabulary"] + domainNeeds,
            path: "Services/\(name)/Domain", swiftSettings: strict),
        .executableTarget(
            name: name.lowercased(),
            dependencies: [
                .target(name: "\(name)Domain"), "Pipeline", "Postgres", "Chassis", "Contracts", "Deciding", "Wire", "Vocabulary",
            ] + appNeeds,
            path: "Services/\(name)/App", resources: [.embedInCode("Migrations")], swiftSettings: strict),
    ]
}

func tests(_ name: String, needs: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: needs + ["Support"], path: "Tests/\(name)", exclude: exclude, swiftSettings: strict)
}

let domains: [Target.Dependency] = [
    "IngestionDomain", "GovernanceDomain", "ScoringDomain", "MatchmakingDomain", "PolicyPushDomain",
    "RiskMonitoringDomain", "ExchangeDomain", "ReportingDomain",
]

let libraries: [Target] = [
    .systemLibrary(name: "CRdKafka", path: "Shared/CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
    .systemLibrary(name: "CLibPQ", path: "Shared/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "COpenSSL", path: "Shared/COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    // glibc's own: Swift's Glibc leaves malloc.h out.
    .systemLibrary(name: "CMalloc", path: "Shared/CMalloc"),
    // glibc's own: what Swift's Glibc leaves out of spawn.h.
    .systemLibrary(name: "CSpawn", path: "Shared/CSpawn"),

    shared("Vocabulary"),
    shared("Wire", needs: ["Vocabulary"]),
    shared("Contracts", needs: ["Wire", "Vocabulary"]),
    shared("Schema", needs: ["Wire", "Vocabulary"], resources: [.embedInCode("MetaSchemas")]),
    shared("Rules", needs: ["Wire", "Vocabulary"]),
    shared("Adapters", needs: ["Rules", "Wire", "Vocabulary"]),
    shared("Models", needs: ["Wire", "Vocabulary"]),
    shared("Ledger", needs: ["Vocabulary", "COpenSSL"]),
    shared("Deciding", needs: ["Contracts", "Ledger", "Rules", "Wire", "Vocabulary"]),
    shared("Kafka", needs: ["CRdKafka", "Vocabulary"]),
    shared("Postgres", needs: ["CLibPQ", "Vocabulary"]),
    shared("Chassis", needs: ["Vocabulary", "Wire", "CMalloc", "CSpawn"]),
    shared(
        "Pipeline",
        needs: ["Deciding", "Contracts", "Kafka", "Postgres", "Chassis", "Ledger", "Rules", "Wire", "Vocabulary"],
        resources: [.embedInCode("Migrations")]),
    shared("Province", needs: ["Contracts", "Wire", "Vocabulary"]),
]

let services: [Target] = [
    service("Ingestion", domainNeeds: ["Schema", "Adapters"]),
    service("Governance", domainNeeds: ["Ledger"], appNeeds: ["Ledger"]),
    service("Scoring", domainNeeds: ["Models"]),
    service("Matchmaking"),
    service("PolicyPush"),
    service("RiskMonitoring"),
    service("Exchange"),
    service("Reporting"),
].flatMap { $0 }

let tools: [Target] = [
    .executableTarget(
        name: "xinqiao",
        dependencies: domains + [
            "Pipeline", "Province", "Models", "Adapters", "Rules", "Schema", "Ledger", "Kafka", "Postgres", "Chassis", "Deciding",
            "Contracts", "Wire", "Vocabulary",
        ],
        path: "Services/Operator", exclude: ["README.md"], swiftSettings: strict),
    .executableTarget(
        name: "bench",
        dependencies: [
            "Adapters", "Wire", "Schema", "Models", "Rules", "Ledger", "Pipeline", "Province", "Deciding", "Kafka", "Postgres", "Chassis",
            "Contracts", "Vocabulary",
        ],
        path: "ops/bench", exclude: ["README.md", "hashlib_tree.py", "peers"], swiftSettings: strict),
    .executableTarget(
        name: "credit-reference",
        dependencies: ["Pipeline", "Kafka", "Postgres", "Chassis", "Deciding", "Contracts", "Wire", "Vocabulary"],
        path: "ops/reference", exclude: ["README.md", "reference.py"], swiftSettings: strict),
    .executableTarget(
        name: "simulate",
        dependencies: domains + [
            "Pipeline", "Province", "Ledger", "Kafka", "Postgres", "Chassis", "Deciding", "Contracts", "Wire", "Vocabulary",
        ],
        path: "ops/simulate", exclude: ["README.md"], swiftSettings: strict),
]

let checks: [Target] = [
    .target(
        name: "Support", dependencies: ["Vocabulary", "Wire", "Kafka", "Postgres", "Chassis"],
        path: "Tests/Support", swiftSettings: strict),
    tests("VocabularyTests", needs: ["Vocabulary"]),
    tests("WireTests", needs: ["Wire", "Vocabulary"]),
    tests("ContractsTests", needs: ["Contracts", "Wire", "Vocabulary"], exclude: ["Examples"]),
    tests("SchemaTests", needs: ["Schema", "Wire", "Vocabulary"], exclude: ["FrozenSchemas"]),
    tests("RulesTests", needs: ["Rules", "Wire", "Vocabulary"]),
    tests("AdaptersTests", needs: ["Adapters", "Chassis", "Rules", "Wire", "Vocabulary"]),
    tests("ModelsTests", needs: ["Models", "Wire", "Vocabulary"]),
    tests("LedgerTests", needs: ["Ledger", "Vocabulary"]),
    tests("KafkaTests", needs: ["Kafka", "Vocabulary"]),
    tests("PostgresTests", needs: ["Postgres", "Vocabulary"]),
    tests("ChassisTests", needs: ["Chassis", "Wire", "Vocabulary"]),
    tests("PipelineTests", needs: ["Pipeline", "Deciding", "Contracts", "Ledger", "Kafka", "Postgres", "Chassis", "Wire", "Vocabulary"]),
    tests(
        "DomainTests",
        needs: domains + [
            "Adapters", "Province", "Postgres", "Deciding", "Contracts", "Rules", "Schema", "Models", "Ledger", "Wire", "Vocabulary",
        ]),
    tests(
        "ScenarioTests",
        needs: domains + [
            "Adapters", "Pipeline", "Province", "Deciding", "Contracts", "Kafka", "Postgres", "Chassis", "Ledger", "Wire", "Vocabulary",
        ]),
    tests(
        "FaultTests",
        needs: ["Pipeline", "Province", "Contracts", "Ledger", "Kafka", "Postgres", "Chassis", "Wire", "Vocabulary"]),
    tests("HouseTests", needs: ["Contracts", "Wire", "Vocabulary"]),
    tests("SimulateTests", needs: ["simulate", "Pipeline", "Deciding", "Contracts", "Wire", "Vocabulary"]),
]

let package = Package(
    name: "xinqiao",
    targets: libraries + services + tools + checks,
    swiftLanguageModes: [.v6]
)
