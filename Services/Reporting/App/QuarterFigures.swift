import Contracts
import Postgres
import ReportingDomain
import Vocabulary
import Wire

/// The figures of one quarter.
struct QuarterFigures: Sendable {
    /// One institution's part in it. Received, accepted and answered speak of applications dispatched to it in the quarter.
    struct InstitutionRow: Sendable {
        let institution: String
        let received: Int64
        let acceptedInTime: Int64
        let acceptJudged: Int64
        let answeredInTime: Int64
        let answerJudged: Int64
        let loans: Int64
        let paidOutFen: Int64
    }

    /// In the order of `names`; amounts in fen.
    private let values: [Int64]
    let institutions: [InstitutionRow]

    private static let names = [
        "requests", "requestedFen", "credits", "creditedFen", "loans", "paidOutFen", "firmsThatApplied", "firmsFinanced", "alertsRaised",
        "pushes", "grants", "grantedFen", "released", "denied", "creditReports",
    ]

    init(of quarter: Quarter, _ connection: Connection) throws(PostgresFault) {
        let span: [Parameter] = [.instant(quarter.start), .instant(quarter.end)]
        let rows = try connection.execute(
            """
            SELECT a.requests, a.requested_fen, a.credits, a.credited_fen, a.loans, a.paid_out_fen, a.asking, a.financed,
                   (SELECT count(*) FROM alert_view WHERE raised_at >= $1 AND raised_at < $2),
                   (SELECT count(*) FROM push_view WHERE pushed_at >= $1 AND pushed_at < $2), g.grants, g.granted_fen,
                   (SELECT count(DISTINCT release_id) FROM release_view WHERE kind = 'released' AND at >= $1 AND at < $2),
                   (SELECT count(DISTINCT release_id) FROM release_view WHERE kind = 'denied' AND at >= $1 AND at < $2),
                   (SELECT count(*) FROM credit_report_view WHERE issued_at >= $1 AND issued_at < $2)
            FROM (SELECT count(*) FILTER (WHERE step = 'requested') AS requests,
                         coalesce(sum(fen) FILTER (WHERE step = 'requested'), 0) AS requested_fen,
                         count(*) FILTER (WHERE step = 'credited') AS credits,
                         coalesce(sum(fen) FILTER (WHERE step = 'credited'), 0) AS credited_fen,
                         count(*) FILTER (WHERE step = 'disbursed') AS loans,
                         coalesce(sum(fen) FILTER (WHERE step = 'disbursed'), 0) AS paid_out_fen,
                         count(DISTINCT subject) FILTER (WHERE step = 'requested') AS asking,
                         count(DISTINCT subject) FILTER (WHERE step = 'disbursed') AS financed
                  FROM financing_step WHERE at >= $1 AND at < $2) AS a,
                 (SELECT count(*) AS grants, coalesce(sum(granted_fen), 0) AS granted_fen FROM push_view
                  WHERE granted_at >= $1 AND granted_at < $2) AS g
            """, span)
        guard let row = rows.first else { throw .unexpectedShape(reason: "the quarter has no row") }
        var values: [Int64] = []
        for column in QuarterFigures.names.indices { values.append(try row.int64(column)) }
        self.values = values
        let handled = try connection.execute(
            """
            SELECT institution,
                   count(*) FILTER (WHERE received),
                   count(*) FILTER (WHERE received AND accepted_at IS NOT NULL AND NOT accept_overdue),
                   count(*) FILTER (WHERE received AND (accepted_at IS NOT NULL OR accept_overdue)),
                   count(*) FILTER (WHERE received AND (credited_at IS NOT NULL OR declined_at IS NOT NULL) AND NOT answer_overdue),
                   count(*) FILTER (WHERE received AND (credited_at IS NOT NULL OR declined_at IS NOT NULL OR answer_overdue)),
                   count(*) FILTER (WHERE paid_out), coalesce(sum(disbursed_fen) FILTER (WHERE paid_out), 0)
            FROM (SELECT *, coalesce(dispatched_at >= $1 AND dispatched_at < $2, false) AS received,
                         coalesce(disbursed_at >= $1 AND disbursed_at < $2, false) AS paid_out FROM handling_view) AS handling
            WHERE received OR paid_out GROUP BY institution ORDER BY institution LIMIT 500
            """, span)
        var institutions: [InstitutionRow] = []
        for row in handled {
            institutions.append(
                InstitutionRow(
                    institution: try row.text(0), received: try row.int64(1), acceptedInTime: try row.int64(2),
                    acceptJudged: try row.int64(3), answeredInTime: try row.int64(4), answerJudged: try row.int64(5),
                    loans: try row.int64(6), paidOutFen: try row.int64(7)))
        }
        self.institutions = institutions
    }

    /// Reads what `json` wrote.
    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        var values: [Int64] = []
        for name in QuarterFigures.names { values.append(try fields.int(name)) }
        self.values = values
        institutions = try fields.list("institutions") { json throws(ContractDefect) in
            let fields = try Fields(json)
            return InstitutionRow(
                institution: try fields.text("institution"), received: try fields.int("received"),
                acceptedInTime: try fields.int("acceptedInTime"), acceptJudged: try fields.int("acceptJudged"),
                answeredInTime: try fields.int("answeredInTime"), answerJudged: try fields.int("answerJudged"),
                loans: try fields.int("loans"), paidOutFen: try fields.int("paidOutFen"))
        }
    }

    var json: [UInt8] {
        JSONWriter.encode { writer in
            writer.object { object in
                for (name, value) in zip(QuarterFigures.names, values) { object.member(name, value) }
                object.member(
                    "institutions",
                    array: { list in
                        for row in institutions {
                            list.element(object: { object in
                                object.member("institution", row.institution)
                                object.member("received", row.received)
                                object.member("acceptedInTime", row.acceptedInTime)
                                object.member("acceptJudged", row.acceptJudged)
                                object.member("answeredInTime", row.answeredInTime)
                                object.member("answerJudged", row.answerJudged)
                                object.member("loans", row.loans)
                                object.member("paidOutFen", row.paidOutFen)
                            })
                        }
                    })
            }
        }
    }

    /// As people read them.
    var lines: [(title: Bilingual, shown: String)] {
        func value(_ name: String) -> Int64 { QuarterFigures.names.firstIndex(of: name).map { values[$0] } ?? 0 }
        func count(_ name: String) -> String { Shown.count(value(name)) }
        func money(_ name: String) -> String { Shown.money(fen: value(name)) }
        return [
            (Bilingual(en: "Financing requests", zh: "融资申请（笔）"), count("requests")),
            (Bilingual(en: "Requested", zh: "申请金额"), money("requestedFen")),
            (Bilingual(en: "Credits granted", zh: "授信（笔）"), count("credits")),
            (Bilingual(en: "Credited", zh: "授信金额"), money("creditedFen")), (Bilingual(en: "Loans", zh: "放款（笔）"), count("loans")),
            (Bilingual(en: "Paid out", zh: "放款金额"), money("paidOutFen")),
            (Bilingual(en: "Mean loan", zh: "笔均放款"), Shown.money(fen: value("loans") > 0 ? value("paidOutFen") / value("loans") : 0)),
            (Bilingual(en: "Firms that applied", zh: "申请企业（户）"), count("firmsThatApplied")),
            (Bilingual(en: "Firms that were paid", zh: "获贷企业（户）"), count("firmsFinanced")),
            (Bilingual(en: "Risk alerts raised", zh: "新增预警（条）"), count("alertsRaised")),
            (Bilingual(en: "Policies pushed", zh: "政策推送（次）"), count("pushes")),
            (Bilingual(en: "Grants", zh: "政策兑现（笔）"), count("grants")), (Bilingual(en: "Granted", zh: "兑现金额"), money("grantedFen")),
            (Bilingual(en: "Messages released", zh: "对外提供信息（次）"), count("released")),
            (Bilingual(en: "Releases denied", zh: "拒绝提供（次）"), count("denied")),
            (Bilingual(en: "Credit reports issued", zh: "出具信用报告（份）"), count("creditReports")),
        ]
    }
}
