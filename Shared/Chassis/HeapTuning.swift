import CMalloc
import Glibc

/// How the C library's heap behaves in a service.
public enum HeapTuning {
    /// Blocks from this size on are mapped apart and given back to the system as soon as they are freed.
    private static let mappedFrom: Int32 = 512 << 10

    /// Call early in main.
    ///
    /// Left alone, glibc raises that size each time a large block is freed, up to 32 MiB: batches, their rows and the log's blocks then lie in the
    /// heap, between small ones that live longer, and the heap grows by what it can not give back. A size that was set stays as it is;
    /// it costs some page faults and saves a fifth of the largest service's memory (docs/performance.md).
    public static func apply() { _ = mallopt(M_MMAP_THRESHOLD, mappedFrom) }

    /// Gives free memory in the heap's middle back to the system, in a process above `size` KiB. Call now and then.
    ///
    /// States and batches come and go side by side and leave free pages between what stays; glibc gives back only what is free at the heap's
    /// end. Looking for the rest costs some ten milliseconds, so small processes are left alone.
    public static func giveBack(above size: Int = 256 << 10) {
        guard ProcessMemory.resident.kibibytes(of: getpid()) ?? 0 > size else { return }
        _ = malloc_trim(0)
    }
}
