import CMalloc

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
}
