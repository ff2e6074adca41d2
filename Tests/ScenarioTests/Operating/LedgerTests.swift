import Chassis
import Contracts
import Foundation
import GovernanceDomain
import Ledger
import Postgres
import Support
import Testing
import Vocabulary
import Wire

/// The tamper-evident log at the operator's command line: fed by the running service, signed, proven offline, and what is found when
/// somebody with all rights in the database rewrites a fact.
@Suite(.serialized, .enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct LedgerTests {
    @Test func `facts and consents are proven by what institutions keep, and every alteration is named`() throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server)
        func file(_ name: String) -> String { suite.folder.appendingPathComponent(name).path }
        let key = try #require(Ed25519PrivateKey(seed: Array(100..<132)))
        try key.pem.write(toFile: file("ledger.key"), atomically: true, encoding: .utf8)
        let verifier = try suite.run(["verify", "key", "--private", file("ledger.key")])
        #expect(verifier.hasPrefix("xinqiao/governance+"))
        try verifier.write(toFile: file("ledger.pub"), atomically: true, encoding: .utf8)
        let signing = ["XINQIAO_LEDGER_KEY_FILE": file("ledger.key")]

        let today = Day.today - 1
        let story = HunanStory(number: 801, today: today)
        let records = story.records()
        try suite.start(.ingestion)
        try suite.start(.governance, with: signing)
        try suite.tell(Array(records.prefix(20)))
        let firstCount = try settled(suite, accepted: 20)
        #expect(firstCount > 10)
        let firm = try #require(records.first).subject
        let lane = Lane.of(firm, lanes: 4)
        // Two minutes later the checkpoint is due.
        suite.stop(.governance)
        try suite.start(.governance, with: signing.merging(["XINQIAO_CLOCK_OFFSET_SECONDS": "120"]) { $1 })
        #expect(try suite.number(Self.unsigned, becomes: 0) == 0)
        try suite.run(["prove", "checkpoint", "\(lane)", "--to", file("old")])
        let oldSize = try suite.number("SELECT max(size) FROM governance.checkpoint WHERE lane = \(lane)")

        try suite.tell(Array(records.dropFirst(20)) + [story.revocation(at: today.startInChina)])
        let secondCount = try settled(suite, accepted: Int64(records.count) + 1)
        #expect(secondCount > firstCount)
        suite.stop(.governance)
        try suite.start(.governance, with: signing.merging(["XINQIAO_CLOCK_OFFSET_SECONDS": "240"]) { $1 })
        #expect(try suite.number(Self.unsigned, becomes: 0) == 0)
        try suite.run(["prove", "checkpoint", "\(lane)", "--to", file("new")])
        let newSize = try suite.number("SELECT max(size) FROM governance.checkpoint WHERE lane = \(lane)")
        #expect(newSize > oldSize)
        // The same went to the topic.
        #expect(try suite.number("SELECT sum(last_seq)::int8 FROM governance.link_out WHERE topic = 'governance.checkpoints.v1'") >= 2)
        #expect(
            try suite.number(
                "SELECT count(*) FROM governance.link_out WHERE topic = 'governance.checkpoints.v1' AND acked_seq < last_seq", becomes: 0)
                == 0)

        // Offline: inclusion of facts and of a consent, with the data that they are about.
        let ids = try texts(
            suite,
            "SELECT fact_id FROM governance.fact WHERE subject = '\(firm)' ORDER BY record_type LIKE 'consent.%' DESC, known_at LIMIT 3")
        #expect(ids.count == 3)
        #expect(ids.contains { $0.contains("revocation") })
        for id in ids {
            try suite.run(["prove", "inclusion", id, "--to", file("proof")])
            let data = try texts(suite, "SELECT data::text FROM governance.fact WHERE fact_id = '\(id)'")[0]
            try data.write(toFile: file("data"), atomically: true, encoding: .utf8)
            let said = try suite.run(inclusion(file, "new") + ["--data", file("data")])
            #expect(said.contains("proven: under the checkpoint of \(newSize) leaves") && said.contains(id), "\(said)")
            try "{\"a\":1}".write(toFile: file("data"), atomically: true, encoding: .utf8)
            #expect(try suite.xinqiao(inclusion(file, "new") + ["--data", file("data")]).end == .status(2))
        }
        #expect(try suite.xinqiao(inclusion(file, "old")).text.contains("ask for a proof of this size"))
        let proof = try String(contentsOfFile: file("proof"), encoding: .utf8)
        try proof.replacing("\"index\":", with: "\"index\":1").write(toFile: file("proof"), atomically: true, encoding: .utf8)
        #expect(try suite.xinqiao(inclusion(file, "new")).end == .status(2))

        // Offline: the newer log goes on from the older one.
        try suite.run(["prove", "consistency", "\(lane)", "\(oldSize)", "\(newSize)", "--to", file("proof")])
        let consistency = [
            "verify", "consistency", "--old", file("old"), "--new", file("new"), "--proof", file("proof"), "--key", file("ledger.pub"),
        ]
        #expect(try suite.run(consistency).contains("goes on from its first \(oldSize)"))
        let other = try #require(Ed25519PrivateKey(seed: Array(0..<32)))
        try #require(NoteVerifier(name: "xinqiao/governance", key: other.publicKey)).text
            .write(toFile: file("other.pub"), atomically: true, encoding: .utf8)
        let refused = try suite.xinqiao(Array(consistency.dropLast()) + [file("other.pub")])
        #expect(
            refused.end == .status(2) && refused.text.contains("old: the signature of xinqiao/governance is missing"), "\(refused.text)")

        // Online: all of it again.
        let whole = try suite.run(["verify", "log", "--key", file("ledger.pub")])
        #expect(whole.contains("whole: \(secondCount) leaves") && whole.contains("checkpoints met"), "\(whole)")
        let id = ids[2]
        func tried(_ change: String, _ undo: String) throws -> String {
            try script(suite, change)
            defer { try? script(suite, undo) }
            let (end, text) = try suite.xinqiao(["verify", "log", "--key", file("ledger.pub"), "--checkpoint", file("old")])
            #expect(end == .status(2), "\(text)")
            return text
        }
        let kept = "CREATE TABLE kept AS SELECT * FROM governance.fact WHERE fact_id = '\(id)'"
        let back = "DELETE FROM governance.fact WHERE fact_id = '\(id)'; INSERT INTO governance.fact SELECT * FROM kept"
        try script(suite, kept)
        let altered = try tried(
            "UPDATE governance.fact SET data = jsonb_set(data, '{forged}', '1') WHERE fact_id = '\(id)'", back)
        #expect(altered.contains("the data of the fact \(id) were altered"), "\(altered)")
        #expect(
            try tried("UPDATE governance.fact SET quality = 10000 - quality WHERE fact_id = '\(id)'", back)
                .contains("the row of the fact \(id) was altered"))
        #expect(try tried("DELETE FROM governance.fact WHERE fact_id = '\(id)'", back).contains("the fact \(id) was deleted"))
        let planted = try tried(
            "INSERT INTO governance.fact SELECT 'forged/1', record_type, writer, subject, business_key, occurred_at, known_at, topic, partition, \"offset\", sha256, quality, data, duplicate_of, content_sha256 FROM kept",
            "DELETE FROM governance.fact WHERE fact_id = 'forged/1'")
        #expect(planted.contains("the fact forged/1 is in no leaf"), "\(planted)")
        let revived = try tried(
            "UPDATE governance.consent SET status = 'active' WHERE status = 'revoked'",
            "UPDATE governance.consent SET status = 'revoked' WHERE consent_id = '\(story.consentID)'")
        #expect(revived.contains("the consent \(story.consentID) of \(firm) is `active` in governance.consent"), "\(revived)")
        // Who owns the tables can take the guard away, and rewrite facts, leaves and head; the signed checkpoints stay.
        let rewritten = try tried(
            """
            ALTER TABLE governance.ledger_block DISABLE TRIGGER only_added_to;
            CREATE TABLE blocks AS SELECT * FROM governance.ledger_block;
            UPDATE governance.ledger_block SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) WHERE lane = \(lane) AND first_leaf = 0
            """, "DELETE FROM governance.ledger_block; INSERT INTO governance.ledger_block SELECT * FROM blocks")
        #expect(rewritten.contains("lane \(lane): the first \(oldSize) leaves are not those of the signed checkpoint"), "\(rewritten)")
        #expect(try suite.run(["verify", "log"]).contains("no checkpoint was looked at"))
        #expect(try suite.xinqiao(["prove", "inclusion", "nobody/1"]).text.contains("there is no fact `nobody/1`"))
        #expect(try suite.xinqiao(["verify", "log", "--checkpoint", file("old")]).end == .status(64))
    }

    @Test func `a key that can not be read stops the start and is not shown`() throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server)
        #expect(throws: SmallSuite.Trouble.self) {
            try suite.start(.governance, with: ["XINQIAO_LEDGER_KEY": "mysecret"], within: .seconds(5))
        }
        let log = suite.log(of: .governance)
        #expect(log.contains("XINQIAO_LEDGER_KEY") && log.contains("Ed25519") && !log.contains("mysecret"), "\(log)")
    }

    private static let unsigned = "SELECT coalesce(sum(size - signed_size), 0)::int8 FROM governance.ledger_head"

    private func inclusion(_ file: (String) -> String, _ checkpoint: String) -> [String] {
        ["verify", "inclusion", "--proof", file("proof"), "--checkpoint", file(checkpoint), "--key", file("ledger.pub")]
    }

    /// Waits until everything was decided, also what takes governance's own detour; the number of leaves, which must be that of the facts.
    private func settled(_ suite: SmallSuite, accepted: Int64) throws -> Int64 {
        #expect(try suite.number(SmallSuite.accepted, becomes: accepted) == accepted)
        #expect(try suite.number(SmallSuite.lacking, becomes: 0) == 0)
        #expect(try suite.number(Self.underWay, becomes: 0) == 0)
        #expect(
            try suite.number(
                "SELECT (SELECT count(*) FROM governance.fact) - (SELECT coalesce(sum(size), 0)::int8 FROM governance.ledger_head)") == 0)
        return try suite.number("SELECT count(*) FROM governance.fact")
    }

    private static let underWay = """
        SELECT coalesce(sum(o.last_seq - coalesce(i.last_seq, 0)), 0)::int8
          FROM governance.link_out o
          LEFT JOIN governance.link_in i
            ON i.source = 'xinqiao/governance/' || o.lane AND i.topic = o.topic AND i.partition = o.partition
         WHERE o.topic = 'governance.identity.v1'
        """

    private func script(_ suite: SmallSuite, _ sql: String) throws {
        let connection = try Connection(PostgresAddress(conninfo: suite.conninfo, applicationName: "tests"))
        defer { connection.close() }
        try connection.script(sql)
    }

    private func texts(_ suite: SmallSuite, _ sql: String) throws -> [String] {
        let connection = try Connection(PostgresAddress(conninfo: suite.conninfo, applicationName: "tests"))
        defer { connection.close() }
        return try connection.execute(sql).map { try $0.text(0) }
    }
}
