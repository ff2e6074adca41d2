import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// How one comparison stands.
public struct CrossResult: Sendable {
    let check: String
    let key: String
    /// Counts the changes, so that every fact has an id of its own.
    var revision: Int64
    var data: JSONValue
    /// When the youngest of the compared statements happened.
    var occurredAt: Instant

    /// Comparisons kept for one subject; the oldest is forgotten, and what it said stays.
    static let countMax = 300

    var factID: String { "\(CrossCheck.writer)/\(check)/\(key)/\(revision)" }

    init(check: String, key: String, revision: Int64, data: JSONValue, occurredAt: Instant) {
        self.check = check
        self.key = key
        self.revision = revision
        self.data = data
        self.occurredAt = occurredAt
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            check: try fields.text("check"), key: try fields.text("key"), revision: try fields.int("revision"),
            data: try fields.required("data"), occurredAt: Instant(microseconds: try fields.int("at")))
    }

    func write(to object: inout JSONWriter) {
        object.member("check", check)
        object.member("key", key)
        object.member("revision", revision)
        object.member("at", occurredAt.microseconds)
        object.member("data", data)
    }
}

extension Turn {
    /// Everything that the changed statements take part in must be compared again, and judged again by what judges afterwards.
    func crossCheck(
        _ type: String, changed: [JSONValue], cause: Order, origin: Origin, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        if book.isReadAfterwards(type) { effects.schedule(Afterwards.timer, at: now) }
        for check in book.crossChecks(reading: type, at: now) {
            for part in check.parts where part.recordType == type {
                for data in changed {
                    let due = DueComparison(check: check.id, key: CrossCheck.joinedKey(part.key, data), cause: cause, origin: origin)
                    try note(due, state: &state, effects: &effects)
                }
            }
        }
    }

    private func note(_ due: DueComparison, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        // Each time anew: set once under a clock that was ahead, it would wait until the clock is there again.
        effects.schedule(DueComparison.timer, at: now)
        let place = state.comparisons.firstIndex { ($0.check, $0.key) >= (due.check, due.key) } ?? state.comparisons.endIndex
        if place < state.comparisons.endIndex, state.comparisons[place].check == due.check, state.comparisons[place].key == due.key {
            return state.comparisons[place].take(due)
        }
        state.comparisons.insert(due, at: place)
        if state.comparisons.count > CrossResult.countMax { try compareDue(state: &state, effects: &effects) }
    }

    /// Makes the comparisons that are due.
    func compareDue(state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        var due = state.comparisons[...]
        state.comparisons = []
        while let id = due.first?.check {
            let group = due.prefix { $0.check == id }
            due = due.dropFirst(group.count)
            // A check that was withdrawn meanwhile compares nothing any more.
            guard let check = book.crossCheck(id, at: now) else { continue }
            let sides = try sides(of: check, keys: Set(group.map(\.key)), state: &state)
            for one in group { compare(check, one, sides[one.key] ?? Sides(), state: &state, effects: &effects) }
        }
    }

    /// What stands under one key, by the part's name.
    private struct Sides {
        var slots: [String: [Slot]] = [:]
        /// The parts of which something under the key may have been forgotten, with the latest that was forgotten of their types.
        var forgotten: [String: Order] = [:]

        /// The parts that have said something.
        var spoken: Set<String> { Set(slots.keys).union(forgotten.keys) }

        /// Whether nothing later was forgotten of the part.
        func isLatest(_ slot: Slot, of part: String) -> Bool { forgotten[part].map { $0 < slot.order } ?? true }
    }

    /// What stands under the keys, and what does no more because it was forgotten.
    private func sides(
        of check: CrossCheck, keys: Set<String>, state: inout GovernanceState
    ) throws(ContractDefect) -> [String: Sides] {
        var sides: [String: Sides] = [:]
        var gaps: [ForgottenKeys] = []
        for part in check.parts {
            let place = try state.openMemory(of: part.recordType)
            gaps.append(state.memories[place].gaps)
            for slot in state.memories[place].slots where slot.sent != nil {
                let key = CrossCheck.joinedKey(part.key, slot.data)
                if keys.contains(key) { sides[key, default: Sides()].slots[part.name, default: []].append(slot) }
            }
        }
        for (key, side) in sides {
            guard let first = side.slots.values.joined().map(\.order).min() else { continue }
            for (part, gap) in zip(check.parts, gaps) where gap.mayHold(part.key, key, since: first) {
                sides[key]?.forgotten[part.name] = gap.through
            }
        }
        return sides
    }

    private func compare(
        _ check: CrossCheck, _ due: DueComparison, _ sides: Sides, state: inout GovernanceState, effects: inout Effects
    ) {
        let key = due.key
        let known = state.results.firstIndex { $0.check == check.id && $0.key == key }
        let isFormMissing = check.form.map { !sides.spoken.contains($0) } ?? false
        guard sides.spoken.count > 1, !isFormMissing, let occurredAt = sides.slots.values.joined().map(\.order.at).max() else {
            if let known { takeBack(known, origin: due.origin, state: &state, effects: &effects) }
            return
        }
        let data = check.form.map { formResult(check, key, form: $0, sides) } ?? tradeResult(check, key, sides)
        if let known, state.results[known].data.saysTheSame(as: data), state.results[known].occurredAt == occurredAt { return }

        let former = known.map { state.results[$0] }
        let result = CrossResult(
            check: check.id, key: key, revision: (former?.revision ?? 0) + 1, data: data, occurredAt: occurredAt)
        if let known {
            state.results[known] = result
        } else {
            makeRoomForResult(in: &state)
            let place = state.results.firstIndex { ($0.check, $0.key) > (check.id, key) } ?? state.results.endIndex
            state.results.insert(result, at: place)
        }
        tell(result, replacing: former, origin: due.origin, effects: &effects)
    }

    private func makeRoomForResult(in state: inout GovernanceState) {
        guard state.results.count >= CrossResult.countMax else { return }
        let oldest = state.results.indices.min { state.results[$0].occurredAt < state.results[$1].occurredAt }
        if let oldest { state.results.remove(at: oldest) }
    }

    private func tell(_ result: CrossResult, replacing former: CrossResult?, origin: Origin, effects: inout Effects) {
        effects.send(
            Fact(
                factID: result.factID, recordType: CrossCheck.resultType, writer: CrossCheck.writer, subject: key,
                occurredAt: result.occurredAt, knownAt: now, origin: origin, quality: 10_000, data: result.data,
                supersedes: former?.factID, supersededData: former?.data),
            to: Topic.governanceFacts, key: key)
        effects.write(
            [
                .text(key), .text(result.check), .text(result.key), .text(result.data["verdict"]?.string ?? ""),
                .json(Array(result.data.rawBytes)), .instant(result.occurredAt), .instant(now), .text(result.factID),
            ],
            to: GovernanceTables.crossResult)
        let differing = Self.differing(result.data)
        if !differing.isEmpty, differing != former.map({ Self.differing($0.data) }) {
            let writers = result.data.list("writers").compactMap(\.string).joined(separator: ",")
            let first = result.data.list("askedFirst").compactMap(\.string).joined(separator: ",")
            send(
                "cross-check-failed", result.factID, CrossCheck.resultType, writer: writers,
                reason: "\(result.check): \(differing.joined(separator: ","))" + (first.isEmpty ? "" : "; asked first: \(first)"),
                effects: &effects)
        }
    }

    /// The checks that do not hold, or the fields that differ.
    private static func differing(_ data: JSONValue) -> [String] {
        let checks = data["checks"]?.elements.filter { $0["verdict"]?.string == "no" }.compactMap { $0["id"]?.string } ?? []
        return checks + (data["differing"]?.elements.compactMap { $0["field"]?.string } ?? [])
    }

    /// There is nothing left to compare.
    private func takeBack(_ place: Int, origin: Origin, state: inout GovernanceState, effects: inout Effects) {
        let former = state.results.remove(at: place)
        effects.send(
            Fact(
                factID: former.factID + "/taken-back", recordType: CrossCheck.resultType, writer: CrossCheck.writer, subject: key,
                occurredAt: former.occurredAt, knownAt: now, origin: origin, quality: 10_000, data: former.data,
                supersedes: former.factID, supersededData: former.data, isRetraction: true),
            to: Topic.governanceFacts, key: key)
        effects.write(
            [
                .text(key), .text(former.check), .text(former.key), .text("taken-back"), .json(Array(former.data.rawBytes)),
                .instant(former.occurredAt), .instant(now), .text(former.factID),
            ],
            to: GovernanceTables.crossResult)
    }

    // MARK: What is said of it

    /// Every check with its verdict and what it saw, and the records that were compared.
    private func tradeResult(_ check: CrossCheck, _ key: String, _ sides: Sides) -> JSONValue {
        let facts = CrossFacts(
            key: key, parts: sides.slots.mapValues { $0.map(\.data) }, tolerances: check.tolerances,
            forgotten: Set(sides.forgotten.keys))
        let verdicts = check.checks.map { ($0, facts.judge($0)) }
        let whole: Truth =
            verdicts.contains { $0.1 == .no } ? .no : (verdicts.contains { $0.1 == .unknown } ? .unknown : .yes)
        return JSONValue.written { object in
            Self.writeHead(check, key, whole, to: &object)
            object.member("agreeing", verdicts.count { $0.1 == .yes })
            object.member("disagreeing", verdicts.count { $0.1 == .no })
            object.member("open", verdicts.count { $0.1 == .unknown })
            object.member(
                "checks",
                array: { list in
                    for (one, truth) in verdicts {
                        list.element(object: { object in
                            object.member("id", one.id)
                            object.member("verdict", truth.rawValue)
                            object.member("observed", one.variables.map(facts.observed).joined(separator: ", ").cut(400))
                        })
                    }
                })
            let read = Set(check.checks.flatMap { $0.variables.map(\.head) })
            Self.writeForgotten(check, read.intersection(facts.forgotten), to: &object)
            writeRecords(check, sides, to: &object)
            let failing = Set(verdicts.filter { $0.1 == .no }.flatMap { $0.0.variables.map(\.head) })
            let parts = check.parts.map(\.name).filter(failing.contains)
            writeAskedFirst(parts.flatMap { sides.slots[$0] ?? [] }.map(\.order.id), to: &object)
        }
    }

    /// Exactly the fields that differ, each with both values and both sources.
    private func formResult(_ check: CrossCheck, _ key: String, form: String, _ sides: Sides) -> JSONValue {
        let formSlot = sides.slots[form]?.max { $0.order < $1.order }
        let isFormThere = formSlot.map { sides.isLatest($0, of: form) } ?? false
        let formType = check.parts.first { $0.name == form }.flatMap { book.type($0.recordType, at: now) }
        var forgotten: Set<String> = isFormThere ? [] : [form]
        let comparison = check.compared(formSlot?.data) { field in
            // A field may stand in several records of the part: the latest that has it counts.
            let holders = sides.slots[field.part]?.filter { !($0.data[field.field]?.isNull ?? true) } ?? []
            let latest = holders.max { $0.order < $1.order }
            let isThere = latest.map { sides.isLatest($0, of: field.part) } ?? (sides.forgotten[field.part] == nil)
            if !isThere { forgotten.insert(field.part) }
            guard isFormThere, isThere else { return nil }
            return latest.map { (data: $0.data, source: $0.order.id) }
        }
        let verdict: Truth = comparison.differing.isEmpty ? (comparison.open == 0 ? .yes : .unknown) : .no
        return JSONValue.written { object in
            Self.writeHead(check, key, verdict, to: &object)
            object.member("agreeing", comparison.agreeing)
            object.member("disagreeing", comparison.differing.count)
            object.member("open", comparison.open)
            object.member(
                "differing",
                array: { list in
                    for difference in comparison.differing {
                        list.element(object: { object in
                            object.member("field", difference.field.name)
                            if formType?.isPersonal(difference.field.name) ?? false {
                                object.member("said", Masking.hidden)
                                object.member("onFile", Masking.hidden)
                            } else {
                                if let said = difference.said { object.member("said", said) }
                                object.member("onFile", difference.onFile)
                            }
                            object.member("saidBy", formSlot?.order.id ?? "")
                            object.member("onFileBy", difference.source)
                        })
                    }
                })
            Self.writeForgotten(check, forgotten, to: &object)
            writeRecords(check, sides, to: &object)
            let held = comparison.differing.map(\.source)
            writeAskedFirst(held.isEmpty ? [] : [formSlot?.order.id ?? ""] + held, to: &object)
        }
    }

    /// Names whom to ask for a correction first, of those whose statements differ: whose word counts least. Nobody where all count the same,
    /// since then all are asked alike.
    private func writeAskedFirst(_ records: [String], to object: inout JSONWriter) {
        let weights = Dictionary(records.map { Self.writer(of: $0) }.map { ($0, book.trust(of: $0, at: now)) }) { first, _ in first }
        guard let least = weights.values.min(), weights.values.contains(where: { $0 > least }) else { return }
        object.member("askedFirst", weights.filter { $0.value == least }.keys.sorted { $0.precedesBytewise($1) })
    }

    /// Names the parts that left something open because of what was forgotten of them.
    private static func writeForgotten(_ check: CrossCheck, _ forgotten: Set<String>, to object: inout JSONWriter) {
        let names = check.parts.map(\.name).filter(forgotten.contains)
        if !names.isEmpty { object.member("forgotten", names) }
    }

    private static func writeHead(_ check: CrossCheck, _ key: String, _ verdict: Truth, to object: inout JSONWriter) {
        object.member("check", check.id)
        object.member("key", key)
        if let month = Month(key) { object.member("period", month) }
        object.member("verdict", verdict.rawValue)
        if !check.owner.isEmpty { object.member("owner", check.owner) }
    }

    private func writeRecords(_ check: CrossCheck, _ sides: Sides, to object: inout JSONWriter) {
        let ids = check.parts.flatMap { sides.slots[$0.name] ?? [] }.map(\.order.id)
        object.member("records", ids)
        var writers: [String] = []
        for id in ids {
            let writer = Self.writer(of: id)
            if !writers.contains(writer) { writers.append(writer) }
        }
        object.member("writers", writers)
    }
}
