/// What this process was made of: the labels of `credit_build_info` and the answer of `/version`.
package struct BuildInfo: Hashable, Sendable {
    package let service: String
    /// The suite's version, such as `1.4.0`.
    package let version: String
    /// The commit it was built from.
    package let revision: String
    package let swift: String
    package let librdkafka: String
    package let libpq: String

    package init(
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
    package static var compiler: String {
        #if compiler(>=6.4)
            "6.4+"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    /// Names and values in a fixed order.
    package var pairs: [(name: String, value: String)] {
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
