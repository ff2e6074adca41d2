import Chassis
import Contracts
import Pipeline
import Postgres

extension Command {
    static let rejoin = Command(
        "rejoin", usage: "--why TEXT [--by NAME]",
        summary: "after a restore: lets the database go on beside a broker that knows more than the backup does",
        valued: ["why", "by"],
        details: """
            Call it once, after `xinqiao restore` and before the services start, when the broker is the one that the lost database worked
            with. The services read the senders' records again from where the backup stood and decide them again. What the lost database
            had sent on our own links after the backup still lies in the log: it is passed over, up to the last message that the backup
            knows of, and what is decided now gets numbers of a new epoch, so that neither is taken for the other. Without it, messages
            decided anew under a number that the log already has would be dropped as repetitions, though they may say something else.

            Institutions see messages decided anew under new numbers; the ids within them are the same. Calling it again begins a further
            epoch and does no harm. Written down with --by and --why.
            """
    ) { options in
        let audit = try Audit(options)
        let epoch = try Rejoin.run(try Connections.postgres(), audit)
        print("epoch \(epoch) begins; start the services, then `xinqiao status`")
    }
}

enum Rejoin {
    /// Begins a new epoch in all services at once, and returns its number.
    static func run(_ connection: Connection, _ audit: Audit) throws -> Int64 {
        let services = ServiceName.allCases.map(\.rawValue)
        return try connection.transaction { session throws(PostgresFault) in
            // A worker that runs all the same is turned away by the fence, and reads the epoch with everything else.
            for service in services {
                _ = try session.execute(
                    "UPDATE \(service).consumer_offset SET next_offset = next_offset + 1 WHERE topic = $1", [.text(LaneBook.laneTopic)])
            }
            let epochs = services.map { "SELECT epoch FROM \($0).link_epoch" }.joined(separator: " UNION ALL ")
            let before = try session.execute("SELECT max(epoch) FROM (\(epochs)) AS e").first?.int64(0) ?? 0
            let given = services.map { "SELECT 'xinqiao/\($0)/' || lane AS source, topic, partition, last_seq FROM \($0).link_out" }
                .joined(separator: " UNION ALL ")
            for service in services {
                _ = try session.execute("DELETE FROM \(service).link_cut")
                _ = try session.execute(
                    "INSERT INTO \(service).link_cut (source, topic, partition, last_seq) SELECT source, topic, partition, last_seq FROM (\(given)) AS g"
                )
                _ = try session.execute("UPDATE \(service).link_epoch SET epoch = $1", [.int64(before + 1)])
                try audit.note("rejoin", LaneBook.laneTopic, 0, before: before, after: before + 1, in: service, on: session)
            }
            return before + 1
        }
    }
}
