/// The order of the two halves of giving something out: a message that was sent can not be called back, a committed one can be sent again.
public enum PublishAfterCommit {
    public static func carryOut(
        _ write: BatchWrite, commit: (BatchWrite) throws(StoreFault) -> Void, publish: ([OutboxRow]) -> Void
    ) throws(StoreFault) {
        if Mutant.isOn("publish-before-commit") {
            publish(write.outbox)
            return try commit(write)
        }
        try commit(write)
        publish(write.outbox)
    }
}
