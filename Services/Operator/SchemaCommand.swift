import Chassis
import Foundation
import IngestionDomain
import Schema
import Wire

extension Command {
    static let schema = Command(
        "schema", usage: "check FILE | compat OLD NEW [--records FILE] | convert ENTRY",
        summary: "check a JSON Schema, compare two versions of one, or state a record type as one",
        valued: ["records"],
        details: """
            A FILE is a JSON Schema (2020-12), or a recordType entry, whose `schema` or `fields` are taken.

            check    says everything that is wrong with the schema, each with its place and line.
            compat   says which way the two versions can be read: backward, data of OLD under NEW; forward, data of NEW under OLD.
                     `readable` is proven for every value; `not provable` comes with the places. With --records, a file of JSON lines,
                     those records are looked for that one version takes and the other refuses. Exit status 2 unless backward is readable.
            convert  prints the schema that takes exactly what the entry's `fields` take.
            """
    ) { options in
        let verb = options.words.first ?? ""
        switch (verb, options.words.count) {
        case ("check", 2): try SchemaFiles.check(options.words[1])
        case ("compat", 3): try SchemaFiles.compare(options.words[1], options.words[2], records: options.text("records"))
        case ("convert", 2): print(String(decoding: try SchemaFiles.converted(options.words[1]), as: UTF8.self))
        default: throw Failure("say `schema check FILE`, `schema compat OLD NEW` or `schema convert ENTRY`", code: .usage)
        }
    }
}

enum SchemaFiles {
    static func check(_ path: String) throws {
        let schema = try read(path)
        print("\(path): a schema\(schema.readsBytes ? ", checked on the bytes" : ", checked on the parsed value")")
    }

    static func compare(_ old: String, _ new: String, records: String?) throws {
        let (before, after) = (try read(old), try read(new))
        let found = SchemaCompatibility(old: before, new: after)
        say("backward", "data of \(old) under \(new)", found.backward)
        say("forward", "data of \(new) under \(old)", found.forward)
        if let records { try counterexamples(before, after, in: records) }
        guard found.backward.isReadable else { throw Failure("backward is not provable") }
    }

    private static func say(_ direction: String, _ what: String, _ answer: SchemaCompatibility.Answer) {
        switch answer {
        case .readable: print("\(direction): readable (\(what))")
        case .notProvable(let reasons):
            print("\(direction): not provable (\(what))")
            for reason in reasons { print("  \(reason)") }
        }
    }

    private static func counterexamples(_ old: Schema, _ new: Schema, in path: String) throws {
        var onlyOld: [Int] = []
        var onlyNew: [Int] = []
        for (number, line) in try bytes(path).split(separator: UInt8(ascii: "\n")).enumerated() {
            switch (old.accepts(Array(line)), new.accepts(Array(line))) {
            case (true, false): onlyOld.append(number + 1)
            case (false, true): onlyNew.append(number + 1)
            case (true, true), (false, false): break
            }
        }
        for (words, lines) in [("taken by OLD alone", onlyOld), ("taken by NEW alone", onlyNew)] {
            let listed = lines.prefix(10).map(String.init).joined(separator: ", ")
            print("\(words): \(lines.count) records\(lines.isEmpty ? "" : " (number \(listed)\(lines.count > 10 ? ", …" : ""))")")
        }
    }

    /// The schema that says the same as the entry's `fields`.
    static func converted(_ path: String) throws -> [UInt8] {
        let json = try document(path)
        guard let fields = json["body"]?["fields"] ?? json["fields"] else { throw Failure("\(path) has no `fields`", code: .usage) }
        guard let schema = RecordTypeSchema.schema(ofFields: fields) else { throw Failure("\(path): a field can not be read") }
        return schema
    }

    private static func read(_ path: String) throws -> Schema {
        let json = try document(path)
        let root: JSONValue
        if let schema = json["body"]?["schema"] {
            // On its own, so that places and lines are those of the schema.
            root = try JSONDocument(parsing: Array(schema.rawBytes)).root
        } else if json["body"]?["fields"] != nil {
            root = try JSONDocument(parsing: try converted(path)).root
        } else {
            root = json
        }
        do throws(SchemaRefusal) {
            return try Schema(root)
        } catch {
            throw Failure("\(path):\n\(error)")
        }
    }

    private static func document(_ path: String) throws -> JSONValue {
        do {
            return try JSONDocument(parsing: try bytes(path)).root
        } catch let defect as JSONDefect {
            throw Failure("\(path): not JSON: \(defect)")
        }
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure("there is no file \(path)", code: .usage) }
        return Array(data)
    }
}
