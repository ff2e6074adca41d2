/// The part of a file that is in memory: grows at its end by reading, and forgets what was taken when it grows.
struct ByteWindow {
    /// Bytes asked for at a time.
    static let chunkBytes = 1 << 18

    private let read: (Int) throws -> [UInt8]
    private(set) var bytes: [UInt8] = []
    /// Where in `bytes` begins what is not taken yet.
    private(set) var start = 0
    /// Bytes of the file before `bytes`.
    private var base: Int
    private var isAtEnd = false

    /// `read` gives at most so many bytes, none at the end. `base` is where in the file the first of them lies.
    init(from base: Int = 0, read: @escaping (Int) throws -> [UInt8]) {
        self.read = read
        self.base = base
    }

    /// Bytes of the file before the first that is not taken.
    var offset: Int { base + start }

    /// Bytes in memory that are not taken yet.
    var count: Int { bytes.count - start }

    mutating func take(_ count: Int) { start += count }

    /// Reads on; what was taken is forgotten, so indexes into `bytes` change. False at the end of the file.
    mutating func grow(line: Int) throws(FileDefect) -> Bool {
        guard !isAtEnd else { return false }
        bytes.removeFirst(start)
        base += start
        start = 0
        do {
            let chunk = try read(Self.chunkBytes)
            isAtEnd = chunk.isEmpty
            bytes.append(contentsOf: chunk)
        } catch {
            throw FileDefect(.unreadable, line: line, offset: base + bytes.count, "\(error)")
        }
        return !isAtEnd
    }

    /// Takes these bytes away when the file goes on with them.
    mutating func skip(_ mark: [UInt8]) throws(FileDefect) {
        while count < mark.count { guard try grow(line: 1) else { return } }
        if bytes[start..<start + mark.count].elementsEqual(mark) { take(mark.count) }
    }
}
