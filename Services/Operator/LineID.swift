import Ledger
import Vocabulary

/// The id of a file's line: from what the line says and nothing else, so that the same line has the same id in every run and two lines that
/// differ in anything, be it only the time, have two.
enum LineID {
    static func of(type: String, subject: String, occurredAt: Instant, data: [UInt8]) -> String {
        var bytes = Array(subject.utf8) + [0]
        bytes += Array(String(occurredAt.microseconds).utf8) + [0] + data
        return "\(type)/" + String(sha256(bytes).hex.prefix(32))
    }
}
