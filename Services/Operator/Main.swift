import Chassis
import Foundation
import Synchronization

@main
struct Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let name = arguments.first, name != "help", name != "--help", name != "-h" else {
            print(Command.overview)
            exit(ExitCode.ok.rawValue)
        }
        guard let command = Command.all.first(where: { $0.name == name }) else {
            Terminal.complain("xinqiao: unknown command `\(name)`\n\n\(Command.overview)")
            exit(ExitCode.usage.rawValue)
        }
        let options: Options
        do {
            options = try Options(Array(arguments.dropFirst()), for: command)
        } catch {
            Terminal.complain("xinqiao \(name): \(error)\n\n\(command.help)")
            exit(ExitCode.usage.rawValue)
        }
        if options.has("help") {
            print(command.help)
            exit(ExitCode.ok.rawValue)
        }
        do {
            try command.run(options)
            exit(ExitCode.ok.rawValue)
        } catch let failure as Failure {
            Terminal.complain("xinqiao \(name): \(failure.text)")
            exit(failure.code.rawValue)
        } catch let defect as Options.Defect {
            Terminal.complain("xinqiao \(name): \(defect)")
            exit(ExitCode.usage.rawValue)
        } catch {
            Terminal.complain("xinqiao \(name): \(error)")
            exit(ExitCode.fault.rawValue)
        }
    }
}

/// Why a command gave up, in words for whoever typed it: the culprit and the remedy.
struct Failure: Error {
    let text: String
    let code: ExitCode

    init(_ text: String, code: ExitCode = .fault) {
        self.text = text
        self.code = code
    }
}

/// Words for people on stderr and progress that rewrites its line; results go to stdout.
enum Terminal {
    static let isInteractive = isatty(2) == 1

    static func say(_ text: String) { write((isInteractive ? "\r\u{1B}[K" : "") + text + "\n") }
    static func complain(_ text: String) { say(text) }

    /// A line that the next one replaces; on something that is no terminal, one line every ten seconds.
    static func progress(_ text: String) {
        if isInteractive {
            write("\r\u{1B}[K" + text)
        } else if saidAt.withLock({ last in
            guard MonotonicClock.now.since(last) >= .seconds(10) else { return false }
            last = MonotonicClock.now
            return true
        }) {
            write(text + "\n")
        }
    }

    private static let saidAt = Mutex(MonotonicClock.now)

    private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
