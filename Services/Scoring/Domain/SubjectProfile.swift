import Vocabulary

/// What a portrait says of a subject beside indicators, and where it is read.
enum SubjectProfile {
    static let registration = "registration"
    static let publicGrade = "public-grade"

    /// Always kept, whatever the catalogue asks for.
    static let fields: [String: Set<String>] = [
        registration: ["name", "division", "industry", "registeredOn"]
    ]

    /// `enterprise`, `sole-trader`, `cooperative` or `other`, from the first two characters of the code.
    static func kind(of subject: String) -> String {
        switch USCC.Kind(authorityAndKind: String(subject.prefix(2)).uppercased()) {
        case .enterprise: "enterprise"
        case .soleTrader: "sole-trader"
        case .cooperative: "cooperative"
        default: "other"
        }
    }
}
