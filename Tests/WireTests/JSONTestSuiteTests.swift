import Testing
import Wire

/// All files of nst/JSONTestSuite: y_ must be read, n_ must be refused, i_ may be either but must not stop the process.
struct JSONTestSuiteTests {
    @Test func `every file of the public suite is read or refused as its name says`() throws {
        guard let files = try SharedFolder.files(in: "data/json/test_parsing") else {
            print("skipped: no data/json/test_parsing in the shared folder")
            return
        }
        var counts: [Character: (read: Int, refused: Int)] = [:]
        var strictRefuses: [String] = []
        let plain = JSONLimits(duplicateKeys: .lastWins, nul: .allowed)
        for (file, bytes) in files {
            let group = try #require(file.first)
            let wasRead: Bool
            do throws(JSONDefect) {
                let document = try JSONDocument(parsing: bytes, limits: plain)
                _ = readEverything(document.root)
                wasRead = true
            } catch {
                #expect(error.offset >= 0 && error.offset <= bytes.count, "\(file): \(error)")
                wasRead = false
            }
            var count = counts[group] ?? (0, 0)
            if wasRead { count.read += 1 } else { count.refused += 1 }
            counts[group] = count
            switch group {
            case "y":
                #expect(wasRead, "\(file)")
                do throws(JSONDefect) {
                    _ = try JSONDocument(parsing: bytes)
                } catch {
                    strictRefuses.append("\(file) (\(error.code))")
                }
            case "n": #expect(!wasRead, "\(file)")
            default: break
            }
        }
        #expect(files.count == 318)
        #expect(
            strictRefuses == [
                "y_object_duplicated_key.json (duplicate-key)", "y_object_duplicated_key_and_value.json (duplicate-key)",
                "y_object_escaped_null_in_key.json (nul-in-string)", "y_string_null_escape.json (nul-in-string)",
            ])
        let (y, n, i) = (counts["y"] ?? (0, 0), counts["n"] ?? (0, 0), counts["i"] ?? (0, 0))
        print(
            "JSONTestSuite: \(files.count) files; y_ \(y.read)/95 read; n_ \(n.refused)/188 refused;",
            "i_ \(i.read) read, \(i.refused) refused;",
            "the standard limits also refuse", strictRefuses.joined(separator: ", "))
    }
}

/// Asks every value everything; the result only keeps the work from being optimised away.
func readEverything(_ value: JSONValue) -> Int {
    var sum = value.offset + value.count + value.rawBytes.count + value.canonicalBytes.count
    sum += (value.string?.utf8.count ?? 0) + (value.utf8?.count ?? 0) + (value.bool == true ? 1 : 0)
    sum += (value.int == nil ? 0 : 1) + (value.double == nil ? 0 : 1) + (value.decimal?.text.utf8.count ?? 0)
    sum += (value.day == nil ? 0 : 1) + (value.instant == nil ? 0 : 1) + (value.moneyInYuan == nil ? 0 : 1)
    for element in value.elements { sum += readEverything(element) }
    for (key, member) in value.members { sum += readEverything(member) + (value[key]?.offset ?? 0) }
    return sum
}
