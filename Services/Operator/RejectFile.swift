import Adapters
import Chassis
import Foundation
import Wire

/// The lines of a file that were not taken, in `FILE.rejected`: one JSON object a line with place, reason and the line itself. Made when the
/// first is refused, readable by its owner only: it holds what the source wrote.
struct RejectFile {
    private let path: String
    private var handle: FileHandle?
    private(set) var bytes: UInt64

    /// Keeps the first `kept` bytes of an earlier run and drops the rest: those lines are read again. With nil, an earlier file stays as it is
    /// until a line is refused.
    init(_ file: String, keeping kept: UInt64?) throws {
        path = file + ".rejected"
        bytes = 0
        guard let kept, let handle = try Self.opened(path, making: false) else { return }
        bytes = min(kept, try handle.seekToEnd())
        try handle.truncate(atOffset: bytes)
        if bytes > 0 {
            self.handle = handle
        } else {
            try handle.close()
            try FileManager.default.removeItem(atPath: path)
        }
    }

    private static func opened(_ path: String, making: Bool) throws -> FileHandle? {
        do throws(OwnFile.Defect) {
            return try OwnFile.descriptor(of: path, making: making).map { FileHandle(fileDescriptor: $0, closeOnDealloc: true) }
        } catch {
            throw Failure("\(path) \(error)")
        }
    }

    mutating func add(_ line: RejectedLine) throws {
        if handle == nil {
            handle = try Self.opened(path, making: true)
            try handle?.truncate(atOffset: 0)
        }
        var text = JSONWriter.encode { writer in
            writer.object { object in
                object.member("line", line.line)
                object.member("offset", line.offset)
                object.member("code", line.defect.code.rawValue)
                object.memberIfPresent("column", line.defect.column)
                object.memberIfPresent("place", line.defect.place)
                if !line.defect.detail.isEmpty { object.member("detail", line.defect.detail) }
                if let whole = String(validating: line.bytes, as: UTF8.self), !whole.utf8.contains(0) {
                    object.member("text", whole)
                } else {
                    object.member("base64", Data(line.bytes).base64EncodedString())
                }
            }
        }
        text.append(10)
        try handle?.write(contentsOf: Data(text))
        bytes += UInt64(text.count)
    }

    mutating func close() throws {
        try handle?.close()
        handle = nil
    }
}
