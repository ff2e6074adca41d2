import Chassis
import Foundation
import Testing

/// `xinqiao migrate`, before it reaches a database.
@Suite struct MigratingTests {
    @Test func `a password's file that can not be read is refused, and no role is made without a password`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-migrate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let environment = [
            "XINQIAO_SERVICE_PASSWORD_FILE": folder.path + "/missing", "XINQIAO_POSTGRES": "host='\(folder.path)' dbname=nowhere",
        ]
        let (end, text) = try ProcessSuite.xinqiao(["migrate"], environment, in: folder)
        #expect(end == .status(1) && text.contains("XINQIAO_SERVICE_PASSWORD_FILE"), "\(text)")
    }
}
