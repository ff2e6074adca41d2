import Vocabulary

/// Where an append-only log stands: who has it once can tell whether what it says later goes on from there.
///
/// The text is that of a C2SP tlog-checkpoint: the log's name, its size, its root in base64, and as an extension line the time of the
/// newest leaf. It is a function of the log alone, so the same log has the same text whenever it is asked.
public struct Checkpoint: Hashable, Sendable {
    /// The log's name: the signer's, a slash, and the lane.
    public let origin: String
    /// The number of leaves.
    public let size: UInt64
    public let root: Digest
    /// When the newest leaf was appended.
    public let grownAt: Instant

    public init(origin: String, size: UInt64, root: Digest, grownAt: Instant) {
        self.origin = origin
        self.size = size
        self.root = root
        self.grownAt = grownAt
    }

    /// Reads `text`; nil for what this would not have written. Further extension lines are passed over.
    public init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 5, lines.last == "", !lines[0].isEmpty, let size = UInt64(lines[1]), String(size) == lines[1],
            let root = Base64.decode(lines[2]).flatMap({ Digest($0) }), lines[3].hasPrefix(Self.timeWord),
            let grownAt = Instant(rfc3339: lines[3].dropFirst(Self.timeWord.count))
        else { return nil }
        self.init(origin: String(lines[0]), size: size, root: root, grownAt: grownAt)
    }

    public var text: String { "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n\(Self.timeWord)\(grownAt.rfc3339)\n" }

    /// The signed checkpoint of a lane's log, as it is given away. The same log and key give the same bytes.
    public static func note(of head: LedgerHead, lane: Int32, by signer: NoteSigner) -> SignedNote {
        let checkpoint = Checkpoint(
            origin: origin(signer.verifier.name, lane: lane), size: head.tree.size, root: head.tree.root, grownAt: head.grownAt)
        return SignedNote(signing: checkpoint.text, by: signer)
    }

    /// The name of a lane's log.
    public static func origin(_ name: String, lane: Int32) -> String { "\(name)/\(lane)" }

    /// Which lane of the signer's the checkpoint is about; nil when it is another's.
    public func lane(of name: String) -> Int32? {
        guard origin.hasPrefix(name + "/"), let lane = Int32(origin.dropFirst(name.utf8.count + 1)), Self.origin(name, lane: lane) == origin
        else { return nil }
        return lane
    }

    private static let timeWord = "grown "
}
