import Contracts
import Vocabulary
import Wire

/// A record before it is written: its fields can still be spoilt.
struct RecordDraft {
    let topic: String
    let id: String
    let type: String
    let subject: String
    let time: Instant
    var fields: [(name: String, value: FieldValue)]

    enum FieldValue {
        case text(String)
        case whole(Int)
        /// Written as yuan.
        case money(Money)
        /// `mantissa` × 10^-`scale`.
        case decimal(Int64, scale: Int)
        case day(Day)
        case month(Month)
        case texts([String])
        case flag(Bool)
    }

    func written(planted: PlantedDefect? = nil) -> OutsideRecord {
        OutsideRecord(
            topic: topic, id: id, type: type, subject: subject, time: time,
            data: JSONWriter.encode(reserving: 256) { json in
                json.object { json in
                    for (name, value) in fields { value.write(to: &json, as: name) }
                }
            },
            planted: planted)
    }

    /// The record with the defect in it; nil when it has nothing to spoil in this way.
    func spoilt(by defect: PlantedDefect) -> OutsideRecord? {
        var draft = self
        switch defect {
        case .duplicateSameBytes:
            return written(planted: defect)
        case .duplicateOtherBytes:
            guard let (place, amount) = draft.firstMoney else { return nil }
            draft.fields[place].value = .money(amount + Money(fen: 100))
        case .wrongCheckDigit:
            return RecordDraft(
                topic: topic, id: id, type: type, subject: RecordDraft.withWrongCheck(subject), time: time, fields: fields
            ).written(planted: defect)
        case .impossibleDate:
            let place = draft.fields.firstIndex { if case .day = $0.value { true } else { false } }
            guard let place, case .day(let day) = draft.fields[place].value else { return nil }
            draft.fields[place].value = .text("\(day.month.year)-02-30")
        case .moneyDecimals:
            guard let (place, amount) = draft.firstMoney else { return nil }
            let (tenths, overflow) = amount.fen.multipliedReportingOverflow(by: 10)
            draft.fields[place].value = .decimal(overflow ? 7 : tenths + 7, scale: 3)
        case .unknownField:
            draft.fields.append(("colour", .text("red")))
        case .unitSlip:
            guard type == "tax.return", let (place, amount) = draft.firstMoney else { return nil }
            draft.fields[place].value = .money(amount * 10_000)
        }
        return draft.written(planted: defect)
    }

    private var firstMoney: (place: Int, amount: Money)? {
        for (place, field) in fields.enumerated() {
            if case .money(let amount) = field.value { return (place, amount) }
        }
        return nil
    }

    /// The last character replaced by another digit: exactly one fits, so this one does not.
    private static func withWrongCheck(_ code: String) -> String {
        String(code.dropLast()) + (code.last == "7" ? "8" : "7")
    }
}

extension RecordDraft.FieldValue {
    func write(to json: inout JSONWriter, as name: String) {
        switch self {
        case .text(let text): json.member(name, text)
        case .whole(let number): json.member(name, number)
        case .money(let amount): json.member(name, ExactDecimal(mantissa: amount.fen, scale: 2) ?? ExactDecimal(0))
        case .decimal(let mantissa, let scale): json.member(name, ExactDecimal(mantissa: mantissa, scale: scale) ?? ExactDecimal(0))
        case .day(let day): json.member(name, day)
        case .month(let month): json.member(name, month)
        case .texts(let texts): json.member(name, texts)
        case .flag(let flag): json.member(name, flag)
        }
    }
}
