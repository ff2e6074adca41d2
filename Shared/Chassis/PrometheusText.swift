/// Writes Prometheus's text format, version 0.0.4.
struct PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var bytes: [UInt8] = []

    mutating func header(_ name: MetricName) {
        let declaration = name.declaration
        let help = declaration.help.escaped([("\\", "\\\\"), ("\n", "\\n")])
        let type =
            switch declaration.kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        bytes += Array("# HELP \(name.rawValue) \(help) Unit: \(declaration.unit).\n# TYPE \(name.rawValue) \(type)\n".utf8)
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        bytes += Array(name.utf8)
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.0)=\"\($0.1.escaped([("\\", "\\\\"), ("\"", "\\\""), ("\n", "\\n")]))\"" }
            bytes += Array("{\(pairs.joined(separator: ","))}".utf8)
        }
        bytes += Array(" \(PrometheusText.number(value))\n".utf8)
    }

    /// The count is the sum of the buckets as they were read, so that the three always agree.
    mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: Metrics.Histogram) {
        let sum = histogram.sum
        var running: UInt64 = 0
        for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
            running += count
            sample(name + "_bucket", labels + [("le", PrometheusText.number(bound))], Double(running))
        }
        sample(name + "_sum", labels, sum)
        sample(name + "_count", labels, Double(running))
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.rounded() == value && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}

extension String {
    /// Each scalar that has a replacement replaced. By scalar, since "\r\n" is one Character and would slip through.
    fileprivate func escaped(_ replacements: [(Unicode.Scalar, String)]) -> String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if let replacement = replacements.first(where: { $0.0 == scalar })?.1 {
                result.append(contentsOf: replacement.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}
