import Contracts
import Postgres
import ReportingDomain
import Vocabulary
import Wire

/// One firm's story.
extension Console {
    func firm(_ asked: String, _ connection: Connection) throws(PostgresFault) -> Page? {
        guard asked.count <= Console.textSizeMax, !asked.contains("\0") else { return nil }
        let code: Parameter = .text(asked)
        let rows = try connection.execute(
            """
            SELECT name, region, industry, subject_kind, legal_person, registered_on, registration_status, public_grade, points, grade,
                   points_low, points_high, default_probability_bp, model, revision, reasons, tags, dimensions, as_of,
                   public_grade_on, public_grade_source, public_grade_stale, public_grade_disputed, disputes
            FROM subject_view WHERE subject = $1
            """, [code])
        guard let row = rows.first else { return nil }
        let name = try row.text(0)
        var page = Page(Bilingual(en: name.isEmpty ? asked : name, zh: "企业画像"), at: "/firms")
        let lead = [
            asked, try row.text(1), try row.text(2), try row.text(3),
            try row.text(4).isEmpty ? "" : "法定代表人 \(try row.text(4))",
            try row.dayOrNil(5).map { "registered \($0.text)" } ?? "", try row.text(6),
        ]
        page.lead(lead.filter { !$0.isEmpty }.joined(separator: " · "))
        let low = try row.int64OrNil(10)
        let high = try row.int64OrNil(11)
        let interval = if let low, let high { "\(low)…\(high) points" } else { "" }
        let official = [
            "official, imported", try row.dayOrNil(19).map { "evaluated \($0.text)" } ?? "", try row.text(20),
            try row.bool(21) ? "out of date 已过期" : "", try row.bool(22) ? "under dispute 有异议" : "",
        ]
        page.cards([
            (Bilingual(en: "Financing score", zh: "融资信用分（分）"), try row.int64OrNil(8).map { Shown.count($0) } ?? "–", interval),
            (Bilingual(en: "Grade", zh: "融资信用等级"), try row.text(9).isEmpty ? "–" : try row.text(9), "model \(try row.text(13))"),
            (
                Bilingual(en: "Default within a year", zh: "一年违约概率"),
                try row.int64OrNil(12).map { Shown.percent(BasisPoints($0)) } ?? "–", ""
            ),
            (
                Bilingual(en: "Public credit grade", zh: "公共信用综合评价"), try row.text(7).isEmpty ? "–" : try row.text(7),
                official.filter { !$0.isEmpty }.joined(separator: " · ")
            ),
        ])
        page.pair(
            (Bilingual(en: "Why this score", zh: "扣分原因"), Console.reasons(try row.bytes(15))),
            (Bilingual(en: "Three dimensions and tags", zh: "三维画像与标签"), Console.portrait(try row.bytes(17), tags: try row.bytes(16))))
        page.table(Bilingual(en: "Statements under dispute", zh: "异议标注"), Console.disputes(try row.bytes(23)))
        page.table(Bilingual(en: "Applications", zh: "融资申请"), try applications(of: code, connection))
        page.table(Bilingual(en: "Timeline", zh: "时间线"), try timeline(of: code, connection))
        page.table(Bilingual(en: "Records", zh: "信用记录"), try records(of: code, connection))
        return page
    }

    func firmJSON(_ asked: String, _ connection: Connection) throws(PostgresFault) -> [UInt8]? {
        guard asked.count <= Console.textSizeMax, !asked.contains("\0") else { return nil }
        let rows = try connection.execute(
            """
            SELECT to_jsonb(s) || jsonb_build_object(
                'applications', (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.requested_at, a.application_id), '[]')
                                 FROM application_view AS a WHERE a.subject = s.subject),
                'alerts', (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.changed_at, a.alert_id), '[]')
                           FROM alert_view AS a WHERE a.subject = s.subject),
                'pushes', (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.policy_id), '[]')
                           FROM push_view AS p WHERE p.subject = s.subject),
                'records', (SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.record_type), '[]')
                            FROM coverage_view AS c WHERE c.subject = s.subject))
            FROM subject_view AS s WHERE s.subject = $1
            """, [.text(asked)])
        return try rows.first?.bytes(0)
    }

    private func applications(of code: Parameter, _ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([
            .words("Application", "申请编号"), .words("State", "状态"), .words("Institution", "机构"), .words("Product", "产品"),
            .figure("Requested", "申请金额"), .figure("Credited", "授信金额"), .figure("Paid out", "放款金额"), .figure("Months", "期限（月）"),
            .figure("Rate a year", "年利率"), .words("Requested at", "申请时间"), .words("Reason", "原因"),
        ])
        let rows = try connection.execute(
            """
            SELECT application_id, status, institution, product_id, requested_fen, credited_fen, disbursed_fen, months, annual_rate_bp,
                   requested_at, reason
            FROM application_view WHERE subject = $1 ORDER BY requested_at DESC NULLS LAST, application_id LIMIT 100
            """, [code])
        for row in rows {
            func money(_ column: Int) throws(PostgresFault) -> Grid.Cell {
                .words(try row.int64OrNil(column).map { Shown.money(fen: $0) } ?? "–")
            }
            grid.add([
                .words(try row.text(0)), .pill(try row.text(1)), .words(try row.text(2)), .words(try row.text(3)), try money(4),
                try money(5),
                try money(6), .words(try row.int64OrNil(7).map { String($0) } ?? "–"),
                .words(try row.int64OrNil(8).map { Shown.percent(BasisPoints($0)) } ?? "–"), Tables.moment(try row.instantOrNil(9)),
                .words(try row.text(10)),
            ])
        }
        return grid
    }

    private func timeline(of code: Parameter, _ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([.words("When", "时间"), .words("What", "事项"), .words("Result", "结果"), .words("Of what", "内容")])
        let rows = try connection.execute(
            """
            SELECT at, what, result, about FROM (
                SELECT at, 'application 申请' AS what, step AS result,
                       application_id || CASE WHEN institution = '' THEN '' ELSE ' · ' || institution END AS about
                FROM financing_step WHERE subject = $1
                UNION ALL
                SELECT changed_at, 'alert 预警', CASE WHEN level = 'none' THEN kind ELSE level END,
                       title_en || ' ' || title_zh || ' · ' || observed || CASE WHEN is_disputed THEN ' · disputed 异议' ELSE '' END
                FROM alert_view WHERE subject = $1
                UNION ALL
                SELECT changed_at, 'policy 政策', status, policy_id FROM push_view WHERE subject = $1
                UNION ALL
                SELECT at, 'release 信息提供', kind, message_type || ' → ' || receiver ||
                       CASE WHEN reason = '' THEN '' ELSE ' · ' || reason END
                FROM release_view WHERE subject = $1
                UNION ALL
                SELECT at, 'governance 治理', kind, record_type || CASE WHEN reason = '' THEN '' ELSE ' · ' || reason END
                FROM governance_event_view WHERE subject = $1
                UNION ALL
                SELECT issued_at, 'credit report 信用报告', 'issued', report_id FROM credit_report_view WHERE subject = $1
                UNION ALL
                SELECT changed_at, 'white list 白名单', CASE WHEN is_member THEN 'entered' ELSE 'left' END, list
                FROM whitelist_view WHERE subject = $1
                UNION ALL
                SELECT changed_at, 'loan 贷款', CASE WHEN is_open THEN loan_class ELSE 'closed' END, loan_id || ' · ' || institution
                FROM watch_view WHERE subject = $1
            ) AS story ORDER BY at DESC, what, about, result LIMIT 200
            """, [code])
        for row in rows {
            grid.add([Tables.moment(try row.instant(0)), .words(try row.text(1)), .pill(try row.text(2)), .long(try row.text(3))])
        }
        return grid
    }

    private func records(of code: Parameter, _ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([.words("Record type", "信用信息类别"), .figure("In force", "有效（条）"), .figure("Told", "累计（条）"), .words("Latest", "最近发生")])
        let rows = try connection.execute(
            "SELECT record_type, standing, facts, latest_at FROM coverage_view WHERE subject = $1 ORDER BY record_type LIMIT 200", [code])
        for row in rows {
            grid.add([
                .words(try row.text(0)), Tables.count(try row.int64(1)), Tables.count(try row.int64(2)), Tables.moment(try row.instant(3)),
            ])
        }
        return grid
    }

    /// Of what reporting itself wrote; what cannot be read shows as nothing.
    private static func reasons(_ bytes: [UInt8]) -> Grid {
        var grid = Grid([.words("Code", "代码"), .words("Reason", "原因"), .figure("Points lost", "扣分（分）")])
        guard let all = Console.read(bytes) else { return grid }
        for reason in all.elements.prefix(10) {
            let words = (reason["en"]?.string ?? "") + " " + (reason["zh"]?.string ?? "")
            grid.add([.words(reason["code"]?.string ?? ""), .long(words), .words(Shown.count(reason["pointsLost"]?.int ?? 0))])
        }
        return grid
    }

    private static func disputes(_ bytes: [UInt8]) -> Grid {
        var grid = Grid([
            .words("Record type", "信用信息类别"), .words("Record", "记录编号"), .words("Objection", "提出异议"), .words("Answer due", "答复期限"),
            .words("Indicators that rest on it", "涉及指标"),
        ])
        guard let all = Console.read(bytes) else { return grid }
        for dispute in all.elements.prefix(100) {
            let indicators = dispute["indicators"]?.elements.compactMap(\.string).joined(separator: ", ") ?? ""
            grid.add([
                .words(dispute["recordType"]?.string ?? ""), .long(dispute["recordId"]?.string ?? ""),
                .words(dispute["openedOn"]?.string ?? ""), .words(dispute["dueOn"]?.string ?? ""), .long(indicators),
            ])
        }
        return grid
    }

    private static func portrait(_ dimensions: [UInt8], tags: [UInt8]) -> Grid {
        var grid = Grid([.words("Dimension or tag", "维度／标签"), .figure("Of 1,000", "得分（满分 1000）")])
        if let dimensions = Console.read(dimensions) {
            for (name, points) in dimensions.members { grid.add([.words(name), .words(points.int.map { Shown.count($0) } ?? "–")]) }
        }
        if let tags = Console.read(tags) {
            for tag in tags.elements.prefix(40) { grid.add([.pill(tag.string ?? ""), .words("")]) }
        }
        return grid
    }

    static func read(_ bytes: [UInt8]) -> JSONValue? {
        do throws(JSONDefect) { return try JSONDocument(parsing: bytes).root } catch { return nil }
    }
}
