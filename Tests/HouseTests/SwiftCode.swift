/// A Swift source without what is no code: comments and the texts of literals are left out, what is interpolated in them stays.
struct SwiftCode {
    let text: String

    init(_ source: String) {
        var reader = Reader(Array(source.utf8))
        text = String(decoding: reader.read(), as: UTF8.self)
    }

    private struct Reader {
        private let bytes: [UInt8]
        private var position = 0
        private var code: [UInt8] = []

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            code.reserveCapacity(bytes.count)
        }

        mutating func read() -> [UInt8] {
            readCode(insideLiteral: false)
            return code
        }

        private func startsWith(_ text: StaticString, at place: Int) -> Bool {
            let wanted = Array(text.description.utf8)
            return place + wanted.count <= bytes.count && bytes[place..<place + wanted.count].elementsEqual(wanted)
        }

        /// Reads to the end, or inside a literal to the parenthesis that closes the interpolation.
        private mutating func readCode(insideLiteral: Bool) {
            var depth = 0
            while position < bytes.count {
                let byte = bytes[position]
                if startsWith("//", at: position) {
                    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
                } else if startsWith("/*", at: position) {
                    while position < bytes.count, !startsWith("*/", at: position) { position += 1 }
                    position += 2
                } else if let hashes = literalHashes {
                    readLiteral(hashes)
                } else {
                    if byte == UInt8(ascii: "(") { depth += 1 }
                    if byte == UInt8(ascii: ")") {
                        if insideLiteral, depth == 0 { return }
                        depth -= 1
                    }
                    code.append(byte)
                    position += 1
                }
            }
        }

        /// The number of `#` before the quote when a literal begins here.
        private var literalHashes: Int? {
            var place = position
            while place < bytes.count, bytes[place] == UInt8(ascii: "#") { place += 1 }
            return place < bytes.count && bytes[place] == UInt8(ascii: "\"") ? place - position : nil
        }

        private mutating func readLiteral(_ hashes: Int) {
            position += hashes
            let isLong = startsWith("\"\"\"", at: position)
            let quotes = isLong ? 3 : 1
            position += quotes
            code += Array("\"\"".utf8)
            while position < bytes.count {
                if bytes[position] == UInt8(ascii: "\\"), hasHashes(hashes, at: position + 1) {
                    position += 1 + hashes
                    if position < bytes.count, bytes[position] == UInt8(ascii: "(") {
                        position += 1
                        code.append(UInt8(ascii: "("))
                        readCode(insideLiteral: true)
                        code.append(UInt8(ascii: ")"))
                    }
                    position += 1
                } else if bytes[position] == UInt8(ascii: "\""), !isLong || startsWith("\"\"\"", at: position),
                    hasHashes(hashes, at: position + quotes)
                {
                    position += quotes + hashes
                    return
                } else {
                    position += 1
                }
            }
        }

        private func hasHashes(_ count: Int, at place: Int) -> Bool {
            place + count <= bytes.count && bytes[place..<place + count].allSatisfy { $0 == UInt8(ascii: "#") }
        }
    }
}
