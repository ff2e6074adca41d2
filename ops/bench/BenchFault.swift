/// Why there is no figure.
enum BenchFault: Error, CustomStringConvertible {
    case usage(String)
    case file(String, String)
    /// Two runs over the same input differed, or two contenders did: then their times can not be compared.
    case unequal(String)
    case postgres(String)

    var description: String {
        switch self {
        case .usage(let reason): reason
        case .file(let path, let reason): "\(path): \(reason)"
        case .unequal(let what): "not the same result: \(what)"
        case .postgres(let reason): "PostgreSQL: \(reason)"
        }
    }
}
