import Foundation

/// Catalogue entries of one test in a folder of their own, published while everything runs.
struct PackOnDisk {
    let id: String
    let folder: URL

    /// Each entry is what stands in a pack's file after `"version":1,"effectiveFrom":…`: `kind`, `id`, `body` and `examples`.
    init(_ name: String) throws {
        id = "\(name)-\(UUID().uuidString.prefix(6).lowercased())"
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pack-\(id)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try #"{"id":"\#(id)","title":{"en":"t","zh":"t"},"version":1}"#
            .write(to: folder.appendingPathComponent("pack.json"), atomically: true, encoding: .utf8)
    }

    func write(_ kind: String, _ id: String, _ body: String, examples: String) throws {
        let head = #""kind":"\#(kind)","id":"\#(id)","version":1,"effectiveFrom":"2020-01-01T00:00:00Z""#
        try "{\(head),\"body\":\(body),\"examples\":[\(examples)]}"
            .write(to: folder.appendingPathComponent("\(kind)-\(id).json"), atomically: true, encoding: .utf8)
    }
}

extension ProcessSuite {
    /// The topics of its sources first, then the entries themselves.
    func publish(_ pack: PackOnDisk) throws {
        if isRealKafka { try run(["topics", "apply", "--packs", pack.folder.path]) }
        try run(["catalog", "publish", pack.folder.path])
    }
}
