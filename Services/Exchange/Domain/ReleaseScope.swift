/// What is to leave, as a consent looks at it.
struct ReleaseScope: Hashable, Sendable {
    let receiver: String
    let messageType: String
    let categories: Set<String>
    let purpose: String
    /// The application that it is about; nil when it is about none.
    let applicationID: String?
    /// The product that it is about; nil when it is about none.
    let productID: String?
    /// The manners of use under which it may leave: a consent that names another one does not cover it.
    let modes: Set<String>
}

/// The manners of use that a consent can name: its `mode`.
///
/// Source: the consent artefact of India's account aggregators (VIEW, STORE, QUERY, STREAM).
enum ReleaseMode: String, CaseIterable, Sendable {
    /// To be looked at and not kept.
    case view
    /// To be kept, for as long as the consent says.
    case store
    /// Questions are answered; what the answer rests on is not handed over.
    case query
    /// Told as it comes, again and again.
    case stream
}
