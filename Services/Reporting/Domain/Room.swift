import Vocabulary

/// What is kept of one subject has an end: of each kind so many things, far more than any firm has.
///
/// A row is written from what is kept. One that was forgotten stays as it is; the next word about it would be taken for its first.
extension Dictionary where Key == String {
    /// Makes room for the thing: when all places are taken, the one that has been over for longest is forgotten. False when none is over.
    mutating func makeRoom<Step: DatedPayload>(for id: String, isOver: (Steps<Step>) -> Bool) -> Bool where Value == Steps<Step> {
        guard self[id] == nil, count >= SubjectRecord.keptMax else { return true }
        let over = filter { isOver($0.value) }.min { ($0.value.lastAt, $0.key) < ($1.value.lastAt, $1.key) }
        guard let over else { return false }
        self[over.key] = nil
        return true
    }
}
