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
package struct Step<Service: Decider> {
    let decider: Service
    /// Number of lanes, the partition count of every topic.
    let lanes: Int32
    /// Bounds of an outside message; a larger one is set aside.
    let limits: CloudEventLimits

    package init(decider: Service, lanes: Int32, limits: CloudEventLimits = .standard) {
        self.decider = decider
        self.lanes = lanes
        self.limits = limits
    }

    /// Decides a batch. The caller adopts the result's book once the transaction is known to be committed. The cache is
    /// changed in place (a copy would cost more than the decisions): unless the commit is known, forget it.
    package func run(
        _ batch: InputBatch, book: LaneBook, cache: inout StateCache<Service.State>, catalog: Catalog, at now: Instant,
        poisoned: [MessagePlace: Refusal] = [:], loading store: some PathStore
    ) throws(StoreFault) -> StepResult {
        var work = Working<Service.State>(book: book, cache: StateCache())
        swap(&work.cache, &cache)
        let admitted = admit(batch.messages, catalog: catalog, poisoned: poisoned, into: &work)
        let knownIDs = try store.outsideDigests(admitted.compactMap(\.outsideID))
        try loadStates(admitted, batch, into: &work, from: store)

        for input in admitted {
            if let outsideID = input.outsideID, isDuplicate(input, outsideID, known: knownIDs, &work) { continue }
            decide(.message(input.message), key: input.key, lane: input.lane, source: input.raw, catalog, now, &work)
        }
        for timer in batch.timers {
            // The timer has fired: it is gone unless the decision sets it again.
            work.write.timers[TimerKey(lane: timer.lane, key: timer.key, name: timer.timer.name)] = .some(nil)
            decide(.timer(timer.timer), key: timer.key, lane: timer.lane, source: nil, catalog, now, &work)
        }
        for sweep in batch.sweeps {
            for key in sweep.keys { decide(.sweep(sweep.entry), key: key, lane: sweep.lane, source: nil, catalog, now, &work) }
            work.write.sweeps.append(sweep.mark)
        }
        finish(&work, now)
        swap(&work.cache, &cache)
        return StepResult(write: work.write, book: work.book, gaps: work.gaps, healed: work.healed)
    }

    // MARK: decode and admit

    private struct Admitted {
        let message: Message
        let raw: RawMessage
        let key: String
        let lane: Int32
        let outsideID: OutsideID?
    }

    private func admit(
        _ messages: [RawMessage], catalog: Catalog, poisoned: [MessagePlace: Refusal], into work: inout Working<Service.State>
    ) -> [Admitted] {
        var admitted: [Admitted] = []
        admitted.reserveCapacity(messages.count)
        for raw in messages {
            let place = TopicPartition(topic: raw.topic, partition: raw.partition)
            guard let next = work.book.nextOffset[place] else { continue }
            // A broker may hand out again what was already applied, after a reconnect or a seek.
            guard raw.offset >= next else { continue }
            if let refusal = poisoned[MessagePlace(topic: raw.topic, partition: raw.partition, offset: raw.offset)] {
                admitLink(of: raw, from: place, &work)
                work.advance(place, past: raw.offset)
                work.setAside(raw, refusal)
                continue
            }
            let isOutside = Topic.writer(of: raw.topic) != nil

            let event: CloudEvent
            do {
                event = try CloudEvent.decode(headers: raw.headers, value: raw.value ?? [], limits: limits)
            } catch {
                work.advance(place, past: raw.offset)
                work.setAside(raw, Refusal(code: error.code, detail: "\(error)"))
                continue
            }
            if !isOutside {
                switch work.book.judge(event, from: place) {
                case .next(let link, let sequence):
                    work.book.linkIn[link] = sequence
                    if work.gaps.removeValue(forKey: link) != nil || work.book.linksStalled.remove(link) != nil { work.healed.insert(link) }
                case .duplicate:
                    work.advance(place, past: raw.offset)
                    work.count(raw, .duplicate)
                    continue
                case .gap(let link, let gap):
                    // The publisher goes back and sends the missing one and this one again, further on in the log.
                    work.advance(place, past: raw.offset)
                    work.count(raw, .early)
                    work.gaps[link] = gap
                    work.book.linksStalled.insert(link)
                    continue
                case .notOurs:
                    work.advance(place, past: raw.offset)
                    work.setAside(raw, Refusal(code: "link-missing", detail: "no xinqiao source and sequence in the headers"))
                    continue
                }
            }
            work.advance(place, past: raw.offset)
            let document: JSONDocument
            do {
                document = try JSONDocument(parsing: event.data, limits: limits.json)
            } catch {
                work.setAside(raw, Refusal(code: "json-" + error.code, detail: "\(error)"))
                continue
            }
            let message = Message(
                topic: raw.topic, partition: raw.partition, offset: raw.offset, key: raw.keyText, id: event.id, source: event.source,
                type: event.type, subject: event.subject ?? "", time: event.time, body: document.root,
                sha256: isOutside ? Ledger.sha256(raw.value ?? []).hex : "", traceparent: event.traceparent)
            switch decider.admit(message, catalog: catalog) {
            case .handle(let key, let outsideID):
                admitted.append(Admitted(message: message, raw: raw, key: key, lane: raw.partition, outsideID: outsideID))
            case .pass: work.count(raw, .passed)
            case .refuse(let refusal): work.setAside(raw, refusal)
            }
        }
        return admitted
    }

    /// A message that is set aside still takes its place in its link, or everything behind it would wait for ever.
    private func admitLink(of raw: RawMessage, from place: TopicPartition, _ work: inout Working<Service.State>) {
        guard Topic.writer(of: raw.topic) == nil,
            let event = try? CloudEvent.decode(headers: raw.headers, value: raw.value ?? [], limits: limits)
        else { return }
        if case .next(let link, let sequence) = work.book.judge(event, from: place) { work.book.linkIn[link] = sequence }
    }

    /// True when the sender's id was seen before: then the message is dropped, or set aside when its bytes differ.
    private func isDuplicate(
        _ input: Admitted, _ outsideID: OutsideID, known: [OutsideID: [UInt8]], _ work: inout Working<Service.State>
    ) -> Bool {
        let digest = Ledger.sha256(Array(input.message.type.utf8) + [0] + Array(input.message.subject.utf8) + [0] + (input.raw.value ?? []))
            .bytes
        guard let seen = known[outsideID] ?? work.write.outsideIDs[outsideID] else {
            work.write.outsideIDs[outsideID] = digest
            return false
        }
        if seen == digest {
            work.count(input.raw, .duplicate)
        } else {
            work.setAside(
                input.raw, Refusal(code: "id-reuse", detail: "\(outsideID.writer) sent id \(outsideID.id) before with other content"))
        }
        return true
    }

    // MARK: states

    private func loadStates(
        _ admitted: [Admitted], _ batch: InputBatch, into work: inout Working<Service.State>, from store: some PathStore
    ) throws(StoreFault) {
        var missing: Set<StateKey> = []
        func want(_ lane: Int32, _ key: String) {
            let stateKey = StateKey(lane: lane, key: key)
            if work.cache[stateKey] == nil { missing.insert(stateKey) }
        }
        for input in admitted { want(input.lane, input.key) }
        for timer in batch.timers { want(timer.lane, timer.key) }
        for sweep in batch.sweeps { for key in sweep.keys { want(sweep.lane, key) } }
        guard !missing.isEmpty else { return }
        let stored = try store.states(Array(missing))
        for key in missing {
            guard let bytes = stored[key] else {
                work.cache.insert(Service.State(), for: key, written: [])
                continue
            }
            do {
                work.cache.insert(
                    try Service.State(try JSONDocument(parsing: bytes, limits: JSONLimits(bytesMax: 64 << 20, membersMax: 1 << 20)).root),
                    for: key, written: bytes)
            } catch {
                throw .corrupt("state of key \(key.key) in lane \(key.lane): \(error)")
            }
        }
    }

    // MARK: decide

    private func decide(
        _ input: Input, key: String, lane: Int32, source: RawMessage?, _ catalog: Catalog, _ now: Instant,
        _ work: inout Working<Service.State>
    ) {
        let stateKey = StateKey(lane: lane, key: key)
        guard var state = work.cache[stateKey] else { preconditionFailure("every key of the batch was loaded before") }
        var effects = Effects()
        decider.decide(input, key: key, on: &state, at: now, catalog: catalog, effects: &effects)
        if let refusal = effects.refusal {
            if let source { work.setAside(source, refusal) }
            return
        }
        work.cache.change(state, for: stateKey)
        if let source { work.count(source, .applied) }
        for row in effects.rows { work.write.rows[row.table, default: []].append(row.cells) }
        for change in effects.timers {
            work.write.timers[TimerKey(lane: lane, key: key, name: change.name)] = .some(change.due)
        }
        for message in effects.messages { work.send(message, from: lane, to: Lane.of(message.key, lanes: lanes)) }
    }

    /// Turns what was collected into the rows of the transaction.
    private func finish(_ work: inout Working<Service.State>, _ now: Instant) {
        for key in work.deadLetterOrder {
            guard let letter = work.write.deadLetters[key] else { continue }
            let topic = Topic.deadLetters(decider.service.rawValue)
            let envelope = letter.envelope(service: decider.service, at: now)
            work.send(
                OutgoingMessage(topic: topic, key: letter.keyText, subject: letter.keyText, type: "deadletter.v1", value: envelope),
                from: key.partition, to: Lane.of(letter.keyText, lanes: lanes))
        }
        work.close(at: now)
    }
}

/// What a step made of a batch.
package struct StepResult {
    package let write: BatchWrite
    package let book: LaneBook
    /// Links that wait for a message before the one that came.
    package let gaps: [LinkIn: LinkGap]
    /// Links that waited and go on.
    package let healed: Set<LinkIn>
}
