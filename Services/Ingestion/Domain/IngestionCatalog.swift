import Contracts
import Deciding
import Vocabulary
import Wire

/// What ingestion makes of the catalogue: record types with their checkers, and who is registered. Holds every version.
public final class IngestionCatalog: CatalogView {
    private let recordTypes: [String: Versions<RecordType>]
    private let sources: [String: Versions<Bool>]
    private let quotas: [String: Versions<SourceGrant>]
    private let institutions: [String: Versions<Bool>]
    private let items: [String: Versions<InformationItem>]
    /// What is only verified, by the record type of the answers.
    private let answers: [String: [Versions<VerifiedAnswer>]]
    private let divisionTables: DivisionTables
    /// The few items that say which firms there are, apart from the rest: every record asks for them.
    private let registries: [Versions<(recordType: String, registry: InformationItem.Registry)>]
    /// Codes of the pilot years that are no codes by their check characters: those of every version of the list, since a firm's code does not
    /// become wrong again.
    let pilotCodes: Set<String>
    /// Entries that cannot be used, by `kind/id/version`. The version before stays in use.
    public let defects: [String: [String]]

    public init(_ catalog: Catalog) {
        var recordTypes: [String: Versions<RecordType>] = [:]
        var sources: [String: Versions<Bool>] = [:]
        var quotas: [String: Versions<SourceGrant>] = [:]
        var institutions: [String: Versions<Bool>] = [:]
        var items: [String: Versions<InformationItem>] = [:]
        // Items by the type that some version of them is answered with.
        var answered: [String: Set<String>] = [:]
        var pilotCodes: Set<String> = []
        var unusable: [String: [String]] = [:]
        // By kind and id, versions ascending.
        for entry in catalog.all {
            switch entry.kind {
            case "recordType": recordTypes.add(entry, unusable: &unusable) { RecordType($0, defects: &$1) }
            case "source":
                // Whoever is in the catalogue may write, however the rest of the entry reads.
                sources.add(entry, unusable: &unusable) { _, _ in true }
                if let registration = entry.compiled(unusable: &unusable, { SourceRegistration($0, defects: &$1) }) {
                    quotas[entry.id, default: .init()].add(registration?.grant, from: entry.effectiveFrom)
                }
            case "institution": institutions.add(entry, unusable: &unusable) { _, _ in true }
            case "informationItem":
                items.add(entry, unusable: &unusable) { entry, defects in
                    let item = InformationItem(entry, defects: &defects)
                    if let verification = item?.verification { answered[verification.answer, default: []].insert(entry.id) }
                    return item
                }
            case "codeList" where entry.id == Self.pilotCodesID:
                pilotCodes.formUnion(entry.body["codes"]?.elements.compactMap { $0["code"]?.string } ?? [])
            default: continue
            }
        }
        self.recordTypes = recordTypes
        self.sources = sources
        self.quotas = quotas
        self.institutions = institutions
        self.items = items
        self.pilotCodes = pilotCodes
        let divisions = DivisionTables(catalog)
        divisionTables = divisions
        var answers: [String: [Versions<VerifiedAnswer>]] = [:]
        for (type, ids) in answered {
            answers[type] = ids.sorted().compactMap { id in
                items[id]?.compactMap { $0.verification?.answer == type ? $0.verification : nil }
            }
        }
        self.answers = answers
        registries = items.keys.sorted().compactMap {
            items[$0]?.compactMap { item in
                guard let type = item.recordTypes.first, let registry = item.registry else { return nil }
                return (type, registry)
            }
        }
        defects = unusable.merging(divisions.defects) { own, _ in own }
    }

    /// The `codeList` entry that lists them.
    private static let pilotCodesID = "pilot-codes"

    /// The type in force at `now`; nil when there is none.
    public func recordType(_ id: String, at now: Instant) -> RecordType? { recordTypes[id]?.inForce(at: now) }

    /// The list of what is to be collected, in force at `now`, by id.
    public func items(at now: Instant) -> [InformationItem] { items.keys.sorted().compactMap { items[$0]?.inForce(at: now) } }

    /// Administrative divisions in time, as the table in force has them; of no code when there is none.
    public func divisions(at now: Instant) -> DivisionTable { divisionTables.table(at: now) }

    /// What records of this type are the answers to; empty for nearly all.
    func verifications(answeredBy recordType: String, at now: Instant) -> [VerifiedAnswer] {
        (answers[recordType] ?? []).compactMap { $0.inForce(at: now) }
    }

    /// How records of this type say which firms there are; nil for a type that does not.
    func registry(of recordType: String, at now: Instant) -> InformationItem.Registry? {
        for versions in registries {
            if let (type, registry) = versions.inForce(at: now), type == recordType { return registry }
        }
        return nil
    }

    /// How fast the topics of the sources are read at the most at `now`, by topic. A source without a quota is not named.
    public func grants(at now: Instant) -> [String: SourceGrant] {
        quotas.reduce(into: [:]) { grants, source in grants[Topic.source(source.key)] = source.value.inForce(at: now) }
    }

    /// The portal is always registered: it is the platform's own.
    public func isRegistered(_ writer: OutsideWriter, at now: Instant) -> Bool {
        switch writer {
        case .portal: true
        case .source(let id): sources[id]?.inForce(at: now) ?? false
        case .institution(let id): institutions[id]?.inForce(at: now) ?? false
        }
    }
}
