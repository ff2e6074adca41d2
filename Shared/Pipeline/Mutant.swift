#if MUTANTS
    import Synchronization

    /// A fault put into the path on purpose, to prove that the simulator finds it. There is none in what is built without `-D MUTANTS`.
    public enum Mutant {
        private static let chosen = Mutex<(name: String, site: String?)?>(nil)

        /// Turns one mutant on, and all others off.
        public static func turnOn(_ name: String?) { chosen.withLock { $0 = name.map { ($0, nil) } } }

        public static var current: String? { chosen.withLock { $0?.name } }

        /// Where the mutant that is on sits, once it was met.
        public static var site: String? { chosen.withLock { $0?.site } }

        public static func isOn(_ name: String, file: String = #fileID, line: Int = #line) -> Bool {
            chosen.withLock { chosen in
                guard chosen?.name == name else { return false }
                if chosen?.site == nil { chosen?.site = "\(file):\(line)" }
                return true
            }
        }
    }
#else
    /// Only in a build with `-D MUTANTS` is one of them ever on.
    public enum Mutant {
        @inline(__always)
        public static func isOn(_ name: StaticString) -> Bool { false }
    }
#endif
