import Chassis
import Postgres
import Support
import Testing
import Vocabulary

@testable import Pipeline

/// A schema `toy` with all of the path's tables, in a database of its own.
struct ToyHouse {
    let conninfo: String
    /// The schema's owner.
    let owner: Connection

    init() throws {
        conninfo = try PrivatePostgres.shared.makeDatabase()
        owner = try Connection(
            PostgresAddress(conninfo: conninfo, applicationName: "tests", searchPath: "toy", statementDeadline: .seconds(300)))
        _ = try Migrator.apply(PathMigration.all, schema: "toy", on: owner)
    }

    /// A session of the service's own role.
    func service() throws -> Connection {
        try owner.script(
            """
            DO $$ BEGIN CREATE ROLE xinqiao_toy LOGIN NOSUPERUSER; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            """)
        try owner.script(SchemaGrants.sql(schema: "toy"))
        return try Connection(PostgresAddress(conninfo: conninfo + " user=xinqiao_toy", applicationName: "tests", searchPath: "toy"))
    }

    func number(_ sql: String, _ parameters: [Parameter] = []) throws -> Int64 {
        try owner.execute(sql, parameters).first?.int64(0) ?? -1
    }

    /// The names of the ranges, in order.
    func ranges(_ parent: String) throws -> [String] {
        try owner.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::text::regclass ORDER BY 1",
            [.text(parent)]
        ).map { try $0.text(0) }
    }

    /// Bytes of all ranges with their indexes.
    func size(_ parent: String) throws -> Int64 {
        try number(
            "SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::int8 FROM pg_inherits WHERE inhparent = $1::text::regclass",
            [.text(parent)])
    }

    func plan(_ sql: String, _ arguments: String) throws -> String {
        try owner.script("PREPARE looked_at AS \(sql)")
        defer { try? owner.script("DEALLOCATE looked_at") }
        return try owner.execute("EXPLAIN EXECUTE looked_at(\(arguments))").map { try $0.text(0) }.joined(separator: "\n")
    }
}

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct HousekeepingTests {
    private let day: Duration = .seconds(86_400)

    @Test func `what was there before the ranges is there after, each row in its own`() throws {
        let server = PrivatePostgres.shared
        let conninfo = try server.makeDatabase()
        let owner = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests", searchPath: "toy"))
        _ = try Migrator.apply(Array(PathMigration.all.prefix(2)), schema: "toy", on: owner)
        try owner.script(
            """
            INSERT INTO outbox SELECT 0, 't', 0, n, n, 'x', now() - n * interval '1 day' FROM generate_series(1, 9) AS n;
            INSERT INTO outside_id SELECT 'w', n::text, 'd', now() - n * interval '1 day' FROM generate_series(1, 20) AS n;
            CREATE SCHEMA operator;
            CREATE VIEW operator.outbox AS SELECT * FROM outbox;
            """)
        #expect(try Migrator.apply(PathMigration.all, schema: "toy", on: owner).count == PathMigration.all.count - 2)
        #expect(try owner.execute("SELECT count(*) FROM outbox").first?.int64(0) == 9)
        #expect(try owner.execute("SELECT count(DISTINCT tableoid) FROM outbox").first?.int64(0) == 9)
        #expect(try owner.execute("SELECT count(*) FROM outside_id").first?.int64(0) == 20)
        #expect(try owner.execute("SELECT count(*) FROM outbox_rest").first?.int64(0) == 0)
        #expect(
            try owner.execute(
                "SELECT attcompression::text FROM pg_attribute WHERE attrelid = (SELECT min(tableoid::int8)::oid FROM outbox) AND attname = 'frames'"
            ).first?.text(0) == "l")
        #expect(try Migrator.apply(PathMigration.all, schema: "toy", on: owner).isEmpty)
    }

    @Test func `the service's role may keep house and nothing else of the tables' shape`() throws {
        let house = try ToyHouse()
        let service = try house.service()
        let later = WallClock.now + day + day
        let kept = try Housekeeping().keepHouse(service, now: later)
        #expect(kept.made == 2 && kept.dropped == 0)
        #expect(try Housekeeping().keepHouse(service, now: later) == Housekeeping.Kept(made: 0, dropped: 0, held: 0))
        _ = try service.execute("INSERT INTO outbox (lane, topic, partition, first_seq, last_seq, frames) VALUES (0, 't', 0, 1, 2, 'x')")
        for forbidden in [
            "DROP TABLE outbox_rest", "CREATE TABLE mine (a int4)",
            "SELECT partition_make('outbox', 'p', 'created_at', '2001-01-01', '2001-01-02')",
            "TRUNCATE outbox", "DELETE FROM operator_act", "UPDATE dead_letter_action SET why = 'x'",
        ] {
            #expect(refusal { () throws(PostgresFault) in try service.script(forbidden) } == "42501", "\(forbidden)")
        }
        #expect(throws: StoreFault.self) {
            var retention = Housekeeping.Retention()
            retention.outboxDays = 6
            try Housekeeping(retention: retention).keepHouse(service, now: later)
        }
    }

    @Test func `the service's role changes no row that is only ever added, and deletes only what is done with`() throws {
        let house = try ToyHouse()
        let service = try house.service()
        try house.owner.script(
            """
            CREATE TABLE fact (id int4 PRIMARY KEY);
            CREATE TABLE standing (id int4 PRIMARY KEY);
            CREATE VIEW fact_seen AS SELECT id FROM fact;
            -- What an earlier version gave.
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA toy TO xinqiao_toy;
            """)
        try house.owner.script(SchemaGrants.sql(schema: "toy", onlyAddedTo: ["fact"]))
        for allowed in [
            "INSERT INTO fact VALUES (1)", "INSERT INTO fact VALUES (1) ON CONFLICT (id) DO NOTHING", "SELECT FROM fact_seen",
            "INSERT INTO standing VALUES (1) ON CONFLICT (id) DO UPDATE SET id = excluded.id", "SELECT FROM schema_migration",
            "DELETE FROM timer", "DELETE FROM lane_lease", "DELETE FROM worker", "DELETE FROM worker_session", "DELETE FROM attempt",
            "DELETE FROM lane_pause",
        ] {
            #expect(refusal { () throws(PostgresFault) in try service.script(allowed) } == nil, "\(allowed)")
        }
        for forbidden in [
            "UPDATE fact SET id = 2", "DELETE FROM fact", "TRUNCATE fact", "DELETE FROM standing", "UPDATE fact_seen SET id = 2",
            "INSERT INTO fact_seen VALUES (2)", "DELETE FROM fact_seen", "UPDATE ledger_block SET lane = 7", "DELETE FROM ledger_block",
            "UPDATE operator_act SET why = 'x'", "DELETE FROM state", "DELETE FROM outbox", "DELETE FROM dead_letter",
            "INSERT INTO schema_migration (name, checksum) VALUES ('x', 'x')", "UPDATE schema_migration SET checksum = 'x'",
        ] {
            #expect(refusal { () throws(PostgresFault) in try service.script(forbidden) } == "42501", "\(forbidden)")
        }
    }

    @Test func `a day goes only when the broker has acknowledged all of it, and a clock that runs ahead drops nothing`() throws {
        let house = try ToyHouse()
        try house.owner.script(
            """
            SELECT partitions_keep(now() - interval '20 days');
            INSERT INTO outbox VALUES (0, 't', 0, 1, 5, 'x', now() - interval '20 days'), (1, 't', 0, 1, 5, 'x', now() - interval '20 days');
            INSERT INTO link_out VALUES (0, 't', 0, 9, 4), (1, 't', 0, 9, 5);
            """)
        #expect(try house.number("SELECT count(*) FROM outbox_rest") == 0)
        let ahead = WallClock.now + .seconds(86_400 * 3_650)
        let held = try Housekeeping().keepHouse(house.owner, now: ahead)
        #expect(held.held == 1)
        #expect(try house.number("SELECT count(*) FROM outbox") == 2)
        _ = try house.owner.execute("UPDATE link_out SET acked_seq = 5 WHERE lane = 0")
        // 20 days ago is over; 19 days to 15 days ago were never made beyond its three days ahead.
        #expect(try Housekeeping().keepHouse(house.owner, now: ahead).dropped == 1)
        #expect(try house.number("SELECT count(*) FROM outbox") == 0)
        var short = Housekeeping.Retention()
        short.outboxDays = 30
        #expect(try Housekeeping(retention: short).keepHouse(house.owner, now: ahead).dropped == 0)
        #expect(try house.ranges("outbox").contains("outbox_d\(stamp(WallClock.now))"))
    }

    @Test func `rows that came before their range wait in the rest and move over`() throws {
        let house = try ToyHouse()
        let far = WallClock.now + .seconds(86_400 * 40)
        _ = try house.owner.execute("INSERT INTO outbox VALUES (0, 't', 0, 1, 1, 'x', $1)", [.instant(far)])
        #expect(try house.number("SELECT count(*) FROM outbox_rest") == 1)
        try Housekeeping().keepHouse(house.owner, now: far)
        #expect(try house.number("SELECT count(*) FROM outbox_rest") == 0)
        #expect(try house.number("SELECT count(*) FROM outbox") == 1)
    }

    @Test func `an id is taken once within a period`() throws {
        let house = try ToyHouse()
        _ = try house.owner.execute(Housekeeping.saveOutsideIDs, [.texts(["w"]), .texts(["1"]), .bytesArray([[1]])])
        #expect(
            refusal { () throws(PostgresFault) in
                _ = try house.owner.execute(Housekeeping.saveOutsideIDs, [.texts(["w"]), .texts(["1"]), .bytesArray([[1]])])
            } == "23505")
    }

    @Test func `look-ups ask indexes only, however many ranges there are`() throws {
        let house = try ToyHouse()
        for age in stride(from: 28, through: 0, by: -1) {
            try house.owner.script("SELECT partitions_keep(now() - interval '\(age) days')")
        }
        try house.owner.script(
            """
            INSERT INTO outside_id (writer, id, digest, seen_in)
            SELECT 'source:tax', md5(n::text), sha256(n::text::bytea), outside_period(now() - n % 28 * interval '1 day')
              FROM generate_series(1, 60000) AS n;
            INSERT INTO outbox SELECT n % 4, 't' || n % 5, n % 4, n, n, 'x', now() - n % 14 * interval '1 day' FROM generate_series(1, 40000) AS n;
            INSERT INTO link_out SELECT l, 't' || t, l, 40000, 39900 FROM generate_series(0, 3) AS l, generate_series(0, 4) AS t;
            -- As autovacuum does: nothing is known of a range without rows, and it is not taken for empty for ever.
            DO $$ DECLARE part regclass; BEGIN
                FOR part IN SELECT DISTINCT tableoid::regclass FROM outbox UNION SELECT DISTINCT tableoid::regclass FROM outside_id
                LOOP EXECUTE 'ANALYZE ' || part; END LOOP;
            END $$;
            ANALYZE link_out;
            SET plan_cache_mode = force_generic_plan;
            """)
        let ids = try house.plan(PostgresStore.loadOutsideIDs, "ARRAY['source:tax'], ARRAY['x']")
        #expect(ids.contains("Index Scan") || ids.contains("Bitmap Index Scan"), "\(ids)")
        #expect(!ids.contains("Seq Scan on outside_id"), "\(ids)")
        #expect(ids.contains("o_2") && !ids.contains("o_5"), "a look-up should ask few ranges:\n\(ids)")
        let waiting = try house.plan(LinkReader.readOutbox, "ARRAY[0, 1]")
        #expect(!waiting.contains("Seq Scan on outbox"), "\(waiting)")
        let lines = waiting.split(separator: "\n").filter { $0.contains("Index Cond") }
        #expect(!lines.isEmpty && lines.contains { $0.contains("last_seq > l.acked_seq") }, "\(waiting)")
    }

    @Test func `a million messages through four months leave the tables at their size`() throws {
        let house = try ToyHouse()
        let days = 120
        let messages = 1_000_000 / days
        // The largest while the times fill up, and in the last month, when ranges have come and gone.
        var steady: (outbox: Int64, outside: Int64) = (0, 0)
        var last: (outbox: Int64, outside: Int64) = (0, 0)
        for age in stride(from: days - 1, through: 0, by: -1) {
            let moment = WallClock.now - .seconds(Int64(86_400 * age))
            try Housekeeping().keepHouse(house.owner, now: moment)
            let first = Int64(days - 1 - age) * Int64(messages)
            _ = try house.owner.execute(
                """
                INSERT INTO outbox (lane, topic, partition, first_seq, last_seq, frames, created_at)
                SELECT 0, 't', 0, $1 + n * 100 + 1, $1 + n * 100 + 100, 
                       (SELECT convert_to(string_agg(md5(($1 + n * 100 + m)::text), ''), 'UTF8') FROM generate_series(1, 100) AS m), $3
                  FROM generate_series(0, $2 / 100 - 1) AS n
                """, [.int64(first), .int64(Int64(messages)), .instant(moment)])
            _ = try house.owner.execute(
                """
                INSERT INTO link_out (lane, topic, partition, last_seq, acked_seq) VALUES (0, 't', 0, $1, $1)
                    ON CONFLICT (lane, topic, partition) DO UPDATE SET last_seq = excluded.last_seq, acked_seq = excluded.acked_seq
                """, [.int64(first + Int64(messages))])
            _ = try house.owner.execute(
                """
                INSERT INTO outside_id (writer, id, digest, seen_at, seen_in)
                SELECT 'source:tax', md5(($1 + n)::text), sha256((n::text)::bytea), $3, outside_period($3)
                  FROM generate_series(1, $2) AS n
                """, [.int64(first), .int64(Int64(messages)), .instant(moment)])
            guard age % 5 == 0 else { continue }
            let size = (outbox: try house.size("outbox"), outside: try house.size("outside_id"))
            if age >= 30 {
                steady = (max(steady.outbox, size.outbox), max(steady.outside, size.outside))
            } else {
                last = (max(last.outbox, size.outbox), max(last.outside, size.outside))
            }
        }
        print(
            "housekeeping: 1,000,000 messages in \(days) days; outbox \(steady.outbox >> 10) KiB steady, \(last.outbox >> 10) KiB at the end; "
                + "outside ids \(steady.outside >> 10) KiB, \(last.outside >> 10) KiB")
        #expect(last.outbox <= 2 * steady.outbox && last.outside <= 2 * steady.outside)
        #expect(try house.number("SELECT count(*) FROM outbox WHERE created_at < now() - interval '16 days'") == 0)
        #expect(
            try house.number("SELECT count(*) FROM outbox WHERE created_at > now() - interval '14 days'") == Int64(14 * (messages / 100)))
        #expect(try house.number("SELECT count(*) FROM outside_id WHERE seen_at > now() - interval '30 days'") == Int64(30 * messages))
        #expect(try house.ranges("outbox").count <= 14 + 1 + 4 + 1)
        #expect(try house.ranges("outside_id").count <= 3 + 1)
        #expect(try house.number("SELECT count(*) FROM outbox_rest") + house.number("SELECT count(*) FROM outside_id_rest") == 0)
    }

    private func stamp(_ moment: Instant) -> String { String(moment.rfc3339.prefix(10).filter { $0 != "-" }) }

    /// The SQLSTATE of the refusal; nil when there is none.
    private func refusal(_ body: () throws(PostgresFault) -> Void) -> String? {
        do { try body() } catch { return error.sqlstate }
        return nil
    }
}
