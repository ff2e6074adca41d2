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
    /// The source that sends it, when one is connected.
    public let source: String?
    public let mode: Mode
    public let itemClass: Class
    public let recordTypes: [String]
    public let pilotZones: [DivisionCode]
    /// False for what the list only recommends.
    public let isRequired: Bool
    /// Compared with the official list.
    public let isChecked: Bool
    /// On the one item that says which firms there are: how a record of its first type says where a firm is registered and whether still.
    public let registry: Registry?
    public let verification: Verification?

    public struct Registry: Hashable, Sendable {
        public let divisionField: String
        public let statusField: String
        public let ended: Set<String>
    }

    public struct Verification: Hashable, Sendable {
        public let request: String
        public let answer: String
        /// The one bit.
        public let bit: String
        /// Which question it answers.
        public let reference: String
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
        source = body["source"]?.string
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
        recordTypes = body["recordTypes"]?.elements.compactMap(\.string) ?? []
        if body["recordTypes"]?.kind != .array || recordTypes.count != body["recordTypes"]?.count {
            defects.append("`recordTypes` is not a list of ids")
        }
        pilotZones = body["pilotZones"]?.elements.compactMap { $0.string.flatMap { DivisionCode($0) } } ?? []
        if let zones = body["pilotZones"], zones.kind != .array || pilotZones.count != zones.count {
            defects.append("`pilotZones` is not a list of division codes")
        }
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
        verification = body["verification"].flatMap { json -> Verification? in
            guard let request = json["request"]?.string, let answer = json["answer"]?.string, let bit = json["bit"]?.string,
                let reference = json["reference"]?.string
            else {
                defects.append("`verification` is not {request, answer, bit, reference}")
                return nil
            }
            return Verification(request: request, answer: answer, bit: bit, reference: reference)
        }
        if (mode == .verification) != (body["verification"] != nil) {
            defects.append("`verification` belongs to mode verification, and to no other")
        }
        if defects.count > before { return nil }
    }
}
