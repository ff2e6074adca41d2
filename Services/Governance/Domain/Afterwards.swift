import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// Rules of the stage `after`: they judge what stands by all that is known of the subject, and judge it again whenever that changes.
///
/// A fact is a fact by then, and was sent with the quality that it had: so these rules hold nothing and weigh nothing. What they find is a
/// verdict, and where the rule says so a request for correction. As with comparisons a timer rings once what came together has been decided,
/// so that what is found does not depend on which record came first.
enum Afterwards {
    static let timer = "afterwards"
}

extension Turn {
    /// Judges all that stands of the types for which there are such rules. What a merged code brought along is judged under its own, and what it
    /// covers here.
    func judgeAfterwards(state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        for id in state.memories.map(\.type) where book.isJudgedAfterwards(id) {
            guard let type = book.type(id, at: now) else { continue }
            let judges = [type.rules, book.rules(for: id, at: now)]
            let rules = judges.flatMap(\.rulesAfterwards)
            for other in judges.flatMap(\.otherTypesAfterwards) { _ = try state.openMemory(of: other) }
            let place = try state.openMemory(of: id)
            for slot in state.memories[place].slots.compactMap(\.own) where slot.sent != nil {
                try judgeAfterwards(slot, type, rules, state: &state, effects: &effects)
            }
        }
    }

    private func judgeAfterwards(
        _ slot: Slot, _ type: GovernedType, _ rules: [QualityRule], state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        let writer = Self.writer(of: slot.order.id)
        // When it came in is not kept, and no rule of the stage asks for it.
        let record = AcceptedRecord(
            recordID: slot.order.id, recordType: type.id, writer: writer, subject: key, occurredAt: slot.order.at, receivedAt: now,
            origin: Origin(topic: "", partition: -1, offset: -1, sha256: ""), data: slot.data)
        let facts = RecordFacts(record, key: slot.key, order: slot.order, type: type, memories: state.memories, withHistory: true)
        let judgement = type.judge(facts, by: rules)
        let failing = judgement.findings.filter { $0.truth == .no }.map(\.rule.id).sorted()
        let open = Set(judgement.findings.filter { $0.truth == .unknown }.map(\.rule.id))

        let place = try state.openMemory(of: type.id)
        let isNews = failing != slot.failing
        if isNews { state.memories[place].mark(slot.key, failing: failing) }
        // What has been said once is not said again.
        for finding in judgement.findings where finding.truth == .no && !slot.failing.contains(finding.rule.id) {
            writeVerdict(record, finding, effects: &effects)
        }

        // They hold now: somebody said it better, the others came round to it, or people say that it is right.
        let isRight = try isSaidToBeRight(slot.order.id, state: &state)
        let known = Set(rules.map(\.id))
        let settled = isRight ? known : known.subtracting(failing).subtracting(open)
        for isItsOwn in [true, false] {
            closeCorrections(by: record, isItsOwn ? "accepted" : "corrected", state: &state, effects: &effects) {
                $0.isAbout(type.id, slot.key, of: writer) && settled.contains($0.rule) && ($0.recordID == slot.order.id) == isItsOwn
            }
        }
        guard isNews, !isRight, let rule = judgement.correctionRule, !isAskedFor(slot.order.id, state),
            !state.corrections.contains(where: { $0.isAbout(type.id, slot.key, of: writer) && $0.rule == rule.id })
        else { return }
        state.memories[place].noteAsking(slot.key)
        askForCorrection(of: record, slot.key, judgement, number: slot.asked + 1, state: &state, effects: &effects)
    }
}
