import Wire

/// A schema's place: in which document, and where there.
struct SchemaPlace: Sendable {
    let document: Int
    /// RFC 6901, from the root of the document.
    let pointer: String
    let value: JSONValue
    let resource: Int

    var key: Key { Key(document: document, offset: value.offset) }

    /// No two values of a document begin at the same byte.
    struct Key: Hashable {
        let document: Int
        let offset: Int
    }
}

/// A schema with an `$id` of its own, or a document's root.
struct SchemaResource: Sendable {
    let uri: URIReference
    let document: Int
    /// Of its root, from the root of the document.
    let pointer: String
    let root: JSONValue
    let dialect: SchemaDialect
    var anchors: [String: SchemaPlace] = [:]
    var dynamicAnchors: [String: SchemaPlace] = [:]
}

/// The documents that a schema may refer to, by URI.
struct SchemaRegistry {
    private(set) var documents: [JSONValue] = []
    private(set) var resources: [SchemaResource] = []
    private var resourcesByURI: [String: Int] = [:]
    private var resourcesByRoot: [SchemaPlace.Key: Int] = [:]
    /// Documents not yet read.
    private var remotes: [String: JSONValue]
    private(set) var defects: [SchemaDefect] = []

    /// Schemas in one another.
    private static let depthMax = 100

    init(remotes: [String: JSONValue]) {
        self.remotes = MetaSchemas.all.merging(remotes) { _, given in given }
    }

    /// Reads a document; gives the place of its root. `uri` is where it was found.
    mutating func add(_ root: JSONValue, uri: String) -> SchemaPlace {
        let document = documents.count
        documents.append(root)
        let resource = addResource(
            root, uri: URIReference(uri), document: document, pointer: "", inherited: .standard, isRoot: true)
        scan(root, document: document, pointer: "", resource: resource, depth: 0)
        return SchemaPlace(document: document, pointer: "", value: root, resource: resource)
    }

    // MARK: Reading

    private mutating func addResource(
        _ value: JSONValue, uri: URIReference, document: Int, pointer: String, inherited: SchemaDialect, isRoot: Bool
    ) -> Int {
        var uri = uri
        if let id = value["$id"]?.string { uri = URIReference(id).resolved(against: uri).base }
        let dialect = dialect(of: value, inherited: inherited, pointer: pointer)
        let number = resources.count
        resources.append(SchemaResource(uri: uri, document: document, pointer: pointer, root: value, dialect: dialect))
        if let other = resourcesByURI[uri.text], !(isRoot && document > 0) || resources[other].document == document {
            defects.append(defect(.identifierTwice, pointer, value, "`\(uri.text)`"))
        }
        resourcesByURI[uri.text] = number
        resourcesByRoot[SchemaPlace.Key(document: document, offset: value.offset)] = number
        return number
    }

    private mutating func dialect(of value: JSONValue, inherited: SchemaDialect, pointer: String) -> SchemaDialect {
        guard let name = value["$schema"] else { return inherited }
        guard let uri = name.string else {
            defects.append(defect(.keywordValue, pointer + "/$schema", name, "`$schema` is not a text"))
            return inherited
        }
        let plain = uri.hasSuffix("#") ? String(uri.dropLast()) : uri
        if plain == SchemaDialect.standardURI { return .standard }
        if plain == SchemaDialect.recordsURI { return SchemaDialect.standard.union(.records) }
        guard let meta = remotes[plain] ?? resourcesByURI[plain].map({ resources[$0].root }) else {
            defects.append(defect(.dialectUnknown, pointer + "/$schema", name, "`\(uri)`"))
            return inherited
        }
        guard let vocabularies = meta["$vocabulary"] else { return .standard }
        var dialect: SchemaDialect = [.core]
        for (vocabulary, isRequired) in vocabularies.members {
            if let known = SchemaDialect(vocabulary: vocabulary) {
                dialect.formUnion(known)
            } else if isRequired.bool != false {
                defects.append(defect(.dialectUnknown, pointer + "/$schema", name, "`\(uri)` requires `\(vocabulary)`"))
            }
        }
        return dialect
    }

    /// Finds identifiers, in the places of schemas only: an `$id` inside an `enum` is a value.
    private mutating func scan(_ value: JSONValue, document: Int, pointer: String, resource: Int, depth: Int) {
        guard value.kind == .object else { return }
        guard depth <= Self.depthMax else {
            defects.append(defect(.tooLarge, pointer, value, "more than \(Self.depthMax) schemas in one another"))
            return
        }
        var resource = resource
        if depth > 0, value["$id"]?.string != nil {
            resource = addResource(
                value, uri: resources[resource].uri, document: document, pointer: pointer, inherited: resources[resource].dialect,
                isRoot: false)
        }
        let place = SchemaPlace(document: document, pointer: pointer, value: value, resource: resource)
        if let name = value["$anchor"]?.string { addAnchor(name, at: place) }
        if let name = value["$dynamicAnchor"]?.string {
            addAnchor(name, at: place)
            resources[resource].dynamicAnchors[name] = place
        }
        for (keyword, member) in value.members {
            let here = pointer + "/" + JSONPointer.escaped(keyword)
            switch SchemaShape(of: keyword) {
            case .schema: scan(member, document: document, pointer: here, resource: resource, depth: depth + 1)
            case .schemas:
                for (number, element) in member.elements.enumerated() {
                    scan(element, document: document, pointer: here + "/\(number)", resource: resource, depth: depth + 1)
                }
            case .schemasByName:
                for (name, element) in member.members {
                    scan(
                        element, document: document, pointer: here + "/" + JSONPointer.escaped(name), resource: resource, depth: depth + 1)
                }
            case nil: break
            }
        }
    }

    private mutating func addAnchor(_ name: String, at place: SchemaPlace) {
        if resources[place.resource].anchors[name] != nil {
            defects.append(defect(.identifierTwice, place.pointer, place.value, "`#\(name)`"))
        }
        resources[place.resource].anchors[name] = place
    }

    // MARK: Finding

    /// The place that a reference leads to; nil when it leads nowhere.
    mutating func place(_ reference: String, from resource: Int) -> SchemaPlace? {
        let target = URIReference(reference).resolved(against: resources[resource].uri)
        guard let number = self.resource(target.base), let fragment = target.decodedFragment else { return nil }
        let found = resources[number]
        if fragment.isEmpty {
            return SchemaPlace(document: found.document, pointer: found.pointer, value: found.root, resource: number)
        }
        if !fragment.hasPrefix("/") { return found.anchors[fragment] }
        return place(at: fragment, in: number)
    }

    /// The resource whose root the value is; nil for any other value.
    func resource(beginningAt value: JSONValue, in document: Int) -> Int? {
        resourcesByRoot[SchemaPlace.Key(document: document, offset: value.offset)]
    }

    private mutating func resource(_ uri: URIReference) -> Int? {
        if let known = resourcesByURI[uri.text] { return known }
        guard let remote = remotes.removeValue(forKey: uri.text) else { return nil }
        let root = add(remote, uri: uri.text)
        // A document may say another `$id` than where it was found; both lead to it.
        resourcesByURI[uri.text] = root.resource
        return root.resource
    }

    /// Step by step, since a resource may begin on the way.
    private func place(at pointer: String, in start: Int) -> SchemaPlace? {
        var value = resources[start].root
        var resource = start
        for step in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            guard let next = value.value(at: "/" + step) else { return nil }
            value = next
            if let other = resourcesByRoot[SchemaPlace.Key(document: resources[start].document, offset: value.offset)] { resource = other }
        }
        return SchemaPlace(
            document: resources[start].document, pointer: resources[start].pointer + pointer, value: value, resource: resource)
    }

    // MARK: Saying

    func defect(_ kind: SchemaDefect.Kind, _ pointer: String, _ value: JSONValue, _ detail: String) -> SchemaDefect {
        SchemaDefect(kind: kind, pointer: pointer, line: value.line, detail: detail)
    }

    /// The first document is the caller's own, and is not named.
    func location(of place: SchemaPlace) -> String {
        guard place.document > 0 else { return place.pointer }
        let resource = resources.first { $0.document == place.document && $0.pointer.isEmpty }
        return (resource?.uri.text ?? "") + "#" + place.pointer
    }
}

/// How a keyword holds schemas.
enum SchemaShape {
    case schema, schemas, schemasByName

    init?(of keyword: String) {
        switch keyword {
        case "not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames", "unevaluatedItems",
            "unevaluatedProperties", "contentSchema":
            self = .schema
        case "allOf", "anyOf", "oneOf", "prefixItems": self = .schemas
        case "$defs", "properties", "patternProperties", "dependentSchemas": self = .schemasByName
        default: return nil
        }
    }
}

/// The documents that every implementation has to know.
enum MetaSchemas {
    static let all: [String: JSONValue] = {
        let texts = [
            PackageResources.schema_json, PackageResources.core_json, PackageResources.applicator_json,
            PackageResources.unevaluated_json, PackageResources.validation_json, PackageResources.meta_data_json,
            PackageResources.format_annotation_json, PackageResources.format_assertion_json, PackageResources.content_json,
            PackageResources.record_json,
        ]
        var table: [String: JSONValue] = [:]
        for text in texts {
            guard let document = try? JSONDocument(parsing: text), let id = document.root["$id"]?.string else {
                preconditionFailure("an embedded meta-schema is no JSON")
            }
            table[id] = document.root
        }
        return table
    }()
}
