import Contracts
import Wire

/// One payload type with its golden file.
struct PayloadExample {
    let name: String
    let type: any Payload.Type
    let golden: Tree

    /// The types whose bodies these tests know how to read. A type of the sources that is missing here fails a test.
    static let types: [any Payload.Type] = [
        AcceptedRecord.self, Fact.self, FactDispute.self, GovernanceEvent.self, Portrait.self, Assessment.self, WhitelistChange.self,
        ReportIssued.self, MatchList.self, ApplicationEvent.self, ReleaseRequest.self, PolicyEvent.self, GrantClaim.self, RiskAlert.self,
        WatchEvent.self, ExchangeEvent.self, LogCheckpoint.self,
    ]

    static let folder = "Tests/ContractsTests/Examples"

    static func all() throws -> [PayloadExample] {
        try types.map { type in
            let name = String(describing: type)
            let document = try JSONDocument(parsing: try Repository.bytes("\(folder)/\(name).json"))
            return PayloadExample(name: name, type: type, golden: Tree(document.root))
        }
    }

    /// Reads the body and writes it again, members sorted.
    func rewritten(_ tree: Tree) throws -> [UInt8] {
        let document = try JSONDocument(parsing: tree.bytes)
        return try JSONDocument(parsing: try type.init(document.root).bytes).root.canonicalBytes
    }

    /// Why the body is refused; nil when it is not.
    func refusal(of tree: Tree) throws -> ContractDefect? {
        let document = try JSONDocument(parsing: tree.bytes)
        do {
            _ = try type.init(document.root)
            return nil
        } catch {
            return error
        }
    }

    /// Every place in the golden file that the contract itself describes: not what stands inside members whose content is free.
    var places: [Place] { golden.places { !Self.isFree($0) } }

    /// Passed on as it came, or a map whose keys the catalogue names.
    static func isFree(_ member: String) -> Bool {
        ["data", "supersededData", "body", "indicators", "dimensions"].contains(member)
    }
}

/// A JSON value that can be changed.
indirect enum Tree {
    case object([(key: String, value: Tree)])
    case array([Tree])
    /// A scalar's text.
    case scalar([UInt8])

    init(_ json: JSONValue) {
        switch json.kind {
        case .object: self = .object(json.members.map { ($0.key, Tree($0.value)) })
        case .array: self = .array(json.elements.map { Tree($0) })
        case .null, .bool, .number, .string: self = .scalar(Array(json.rawBytes))
        }
    }

    init(scalar text: String) { self = .scalar(Array(text.utf8)) }

    var bytes: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    private func write(to writer: inout JSONWriter) {
        switch self {
        case .object(let members):
            writer.openObject()
            for (key, value) in members {
                writer.key(key)
                value.write(to: &writer)
            }
            writer.closeObject()
        case .array(let elements):
            writer.openArray()
            for element in elements { element.write(to: &writer) }
            writer.closeArray()
        case .scalar(let text): writer.raw(text)
        }
    }

    /// Every place below this one, parents before children; enters only members that `isEntered` names.
    func places(_ isEntered: (String) -> Bool) -> [Place] {
        var found: [Place] = []
        func walk(_ tree: Tree, _ place: Place) {
            if !place.steps.isEmpty { found.append(place) }
            if case .member(let name)? = place.steps.last, !isEntered(name) { return }
            switch tree {
            case .object(let members): for (key, value) in members { walk(value, place.appending(.member(key))) }
            case .array(let elements): for (index, value) in elements.enumerated() { walk(value, place.appending(.element(index))) }
            case .scalar: break
            }
        }
        walk(self, Place(steps: []))
        return found
    }

    subscript(place: Place) -> Tree? {
        var current = self
        for step in place.steps {
            switch (step, current) {
            case (.member(let name), .object(let members)):
                guard let member = members.first(where: { $0.key == name }) else { return nil }
                current = member.value
            case (.element(let index), .array(let elements)) where elements.indices.contains(index): current = elements[index]
            default: return nil
            }
        }
        return current
    }

    /// With what stands at the place changed; nil takes it away.
    func changing(_ place: Place, to change: (Tree) -> Tree?) -> Tree {
        guard let step = place.steps.first else { return change(self) ?? self }
        let rest = Place(steps: Array(place.steps.dropFirst()))
        func changed(_ child: Tree) -> Tree? { rest.steps.isEmpty ? change(child) : child.changing(rest, to: change) }
        switch (step, self) {
        case (.member(let name), .object(let members)):
            return .object(members.compactMap { key, value in key == name ? changed(value).map { (key, $0) } : (key, value) })
        case (.element(let place), .array(let elements)):
            return .array(elements.enumerated().compactMap { index, value in index == place ? changed(value) : value })
        default: return self
        }
    }
}

/// Where in a JSON value something stands.
struct Place: CustomStringConvertible {
    enum Step {
        case member(String)
        case element(Int)
    }

    let steps: [Step]

    func appending(_ step: Step) -> Place { Place(steps: steps + [step]) }

    /// The member's name; nil for an element of a list.
    var member: String? {
        if case .member(let name)? = steps.last { name } else { nil }
    }

    /// The nearest member on the way.
    var nearestMember: String? {
        for step in steps.reversed() { if case .member(let name) = step { return name } }
        return nil
    }

    var description: String {
        steps.map { step in
            switch step {
            case .member(let name): "/" + name
            case .element(let index): "/\(index)"
            }
        }.joined()
    }
}
