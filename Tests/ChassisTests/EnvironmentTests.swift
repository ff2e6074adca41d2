import Chassis
import Glibc
import Testing

struct EnvironmentTests {
    @Test func `every defect is listed at once, one line each`() {
        var environment = Environment([
            "XINQIAO_LANES": "many", "XINQIAO_POLL": "10", "XINQIAO_STRICT": "maybe", "XINQIAO_TOPICS": " , ",
            "XINQIAO_KEY_FILE": "/does/not/exist", "XINQIAO_MODE": "fast\nXINQIAO_FAKE: fine", "XINQIAO_LOG_LEVEL": "loud",
            "XINQIAO_CLOCK_OFFSET_SECONDS": "1h", "XINQIAO_DIR": "/does/not/exist", "XINQIAO_LNAES": "8",
        ])
        #expect(environment.text("XINQIAO_BROKERS") == "")
        #expect(environment.int("XINQIAO_LANES", default: 8, in: 1...64) == 1)
        #expect(environment.duration("XINQIAO_POLL", default: .milliseconds(100)) == .zero)
        #expect(environment.flag("XINQIAO_STRICT", default: true) == false)
        #expect(environment.list("XINQIAO_TOPICS") == [])
        #expect(environment.choice("XINQIAO_MODE", among: ["plain", "tls"]) == "plain")
        #expect(environment.path("XINQIAO_DIR", mustExist: true) == "")
        #expect(environment.secret("XINQIAO_KEY") == "")

        let keys = environment.defects.map(\.key)
        #expect(
            Set(keys) == [
                "XINQIAO_BROKERS", "XINQIAO_LANES", "XINQIAO_POLL", "XINQIAO_STRICT", "XINQIAO_TOPICS", "XINQIAO_MODE", "XINQIAO_DIR",
                "XINQIAO_KEY_FILE", "XINQIAO_LOG_LEVEL", "XINQIAO_CLOCK_OFFSET_SECONDS",
            ])
        #expect(keys.count == 10)
        let lines = environment.lines(unknownPrefix: "XINQIAO_")
        #expect(lines.count == 11)
        #expect(lines.allSatisfy { !$0.contains("\n") })
        #expect(lines.contains { $0.hasPrefix("configuration warning: XINQIAO_LNAES") })
        #expect(lines.contains { $0.contains(#"XINQIAO_LANES: found "many", expected a whole number in 1...64"#) })
    }

    @Test func `right values are read and an empty one counts as not set`() {
        var environment = Environment([
            "A": "", "N": "12", "D": "250ms", "F": "on", "L": "a, b,,c ", "M": "tls", "T": "x",
        ])
        #expect(environment.text("A", default: "fallback") == "fallback")
        #expect(environment.int("N", default: 1, in: 1...12) == 12)
        #expect(environment.duration("D", default: .seconds(1), in: .milliseconds(1) ... .seconds(5)) == .milliseconds(250))
        #expect(environment.flag("F", default: false) == true)
        #expect(environment.list("L") == ["a", "b", "c"])
        #expect(environment.choice("M", default: "plain", among: ["plain", "tls"]) == "tls")
        #expect(environment.text("T") == "x")
        #expect(environment.defects.isEmpty)
        #expect(
            environment.effective.map { "\($0.key)=\($0.value)" } == ["A=fallback", "N=12", "D=250ms", "F=true", "L=a,b,c", "M=tls", "T=x"])
    }

    @Test func `a length of time needs a known unit`() {
        let right: [(String, Duration)] = [
            ("7us", .microseconds(7)), ("5ms", .milliseconds(5)), ("3s", .seconds(3)), ("2m", .seconds(120)), ("1h", .seconds(3600)),
            ("2d", .seconds(172_800)), ("0s", .zero),
        ]
        for (text, length) in right {
            var environment = Environment(["D": text])
            #expect(environment.duration("D") == length, "\(text)")
        }
        for text in ["5", "ms", "-5ms", "1.5s", "5 s", "5S", "９s", "99999999999999999999s", "999999999d"] {
            var environment = Environment(["D": text])
            _ = environment.duration("D")
            #expect(environment.defects.count == 1, "\(text)")
        }
    }

    @Test func `a secret is never shown, wherever it came from`() throws {
        let canary = "canary-7f3a9c"
        let path = temporaryFile(canary + "\n")
        defer { unsafe unlink(path) }
        var environment = Environment([
            "XINQIAO_A_FILE": path, "XINQIAO_B": canary, "XINQIAO_C": canary, "XINQIAO_C_FILE": path,
            "XINQIAO_URL": "postgres://user:\(canary)@db:5432/x?a=b", "XINQIAO_DSN": "host=db PASSWORD = '\(canary) \\' x' user=u",
            "XINQIAO_PASSWORD": canary, "XINQIAO_TYPO": canary, "XINQIAO_E_FILE": "/dev/null",
        ])
        #expect(environment.secret("XINQIAO_A") == canary)
        #expect(environment.secret("XINQIAO_B") == canary)
        #expect(environment.secret("XINQIAO_C") == "")
        #expect(environment.secret("XINQIAO_E") == "")
        #expect(environment.text("XINQIAO_URL").contains(canary))
        #expect(environment.text("XINQIAO_DSN").contains(canary))
        #expect(environment.int("XINQIAO_PASSWORD", in: 0...1) == 0)

        let shown = environment.effective.map { "\($0.key)=\($0.value)" } + environment.lines(unknownPrefix: "XINQIAO_")
        #expect(shown.allSatisfy { !$0.contains(canary) }, "\(shown)")
        #expect(shown.contains("XINQIAO_URL=postgres://user:(hidden)@db:5432/x?a=b"))
        #expect(shown.contains("XINQIAO_DSN=host=db PASSWORD = (hidden) user=u"))
        #expect(environment.defects.map(\.key) == ["XINQIAO_C", "XINQIAO_E_FILE", "XINQIAO_PASSWORD"])
        #expect(environment.secretValues == [canary, canary])
    }

    @Test func `a secret that has only a file is read from it, and refused with the key, the path and the remedy`() {
        let (long, short, lines) = (temporaryFile("0123456789abcdef\n"), temporaryFile("0123456789abcde\n\n"), temporaryFile("\n\n"))
        defer { for path in [long, short, lines] { unsafe unlink(path) } }
        func read(_ values: [String: String]) -> (key: [UInt8]?, environment: Environment) {
            var environment = Environment(values)
            let key = environment.secretFile("XINQIAO_K_FILE", as: { $0.count < 16 ? nil : $0 }, expected: "16 bytes, made with openssl")
            return (key, environment)
        }
        let right = read(["XINQIAO_K_FILE": long])
        #expect(right.key == Array("0123456789abcdef".utf8))
        #expect(right.environment.defects.isEmpty)
        #expect(right.environment.effective.map { "\($0.key)=\($0.value)" } == ["XINQIAO_K_FILE=" + long])
        #expect(right.environment.secretValues == ["0123456789abcdef"])

        for path in [short, lines, "/does/not/exist", "/dev/null"] {
            let wrong = read(["XINQIAO_K_FILE": path])
            #expect(wrong.key == nil)
            #expect(wrong.environment.defects.map(\.line) == ["XINQIAO_K_FILE: found \"\(path)\", expected 16 bytes, made with openssl"])
        }
        // Not set is no defect; a value in the environment itself is nothing that is known.
        let none = read(["XINQIAO_K_FILE": "", "XINQIAO_K": "0123456789abcdef"])
        #expect(none.key == nil)
        #expect(none.environment.defects.isEmpty)
        #expect(
            none.environment.lines(unknownPrefix: "XINQIAO_") == [
                "configuration warning: XINQIAO_K: found (hidden), expected nothing: this process does not know this key"
            ])
    }

    @Test func `the environment of the process is read`() {
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) }
        var environment = Environment.ofProcess()
        #expect(path != nil && environment.text("PATH", default: "") == path)
    }
}

/// A file with the text, which the caller removes.
private func temporaryFile(_ text: String) -> String {
    var template = Array("chassis-test-XXXXXX\0".utf8CString)
    let file = unsafe mkstemp(&template)
    let bytes = Array(text.utf8)
    _ = unsafe write(file, bytes, bytes.count)
    close(file)
    return String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
