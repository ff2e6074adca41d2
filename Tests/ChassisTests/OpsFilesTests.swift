import Chassis
import Glibc
import Testing

/// What `ops/` says about metrics is true of this code.
struct OpsFilesTests {
    @Test func `alerts and dashboards use only metrics that are declared`() throws {
        let known = Set(MetricName.allCases.map(\.rawValue))
        for path in ["alerts.yaml", "alerts_test.yaml", "dashboards/xinqiao.json"] {
            let used = names(in: try #require(text("ops/" + path)))
            #expect(used.count > 5, "\(path)")
            for name in used {
                // A histogram is asked for by its three parts.
                let whole = ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) } ?? name
                #expect(known.contains(name) || known.contains(whole), "\(path): \(name)")
            }
        }
    }

    @Test func `every declared metric is on the dashboard or in an alert`() throws {
        let used = try names(in: #require(text("ops/dashboards/xinqiao.json"))).union(names(in: #require(text("ops/alerts.yaml"))))
        for name in MetricName.allCases.map(\.rawValue) {
            #expect(["", "_bucket", "_sum"].contains { used.contains(name + $0) }, "\(name)")
        }
    }

    @Test func `every alert has a runbook and both of its tests`() throws {
        let alerts = try values(of: "- alert: ", in: #require(text("ops/alerts.yaml")))
        #expect(alerts.count >= 16)
        let tests = try values(of: "- name: ", in: #require(text("ops/alerts_test.yaml")))
        for alert in alerts {
            let runbook = text("ops/runbooks/\(alert).md")
            #expect(runbook?.contains("## Meaning") == true && runbook?.contains("## Do") == true, "\(alert)")
            #expect(tests.contains(alert + " is raised") && tests.contains(alert + " is not raised"), "\(alert)")
        }
    }

    /// The whole words that look like metrics of ours.
    private func names(in text: String) -> Set<String> {
        let words = text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }.map(String.init)
        return Set(words.filter { $0.hasPrefix("credit_") || $0.hasPrefix("process_") })
    }

    private func values(of key: String, in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let line = line.drop { $0 == " " }
            return line.hasPrefix(key) ? String(line.dropFirst(key.count)) : nil
        }
    }

    /// A file of the repository, which is three folders above this one.
    private func text(_ path: String) -> String? {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        guard let file = unsafe fopen("/\(root)/\(path)", "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = unsafe fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
