public import Wire

extension Scorecard {
    /// Reads a catalogue entry's body. Refuses what lacks a field and what leaves a subject without a score.
    ///
    /// ```
    /// {"kind": "scorecard", "base": 480, "scoreMin": 300, "scoreMax": 900, "margin": 12,
    ///  "features": [{"indicator": "debtRatio", "label": {"en": …, "zh": …}, "reason": {"code": "R1", "en": …, "zh": …},
    ///    "bins": [{"below": 0.4, "points": 30}, {"below": 0.7, "points": 10}, {"else": true, "points": -20},
    ///             {"missing": true, "points": -5}, {"notApplicable": true, "points": 0}, {"values": [-1], "points": 0}]}],
    ///  "grades": [{"atLeast": 640, "grade": "A"}, {"atLeast": 300, "grade": "B"}],
    ///  "calibration": {"scoreAtOdds": 600, "odds": 20, "pdo": 20}}
    /// ```
    public init(_ json: JSONValue) throws(ModelDefect) {
        guard let kind = json["kind"]?.string.flatMap({ Kind(rawValue: $0) }) else { throw .field("/kind") }
        var features: [Feature] = []
        for (position, feature) in try elements("features", json).enumerated() {
            features.append(try Feature(feature, kind: kind, at: "/features/\(position)"))
        }
        var grades: [Grade] = []
        for (position, grade) in try elements("grades", json).enumerated() {
            let at = "/grades/\(position)"
            grades.append(Grade(atLeast: try integer("atLeast", grade, at), grade: try text("grade", grade, at)))
        }
        var calibration: Calibration?
        if let body = json["calibration"], !body.isNull {
            calibration = Calibration(
                score: try integer("scoreAtOdds", body, "/calibration"), odds: try number("odds", body, "/calibration"),
                pdo: try number("pdo", body, "/calibration"))
        }
        try self.init(
            kind: kind, base: json["base"] == nil && kind == .expert ? 0 : try integer("base", json, ""), features: features,
            grades: grades, scoreMin: try integer("scoreMin", json, ""), scoreMax: try integer("scoreMax", json, ""),
            calibration: calibration, margin: json["margin"] == nil ? 0 : try integer("margin", json, ""))
    }
}

extension Scorecard: JSONWritable {
    /// Writes the body that `init(_:)` reads; the same card always gives the same bytes.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("kind", kind.rawValue)
            writer.member("base", base)
            writer.member("scoreMin", scoreMin)
            writer.member("scoreMax", scoreMax)
            writer.member("margin", margin)
            writer.member(
                "features",
                array: { writer in
                    for feature in features { writer.element(feature) }
                })
            writer.member(
                "grades",
                array: { writer in
                    for grade in grades {
                        writer.element(object: { writer in
                            writer.member("atLeast", grade.atLeast)
                            writer.member("grade", grade.grade)
                        })
                    }
                })
            if let calibration {
                writer.member(
                    "calibration",
                    object: { writer in
                        writer.member("scoreAtOdds", calibration.score)
                        writer.member("odds", calibration.odds)
                        writer.member("pdo", calibration.pdo)
                    })
            }
        }
    }

    /// The body as bytes.
    public var json: [UInt8] { JSONWriter.encode { $0.element(self) } }
}

extension Feature {
    fileprivate init(_ json: JSONValue, kind: Scorecard.Kind, at path: String) throws(ModelDefect) {
        guard let reason = json["reason"] else { throw .field(path + "/reason") }
        guard let label = json["label"] else { throw .field(path + "/label") }
        var bins: [Bin] = []
        for (position, bin) in try elements("bins", json, path).enumerated() {
            bins.append(try Bin(bin, at: "\(path)/bins/\(position)"))
        }
        let weight = kind == .expert ? try integer("weight", json, path) : 0
        guard (0...10_000).contains(weight) else { throw .range(path + "/weight") }
        try self.init(
            indicator: try text("indicator", json, path), label: try Words(label, at: path + "/label"),
            reasonCode: try text("code", reason, path + "/reason"), reason: try Words(reason, at: path + "/reason"), weight: weight,
            bins: bins)
    }
}

extension Feature: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("indicator", indicator)
            writer.member("label", object: { label.write(to: &$0) })
            writer.member(
                "reason",
                object: { writer in
                    writer.member("code", reasonCode)
                    reason.write(to: &writer)
                })
            if weight != 0 { writer.member("weight", weight) }
            writer.member(
                "bins",
                array: { writer in
                    for bin in bins { writer.element(object: { bin.write(to: &$0) }) }
                })
        }
    }
}

extension Feature.Bin {
    fileprivate init(_ json: JSONValue, at path: String) throws(ModelDefect) {
        let points = try integer("points", json, path)
        if json["below"] != nil {
            self.init(.below(try number("below", json, path)), points: points)
        } else if json["values"] != nil {
            var values: [Double] = []
            for value in try elements("values", json, path) {
                guard value.kind == .number, let number = value.double else { throw .field(path + "/values") }
                values.append(number)
            }
            self.init(.values(values), points: points)
        } else {
            for (name, takes) in Feature.Bin.special where json[name]?.bool == true {
                self.init(takes, points: points)
                return
            }
            throw .field(path + "/below")
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        switch takes {
        case .below(let bound): writer.member("below", bound)
        case .values(let values): writer.member("values", array: { writer in for value in values { writer.element(value) } })
        case .otherwise, .missing, .notApplicable, .notAuthorised:
            for (name, takes) in Feature.Bin.special where takes == self.takes { writer.member(name, true) }
        }
        writer.member("points", points)
    }

    private static let special: [(String, Feature.Takes)] = [
        ("else", .otherwise), ("missing", .missing), ("notApplicable", .notApplicable), ("notAuthorised", .notAuthorised),
    ]
}

extension Words {
    fileprivate init(_ json: JSONValue, at path: String) throws(ModelDefect) {
        self.init(en: try text("en", json, path), zh: try text("zh", json, path))
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("en", en)
        writer.member("zh", zh)
    }
}

private func elements(_ name: String, _ json: JSONValue, _ path: String = "") throws(ModelDefect) -> JSONElements {
    guard let list = json[name], list.kind == .array else { throw .field("\(path)/\(name)") }
    return list.elements
}

private func text(_ name: String, _ json: JSONValue, _ path: String) throws(ModelDefect) -> String {
    guard let text = json[name]?.string, !text.isEmpty else { throw .field("\(path)/\(name)") }
    return text
}

private func integer(_ name: String, _ json: JSONValue, _ path: String) throws(ModelDefect) -> Int {
    guard let number = json[name]?.int else { throw .field("\(path)/\(name)") }
    return Int(number)
}

private func number(_ name: String, _ json: JSONValue, _ path: String) throws(ModelDefect) -> Double {
    guard let value = json[name], value.kind == .number, let number = value.double else { throw .field("\(path)/\(name)") }
    return number
}
