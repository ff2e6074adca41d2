import Postgres
import Synchronization

/// Two sessions with the database for pages. A page waits its turn, so however many readers come, the database sees two.
final class ConsoleDatabase: Sendable {
    private final class Seat: Sendable {
        let connection = Mutex<Connection?>(nil)
    }

    private let address: PostgresAddress
    private let seats = [Seat(), Seat()]
    private let turn = Atomic<Int>(0)

    init(_ address: PostgresAddress) {
        self.address = PostgresAddress(
            conninfo: address.conninfo, applicationName: address.applicationName + "-console", searchPath: address.searchPath,
            statementDeadline: .seconds(5))
    }

    /// Reads in one snapshot, so that the figures of a page agree with one another. Nothing can be written.
    func read<Result: Sendable>(_ body: @Sendable (Connection) throws(PostgresFault) -> Result) throws(PostgresFault) -> Result {
        try transact("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", body)
    }

    /// Writes in a transaction of its own.
    func write<Result: Sendable>(_ body: @Sendable (Connection) throws(PostgresFault) -> Result) throws(PostgresFault) -> Result {
        try transact("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", body)
    }

    private func transact<Result: Sendable>(
        _ mode: String, _ body: @Sendable (Connection) throws(PostgresFault) -> Result
    ) throws(PostgresFault) -> Result {
        let seat = seats[abs(turn.add(1, ordering: .relaxed).newValue % seats.count)]
        return try seat.connection.withLock { (kept: inout sending Connection?) throws(PostgresFault) -> Result in
            if let old = kept, !old.isAlive { kept = nil }
            let connection: Connection
            if let old = kept {
                connection = old
            } else {
                connection = try Connection(address)
                kept = connection
            }
            return try connection.transaction { (connection: Connection) throws(PostgresFault) -> Result in
                try connection.script(mode)
                return try body(connection)
            }
        }
    }
}
