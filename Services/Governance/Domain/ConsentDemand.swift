import Wire

/// What a category of data demands of a consent beyond being covered by it: the `demands` of a `consentCategory` entry; its `waitDays`, how
/// long a record waits for a consent before it is refused; and its `lateDays`, how long after a consent's last day what happened before may come.
///
/// Sources: 征信业管理条例, article 14; 个人信息保护法, articles 23, 28 and 29.
struct ConsentDemand: Sendable {
    /// It may not be had at all: religion, genes, fingerprints, blood type, illness.
    var isForbidden = false
    /// Only with explicit written consent: income, deposits, securities, insurance, real estate, taxes paid by a person.
    var isWritten = false
    /// Only with a consent that names the platform and the category, and not under one for everything.
    var isSeparate = false
    /// Unless said, seven days: a form signed at a counter is typed in within a week, and data that nobody agreed to are not kept longer.
    var wait: Duration = .seconds(7 * 86_400)

    /// Unless said, 45: what is told of a month comes within the next one, and what comes later is collected without a consent.
    var lateDays = 45

    static let waitDaysMax: Int64 = 90
    static let lateDaysMax: Int64 = 400

    init() {}

    init?(_ body: JSONValue, defects: inout [String]) {
        for name in body.list("demands").map(\.string) {
            switch name {
            case "forbidden": isForbidden = true
            case "written": isWritten = true
            case "separate": isSeparate = true
            default:
                defects.append("`demands` has what is none of forbidden, written, separate")
                return nil
            }
        }
        if let days = body["waitDays"] {
            guard let days = days.int, (1...Self.waitDaysMax).contains(days) else {
                defects.append("`waitDays` is not 1…\(Self.waitDaysMax)")
                return nil
            }
            wait = .seconds(days * 86_400)
        }
        if let days = body["lateDays"] {
            guard let days = days.int, (0...Self.lateDaysMax).contains(days) else {
                defects.append("`lateDays` is not 0…\(Self.lateDaysMax)")
                return nil
            }
            lateDays = Int(days)
        }
    }
}
