import Adapters
import Foundation
import Wire

/// How far a file has been imported, kept beside it in `FILE.progress` until it is done.
struct ImportProgress {
    let layout: String
    let version: Int64
    /// Of the file, in bytes.
    let size: UInt64
    /// SHA-256 of its first 64 KiB.
    let head: String
    var records = 0
    var rejected = 0
    /// Of the file of refused lines.
    var rejectedBytes: UInt64 = 0
    var position: LayoutReader.Position?

    init(layout: String, version: Int64, size: UInt64, head: String) {
        self.layout = layout
        self.version = version
        self.size = size
        self.head = head
    }

    /// Whether this was noted for the same file, read by the same version of the same layout. A file that has grown is the same.
    func isOf(_ other: ImportProgress) -> Bool {
        layout == other.layout && version == other.version && size <= other.size && head == other.head
    }

    private static func path(_ file: String) -> String { file + ".progress" }

    /// Nil when there is none, or it can not be understood: then the file is read from its beginning, which changes nothing.
    static func read(_ file: String) -> ImportProgress? {
        guard let data = FileManager.default.contents(atPath: path(file)), let json = (try? JSONDocument(parsing: Array(data)))?.root,
            let layout = json["layout"]?.string, let version = json["version"]?.int, let size = json["size"]?.int,
            let head = json["head"]?.string, let line = json["line"]?.int, let offset = json["offset"]?.int, offset >= 0, offset <= size
        else { return nil }
        var progress = ImportProgress(layout: layout, version: version, size: UInt64(max(0, size)), head: head)
        progress.records = Int(json["records"]?.int ?? 0)
        progress.rejected = Int(json["rejected"]?.int ?? 0)
        progress.rejectedBytes = UInt64(max(0, json["rejectedBytes"]?.int ?? 0))
        progress.position = LayoutReader.Position(line: Int(line), offset: Int(offset))
        return progress
    }

    func write(_ file: String) throws {
        guard let position else { return }
        let text = JSONWriter.encode { writer in
            writer.object { object in
                object.member("layout", layout)
                object.member("version", version)
                object.member("size", Int64(size))
                object.member("head", head)
                object.member("line", position.line)
                object.member("offset", position.offset)
                object.member("records", records)
                object.member("rejected", rejected)
                object.member("rejectedBytes", Int64(rejectedBytes))
            }
        }
        try Data(text).write(to: URL(fileURLWithPath: Self.path(file)), options: .atomic)
    }

    static func remove(_ file: String) {
        if FileManager.default.fileExists(atPath: path(file)) {
            do { try FileManager.default.removeItem(atPath: path(file)) } catch { Terminal.complain("\(path(file)) stays: \(error)") }
        }
    }
}
