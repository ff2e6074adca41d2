// Foundation and Testing stay in different files: together they ask the linker for an overlay that not every toolchain carries.
import Foundation
import Ledger

/// One published case. Fields are present as the kind demands.
struct ProofVector {
    let file: String
    private let content: Content

    /// What the publisher says.
    var isAcceptable: Bool { !content.wantErr }

    /// The first folder: inclusion, consistency, subtreeinclusion or subtreeconsistency.
    var kind: String { String(file.prefix { $0 != "/" }) }

    /// What we say; nil for an unknown kind.
    var isAccepted: Bool? {
        // What is not 32 bytes is refused where it is parsed, before any proof is looked at.
        let proof = (content.proof ?? []).compactMap { Digest($0) }
        guard proof.count == content.proof?.count ?? 0 else { return false }
        switch kind {
        case "inclusion":
            guard let index = content.leafIdx, let size = content.treeSize, let leaf = digest(content.leafHash),
                let root = digest(content.root)
            else { return false }
            return MerkleProof.verifyInclusion(leaf: leaf, index: index, size: size, root: root, proof: proof)
        case "subtreeinclusion":
            guard let index = content.leafIdx, let start = content.start, let end = content.end, let leaf = digest(content.leafHash),
                let root = digest(content.root)
            else { return false }
            return MerkleProof.verifyInclusion(leaf: leaf, index: index, in: start, end, root: root, proof: proof)
        case "consistency":
            guard let earlier = content.size1, let size = content.size2, let first = digest(content.root1),
                let second = digest(content.root2)
            else { return false }
            return MerkleProof.verifyConsistency(from: earlier, root: first, to: size, root: second, proof: proof)
        case "subtreeconsistency":
            guard let start = content.start, let end = content.end, let size = content.size, let first = digest(content.root1),
                let second = digest(content.root2)
            else { return false }
            return MerkleProof.verifyConsistency(of: start, end, root: first, in: size, root: second, proof: proof)
        default:
            return nil
        }
    }

    /// Some cases carry a "don't care" text for a root; a hash of it stands in and keeps equal texts equal.
    private func digest(_ bytes: Data?) -> Digest? {
        guard let bytes else { return nil }
        return bytes.starts(with: Data("don't care".utf8)) ? sha256([UInt8](bytes)) : Digest(bytes)
    }

    private struct Content: Decodable {
        var leafIdx: UInt64?
        var treeSize: UInt64?
        var start: UInt64?
        var end: UInt64?
        var size: UInt64?
        var size1: UInt64?
        var size2: UInt64?
        var root: Data?
        var leafHash: Data?
        var root1: Data?
        var root2: Data?
        var proof: [Data]?
        var wantErr: Bool
    }

    /// All cases, or nil when the data are not here.
    static func all() throws -> [ProofVector]? {
        guard let folder = sharedData("merkle/testdata") else { return nil }
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }.sorted()
        return try files.map { file in
            let bytes = try Data(contentsOf: folder.appendingPathComponent(file))
            return ProofVector(file: file, content: try JSONDecoder().decode(Content.self, from: bytes))
        }
    }
}
