import Chassis
import Synchronization
import Testing
import Vocabulary

struct LogTests {
    /// Collects lines.
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var sink: Log.Sink { Log.Sink { [self] line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } } }
        var all: [String] { lines.withLock { $0 } }
    }

    private func log(to lines: Lines, level: Log.Level = .info, hiding: [String] = []) -> Log {
        Log(service: "scoring", level: level, hiding: hiding, sink: lines.sink, now: { .epoch })
    }

    @Test func `an event is one JSON object with its fields in order`() {
        let lines = Lines()
        log(to: lines).info(
            "batch done", event: "batch-done",
            ["topic": .text("信桥"), "offset": .int(Int32(-1)), "seconds": .double(0.5), "ok": .flag(true), "bad": .double(.nan)])
        let head = #"{"time":"1970-01-01T00:00:00Z","level":"info","service":"scoring","msg":"batch done","event":"batch-done","#
        #expect(lines.all == [head + #""topic":"信桥","offset":-1,"seconds":0.5,"ok":true,"bad":"nan"}"# + "\n"])
    }

    @Test func `no text from outside starts a line, moves a cursor or forges a field`() {
        let lines = Lines()
        let attacks = [
            "\n{\"level\":\"fatal\"}", "a\r\nb", "\u{1B}[2K", "\u{0}", "\u{85}\u{2028}\u{2029}", "\u{202E}abc", "\"},{\"x\":\"", "\\",
            "\u{7F}",
            "\u{9B}31m",
        ]
        for attack in attacks {
            log(to: lines).error(
                attack, event: attack, ["field": .text(attack), attack: .int(1), "time": .int(0), "level": .text("debug")])
        }
        #expect(lines.all.count == attacks.count)
        for line in lines.all {
            #expect(line.utf8.filter { $0 < 0x20 } == [10], "\(line.debugDescription)")
            #expect(
                line.unicodeScalars.dropLast().allSatisfy { !(0x7F...0x9F).contains($0.value) && !(0x2028...0x202E).contains($0.value) })
            #expect(line.hasPrefix(#"{"time":"1970-01-01T00:00:00Z","level":"error","service":"scoring","msg":""#))
            #expect(line.contains(#","time_":0,"level_":"debug"}"#))
            #expect(unescapedQuotes(line) % 2 == 0)
        }
        #expect(lines.all[0].contains(#""msg":"\n{\"level\":\"fatal\"}""#))
    }

    @Test func `a line is never longer than 8 KiB and says when it was cut`() {
        let lines = Lines()
        for size in [4_000, 4_090, 8_000, 8_150, 100_000] {
            for text in [String(repeating: "x", count: size), String(repeating: "信", count: size), String(repeating: "\n", count: size)] {
                log(to: lines).info(text, ["a": .text(text), "b": .text(text), text: .int(1), "offset": .int(7)])
            }
        }
        log(to: lines).info("many", fields(2_000))
        for line in lines.all {
            #expect(line.utf8.count <= 8_192)
            #expect(line.hasSuffix(",\"truncated\":true}\n"))
            #expect(unescapedQuotes(line) % 2 == 0)
        }
        log(to: lines).info(String(repeating: "x", count: 4_000))
        #expect(lines.all.last?.contains("truncated") == false)
    }

    private func fields(_ count: Int) -> LogFields {
        var fields: LogFields = [:]
        for number in 0..<count { fields.append("f\(number)", .int(number)) }
        return fields
    }

    @Test func `what is below the level is not written`() {
        let lines = Lines()
        let log = log(to: lines, level: .warning)
        log.debug("a")
        log.info("b")
        log.warning("c")
        log.error("d")
        #expect(lines.all.count == 2)
        #expect(!log.writes(.info) && log.writes(.error))
    }

    @Test func `a secret handed to the log is hidden in every text`() {
        let lines = Lines()
        log(to: lines, hiding: ["canary-1", "abc"]).error("canary-1 in canary-1", event: "canary-1", ["canary-1": .text("xcanary-1y abc")])
        #expect(lines.all[0].contains(#""msg":"(hidden) in (hidden)","event":"(hidden)","(hidden)":"x(hidden)y abc""#))
    }

    private func unescapedQuotes(_ line: String) -> Int {
        var count = 0
        var isEscaped = false
        for byte in line.utf8 {
            if isEscaped { isEscaped = false } else if byte == 0x5C { isEscaped = true } else if byte == 0x22 { count += 1 }
        }
        return count
    }
}
