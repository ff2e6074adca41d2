import Chassis
import Foundation
import GovernanceDomain
import Ledger
import Postgres
import Vocabulary
import Wire

extension Command {
    static let verify = Command(
        "verify",
        usage: """
            inclusion --proof FILE --checkpoint FILE --key FILE [--data FILE]
                   xinqiao verify consistency --old FILE --new FILE --proof FILE --key FILE
                   xinqiao verify log [--checkpoint FILE] [--key FILE]
                   xinqiao verify key --private FILE [--name NAME]
            """,
        summary: "check that nothing was rewritten: proofs and checkpoints offline, the log itself in the database",
        valued: ["proof", "checkpoint", "key", "data", "old", "new", "private", "name"],
        details: """
            Governance writes every fact, and every word about a consent, into an append-only Merkle log (RFC 9162), one for each lane, and
            signs once a minute how far it goes: a checkpoint, on the topic governance.checkpoints.v1. Whoever keeps checkpoints can check:

            inclusion    that an entry is under a checkpoint. With --data, that a record's data are those of which the entry has the hash.
            consistency  that the log of a newer checkpoint goes on from that of an older one: nothing was changed or taken out.
            log          computes the log again from the tables and names every leaf whose fact was altered or deleted, the first one first,
                         and every fact that is in no leaf. With --key, against all checkpoints that governance signed; with --checkpoint
                         too, against that one, which somebody else kept. Needs XINQIAO_POSTGRES; the others need nothing but their files.
            key          prints the verifier key that belongs to governance's private key: give it to those who check.

            --key FILE holds one line, name+id+base64 (C2SP signed-note). A checkpoint FILE is the text of the member `note`, or the whole
            message. Proofs come from `xinqiao prove`. Exit status 0: proven; 2: not; 64: the command line or a file is wrong.
            """
    ) { options in
        switch options.words {
        case ["inclusion"]: try Verifying.inclusion(options)
        case ["consistency"]: try Verifying.consistency(options)
        case ["log"]: try Verifying.log(options)
        case ["key"]: try Verifying.key(options)
        default: throw Failure("say `verify inclusion`, `verify consistency`, `verify log` or `verify key`", code: .usage)
        }
    }
}

enum Verifying {
    static func inclusion(_ options: Options) throws {
        let verifier = try LedgerFiles.verifier(options)
        let checkpoint = try LedgerFiles.checkpoint(options, "checkpoint", verifier)
        let proof = try LedgerFiles.proof(options)
        let entry = try proven(by: try LedgerFiles.path(options, "proof")) { () throws(LogRefusal) in try proof.entry(under: checkpoint) }
        if let path = options.text("data") { try check(data: path, against: entry) }
        print("proven: under the checkpoint of \(checkpoint.size) leaves of \(checkpoint.origin), grown \(checkpoint.grownAt.rfc3339)")
        print(String(decoding: entry, as: UTF8.self))
    }

    /// Whether the file holds the data of which the entry has the hash.
    private static func check(data path: String, against entry: [UInt8]) throws {
        let bytes = try LedgerFiles.bytes(path)
        let data: JSONValue
        do throws(JSONDefect) {
            data = try JSONDocument(parsing: bytes, limits: JSONLimits(bytesMax: 16 << 20)).root
        } catch {
            throw Failure("\(path): not JSON: \(error)", code: .usage)
        }
        guard (try? JSONDocument(parsing: entry))?.root["contentSha256"]?.string == FactSeal.of(data) else {
            throw Failure("NOT PROVEN: \(path) does not hold the data of this entry: they were altered, or are another record's")
        }
    }

    static func consistency(_ options: Options) throws {
        let verifier = try LedgerFiles.verifier(options)
        let old = try LedgerFiles.checkpoint(options, "old", verifier)
        let new = try LedgerFiles.checkpoint(options, "new", verifier)
        let proof = try LedgerFiles.proof(options)
        try proven(by: try LedgerFiles.path(options, "proof")) { () throws(LogRefusal) in try proof.check(from: old, to: new) }
        print("proven: the log \(new.origin) of \(new.size) leaves goes on from its first \(old.size)")
    }

    private static func proven<Answer>(by path: String, _ check: () throws(LogRefusal) -> Answer) throws -> Answer {
        do throws(LogRefusal) {
            return try check()
        } catch {
            throw Failure("\(path): \(error)")
        }
    }

    static func key(_ options: Options) throws {
        let path = try LedgerFiles.path(options, "private")
        guard let key = Ed25519PrivateKey(pem: String(decoding: try LedgerFiles.bytes(path), as: UTF8.self)) else {
            throw Failure("\(path) is no Ed25519 private key in PEM, as `openssl genpkey -algorithm ed25519` makes it", code: .usage)
        }
        let name = options.text("name") ?? LedgerFiles.defaultName
        guard let signer = NoteSigner(name: name, key: key) else {
            throw Failure("--name should be a name without blanks and plus signs, not `\(name)`", code: .usage)
        }
        print(signer.verifier.text)
    }

    static func log(_ options: Options) throws {
        var held: [Checkpoint] = []
        let tables = LedgerTables(connection: try Connections.postgres())
        if options.text("key") != nil {
            let verifier = try LedgerFiles.verifier(options)
            for note in try tables.notes() {
                do throws(LogRefusal) {
                    held.append(try Checkpoint.signed(Array(note.utf8), by: verifier))
                } catch {
                    throw Failure("governance.checkpoint: \(error)\n\(note)")
                }
            }
            if options.text("checkpoint") != nil { held.append(try LedgerFiles.checkpoint(options, "checkpoint", verifier)) }
        } else if options.text("checkpoint") != nil {
            throw Failure("say --key FILE too: a checkpoint counts by its signature", code: .usage)
        }
        let outcome = try tables.review(against: held)
        for finding in outcome.findings.prefix(20) { print(finding) }
        if outcome.findings.count > 20 { print("… and \(outcome.findings.count - 20) more") }
        guard outcome.findings.isEmpty else {
            throw Failure(
                "\(outcome.findings.count) findings in \(outcome.leaves) leaves; keep the database as it is and compare it with a backup")
        }
        print(
            "whole: \(outcome.leaves) leaves in \(outcome.lanes) lanes, every fact as it was logged"
                + (held.isEmpty ? "; no checkpoint was looked at, say --key" : ", \(held.count) checkpoints met")
                + (outcome.repeated == 0 ? "" : "; \(outcome.repeated) facts were said again under an id that was forgotten"))
    }
}

/// The files of proofs, checkpoints and keys.
enum LedgerFiles {
    /// As governance signs unless it is told otherwise.
    static let defaultName = "xinqiao/governance"

    static func path(_ options: Options, _ name: String) throws -> String {
        guard let path = options.text(name) else { throw Failure("say --\(name) FILE", code: .usage) }
        return path
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure("there is no file \(path)", code: .usage) }
        return Array(data)
    }

    static func verifier(_ options: Options) throws -> NoteVerifier {
        let path = try path(options, "key")
        let text = String(decoding: try bytes(path), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let verifier = NoteVerifier(text) else { throw Failure("\(path): \(LogRefusal.keyUnreadable)", code: .usage) }
        return verifier
    }

    static func checkpoint(_ options: Options, _ name: String, _ verifier: NoteVerifier) throws -> Checkpoint {
        let path = try path(options, name)
        let bytes = try bytes(path)
        do throws(LogRefusal) {
            return try Checkpoint.signed(bytes, by: verifier)
        } catch {
            throw Failure("\(path): \(error)", code: error == .checkpointUnreadable ? .usage : .fault)
        }
    }

    static func proof(_ options: Options) throws -> LogProof {
        let path = try path(options, "proof")
        let bytes = try bytes(path)
        do throws(LogRefusal) {
            return try LogProof(bytes)
        } catch {
            throw Failure("\(path): \(error)", code: .usage)
        }
    }
}
