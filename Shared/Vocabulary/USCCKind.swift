extension USCC {
    /// What sort of organisation a code belongs to, from its first two characters. Source: GB 32100-2015, table of authorities and kinds.
    ///
    /// Some copies of the table also show `99`; it was not confirmed, so it is not here. Where such a code is known to be valid, list it
    /// among the pilot exceptions (`USCC.Reading`).
    public enum Kind: String, CaseIterable, Sendable {
        /// 机关 11.
        case government
        /// 事业单位 12.
        case publicInstitution = "public-institution"
        /// 中央编办直管群众团体 13.
        case peopleOrganisation = "people-organisation"
        /// Other bodies of the establishment offices, 19.
        case otherEstablishment = "other-establishment"
        /// 外交: resident foreign news bureaus 21, others 29.
        case foreignBureau = "foreign-bureau"
        /// 司法行政: law firms 31, notaries 32, legal services 33, forensic institutes 34, arbitration commissions 35, others 39.
        case legalService = "legal-service"
        /// 文化: foreign cultural centres 41, others 49.
        case culturalCentre = "cultural-centre"
        /// 社会团体 51.
        case socialGroup = "social-group"
        /// 民办非企业单位 52.
        case privateNonEnterprise = "private-non-enterprise"
        /// 基金会 53.
        case foundation
        /// Other bodies of civil affairs, 59.
        case otherCivil = "other-civil"
        /// 旅游 61, 62, 69.
        case tourismOffice = "tourism-office"
        /// 宗教: places 71, academies 72, others 79.
        case religiousBody = "religious-body"
        /// 工会: primary unions 81, others 89.
        case tradeUnion = "trade-union"
        /// 企业 91.
        case enterprise
        /// 个体工商户 92.
        case soleTrader = "sole-trader"
        /// 农民专业合作社 93.
        case cooperative
        /// 中央军委 A1, A9.
        case military
        /// 农村集体经济组织: group N1, village N2, township N3, others N9.
        case ruralCollective = "rural-collective"
        /// Y1.
        case other

        /// Every pair of characters the standard lists for this kind; the first is the one new codes get.
        public var authorityAndKinds: [String] {
            switch self {
            case .government: ["11"]
            case .publicInstitution: ["12"]
            case .peopleOrganisation: ["13"]
            case .otherEstablishment: ["19"]
            case .foreignBureau: ["21", "29"]
            case .legalService: ["31", "32", "33", "34", "35", "39"]
            case .culturalCentre: ["41", "49"]
            case .socialGroup: ["51"]
            case .privateNonEnterprise: ["52"]
            case .foundation: ["53"]
            case .otherCivil: ["59"]
            case .tourismOffice: ["61", "62", "69"]
            case .religiousBody: ["71", "72", "79"]
            case .tradeUnion: ["81", "89"]
            case .enterprise: ["91"]
            case .soleTrader: ["92"]
            case .cooperative: ["93"]
            case .military: ["A1", "A9"]
            case .ruralCollective: ["N2", "N1", "N3", "N9"]
            case .other: ["Y1"]
            }
        }

        /// The pair of characters that new codes of this kind get.
        public var authorityAndKind: String { authorityAndKinds.first ?? "Y1" }

        /// Nil for a pair that the standard does not list.
        public init?(authorityAndKind pair: String) {
            guard let kind = Kind.byPair[pair] else { return nil }
            self = kind
        }

        private static let byPair: [String: Kind] = {
            var table: [String: Kind] = [:]
            for kind in allCases { for pair in kind.authorityAndKinds { table[pair] = kind } }
            return table
        }()

        /// The kind of each of the 31 × 31 pairs of character values; nil for pairs not listed.
        static let byValues: [Kind?] = {
            var table = [Kind?](repeating: nil, count: 31 * 31)
            for (pair, kind) in byPair {
                let values = pair.utf8.map { Int(USCC.value(ofByte: $0)) }
                table[values[0] * 31 + values[1]] = kind
            }
            return table
        }()
    }
}
