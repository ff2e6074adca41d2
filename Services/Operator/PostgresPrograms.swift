import Foundation

/// PostgreSQL's own programs on this machine.
enum PostgresPrograms {
    /// The folder that has `program`, for one major version or else the newest; Debian keeps each version in a folder of its own.
    static func folder(with program: String, major: Int? = nil) throws -> String {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let debian = versions.compactMap(Int.init).sorted(by: >).filter { major == nil || $0 == major }.map {
            "/usr/lib/postgresql/\($0)/bin"
        }
        let found = (debian + path).first { FileManager.default.isExecutableFile(atPath: $0 + "/" + program) }
        guard let found else {
            throw Failure(
                "\(program)\(major.map { " of PostgreSQL \($0)" } ?? "") is not installed: `apt-get install postgresql` (or run `ops/setup`)"
            )
        }
        return found
    }
}

/// libpq's connection text in parts, so that it can be handed to PostgreSQL's programs in a file instead of on their command line,
/// where everybody on the machine could read the password.
struct ConninfoParts {
    let parts: [(key: String, value: String)]

    /// Reads `key=value key='a value' …`. Nil for an address (`postgresql://…`) or anything that is not whole.
    init?(_ text: String) {
        guard !text.contains("://") else { return nil }
        var parts: [(key: String, value: String)] = []
        var rest = Substring(text)
        while true {
            rest = rest.drop { $0.isWhitespace }
            guard !rest.isEmpty else { break }
            guard let sign = rest.firstIndex(of: "=") else { return nil }
            let key = rest[..<sign].filter { !$0.isWhitespace }
            rest = rest[rest.index(after: sign)...].drop { $0.isWhitespace }
            var value = ""
            let isQuoted = rest.first == "'"
            if isQuoted { rest = rest.dropFirst() }
            var isClosed = !isQuoted
            while let character = rest.first {
                rest = rest.dropFirst()
                if character == "\\" {
                    guard let next = rest.first else { return nil }
                    value.append(next)
                    rest = rest.dropFirst()
                } else if isQuoted, character == "'" {
                    isClosed = true
                    break
                } else if !isQuoted, character.isWhitespace {
                    break
                } else {
                    value.append(character)
                }
            }
            guard isClosed, !key.isEmpty else { return nil }
            parts.append((String(key), value))
        }
        self.parts = parts
    }

    /// A service file for libpq (`PGSERVICEFILE`). Nil when a value can not stand in one.
    func serviceFile(named name: String) -> String? {
        guard parts.allSatisfy({ !$0.value.contains("\n") }) else { return nil }
        return "[\(name)]\n" + parts.map { "\($0.key)=\($0.value)\n" }.joined()
    }
}
