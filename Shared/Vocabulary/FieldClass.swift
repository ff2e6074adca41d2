/// How sensitive a field is, from its schema (`x-class`). A field without a known class does not leave.
public enum FieldClass: String, CaseIterable, Sendable {
    /// May be shown to anyone.
    case `public`
    /// For our own services.
    case `internal`
    /// A citizen's identity number.
    case personalNumber = "pii.id"
    /// A telephone number.
    case phone = "pii.phone"
    /// A natural person's name.
    case personalName = "pii.name"
    /// A bank account or card number.
    case account = "pii.account"
    /// Keys, tokens, passwords.
    case secret

    /// True for data about a natural person.
    public var isPersonal: Bool {
        switch self {
        case .personalNumber, .phone, .personalName, .account: true
        case .public, .internal, .secret: false
        }
    }
}
