/// What a client of PostgreSQL says, followed message by message, to know when it asks for a transaction of the one path to be committed.
struct ClientStream {
    private var pending: [UInt8] = []
    /// The first messages have no letter: the request for encryption, and the one that names the user.
    private var hasBegun = false
    private var names: [Role: String] = [:]
    private var hasFence = false
    private var hasCommit = false

    private enum Role { case fence, commit }

    private static let askingForEncryption: Set<Int> = [80_877_103, 80_877_104]

    /// Takes what was sent next. True when it ends with the word to commit a batch, by itself or behind the batch's statements.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> Bool {
        pending += bytes
        var at = 0
        var isCommitting = false
        while let message = message(from: &at) { isCommitting = note(message) }
        pending.removeFirst(at)
        return isCommitting && pending.isEmpty
    }

    private struct Message {
        let letter: UInt8
        let body: ArraySlice<UInt8>
    }

    private mutating func message(from at: inout Int) -> Message? {
        let head = hasBegun ? 1 : 0
        guard pending.count - at >= head + 4 else { return nil }
        let length = Self.number(pending[(at + head)..<(at + head + 4)])
        guard length >= 4, pending.count - at >= head + length else { return nil }
        let body = pending[(at + head + 4)..<(at + head + length)]
        let letter = hasBegun ? pending[at] : 0
        if !hasBegun, body.count >= 4, !Self.askingForEncryption.contains(Self.number(body.prefix(4))) { hasBegun = true }
        at += head + length
        return Message(letter: letter, body: body)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

    /// True for the message that ends a batch with COMMIT in it.
    private mutating func note(_ message: Message) -> Bool {
        switch message.letter {
        case UInt8(ascii: "P"):
            let texts = message.body.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            guard texts.count == 3 else { return false }
            let (name, sql) = (String(decoding: texts[0], as: UTF8.self), String(decoding: texts[1], as: UTF8.self))
            if sql == "COMMIT" { names[.commit] = name }
            if sql.contains("UPDATE consumer_offset") { names[.fence] = name }
            return false
        case UInt8(ascii: "B"):
            let texts = message.body.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            guard texts.count == 3 else { return false }
            let name = String(decoding: texts[1], as: UTF8.self)
            if name == names[.fence] { hasFence = true }
            if name == names[.commit] { hasCommit = true }
            return false
        case UInt8(ascii: "S"):
            guard hasCommit else { return false }
            defer { (hasFence, hasCommit) = (false, false) }
            return hasFence
        default: return false
        }
    }
}
