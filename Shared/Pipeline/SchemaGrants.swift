/// Who may do what in a service's schema. Run after the migrations; may be repeated.
public enum SchemaGrants {
    /// The service's own role works in its own schema and nowhere else. Of the tables' shape it may only have old ranges dropped and
    /// coming ones made (`partitions_keep`, which runs as the schema's owner). Readers read.
    public static func sql(schema: String) -> String {
        """
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'xinqiao_\(schema)') THEN
                GRANT USAGE ON SCHEMA \(schema) TO xinqiao_\(schema);
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \(schema) TO xinqiao_\(schema);
                GRANT EXECUTE ON FUNCTION \(schema).partitions_keep(timestamptz, int4, int4) TO xinqiao_\(schema);
                -- What was done stays written down, whoever did it.
                REVOKE UPDATE, DELETE ON
                    \(schema).dead_letter_action, \(schema).dead_letter_fix, \(schema).dead_letter_outcome, \(schema).operator_act,
                    \(schema).ledger_block
                    FROM xinqiao_\(schema);
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'xinqiao_reader') THEN
                GRANT USAGE ON SCHEMA \(schema) TO xinqiao_reader;
                GRANT SELECT ON ALL TABLES IN SCHEMA \(schema) TO xinqiao_reader;
            END IF;
        END $$
        """
    }
}
