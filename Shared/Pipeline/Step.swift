import Contracts
import Deciding
import Ledger
import Vocabulary
import Wire

/// One step of the one path: a bounded batch of inputs becomes one `BatchWrite`, to be committed in one transaction.
///
///     poll → decode → admit → load states → decide (pure) → ONE transaction {fence, links, state, rows, outbox} → publish → mark
///
/// This file is everything between `poll` and the transaction. It does no I/O but through `store`, so that the same code
/// runs over PostgreSQL and over the simulator's store.
public struct Step<Service: Decider> {
    let decider: Service
    /// Number of lanes, the partition count of every topic but those named in `partitions`.
    let lanes: Int32
    /// Topics of other systems that have another number of partitions.
    let partitions: [String: Int32]
    /// Bounds of an outside message; a larger one is set aside.
    let limits: CloudEventLimits

    public init(decider: Service, lanes: Int32, partitions: [String: Int32] = [:], limits: CloudEventLimits = .outside) {
        self.decider = decider
        self.lanes = lanes
        self.partitions = partitions
        self.limits = limits
    }

    /// Decides a batch. The caller adopts the result's book once the transaction is known to be committed, and may decide the next
    /// batch on it meanwhile. The cache is changed in place (a copy would cost more than the decisions): unless the commit is known,
    /// forget it.
    ///
    /// - Parameters:
    ///   - poisoned: messages that are to be set aside when met.
    ///   - pendingIDs: outside ids of a write that is on its way to the store.
    public func run(
        _ batch: InputBatch, book: LaneBook, cache: inout StateCache<Service.State>, catalog: Catalog, at now: Instant,
        poisoned: [MessagePlace: Poison] = [:], pendingIDs: [OutsideID: [UInt8]] = [:], loading store: some PathStore
    ) throws(StoreFault) -> StepResult {
        var work = Working(book: book, at: now)
        let admitted = admit(batch, catalog: catalog, poisoned: poisoned, into: &work)
        let knownIDs = try seen(admitted, pending: pendingIDs, in: store)
        let slots = try loadStates(admitted, batch, into: &cache, from: store)

        var effects = Effects()
        for (index, input) in admitted.enumerated() {
            if let outsideID = input.outsideID, isDuplicate(input, outsideID, batch, known: knownIDs, &work) { continue }
            decide(
                .message(input.message), key: input.key, lane: input.lane, in: slots.isEmpty ? nil : slots[index], about: input, batch,
                catalog, now, &cache, &effects, &work)
        }
        for timer in batch.timers {
            // The timer has fired: it is gone unless the decision sets it again.
            if !Mutant.isOn("fired-timer-stays") {
                work.write.timers[TimerKey(lane: timer.lane, key: timer.key, name: timer.timer.name)] = .some(nil)
            }
            if timer.timer.name == CheckpointTimer.name {
                checkpoint(timer.lane, &effects, &work)
            } else {
                decide(
                    .timer(timer.timer), key: timer.key, lane: timer.lane, in: slot(timer.lane, timer.key, &cache), about: nil, batch,
                    catalog, now, &cache, &effects, &work)
            }
        }
        for sweep in batch.sweeps {
            for key in sweep.keys {
                decide(
                    .sweep(sweep.entries), key: key, lane: sweep.lane, in: slot(sweep.lane, key, &cache), about: nil, batch, catalog, now,
                    &cache, &effects, &work)
            }
            work.write.sweeps.append(contentsOf: sweep.marks)
        }
        finish(&work, now)
        work.write.states = cache.takeChanged()
        return StepResult(write: work.write, book: work.book, gaps: work.gaps, healed: work.healed)
    }

    // MARK: decode and admit

    private func admit(
        _ batch: InputBatch, catalog: Catalog, poisoned: [MessagePlace: Poison], into work: inout Working
    ) -> [Admitted] {
        var admitted: [Admitted] = []
        admitted.reserveCapacity(batch.messages.count)
        var run: PartitionRun?
        for index in batch.messages.indices {
            let raw = batch.messages[index]
            if run?.place.partition != raw.partition || run?.place.topic != raw.topic {
                if let run { work.leave(run.place, next: run.next) }
                let place = TopicPartition(topic: raw.topic, partition: raw.partition)
                run = work.book.nextOffset[place].map { next in
                    let dialect = decider.dialect(of: raw.topic)
                    return PartitionRun(
                        place: place, dialect: dialect, isOutside: dialect != .packed && Topic.writer(of: raw.topic) != nil, next: next)
                }
            }
            // A broker may hand out again what was already applied, after a reconnect or a seek.
            guard var here = run, raw.offset >= here.next || Mutant.isOn("refetched-decided") else { continue }
            let isPassed: Bool
            switch here.dialect {
            case .packed: isPassed = admitPacked(raw, index, batch.eventsEnd, here, catalog, poisoned, &work, &admitted)
            case .bare:
                admitBare(raw, index, here, catalog, poisoned, &work, &admitted)
                isPassed = true
            case .cloudEvents:
                admitSingle(raw, index, here, catalog, poisoned, &work, &admitted)
                isPassed = true
            }
            if isPassed { here.next = raw.offset + 1 } else { work.touch(raw.partition) }
            run = here
        }
        if let run { work.leave(run.place, next: run.next) }
        return admitted
    }

    /// A packed message of a link. True when the partition moves past it, false when some of its events are left for a later batch.
    private func admitPacked(
        _ raw: RawMessage, _ rawIndex: Int, _ eventsEnd: Int, _ run: PartitionRun, _ catalog: Catalog, _ poisoned: [MessagePlace: Poison],
        _ work: inout Working, _ admitted: inout [Admitted]
    ) -> Bool {
        guard let sender = raw.linkHeaders, var reader = FrameReader(raw.value ?? []) else {
            work.setAside(
                raw, Refusal(code: "link-missing", detail: "no block of a link, or no source and sequence in the headers"))
            return true
        }
        let start: Int
        switch accept(LinkIn(source: sender.source, place: run.place), first: sender.sequence, count: reader.count, run.place, &work) {
        case .from(let index): start = index
        case .passed: return true
        }
        let end = min(reader.count, eventsEnd)
        admitted.reserveCapacity(admitted.count + end - start)
        for index in 0..<end {
            guard let frame = reader.next() else { break }
            guard index >= start else { continue }
            let key = String(decoding: reader.bytes[frame.key], as: UTF8.self)
            let subject = frame.subject.map { String(decoding: reader.bytes[$0], as: UTF8.self) } ?? key
            func letter(_ refusal: Refusal) -> DeadLetter {
                DeadLetter(
                    event: frame, at: Int32(index), of: raw, key: key, subject: subject, sequence: sender.sequence + Int64(index),
                    source: sender.source, time: reader.time, refusal: refusal)
            }
            if let refusal = poisoned.refusal(of: raw, index: Int32(index)) {
                work.setAside(letter(refusal))
                continue
            }
            let document: JSONDocument
            do {
                document = try JSONDocument(parsing: Array(reader.bytes[frame.value]), limits: .standard)
            } catch {
                work.setAside(letter(Refusal(code: "json-" + error.code, detail: "\(error)")))
                continue
            }
            let message = Message(
                topic: raw.topic, partition: raw.partition, offset: raw.offset, index: Int32(index), key: key,
                sequence: sender.sequence + Int64(index), source: sender.source, type: frame.type, subject: subject, time: reader.time,
                body: document.root)
            switch decider.admit(message, catalog: catalog) {
            case .handle(let key, let outsideID):
                if let refusal = Self.unkeepable(key, outsideID) {
                    work.setAside(letter(refusal))
                    continue
                }
                admitted.append(
                    Admitted(
                        message: message, rawIndex: rawIndex, isPacked: true, key: key, lane: raw.partition, outsideID: outsideID))
            case .pass: work.count(run.place, .passed)
            case .refuse(let refusal): work.setAside(letter(refusal))
            }
        }
        if reader.isDamaged {
            work.setAside(raw, Refusal(code: "frames-damaged", detail: "the block of the link ends in the middle of an event"))
        }
        let link = LinkIn(source: sender.source, place: run.place)
        let isWhole = end == reader.count || reader.isDamaged
        if Mutant.isOn("poison-skips-sequence"), work.write.deadLetters.keys.contains(where: { $0.offset == raw.offset }) { return isWhole }
        work.book.linkIn[link] = sender.sequence + Int64(isWhole ? reader.count : end) - 1
        return isWhole || Mutant.isOn("part-moves-offset")
    }

    /// Keys and ids go into indexes before any row of the message is tried, so what these can not hold is refused here.
    private static func unkeepable(_ key: String, _ outsideID: OutsideID?) -> Refusal? {
        for (name, text) in [("key", key), ("id", outsideID?.id ?? "")] {
            if text.utf8.contains(0) { return Refusal(code: "nul-in-\(name)", detail: "the \(name) holds U+0000") }
            if text.utf8.count > keyBytesMax {
                return Refusal(code: "\(name)-too-long", detail: "the \(name) has \(text.utf8.count) bytes; at most \(keyBytesMax)")
            }
        }
        // It becomes the subject of what leaves the house: nobody could read the message.
        if !CloudEvent.mayBeAttribute(key) {
            return Refusal(code: "control-in-key", detail: "the key holds a control character")
        }
        return nil
    }

    private static var keyBytesMax: Int { 1_024 }

    private static var refusedTimerDelay: Duration { .seconds(3_600) }

    private enum LinkAnswer {
        /// Apply from this event on.
        case from(Int)
        /// Nothing of it: seen before, or ahead of what comes next.
        case passed
    }

    private func accept(
        _ link: LinkIn, first: Int64, count: Int, _ place: TopicPartition, _ work: inout Working
    ) -> LinkAnswer {
        switch work.book.judge(link, first: first, count: count) {
        case .next(let link, let from):
            if work.gaps.removeValue(forKey: link) != nil || work.book.linksStalled.remove(link) != nil { work.healed.insert(link) }
            if from > 0 { work.count(place, .duplicate, from) }
            return .from(from)
        case .duplicate:
            work.count(place, .duplicate, count)
            return .passed
        case .abandoned:
            work.count(place, .abandoned, count)
            return .passed
        case .gap(let link, let gap):
            // The publisher goes back and sends the missing one and this one again, further on in the log.
            work.count(place, .early, count)
            work.gaps[link] = gap
            work.book.linksStalled.insert(link)
            return .passed
        }
    }

    /// A message with one event.
    private func admitSingle(
        _ raw: RawMessage, _ rawIndex: Int, _ run: PartitionRun, _ catalog: Catalog, _ poisoned: [MessagePlace: Poison],
        _ work: inout Working, _ admitted: inout [Admitted]
    ) {
        let refused = poisoned.refusal(of: raw)
        let event: CloudEvent
        let limits = run.isOutside ? limits : .standard
        do {
            event = try CloudEvent.decode(headers: raw.headers, value: raw.value ?? [], limits: limits)
        } catch {
            return work.setAside(raw, refused ?? Refusal(code: error.code, detail: "\(error)"))
        }
        if !run.isOutside {
            guard let sequence = event.sequence, sequence > 0, sequence <= LinkNumber.max, event.source.hasPrefix("xinqiao/")
            else {
                return work.setAside(raw, Refusal(code: "link-missing", detail: "no xinqiao source and sequence in the headers"))
            }
            let link = LinkIn(source: event.source, place: run.place)
            guard case .from = accept(link, first: sequence, count: 1, run.place, &work) else { return }
            // Whatever becomes of it, it takes its place in its link, or everything behind it would wait for ever.
            work.book.linkIn[link] = sequence
        }
        if let refused { return work.setAside(raw, refused) }
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: event.data, limits: limits.json)
        } catch {
            return work.setAside(raw, Refusal(code: "json-" + error.code, detail: "\(error)"))
        }
        let message = Message(
            topic: raw.topic, partition: raw.partition, offset: raw.offset, key: raw.keyText, id: event.id, source: event.source,
            type: event.type, subject: event.subject ?? "", time: event.time, body: document.root,
            sha256: run.isOutside ? Ledger.sha256(raw.value ?? []).hex : "", traceparent: event.traceparent)
        switch decider.admit(message, catalog: catalog) {
        case .handle(let key, let outsideID):
            if let refusal = Self.unkeepable(key, outsideID) { return work.setAside(raw, refusal) }
            admitted.append(
                Admitted(message: message, rawIndex: rawIndex, isPacked: false, key: key, lane: raw.partition, outsideID: outsideID))
        case .pass: work.count(run.place, .passed)
        case .refuse(let refusal): work.setAside(raw, refusal)
        }
    }

    /// A message of another system: the decider parses it itself.
    private func admitBare(
        _ raw: RawMessage, _ rawIndex: Int, _ run: PartitionRun, _ catalog: Catalog, _ poisoned: [MessagePlace: Poison],
        _ work: inout Working, _ admitted: inout [Admitted]
    ) {
        if let refused = poisoned.refusal(of: raw) { return work.setAside(raw, refused) }
        let message = Message(
            topic: raw.topic, partition: raw.partition, offset: raw.offset, key: raw.keyText, value: raw.value ?? [])
        switch decider.admit(message, catalog: catalog) {
        case .handle(let key, let outsideID):
            admitted.append(
                Admitted(message: message, rawIndex: rawIndex, isPacked: false, key: key, lane: raw.partition, outsideID: outsideID))
        case .pass: work.count(run.place, .passed)
        case .refuse(let refusal): work.setAside(raw, refusal)
        }
    }

    // MARK: outside ids

    private func seen(
        _ admitted: [Admitted], pending: [OutsideID: [UInt8]], in store: some PathStore
    ) throws(StoreFault) -> [OutsideID: [UInt8]] {
        // A closure: in a generic type a key path is made anew at every call.
        let ids = admitted.compactMap { $0.outsideID }
        guard !ids.isEmpty else { return [:] }
        var known = try store.outsideDigests(ids)
        if !pending.isEmpty { for id in ids { if let digest = pending[id] { known[id] = digest } } }
        return known
    }

    /// True when the sender's id was seen before: then the message is dropped, or set aside when its bytes differ.
    private func isDuplicate(
        _ input: Admitted, _ outsideID: OutsideID, _ batch: InputBatch, known: [OutsideID: [UInt8]], _ work: inout Working
    ) -> Bool {
        let raw = batch.messages[input.rawIndex]
        let value = input.isPacked ? input.message.body.rawBytes : (raw.value ?? [])[...]
        let digest = OutsideID.digest(type: input.message.type, subject: input.message.subject, value: value)
        guard let seen = known[outsideID] ?? work.write.outsideIDs[outsideID] else {
            if !Mutant.isOn("outside-id-not-kept") { work.write.outsideIDs[outsideID] = digest }
            return false
        }
        if seen == digest {
            work.count(TopicPartition(topic: input.message.topic, partition: input.lane), .duplicate)
        } else {
            setAside(
                input, batch, Refusal(code: "id-reuse", detail: "\(outsideID.writer) sent id \(outsideID.id) before with other content"),
                &work)
        }
        return true
    }

    // MARK: states

    /// Finds or reads the state of every key that the batch is about, all missing ones at once. The slots of the admitted messages in their
    /// order; none for a service that keeps no states.
    private func loadStates(
        _ admitted: [Admitted], _ batch: InputBatch, into cache: inout StateCache<Service.State>, from store: some PathStore
    ) throws(StoreFault) -> [StateSlot] {
        guard Service.State.isKept else { return [] }
        var missing: [StateSlot] = []
        func want(_ lane: Int32, _ key: String) -> StateSlot {
            let stateKey = StateKey(lane: lane, key: key)
            if let known = cache.slot(stateKey) { return known }
            let slot = cache.add(stateKey)
            missing.append(slot)
            return slot
        }
        let slots = admitted.map { want($0.lane, $0.key) }
        for timer in batch.timers where timer.timer.name != CheckpointTimer.name { _ = want(timer.lane, timer.key) }
        for sweep in batch.sweeps { for key in sweep.keys { _ = want(sweep.lane, key) } }
        guard !missing.isEmpty else { return slots }
        do throws(StoreFault) {
            try read(missing, into: &cache, from: store)
        } catch {
            cache.forget(missing)
            throw error
        }
        return slots
    }

    private func read(
        _ missing: [StateSlot], into cache: inout StateCache<Service.State>, from store: some PathStore
    ) throws(StoreFault) {
        let stored = try store.states(missing.map(\.key))
        for slot in missing {
            guard let bytes = stored[slot.key] else { continue }
            do {
                let json = try JSONDocument(parsing: bytes, limits: JSONLimits(bytesMax: 64 << 20, membersMax: 1 << 20)).root
                cache.fill(slot, with: try Service.State(json), read: bytes)
            } catch {
                throw .corrupt("state of key \(slot.key.key) in lane \(slot.key.lane): \(error)")
            }
        }
    }

    /// The slot of a key whose state was loaded for this batch; nil for a service that keeps none.
    private func slot(_ lane: Int32, _ key: String, _ cache: inout StateCache<Service.State>) -> StateSlot? {
        guard Service.State.isKept else { return nil }
        guard let slot = cache.slot(StateKey(lane: lane, key: key)) else {
            preconditionFailure("every key of the batch was loaded before")
        }
        return slot
    }

    // MARK: decide

    private func decide(
        _ input: Input, key: String, lane: Int32, in slot: StateSlot?, about admitted: Admitted?, _ batch: InputBatch, _ catalog: Catalog,
        _ now: Instant, _ cache: inout StateCache<Service.State>, _ effects: inout Effects, _ work: inout Working
    ) {
        effects.reset()
        if let slot {
            var state = cache.state(in: slot)
            decider.decide(input, key: key, on: &state, at: now, catalog: catalog, effects: &effects)
            if effects.refusal == nil { cache.change(slot, to: state) }
        } else {
            var state = Service.State()
            decider.decide(input, key: key, on: &state, at: now, catalog: catalog, effects: &effects)
        }
        if let refusal = effects.refusal {
            if let admitted {
                setAside(admitted, batch, refusal, &work)
            } else {
                // A timer or a walk has no bytes to set aside: somebody must look. The timer rings again, until what it asks for can be done.
                work.write.tallies[Tally(.effectRefused, [refusal.code]), default: 0] += 1
                if case .timer(let timer) = input {
                    work.write.timers[TimerKey(lane: lane, key: key, name: timer.name)] = .some(now + Self.refusedTimerDelay)
                }
            }
            return
        }
        if let admitted { work.count(TopicPartition(topic: admitted.message.topic, partition: lane), .applied) }
        for row in effects.rows { work.add(row) }
        for leaf in effects.leaves { work.append(leaf, lane: lane) }
        for (tally, count) in effects.tallies { work.write.tallies[tally, default: 0] += count }
        for change in effects.timers {
            work.write.timers[TimerKey(lane: lane, key: key, name: change.name)] = .some(change.due)
        }
        for message in effects.messages { work.send(message, from: lane, to: partition(of: message)) }
    }

    /// Has the lane's log signed as it stands, if it has grown since the last time.
    private func checkpoint(_ lane: Int32, _ effects: inout Effects, _ work: inout Working) {
        guard decider.checkpointInterval != nil, let head = work.book.ledgers[lane], head.unsignedSince != nil else { return }
        effects.reset()
        decider.checkpoint(head, lane: lane, effects: &effects)
        for row in effects.rows { work.add(row) }
        for message in effects.messages { work.send(message, from: lane, to: partition(of: message)) }
        work.sign(lane: lane)
    }

    private func partition(of message: OutgoingMessage) -> Int32 {
        Lane.of(message.key, lanes: partitions.isEmpty ? lanes : partitions[message.topic] ?? lanes)
    }

    /// A message that was admitted goes to the dead letters after all: with its own bytes, or with those of its event.
    private func setAside(_ input: Admitted, _ batch: InputBatch, _ refusal: Refusal, _ work: inout Working) {
        let raw = batch.messages[input.rawIndex]
        guard input.isPacked else { return work.setAside(raw, refusal) }
        guard var reader = FrameReader(raw.value ?? []), let sender = raw.linkHeaders else { return work.setAside(raw, refusal) }
        var index: Int32 = 0
        while let frame = reader.next() {
            if index == input.message.index {
                work.setAside(
                    DeadLetter(
                        event: frame, at: index, of: raw, key: input.message.key, subject: input.message.subject,
                        sequence: sender.sequence + Int64(index), source: sender.source, time: reader.time, refusal: refusal))
                return
            }
            index += 1
        }
    }

    /// Turns what was collected into the rows of the transaction.
    private func finish(_ work: inout Working, _ now: Instant) {
        for key in work.deadLetterOrder {
            guard let letter = work.write.deadLetters[key] else { continue }
            let topic = Topic.deadLetters(decider.service.rawValue)
            let envelope = letter.envelope(service: decider.service, at: now)
            work.send(
                OutgoingMessage(topic: topic, key: letter.keyText, subject: letter.keyText, type: "deadletter.v1", value: envelope),
                from: key.partition, to: Lane.of(letter.keyText, lanes: lanes))
        }
        work.close(checkpointInterval: decider.checkpointInterval)
    }
}

extension OutsideID {
    /// What a sender said under an id: a repetition has the same.
    static func digest(type: String, subject: String, value: ArraySlice<UInt8>) -> [UInt8] {
        var said: [UInt8] = []
        said.reserveCapacity(type.utf8.count + subject.utf8.count + 2 + value.count)
        for part in [type, subject] {
            said += part.utf8
            said.append(0)
        }
        said += value
        return Ledger.sha256(said).bytes
    }
}

/// A message that was let in. Like `PartitionRun` beside the step and not inside it: in a generic type either would be made anew at every call.
private final class Admitted {
    let message: Message
    /// Which Kafka message of the batch it came in, and whether others came along with it.
    let rawIndex: Int
    let isPacked: Bool
    let key: String
    let lane: Int32
    let outsideID: OutsideID?

    init(message: Message, rawIndex: Int, isPacked: Bool, key: String, lane: Int32, outsideID: OutsideID?) {
        self.message = message
        self.rawIndex = rawIndex
        self.isPacked = isPacked
        self.key = key
        self.lane = lane
        self.outsideID = outsideID
    }
}

/// What is the same for all messages of one partition that follow one another.
private struct PartitionRun {
    let place: TopicPartition
    let dialect: Dialect
    let isOutside: Bool
    var next: Int64
}

extension Working {
    /// Sets a whole Kafka message aside.
    mutating func setAside(_ raw: RawMessage, _ refusal: Refusal) {
        setAside(
            DeadLetter(
                place: MessagePlace(topic: raw.topic, partition: raw.partition, offset: raw.offset), refusal: refusal, key: raw.key,
                value: raw.value, headers: raw.headers))
    }
}

/// What a step made of a batch.
public struct StepResult {
    public let write: BatchWrite
    public let book: LaneBook
    /// Links that wait for a message before the one that came.
    public let gaps: [LinkIn: LinkGap]
    /// Links that waited and go on.
    public let healed: Set<LinkIn>
}
