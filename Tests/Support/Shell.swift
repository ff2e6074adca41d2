import Glibc

/// Scripts of the system, run to their end.
enum Shell {
    /// The nearest folder above this file that has a package.
    static let repositoryRoot: String? = {
        var folder = #filePath
        while let slash = folder.lastIndex(of: "/") {
            folder = String(folder[..<slash])
            if unsafe access(folder + "/Package.swift", F_OK) == 0 { return folder }
        }
        return nil
    }()

    /// Runs a script with these arguments. What it printed, without the last line end; nil when it failed.
    static func output(of script: String, _ arguments: String...) -> String? {
        guard let ends = privateEnds() else { return nil }
        defer { close(ends.reading) }
        let words = unsafe (["/bin/sh", "-c", script, "sh"] + arguments).map { unsafe strdup($0) }
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends.writing, STDOUT_FILENO)
        var child: pid_t = 0
        let spawned = unsafe posix_spawn(&child, "/bin/sh", &actions, nil, words + [nil], environ)
        close(ends.writing)
        guard spawned == 0 else { return nil }
        var printed: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(ends.reading, &buffer, buffer.count)
            guard count > 0 else { break }
            printed += buffer[..<count]
        }
        var status: Int32 = 0
        guard unsafe waitpid(child, &status, 0) == child, status == 0 else { return nil }
        while printed.last == 10 { printed.removeLast() }
        return String(decoding: printed, as: UTF8.self)
    }
}
