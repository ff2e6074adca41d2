import Glibc

/// Opens files beside which others may write: whoever can could have put a link there that leads to a file of somebody else.
public enum OwnFile {
    /// Why what lies at a path is not opened.
    public enum Defect: Error, Hashable, Sendable, CustomStringConvertible {
        case symbolicLink
        /// A pipe, a device, a folder.
        case notRegular
        /// Its rights could not be taken from everybody else.
        case somebodyElses
        case notWritable(errno: Int32)

        public var description: String {
            switch self {
            case .symbolicLink: "is a symbolic link, which is not followed: take it away"
            case .notRegular: "is no regular file: take it away"
            case .somebodyElses: "belongs to somebody else: take it away"
            case .notWritable(let number): "can not be written: \(unsafe String(cString: strerror(number)))"
            }
        }
    }

    /// A descriptor for reading and writing, to be closed by the caller; afterwards the file is its owner's alone (mode 0600).
    /// Nil when there is no file and none is to be made.
    public static func descriptor(of path: String, making: Bool) throws(Defect) -> Int32? {
        // A pipe without a reader must not hold us up.
        let descriptor = unsafe open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (making ? O_CREAT : 0), 0o600)
        guard descriptor >= 0 else {
            let number = errno
            if number == ENOENT, !making { return nil }
            if number == EISDIR { throw .notRegular }
            throw number == ELOOP ? .symbolicLink : .notWritable(errno: number)
        }
        do throws(Defect) {
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
            guard fchmod(descriptor, 0o600) == 0 else { throw .somebodyElses }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }
}
