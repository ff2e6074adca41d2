/// What this process was made of: the labels of `credit_build_info` and the answer of `/version`.
public struct BuildInfo: Hashable, Sendable {
    public let service: String
    /// The suite's version, such as `1.4.0`.
    public let version: String
    /// The commit it was built from.
    public let revision: String
    public let swift: String
    public let librdkafka: String
    public let libpq: String

    public init(
        service: String, version: String, revision: String = "unknown", swift: String = BuildInfo.compiler,
        librdkafka: String = "none", libpq: String = "none"
    ) {
        self.service = service
        self.version = version
        self.revision = revision
        self.swift = swift
        self.librdkafka = librdkafka
        self.libpq = libpq
    }

    /// The compiler's minor version, as far as it can be known while compiling.
    public static var compiler: String {
        #if compiler(>=6.4)
            "6.4+"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    /// Names and values in a fixed order.
    public var pairs: [(name: String, value: String)] {
        [
            ("service", service), ("version", version), ("revision", revision), ("swift", swift), ("librdkafka", librdkafka),
            ("libpq", libpq),
        ]
    }

    /// One JSON object with a line break.
    var json: [UInt8] {
        let members = pairs.map { JSONText.quoted($0.name) + ":" + JSONText.quoted($0.value) }
        return Array(("{" + members.joined(separator: ",") + "}\n").utf8)
    }
}
