import Chassis
import Postgres
import ReportingDomain
import Vocabulary

/// Draws up the report of every finished quarter once: at the start of the process, then every hour. Many instances may do so at the
/// same time; the quarter is the key, and the first one stands.
struct QuarterlyWriter: Sendable {
    let database: ConsoleDatabase
    let log: Log

    private static let pause: Duration = .seconds(3_600)
    private static let pauseAfterFault: Duration = .seconds(60)
    /// Quarters drawn up in one go: ten years.
    private static let quartersMax = 40

    func start() {
        if !OwnThread.start(named: "quarterly", { run() }) {
            log.error("no thread for the quarterly reports", event: "quarterly")
        }
    }

    private func run() {
        while !Shutdown.isRequested {
            var pause = QuarterlyWriter.pause
            do throws(PostgresFault) {
                let now = WallClock.now
                let drawn = try database.write { connection throws(PostgresFault) in try QuarterlyWriter.draw(connection, at: now) }
                for quarter in drawn {
                    log.info("a quarterly report was drawn up", event: "quarterly", ["quarter": .text(quarter)])
                }
            } catch {
                log.warning("the quarterly reports wait", event: "quarterly", ["reason": .text("\(error)")])
                pause = QuarterlyWriter.pauseAfterFault
            }
            if Shutdown.wait(atMost: pause) { return }
        }
    }

    /// The quarters it drew up.
    static func draw(_ connection: Connection, at now: Instant) throws(PostgresFault) -> [String] {
        guard let first = try connection.execute("SELECT min(at) FROM financing_step").first?.instantOrNil(0) else { return [] }
        var drawn: [String] = []
        var quarter = Quarter(of: now).previous
        for _ in 0..<quartersMax where quarter >= Quarter(of: first) {
            if quarter.drawnAt <= now {
                let rows = try connection.execute("SELECT FROM quarterly_report WHERE quarter = $1", [.text(quarter.text)])
                if rows.isEmpty {
                    let figures = try QuarterFigures(of: quarter, connection)
                    let written = try connection.execute(
                        "INSERT INTO quarterly_report (quarter, drawn_at, figures) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        [.text(quarter.text), .instant(now), .jsonb(figures.json)])
                    if written.affected > 0 { drawn.append(quarter.text) }
                }
            }
            quarter = quarter.previous
        }
        return drawn
    }
}
