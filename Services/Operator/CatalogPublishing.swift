import Chassis
import Contracts
import Deciding
import ExchangeDomain
import Foundation
import GovernanceDomain
import IngestionDomain
import Kafka
import MatchmakingDomain
import PolicyPushDomain
import RiskMonitoringDomain
import ScoringDomain
import Vocabulary
import Wire

extension Command {
    static let catalog = Command(
        "catalog", usage: "check|publish [DIR…]", summary: "check catalogue entries with their examples, and publish them",
        flags: ["quiet", "as-was"],
        details: """
            DIR is a pack or a folder of packs (default: packs). `check` compiles every entry and runs its examples; `publish` does the
            same and then writes what is new or changed to \(Topic.catalogEntries). One failing example refuses the whole publication.
            So does a name that leads nowhere: of a record type or its field, an indicator, an institution, a purpose. Names are looked for in
            all the packs that are given; `publish` knows what is published too. So check a pack together with those it builds on, and publish
            packs that speak of one another together; where a pack beside has what is missing, the refusal names it.
            Publishing twice changes nothing. An entry with the same version and anything else in it (body,
            effectiveFrom, withdrawn) is refused: raise its version.
            `--as-was` publishes the catalogue of a backup: entries without examples, which were checked when they were first published.
            """
    ) { options in
        guard let verb = options.words.first, ["check", "publish"].contains(verb) else {
            throw Failure("say `catalog check` or `catalog publish`", code: .usage)
        }
        let folders = options.words.count > 1 ? Array(options.words.dropFirst()) : ["packs"]
        let packs = try folders.flatMap { try Pack.load($0) }
        let settings = verb == "publish" ? try Connections.kafka() : nil
        let known = try settings.map { try CatalogPublishing.published($0) } ?? []
        let asWas = options.has("as-was")
        if !asWas { try CatalogPublishing.check(packs, beside: known) }
        print(
            "\(packs.map(\.entries.count).reduce(0, +)) entries of \(packs.map(\.name).joined(separator: ", ")): "
                + (asWas ? "as they were" : "examples hold"))
        if let settings { print(try CatalogPublishing.publish(packs, beside: known, settings)) }
    }
}

enum CatalogPublishing {
    /// Every checker of a service, by the kinds it knows. Reporting knows none.
    private static let checkers: [@Sendable (CatalogEntry, [JSONValue], Catalog) -> [String]] = [
        { Ingestion.defects(of: $0, examples: $1, in: $2) },
        { Governance.defects(of: $0, examples: $1, in: $2) },
        { Scoring.defects(of: $0, examples: $1, in: $2) },
        { Matchmaking.defects(of: $0, examples: $1, in: $2) },
        { PolicyPush.defects(of: $0, examples: $1, in: $2) },
        { RiskMonitoring.defects(of: $0, examples: $1, in: $2) },
        { Exchange.defects(of: $0, examples: $1, in: $2) },
    ]

    /// What the entries of each service speak of.
    private static let speakers: [@Sendable (CatalogEntry) -> [CatalogReference]] = [
        { Ingestion.references(of: $0) },
        { Governance.references(of: $0) },
        { Scoring.references(of: $0) },
        { Matchmaking.references(of: $0) },
        { PolicyPush.references(of: $0) },
        { RiskMonitoring.references(of: $0) },
        { Exchange.references(of: $0) },
    ]

    static let kinds: Set<String> = [
        "source", "institution", "recordType", "indicator", "tag", "dimension", "model", "whitelist", "product", "policy", "riskRule",
        "releaseRule", "ranking", "calendar", "purpose", "consentCategory", "qualityRule", "crossCheck", "sourceTrust",
        "identityRule", "layout", "codeList", "informationItem", "divisionTable",
    ]

    /// Refuses with every defect of every entry, each with its file and line.
    static func check(_ packs: [Pack], beside known: [CatalogEntry]) throws {
        let entries = packs.flatMap(\.entries)
        let catalog = Catalog(version: 1, entries: known + entries.map(\.entry))
        let names = CatalogNames(catalog)
        var defects: [String] = []
        for entry in entries {
            var found: [String] = []
            if !kinds.contains(entry.entry.kind) {
                found.append("there is no kind `\(entry.entry.kind)`")
            } else {
                if entry.examples.isEmpty { found.append("has no example") }
                for checker in checkers { found += checker(entry.entry, entry.examples, catalog) }
                found += names.defects(of: speakers.flatMap { $0(entry.entry) })
            }
            // Two services may read the same part of an entry.
            var told: Set<String> = []
            for defect in found where told.insert(defect).inserted {
                defects.append("\(entry.file): \(entry.entry.kind) `\(entry.entry.id)`: \(placed(defect, in: entry.entry))")
            }
        }
        guard defects.isEmpty else {
            let beside = PacksBeside(packs, known: known) { entry in speakers.flatMap { $0(entry) } }
            throw Failure("refused:\n  " + defects.joined(separator: "\n  ") + beside.remedy)
        }
    }

    /// With the line of the entry's body, unless the defect names a closer one itself.
    private static func placed(_ defect: String, in entry: CatalogEntry) -> String {
        defect.contains(/\bline [0-9]/) ? defect : "line \(entry.body.line): \(defect)"
    }

    /// The catalogue as it is in packs on disk, or else on its topic.
    static func catalog(packs: String?) throws -> Catalog {
        let entries = try packs.map { try Pack.load($0).flatMap(\.entries).map(\.entry) } ?? published(Connections.kafka())
        return Catalog(version: 1, entries: entries)
    }

    /// Everything on the catalogue topic now. What can not be read there is left out, as the services do, and named on stderr.
    static func published(_ settings: KafkaSettings) throws -> [CatalogEntry] {
        let consumer = try KafkaConsumer(settings, groupID: "xinqiao.operator")
        defer { consumer.close() }
        let count = try whileTransient { () throws(KafkaFault) in
            try consumer.partitionCount(topic: Topic.catalogEntries, timeout: .seconds(30))
        }
        guard count != nil else {
            throw Failure("topic \(Topic.catalogEntries) is missing: run `xinqiao topics apply` first")
        }
        let marks = try whileTransient { () throws(KafkaFault) in
            try consumer.watermarks(topic: Topic.catalogEntries, partition: 0, timeout: .seconds(10))
        }
        guard marks.high > marks.low else { return [] }
        try consumer.assign([TopicPosition(topic: Topic.catalogEntries, partition: 0, offset: marks.low)])
        var entries: [CatalogEntry] = []
        var unreadable: [[UInt8]: String] = [:]
        var next = marks.low
        let deadline = MonotonicClock.now + .seconds(30)
        while next < marks.high {
            guard MonotonicClock.now < deadline else { throw Failure("the catalogue topic could not be read to its end in 30 s") }
            var batch: [RawMessage] = []
            var errors: [PartitionError] = []
            try consumer.poll(into: &batch, errors: &errors, countMax: 10_000, bytesMax: 64 << 20, wait: .milliseconds(500))
            for message in batch {
                next = message.offset + 1
                guard let value = message.value, !value.isEmpty else { continue }
                do {
                    entries.append(try CatalogEntry(try JSONDocument(parsing: value).root))
                    unreadable[message.key ?? []] = nil
                } catch {
                    let key = String(decoding: message.key ?? [], as: UTF8.self)
                    let place = "the entry `\(key)` at offset \(message.offset) of \(Topic.catalogEntries)"
                    unreadable[message.key ?? []] = "\(place) can not be read and is left out: \(error)"
                }
            }
        }
        // Told and not thrown: publishing the entry again is the only remedy, and a backup must not wait for it.
        for complaint in unreadable.values.sorted() { Terminal.complain(complaint) }
        return entries
    }

    /// Writes what is new; returns a line that says what was done.
    static func publish(_ packs: [Pack], beside known: [CatalogEntry], _ settings: KafkaSettings) throws -> String {
        var forms: [String: [UInt8]] = [:]
        for entry in known { forms[entry.key] = try canonicalForm(entry) }
        var toSend: [Pack.FileEntry] = []
        for entry in packs.flatMap(\.entries) {
            guard let form = forms[entry.entry.key] else {
                toSend.append(entry)
                continue
            }
            guard try form == canonicalForm(entry.entry) else {
                throw Failure(
                    "\(entry.file): \(entry.entry.key) was published with another body, `effectiveFrom` or `withdrawn`; raise its version")
            }
        }
        // Few batches: everybody reads them from the start, and the built-in broker gives out one a request.
        let sender = try Sender(settings, inBulk: toSend.count > 1)
        for entry in toSend {
            try sender.send(topic: Topic.catalogEntries, partition: 0, key: entry.entry.key, value: entry.published, headers: [])
        }
        try sender.finish()
        return "\(toSend.count) entries published, \(packs.map(\.entries.count).reduce(0, +) - toSend.count) unchanged"
    }

    /// All that an entry says, so that members in another order are the same.
    private static func canonicalForm(_ entry: CatalogEntry) throws -> [UInt8] {
        try JSONDocument(parsing: Pack.publishedForm(entry), limits: Pack.limits).root.canonicalBytes
    }
}
