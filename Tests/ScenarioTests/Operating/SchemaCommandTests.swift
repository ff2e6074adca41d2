import Chassis
import Foundation
import Testing
import Wire

/// `xinqiao schema`: what it says and how it ends. What is true of schemas is tested where they are made.
@Suite struct SchemaCommandTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-schema-\(UUID().uuidString)")

    /// Writes the files, gives them to the command by their names, and takes them away.
    private func schema(
        _ words: [String], _ files: [String: String] = [:]
    ) throws -> (end: ChildProcess.End?, text: String) {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        let arguments = words.map { files[$0] == nil ? $0 : folder.appendingPathComponent($0).path }
        return try ProcessSuite.xinqiao(["schema"] + arguments, [:], in: folder)
    }

    /// A record of one whole number from a least one on.
    private func amount(from least: Int) -> String {
        #"{"$schema":"urn:xinqiao:schema:record","type":"object","required":["amount"],"additionalProperties":false,"properties":{"amount":{"type":"integer","minimum":\#(least),"maximum":1000,"class":"internal","label":{"en":"Amount","zh":"数量"}}}}"#
    }

    @Test func `check takes a schema, and names everything that is wrong with another by its place and line`() throws {
        let sound = try schema(["check", "new.json"], ["new.json": amount(from: 0)])
        #expect(sound.end == .status(0) && sound.text.contains("new.json: a schema, checked on the bytes"), "\(sound.text)")

        let slips = """
            {
              "$schema": "urn:xinqiao:schema:record",
              "type": "object",
              "properties": {
                "amount": {"type": "integer", "minimun": 0},
                "day": {"type": "string", "format": "dai"}
              }
            }
            """
        let refused = try schema(["check", "slips.json"], ["slips.json": slips])
        #expect(refused.end == .status(2), "\(refused.text)")
        #expect(refused.text.contains("keyword-unknown at /properties/amount") && refused.text.contains("(line 5)"), "\(refused.text)")
        #expect(refused.text.contains("format-unknown at /properties/day") && refused.text.contains("(line 6)"), "\(refused.text)")

        let torn = try schema(["check", "torn.json"], ["torn.json": "{"])
        #expect(torn.end == .status(2) && torn.text.contains("torn.json: not JSON"), "\(torn.text)")
        let nowhere = try schema(["check", "nowhere.json"])
        #expect(nowhere.end == .status(64) && nowhere.text.contains("there is no file nowhere.json"), "\(nowhere.text)")
        #expect(try schema(["dance"]).end == .status(64))
        #expect(try schema(["compat", "one.json"], ["one.json": amount(from: 0)]).end == .status(64))
    }

    @Test func `compat says which way two versions can be read, names records that only one takes, and ends by what is backward`() throws {
        let records = "{\"amount\":1}\n{\"amount\":0}\n{\"amount\":-1}\n"
        let files = ["old.json": amount(from: 1), "new.json": amount(from: 0), "records": records]
        let wider = try schema(["compat", "old.json", "new.json", "--records", "records"], files)
        #expect(wider.end == .status(0), "\(wider.text)")
        #expect(wider.text.contains("backward: readable") && wider.text.contains("forward: not provable"), "\(wider.text)")
        #expect(wider.text.contains("taken by OLD alone: 0 records\n"), "\(wider.text)")
        #expect(wider.text.contains("taken by NEW alone: 1 records (number 2)"), "\(wider.text)")

        let narrower = try schema(["compat", "new.json", "old.json"], files)
        #expect(narrower.end == .status(2), "\(narrower.text)")
        #expect(narrower.text.contains("backward: not provable") && narrower.text.contains("forward: readable"), "\(narrower.text)")
        #expect(narrower.text.contains("xinqiao schema: backward is not provable"), "\(narrower.text)")
    }

    @Test func `convert states the fields of an entry as a schema that takes the same`() throws {
        let entry =
            #"{"kind":"recordType","id":"t","version":1,"effectiveFrom":"2020-01-01T00:00:00Z","body":{"fields":{"period":{"type":"month","required":true,"class":"public","title":{"en":"Month","zh":"月份"}},"sales":{"type":"yuan","min":0,"class":"internal","title":{"en":"Sales","zh":"销售额"}}}}}"#
        let converted = try schema(["convert", "entry.json"], ["entry.json": entry])
        #expect(converted.end == .status(0), "\(converted.text)")
        let json = try JSONDocument(parsing: Array(converted.text.utf8)).root
        #expect(json["$schema"]?.string == "urn:xinqiao:schema:record")
        #expect(json["required"]?.elements.compactMap(\.string) == ["period"])
        #expect(json["properties"]?.members.map(\.key) == ["period", "sales"])
        #expect(json["properties"]?["sales"]?["format"]?.string == "money")
        // The entry itself and what it was converted to can each be read by the other.
        let same = try schema(["compat", "entry.json", "schema.json"], ["entry.json": entry, "schema.json": converted.text])
        #expect(same.end == .status(0), "\(same.text)")
        #expect(same.text.contains("backward: readable") && same.text.contains("forward: readable"), "\(same.text)")

        let none = try schema(["convert", "new.json"], ["new.json": amount(from: 0)])
        #expect(none.end == .status(64) && none.text.contains("has no `fields`"), "\(none.text)")
    }
}
