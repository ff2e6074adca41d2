import Contracts
import Vocabulary

extension ScoringState {
    /// The indicators with a value that a disputed statement has a part in: by its record type and month where facts are summed up, by the very
    /// record where the latest one speaks, and through other indicators. `indicators` each after what it is made of.
    ///
    /// A condition (`where`) of a series is not asked: what the statement says is not kept. So an indicator may bear the mark that did not count it.
    func indicators(
        restingOn dispute: FactDispute, among indicators: [Indicator], known values: [String: IndicatorValue]
    ) -> Set<String> {
        let month = FactMonth.clamped((dispute.period ?? dispute.occurredAt.dayInChina.month).number)
        let end = FactMonth.clamped((windowsEnd ?? .epoch).dayInChina.month.number)
        var resting: Set<String> = []
        for indicator in indicators where values[indicator.id] != nil {
            let rests: Bool =
                switch indicator.method {
                case .series(let source, _, let months):
                    source.recordType == dispute.recordType && month <= end && (months == 0 || month > end - months)
                case .profile(let recordType, let field), .age(let recordType, let field):
                    recordType == dispute.recordType
                        && profile[recordType + "/" + field]?.first.map { dispute.isAbout($0.order.id) } ?? false
                case .ratio, .size, .logic:
                    indicator.needs.contains { resting.contains($0) }
                }
            if rests { resting.insert(indicator.id) }
        }
        return resting
    }
}
