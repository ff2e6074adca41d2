import Contracts

/// The topics at the house's two doors, which the catalogue's sources and institutions name.
public enum OutsideTopics {
    /// What ingestion reads: the portal, every source, every institution.
    public static func read(by catalog: Catalog) -> [String] {
        [Topic.portalIn] + catalog.latest("source").filter { !$0.isWithdrawn }.map { Topic.source($0.id) }
            + catalog.latest("institution").filter { !$0.isWithdrawn }.map { Topic.institutionIn($0.id) }
    }

    /// What exchange may write to institutions and to sources.
    public static func written(by catalog: Catalog) -> [String] {
        catalog.latest("institution").filter { !$0.isWithdrawn }.map { Topic.institutionOut($0.id) }
            + catalog.latest("source").filter { !$0.isWithdrawn }.map { Topic.sourceOut($0.id) }
    }

    /// Every topic of the suite: fixed, outside, and one of dead letters for each service.
    public static func all(_ catalog: Catalog) -> [String] {
        var seen: Set<String> = []
        return (Topic.fixed + read(by: catalog) + written(by: catalog) + ServiceName.allCases.map { Topic.deadLetters($0.rawValue) })
            .filter { seen.insert($0).inserted }
    }
}
