import Chassis
import Contracts
import Deciding
import Foundation
import Wire

/// A folder of catalogue entries, read from disk.
struct Pack {
    struct FileEntry {
        let file: String
        let entry: CatalogEntry
        let examples: [JSONValue]
        /// The entry as it goes to the topic: without its examples.
        let published: [UInt8]
    }

    static let limits = JSONLimits(bytesMax: 16 << 20, membersMax: 100_000)

    let name: String
    /// The folder, from the root of the file system.
    let path: String
    let entries: [FileEntry]

    /// Reads one pack (a folder with `pack.json`) or a folder of packs. Refuses with the file's name whatever is not an entry.
    static func load(_ path: String) throws -> [Pack] {
        let root = URL(fileURLWithPath: path)
        if FileManager.default.fileExists(atPath: root.appendingPathComponent("pack.json").path) { return [try read(root)] }
        guard let folders = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw Failure("there is no folder \(path) with packs", code: .usage)
        }
        let packs = try folders.sorted().map { root.appendingPathComponent($0) }
            .filter { FileManager.default.fileExists(atPath: $0.appendingPathComponent("pack.json").path) }
            .map(read)
        guard !packs.isEmpty else { throw Failure("\(path) holds no pack (a folder with pack.json)", code: .usage) }
        return packs
    }

    private static func read(_ folder: URL) throws -> Pack {
        var entries: [FileEntry] = []
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }.sorted() ?? []
        for file in files where file.hasSuffix(".json") && file != "pack.json" {
            let place = "\(folder.lastPathComponent)/\(file)"
            guard let data = FileManager.default.contents(atPath: folder.appendingPathComponent(file).path) else {
                throw Failure("\(place) can not be read")
            }
            let root: JSONValue
            do {
                root = try JSONDocument(parsing: Array(data), limits: limits).root
            } catch {
                throw Failure("\(place): not JSON: \(error) (line \(line(of: error.offset, in: Array(data))))")
            }
            let list = root.kind == .array ? Array(root.elements) : [root]
            for json in list {
                do {
                    let entry = try CatalogEntry(json)
                    entries.append(
                        FileEntry(
                            file: place, entry: entry, examples: json["examples"].map { Array($0.elements) } ?? [],
                            published: publishedForm(entry)))
                } catch {
                    throw Failure("\(place), line \(line(of: json.offset, in: Array(data))): \(error)")
                }
            }
        }
        return Pack(name: folder.lastPathComponent, path: folder.standardizedFileURL.path, entries: entries)
    }

    private static func line(of offset: Int, in bytes: [UInt8]) -> Int { bytes.prefix(offset).reduce(1) { $0 + ($1 == 10 ? 1 : 0) } }

    static func publishedForm(_ entry: CatalogEntry) -> [UInt8] {
        JSONWriter.encode { writer in
            writer.object { object in
                object.member("kind", entry.kind)
                object.member("id", entry.id)
                object.member("version", entry.version)
                object.member("effectiveFrom", entry.effectiveFrom)
                if entry.isWithdrawn { object.member("withdrawn", true) }
                object.member("body", entry.body)
            }
        }
    }
}
