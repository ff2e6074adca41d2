/// Who may do what in a service's schema. Run after the migrations; may be repeated.
public enum SchemaGrants {
    /// The service's own role works in its own schema and nowhere else. Of the tables' shape it may only have old ranges dropped and
    /// coming ones made (`partitions_keep`, which runs as the schema's owner). Readers read.
    /// - Parameter onlyAddedTo: the service's own tables whose rows nobody changes, besides those of the path.
    public static func sql(schema: String, onlyAddedTo: [String] = []) -> String {
        """
        DO $$ DECLARE view_name name; BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'xinqiao_\(schema)') THEN
                GRANT USAGE ON SCHEMA \(schema) TO xinqiao_\(schema);
                -- Taken back first, which mends the schemas of earlier versions. All in one statement: a service that works meanwhile
                -- is never without its rights.
                REVOKE ALL ON ALL TABLES IN SCHEMA \(schema) FROM xinqiao_\(schema);
                GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA \(schema) TO xinqiao_\(schema);
                GRANT DELETE ON \(list(emptied, of: schema)) TO xinqiao_\(schema);
                GRANT EXECUTE ON FUNCTION \(schema).partitions_keep(timestamptz, int4, int4) TO xinqiao_\(schema);
                -- What was done stays written down, whoever did it.
                REVOKE UPDATE ON \(list(records + onlyAddedTo, of: schema)) FROM xinqiao_\(schema);
                REVOKE INSERT, UPDATE ON \(schema).schema_migration FROM xinqiao_\(schema);
                -- Whoever writes through a view writes with the rights of the view's owner.
                FOR view_name IN
                    SELECT relname FROM pg_class WHERE relnamespace = '\(schema)'::regnamespace AND relkind IN ('v', 'm')
                LOOP
                    EXECUTE format('REVOKE INSERT, UPDATE ON \(schema).%I FROM xinqiao_\(schema)', view_name);
                END LOOP;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'xinqiao_reader') THEN
                GRANT USAGE ON SCHEMA \(schema) TO xinqiao_reader;
                GRANT SELECT ON ALL TABLES IN SCHEMA \(schema) TO xinqiao_reader;
            END IF;
        END $$
        """
    }

    /// The path's tables whose rows go when they are done with.
    private static let emptied = ["timer", "lane_lease", "worker", "worker_session", "attempt", "lane_pause"]
    /// The path's tables whose rows nobody changes.
    private static let records = ["dead_letter_action", "dead_letter_fix", "dead_letter_outcome", "operator_act", "ledger_block"]

    private static func list(_ tables: [String], of schema: String) -> String {
        tables.map { "\(schema).\($0)" }.joined(separator: ", ")
    }
}
