import Contracts
import Deciding
import Vocabulary
import Wire

/// An `informationItem` entry, compiled: one line of the list of what is to be collected, from whom, on what ground, and by which record
/// types it is filled.
public struct InformationItem: Sendable {
    /// How the platform comes to it.
    public enum Mode: String, CaseIterable, Sendable {
        /// 落地数据: copies lie on the platform.
        case stored
        /// 接口调用: asked for when needed.
        case interface
        /// 状态核验: the source says yes or no and nothing more.
        case verification
    }

    /// The four classes of a credit data centre: 公共政务、金融征信、企业经营、市场交易.
    public enum Class: String, CaseIterable, Sendable { case `public`, financial, operations, market }

    public let id: String
    public let title: (en: String, zh: String)
    /// The list and its edition, such as `national/2024`.
    public let list: String
    /// The category's number in the list, from 1, and its name.
    public let category: (number: Int, title: (en: String, zh: String))
    public let provider: (en: String, zh: String)
    /// The sources that should send it, and where; none while nobody is connected.
    public let sources: [Provider]
    public let mode: Mode
    public let itemClass: Class
    /// The category of the consent without which a firm's records of it are not taken in; nil when they need none.
    public let consentCategory: String?
    public let recordTypes: [String]
    /// While it is collected on trial: where it is due, and nowhere else. Empty when it is due everywhere. Records from elsewhere are let in
    /// all the same.
    public let pilotZones: [DivisionCode]
    /// False for what the list only recommends.
    public let isRequired: Bool
    /// Compared with the official list.
    public let isChecked: Bool
    /// On the one item that says which firms there are: how a record of its first type says where a firm is registered and whether still.
    public let registry: Registry?
    public let verification: VerifiedAnswer?

    /// A source that should send the item.
    public struct Provider: Hashable, Sendable {
        public let source: String
        /// Where it should; empty for everywhere.
        public let zones: [DivisionCode]

        /// As a record's `writer` has it.
        public var writer: String { OutsideWriter.source(source).name }
    }

    public struct Registry: Hashable, Sendable {
        public let divisionField: String
        public let statusField: String
        public let ended: Set<String>
    }

    /// Compiles the body; everything that is wrong goes to `defects`.
    public init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        let body = entry.body
        func words(_ json: JSONValue?, _ name: String) -> (en: String, zh: String) {
            guard let en = json?["en"]?.string, !en.isEmpty, let zh = json?["zh"]?.string, !zh.isEmpty else {
                defects.append("`\(name)` is not {en, zh}")
                return ("", "")
            }
            return (en, zh)
        }
        id = entry.id
        title = words(body["title"], "title")
        let (listID, edition) = (body["list"]?["id"]?.string ?? "", body["list"]?["edition"]?.string ?? "")
        if listID.isEmpty || edition.isEmpty { defects.append("`list` is not {id, edition}") }
        list = "\(listID)/\(edition)"
        let number = body["category"]?["number"]?.int ?? 0
        if !(1...99).contains(number) { defects.append("`category.number` is not 1…99") }
        category = (Int(clamping: number), words(body["category"]?["title"], "category.title"))
        provider = words(body["provider"], "provider")
        sources = Self.providers(body, defects: &defects)
        let mode = body["mode"]?.string.flatMap { Mode(rawValue: $0) }
        if mode == nil { defects.append("`mode` is none of \(Mode.allCases.map(\.rawValue).joined(separator: ", "))") }
        self.mode = mode ?? .stored
        let itemClass = body["class"]?.string.flatMap { Class(rawValue: $0) }
        if itemClass == nil { defects.append("`class` is none of \(Class.allCases.map(\.rawValue).joined(separator: ", "))") }
        self.itemClass = itemClass ?? .public
        if body["sensitivity"]?.string.flatMap({ FieldClass(rawValue: $0) }) == nil {
            defects.append("`sensitivity` is none of \(FieldClass.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let periods = SourceRhythm.Period.allCases.map(\.rawValue) + ["event"]
        if !periods.contains(body["update"]?.string ?? "") { defects.append("`update` is none of \(periods.joined(separator: ", "))") }
        let bases = body["legalBasis"]?.elements.compactMap { $0["zh"]?.string } ?? []
        if bases.isEmpty || bases.count != body["legalBasis"]?.count { defects.append("`legalBasis` is not a list of {en, zh}") }
        if let consent = body["consentCategory"], !consent.isNull, consent.string == nil {
            defects.append("`consentCategory` is neither null nor a text")
        }
        consentCategory = body["consentCategory"]?.string
        recordTypes = body["recordTypes"]?.elements.compactMap(\.string) ?? []
        if body["recordTypes"]?.kind != .array || recordTypes.count != body["recordTypes"]?.count {
            defects.append("`recordTypes` is not a list of ids")
        }
        pilotZones = Self.divisions(body["pilotZones"], "pilotZones", defects: &defects)
        isRequired = body["required"]?.bool ?? true
        if body["sourceChecked"]?.bool == nil { defects.append("`sourceChecked` is not true or false") }
        isChecked = body["sourceChecked"]?.bool ?? false
        registry = body["registry"].flatMap { json -> Registry? in
            guard let division = json["division"]?.string, let status = json["status"]?.string else {
                defects.append("`registry` is not {division, status, ended}")
                return nil
            }
            return Registry(divisionField: division, statusField: status, ended: Set(json["ended"]?.elements.compactMap(\.string) ?? []))
        }
        if body["registry"] != nil, recordTypes.isEmpty { defects.append("`registry` needs a record type") }
        verification = body["verification"].flatMap { VerifiedAnswer($0) }
        if body["verification"] != nil, verification == nil { defects.append("`verification` is not {request, answer, bit, reference}") }
        if (mode == .verification) != (body["verification"] != nil) {
            defects.append("`verification` belongs to mode verification, and to no other")
        }
        if mode == .verification, !recordTypes.isEmpty { defects.append("`recordTypes`: of what is only verified, nothing is stored") }
        if defects.count > before { return nil }
    }

    /// The record types whose records say that something has come: those that fill it, or the answers to what is asked of it.
    public var evidence: [String] { verification.map { [$0.answer] } ?? recordTypes }

    /// The record types that are taken in under the item's consent, or without one as it says: those that fill it, or the question about a
    /// firm.
    var consented: [String] { verification.map { [$0.request] } ?? recordTypes }

    /// Reads `source`, the id of one that sends from everywhere, or `sources`, a list of `{id, zones}`.
    private static func providers(_ body: JSONValue, defects: inout [String]) -> [Provider] {
        guard let list = body["sources"], !list.isNull else {
            return body["source"]?.string.map { [Provider(source: $0, zones: [])] } ?? []
        }
        if let one = body["source"], !one.isNull { defects.append("`source` and `sources` exclude one another") }
        var providers: [Provider] = []
        for json in list.elements {
            guard let id = json["id"]?.string, !id.isEmpty, !providers.contains(where: { $0.source == id }) else { continue }
            providers.append(Provider(source: id, zones: divisions(json["zones"], "sources.zones", defects: &defects)))
        }
        if providers.isEmpty || providers.count != list.count { defects.append("`sources` is not a list of {id, zones}, each source once") }
        return providers
    }

    private static func divisions(_ json: JSONValue?, _ name: String, defects: inout [String]) -> [DivisionCode] {
        guard let json else { return [] }
        let codes = json.elements.compactMap { $0.string.flatMap { DivisionCode($0) } }
        if json.kind != .array || codes.count != json.count { defects.append("`\(name)` is not a list of division codes") }
        return codes
    }
}

extension VerifiedAnswer {
    /// What makes of an answer more than one bit to one question. Whatever its record type allows: that may be another version tomorrow.
    func defects(in answer: JSONValue) -> [FieldDefect] {
        answer.members.compactMap { (name, value) -> FieldDefect? in
            switch name {
            case bit: return Self.isBit(value) ? nil : FieldDefect(field: name, code: "field-type", detail: "neither true nor false")
            case reference: return Self.referenceDefect(name, value)
            default: return FieldDefect(field: name, code: "field-unknown", detail: "a verification answers one bit")
            }
        }
    }

    private static func referenceDefect(_ name: String, _ value: JSONValue) -> FieldDefect? {
        guard let text = value.string else { return FieldDefect(field: name, code: "field-type", detail: "no text") }
        guard !isReference(text) else { return nil }
        return FieldDefect(
            field: name, code: "too-long", detail: "\(text.unicodeScalars.count) characters, \(referenceLengthMax) are allowed")
    }
}
