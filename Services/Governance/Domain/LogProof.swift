import Contracts
import Ledger
import Wire

/// A proof about a log as a file: JSON, hashes in base64, nearest to the leaves first.
public enum LogProof: Hashable, Sendable {
    /// That an entry is the leaf at `index` of the log of `size` leaves.
    case inclusion(origin: String, size: UInt64, index: UInt64, entry: [UInt8], hashes: [Digest])
    /// That the log of `earlier` leaves is the beginning of the one of `size` leaves.
    case consistency(origin: String, earlier: UInt64, size: UInt64, hashes: [Digest])

    public init(_ bytes: [UInt8]) throws(LogRefusal) {
        let document: JSONDocument
        do throws(JSONDefect) {
            document = try JSONDocument(parsing: bytes, limits: JSONLimits(bytesMax: 1 << 20))
        } catch {
            throw .proofUnreadable("it is not JSON: \(error)")
        }
        self = try Self.read(document.root)
    }

    private static func read(_ json: JSONValue) throws(LogRefusal) -> LogProof {
        func text(_ name: String) throws(LogRefusal) -> String {
            guard let text = json[name]?.string else { throw .proofUnreadable("it has no text `\(name)`") }
            return text
        }
        func count(_ name: String) throws(LogRefusal) -> UInt64 {
            guard let number = json[name]?.int, number >= 0 else { throw .proofUnreadable("it has no count `\(name)`") }
            return UInt64(number)
        }
        guard let list = json["hashes"], list.kind == .array else { throw .proofUnreadable("it has no list `hashes`") }
        var hashes: [Digest] = []
        for element in list.elements {
            guard let hash = element.string.flatMap({ Base64.decode($0) }).flatMap({ Digest($0) }) else {
                throw .proofUnreadable("hash \(hashes.count) is not 32 bytes in base64")
            }
            hashes.append(hash)
        }
        switch try text("proof") {
        case "inclusion":
            return .inclusion(
                origin: try text("origin"), size: try count("size"), index: try count("index"), entry: Array(try text("entry").utf8),
                hashes: hashes)
        case "consistency":
            return .consistency(origin: try text("origin"), earlier: try count("earlier"), size: try count("size"), hashes: hashes)
        case let other: throw .proofUnreadable("it says `\(other)`, which is neither `inclusion` nor `consistency`")
        }
    }

    /// The file.
    public var bytes: [UInt8] {
        JSONWriter.encode { writer in
            writer.object { object in
                switch self {
                case .inclusion(let origin, let size, let index, let entry, _):
                    object.member("proof", "inclusion")
                    object.member("origin", origin)
                    object.member("size", Int64(clamping: size))
                    object.member("index", Int64(clamping: index))
                    object.member("entry", String(decoding: entry, as: UTF8.self))
                case .consistency(let origin, let earlier, let size, _):
                    object.member("proof", "consistency")
                    object.member("origin", origin)
                    object.member("earlier", Int64(clamping: earlier))
                    object.member("size", Int64(clamping: size))
                }
                object.member("hashes", array: { list in for hash in hashes { list.element(Base64.encode(hash.bytes)) } })
            }
        } + [0x0A]
    }

    private var hashes: [Digest] {
        switch self {
        case .inclusion(_, _, _, _, let hashes), .consistency(_, _, _, let hashes): hashes
        }
    }

    /// Checks that the entry is under the checkpoint, and gives it back.
    public func entry(under checkpoint: Checkpoint) throws(LogRefusal) -> [UInt8] {
        guard case .inclusion(let origin, let size, let index, let entry, let hashes) = self else {
            throw .proofUnreadable("it is no proof of inclusion")
        }
        try Self.compare(origin, size, checkpoint)
        guard
            MerkleProof.verifyInclusion(
                leaf: Merkle.leafHash(entry), index: index, size: size, root: checkpoint.root, proof: hashes)
        else { throw .notIncluded(index: index, size: size) }
        return entry
    }

    /// Checks that the newer log goes on from the older one.
    public func check(from old: Checkpoint, to new: Checkpoint) throws(LogRefusal) {
        guard case .consistency(let origin, let earlier, let size, let hashes) = self else {
            throw .proofUnreadable("it is no proof of consistency")
        }
        try Self.compare(origin, earlier, old)
        try Self.compare(origin, size, new)
        guard MerkleProof.verifyConsistency(from: earlier, root: old.root, to: size, root: new.root, proof: hashes) else {
            throw .forked(earlier: earlier, size: size)
        }
    }

    private static func compare(_ origin: String, _ size: UInt64, _ checkpoint: Checkpoint) throws(LogRefusal) {
        guard origin == checkpoint.origin else { throw .otherLog(proof: origin, checkpoint: checkpoint.origin) }
        guard size == checkpoint.size else { throw .otherSize(proof: size, checkpoint: checkpoint.size) }
    }
}

/// Why something about a log is not proven.
public enum LogRefusal: Error, Hashable, Sendable {
    case keyUnreadable
    case checkpointUnreadable
    case notSigned(by: String)
    case proofUnreadable(String)
    case otherLog(proof: String, checkpoint: String)
    case otherSize(proof: UInt64, checkpoint: UInt64)
    case notIncluded(index: UInt64, size: UInt64)
    case forked(earlier: UInt64, size: UInt64)
}

extension LogRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .keyUnreadable: "this is no verifier key: it should be one line, name+id+base64, as `xinqiao verify key` prints it"
        case .checkpointUnreadable:
            "this is no signed checkpoint: give the text as it came in the member `note`, or the whole message"
        case .notSigned(let name):
            "the signature of \(name) is missing or does not fit: the checkpoint was altered, or the key is another's"
        case .proofUnreadable(let reason): "the proof can not be read: \(reason)"
        case .otherLog(let proof, let checkpoint): "the proof is about the log \(proof), the checkpoint about \(checkpoint)"
        case .otherSize(let proof, let checkpoint):
            "the proof is for a log of \(proof) leaves, the checkpoint for one of \(checkpoint): ask for a proof of this size"
        case .notIncluded(let index, let size):
            "NOT PROVEN: the hashes do not lead from the entry as leaf \(index) to the signed root of \(size) leaves: entry, proof or log was altered"
        case .forked(let earlier, let size):
            "NOT PROVEN: the log of \(size) leaves does not go on from the signed one of \(earlier): it was rewritten or forked, or the proof was altered; keep both checkpoints"
        }
    }
}

extension Checkpoint {
    /// Reads a file with a signed checkpoint: the note itself, or the message of `governance.checkpoints.v1` that carries it.
    public static func signed(_ bytes: [UInt8], by verifier: NoteVerifier) throws(LogRefusal) -> Checkpoint {
        var text = String(decoding: bytes, as: UTF8.self)
        if bytes.first == UInt8(ascii: "{") {
            guard let note = (try? JSONDocument(parsing: bytes))?.root["note"]?.string else { throw .checkpointUnreadable }
            text = note
        }
        guard let note = SignedNote(parsing: text), let checkpoint = Checkpoint(note.text) else { throw .checkpointUnreadable }
        guard note.isSigned(by: verifier), checkpoint.lane(of: verifier.name) != nil else { throw .notSigned(by: verifier.name) }
        return checkpoint
    }
}
