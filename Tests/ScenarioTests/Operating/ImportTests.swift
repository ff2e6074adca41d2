import Chassis
import Contracts
import Foundation
import Support
import Testing
import Vocabulary

/// Files through the front door, by `xinqiao import`.
@Suite struct ImportTests {
    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `equal cells at two times are two records, and the same line twice is one`() throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server)
        try suite.start(.ingestion)
        let firm = HunanStory(number: 721, today: .today).firm
        let (yesterday, before) = ((Day.today - 1).text, (Day.today - 2).text)
        func line(_ day: String) -> String { "\(firm),\(day),\(before.prefix(7)),bank-b,1200,800,12,0.2\n" }
        let file = suite.folder.appendingPathComponent("flows.csv").path
        try ("subject,day,period,bank,inflow,outflow,transactions,largestShare\n" + line(before) + line(yesterday) + line(yesterday))
            .write(toFile: file, atomically: true, encoding: .utf8)
        let arguments = ["import", "--source", "bank-flow", "--type", "bank-flow.month", "--time", "day", "--no-wait", file]
        let decided = "SELECT coalesce(sum(messages), 0)::int8 FROM ingestion.message_count"

        #expect(try suite.run(arguments).contains("3 records"))
        #expect(try suite.number(decided, becomes: 3) == 3)
        #expect(try suite.number(SmallSuite.accepted) == 2)
        #expect(try suite.number("SELECT count(*) FROM ingestion.dead_letter") == 0)

        try suite.run(arguments)
        #expect(try suite.number(decided, becomes: 6) == 6)
        #expect(try suite.number(SmallSuite.accepted) == 2)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a file is waited for however much was decided before it`() throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server)
        try suite.start(.ingestion)
        let firm = HunanStory(number: 722, today: .today).firm
        func arguments(_ lines: Int, _ name: String) throws -> [String] {
            let file = suite.folder.appendingPathComponent(name).path
            try ("subject,note\n" + (0..<lines).map { "\(firm),\(name) \($0)\n" }.joined())
                .write(toFile: file, atomically: true, encoding: .utf8)
            // Nobody knows the type, so that no other service has anything to do.
            return ["import", "--source", "tax", "--type", "weather", file]
        }
        let refused = "SELECT count(*) FROM ingestion.dead_letter"
        try suite.run(arguments(3, "first.csv"))
        #expect(try suite.number(refused) == 3)

        suite.stop(.ingestion)
        let second = try suite.begin(arguments(1, "second.csv"))
        defer { second.stop(SIGKILL) }
        #expect(second.wait(atMost: .seconds(5)) == nil, "nobody has decided on its line")
        try suite.start(.ingestion)
        #expect(second.wait(atMost: .seconds(60)) == .status(0))
        #expect(try suite.number(refused) == 4)
    }

    @Test func `a database that is named wrongly is told before anything is sent`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-import-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("a.csv").path
        try "subject,note\na,b\n".write(toFile: file, atomically: true, encoding: .utf8)
        let (end, text) = try ProcessSuite.xinqiao(
            ["import", "--source", "tax", "--type", "weather", "--no-wait", file],
            ["XINQIAO_POSTGRES": "host='\(folder.path)' dbname=nowhere", "XINQIAO_KAFKA_BOOTSTRAP": "127.0.0.1:1"], in: folder)
        #expect(end == .status(2) && text.contains("PostgreSQL does not answer"), "\(text)")
    }

    @Test func `refused lines go to a file of our own, never through a link, and a check without any touches nothing`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-import-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("a.csv").path
        let other = folder.appendingPathComponent("other.txt").path
        let good = "91430102PDY000079R202511000000215000000000000201000055000014302200\n"
        let bad = "91430102PDY000079R202513000000215000000000000201000055000014302200\n"
        try "precious".write(toFile: other, atomically: true, encoding: .utf8)
        func check(_ lines: String...) throws -> (end: ChildProcess.End?, text: String) {
            try lines.joined().write(toFile: file, atomically: true, encoding: .utf8)
            return try ProcessSuite.xinqiao(
                ["import", "--layout", "bank-flow-b-fixed", "--check", "--packs", ProcessSuite.packs, file], [:], in: folder)
        }

        try FileManager.default.createSymbolicLink(atPath: file + ".rejected", withDestinationPath: other)
        let through = try check(good, bad)
        #expect(through.end == .status(2) && through.text.contains("a.csv.rejected is a symbolic link"), "\(through.text)")
        #expect(try String(contentsOfFile: other, encoding: .utf8) == "precious")

        try FileManager.default.removeItem(atPath: file + ".rejected")
        #expect(try ChildProcess(program: "/usr/bin/mkfifo", arguments: [file + ".rejected"], environment: [:]).wait() == .status(0))
        let piped = try check(good, bad)
        #expect(piped.end == .status(2) && piped.text.contains("a.csv.rejected is no regular file"), "\(piped.text)")

        try FileManager.default.removeItem(atPath: file + ".rejected")
        try "of an earlier run\n".write(toFile: file + ".rejected", atomically: true, encoding: .utf8)
        #expect(try check(good).end == .status(0))
        #expect(try String(contentsOfFile: file + ".rejected", encoding: .utf8) == "of an earlier run\n")
        #expect(try check(good, bad).end == .status(0))
        let rejected = try String(contentsOfFile: file + ".rejected", encoding: .utf8)
        #expect(rejected.split(separator: "\n").count == 1 && rejected.contains(#""line":2"#), "\(rejected)")
    }
}
