import Glibc

/// Files beside the code, found by walking up from this source file. Read with the C library: Foundation would be most of the test's build.
enum Repository {
    static func text(_ path: String) throws -> String {
        var folders = #filePath.split(separator: "/").dropLast()
        while !folders.isEmpty {
            if let text = contents("/" + folders.joined(separator: "/") + "/" + path) { return text }
            folders.removeLast()
        }
        throw Missing(path: path)
    }

    struct Missing: Error { let path: String }

    private static func contents(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, file)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: chunk.prefix(count))
        }
    }
}

/// The shipped working days. Reads just the shape of that file: quoted days, each belonging to the key `off` or `work` before it.
enum WorkingDaysFile {
    static func shipped() throws -> [(year: String, off: [String], work: [String])] {
        let quoted = try Repository.text("packs/codes/working-days.json").split(separator: "\"", omittingEmptySubsequences: false)
        var years: [(year: String, off: [String], work: [String])] = []
        var key = ""
        for (index, text) in quoted.enumerated() where index % 2 == 1 {
            guard text.contains("-") else {
                key = String(text)
                continue
            }
            let year = String(text.prefix(4))
            if years.last?.year != year { years.append((year, [], [])) }
            if key == "off" { years[years.count - 1].off.append(String(text)) }
            if key == "work" { years[years.count - 1].work.append(String(text)) }
        }
        return years
    }
}
