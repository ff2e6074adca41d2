import CRdKafka
import Synchronization

/// Where librdkafka's own log lines go. Silent until told otherwise; never standard error.
public enum KafkaLog {
    /// Takes the level (syslog: 3 error, 4 warning, 6 information, 7 debug), the facility (`FAIL`, `CONFWARN`…) and the text.
    /// Called on the library's threads: it must be quick and must not call back into a client.
    public typealias Sink = @Sendable (_ level: Int32, _ facility: String, _ text: String) -> Void

    private static let current = Mutex<Sink?>(nil)

    /// Nil is silence.
    public static var sink: Sink? {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    static func write(level: Int32, facility: UnsafePointer<CChar>?, text: UnsafePointer<CChar>?) {
        guard let sink, let facility = unsafe facility, let text = unsafe text else { return }
        unsafe sink(level, String(cString: facility), String(cString: text))
    }
}
