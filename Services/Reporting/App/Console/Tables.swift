import Contracts
import Postgres
import ReportingDomain
import Vocabulary

/// The tables that pages show, each from one statement over the views.
enum Tables {
    static func months(_ connection: Connection) throws(PostgresFault) -> [(label: String, requested: Int64, disbursed: Int64)] {
        let rows = try connection.execute(
            "SELECT month, requested_fen, disbursed_fen FROM financing_by_month ORDER BY month DESC LIMIT 18")
        var result: [(label: String, requested: Int64, disbursed: Int64)] = []
        for row in rows { result.append((try row.text(0), try row.int64(1), try row.int64(2))) }
        return result.reversed()
    }

    static func monthGrid(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([
            .words("Month", "月份"), .figure("Requests", "申请笔数"), .figure("Requested", "申请金额"), .figure("Credits", "授信笔数"),
            .figure("Credited", "授信金额"), .figure("Loans", "放款笔数"), .figure("Paid out", "放款金额"),
        ])
        let rows = try connection.execute(
            """
            SELECT month, requested, requested_fen, credited, credited_fen, disbursed, disbursed_fen
            FROM financing_by_month ORDER BY month DESC LIMIT 18
            """)
        for row in rows {
            grid.add([
                .words(try row.text(0)), count(try row.int64(1)), money(try row.int64(2)), count(try row.int64(3)),
                money(try row.int64(4)), count(try row.int64(5)), money(try row.int64(6)),
            ])
        }
        return grid
    }

    static func institutions(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([
            .words("Institution", "机构"), .figure("Received", "收到笔数"), .figure("Accepted", "受理笔数"),
            .figure("Accepted in time", "按期受理率"), .figure("Answered in time", "按期答复率"), .figure("Declined", "拒绝笔数"),
            .figure("Credited", "授信金额"), .figure("Loans", "放款笔数"), .figure("Paid out", "放款金额"), .figure("Mean rate a year", "平均年利率"),
        ])
        let rows = try connection.execute(
            """
            SELECT institution, dispatched, accepted, accepted_in_time, accept_judged, answered_in_time, answer_judged, declined,
                   credited_fen, disbursed, disbursed_fen, floor(mean_rate_bp)::int8
            FROM financing_by_institution ORDER BY disbursed_fen DESC, institution LIMIT 200
            """)
        for row in rows {
            grid.add([
                .words(try row.text(0)), count(try row.int64(1)), count(try row.int64(2)),
                .words(Shown.share(try row.int64(3), of: try row.int64(4))), .words(Shown.share(try row.int64(5), of: try row.int64(6))),
                count(try row.int64(7)), money(try row.int64(8)), count(try row.int64(9)), money(try row.int64(10)),
                .words(try row.int64OrNil(11).map { Shown.percent(BasisPoints($0)) } ?? "–"),
            ])
        }
        return grid
    }

    static func products(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([
            .words("Product", "产品"), .figure("Applications", "申请笔数"), .figure("Loans", "放款笔数"), .figure("Paid out", "放款金额"),
        ])
        let rows = try connection.execute(
            """
            SELECT product_id, applications, disbursed, disbursed_fen FROM financing_by_product
            ORDER BY disbursed_fen DESC, product_id LIMIT 100
            """)
        for row in rows {
            grid.add([named(try row.text(0)), count(try row.int64(1)), count(try row.int64(2)), money(try row.int64(3))])
        }
        return grid
    }

    static func regions(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([
            .words("Prefecture", "市州"), .figure("Firms", "企业户数"), .figure("Applications", "申请笔数"), .figure("Loans", "放款笔数"),
            .figure("Paid out", "放款金额"),
        ])
        let rows = try connection.execute(
            """
            SELECT prefecture, firms, applications, disbursed, disbursed_fen FROM financing_by_region
            ORDER BY disbursed_fen DESC, prefecture LIMIT 50
            """)
        for row in rows {
            grid.add([
                named(try row.text(0)), count(try row.int64(1)), count(try row.int64(2)), count(try row.int64(3)),
                money(try row.int64(4)),
            ])
        }
        return grid
    }

    static func states(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([
            .words("State", "状态"), .figure("Applications", "笔数"), .figure("Requested", "申请金额"), .figure("Paid out", "放款金额"),
        ])
        let rows = try connection.execute(
            """
            SELECT status, applications, requested_fen, disbursed_fen FROM financing_by_state ORDER BY applications DESC, status
            """)
        for row in rows {
            grid.add([.pill(try row.text(0)), count(try row.int64(1)), money(try row.int64(2)), money(try row.int64(3))])
        }
        return grid
    }

    static func alertColours(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([.words("Colour", "等级"), .figure("Live alerts", "有效预警"), .figure("Firms", "企业户数")])
        let rows = try connection.execute(
            """
            SELECT level, count(*), count(DISTINCT subject) FROM alert_view WHERE level <> 'none'
            GROUP BY level ORDER BY array_position(ARRAY['red', 'orange', 'yellow', 'blue'], level)
            """)
        for row in rows { grid.add([.pill(try row.text(0)), count(try row.int64(1)), count(try row.int64(2))]) }
        return grid
    }

    static func loanClasses(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([.words("Class", "五级分类"), .figure("Loans", "贷款笔数"), .figure("Balance", "余额")])
        let rows = try connection.execute(
            """
            SELECT loan_class, count(*), coalesce(sum(balance_fen), 0) FROM watch_view WHERE is_open
            GROUP BY loan_class
            ORDER BY array_position(ARRAY['normal', 'special-mention', 'substandard', 'doubtful', 'loss'], loan_class)
            """)
        for row in rows { grid.add([.pill(try row.text(0)), count(try row.int64(1)), money(try row.int64(2))]) }
        return grid
    }

    static func coverage(_ connection: Connection, subjects: Int64) throws(PostgresFault) -> Grid {
        var grid = Grid([
            .words("Record type", "信用信息类别"), .figure("Firms covered", "覆盖企业"), .figure("Coverage", "覆盖率"),
            .figure("Records in force", "有效记录"), .words("Latest", "最近发生"),
        ])
        let rows = try connection.execute(
            "SELECT record_type, subjects, standing, latest_at FROM coverage_by_record_type ORDER BY subjects DESC, record_type LIMIT 100")
        for row in rows {
            let covered = try row.int64(1)
            grid.add([
                .words(try row.text(0)), count(covered), .words(Shown.share(min(covered, subjects), of: subjects)),
                count(try row.int64(2)), moment(try row.instant(3)),
            ])
        }
        return grid
    }

    static func releases(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([
            .words("Message", "信息"), .words("Outcome", "结果"), .words("Reason", "原因"), .figure("Times", "次数"),
            .figure("Receivers", "接收方数"),
        ])
        let rows = try connection.execute(
            """
            SELECT message_type, kind, reason, count(*), count(DISTINCT receiver) FROM release_view
            GROUP BY message_type, kind, reason ORDER BY count(*) DESC, message_type, kind LIMIT 50
            """)
        for row in rows {
            grid.add([
                .words(try row.text(0)), .pill(try row.text(1)), .words(try row.text(2)), count(try row.int64(3)), count(try row.int64(4)),
            ])
        }
        return grid
    }

    static func heldBack(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([
            .words("Outcome", "结果"), .words("Reason", "原因"), .words("Record type", "信用信息类别"), .figure("Records", "记录数"),
        ])
        let rows = try connection.execute(
            """
            SELECT kind, reason, record_type, count(*) FROM (
                SELECT 'quarantined' AS kind, reason, record_type FROM quarantined_now
                UNION ALL
                SELECT DISTINCT ON (subject, record_id) 'refused', reason, record_type FROM governance_event_view WHERE kind = 'refused'
            ) AS held GROUP BY kind, reason, record_type ORDER BY count(*) DESC, kind, reason LIMIT 50
            """)
        for row in rows {
            grid.add([.pill(try row.text(0)), .words(try row.text(1)), .words(try row.text(2)), count(try row.int64(3))])
        }
        return grid
    }

    static func policies(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([
            .words("Policy", "政策"), .figure("Firms found", "触达企业"), .figure("Open", "待办"), .figure("Claimed", "申领中"),
            .figure("Granted", "已兑现"), .figure("Withdrawn", "已撤回"), .figure("Paid", "兑现金额"), .figure("Claims ÷ pushes", "转化率"),
        ])
        let rows = try connection.execute(
            """
            SELECT policy_id, firms, open, claimed, granted, withdrawn, granted_fen, claims, pushes FROM push_by_policy
            ORDER BY firms DESC, policy_id LIMIT 200
            """)
        for row in rows {
            grid.add([
                .words(try row.text(0)), count(try row.int64(1)), count(try row.int64(2)), count(try row.int64(3)),
                count(try row.int64(4)), count(try row.int64(5)), money(try row.int64(6)),
                .words(Shown.share(try row.int64(7), of: try row.int64(8))),
            ])
        }
        return grid
    }

    static func whitelists(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([.words("White list", "白名单"), .figure("Members", "在册企业"), .figure("Left", "已退出")])
        let rows = try connection.execute(
            """
            SELECT list, count(*) FILTER (WHERE is_member), count(*) FILTER (WHERE NOT is_member) FROM whitelist_view
            GROUP BY list ORDER BY list LIMIT 100
            """)
        for row in rows { grid.add([.words(try row.text(0)), count(try row.int64(1)), count(try row.int64(2))]) }
        return grid
    }

    static func liveAlerts(_ connection: Connection) throws(PostgresFault) -> Grid {
        var grid = Grid([
            .words("Colour", "等级"), .words("Firm", "企业"), .words("Cause", "原因"), .words("Seen", "依据"), .figure("Lenders", "债权机构数"),
            .words("Since", "时间"),
        ])
        let rows = try connection.execute(
            """
            SELECT alert_view.level, alert_view.subject, coalesce(nullif(subject_view.name, ''), alert_view.subject), title_en, title_zh,
                   observed || CASE WHEN is_disputed THEN ' · disputed 异议' ELSE '' END, lenders, changed_at
            FROM alert_view LEFT JOIN subject_view USING (subject) WHERE level <> 'none'
            ORDER BY array_position(ARRAY['red', 'orange', 'yellow', 'blue'], level), changed_at DESC LIMIT 200
            """)
        for row in rows {
            grid.add([
                .pill(try row.text(0)), .link(try row.text(2), to: "/firm/" + Markup.segment(try row.text(1))),
                .long(try row.text(3) + " " + (try row.text(4))), .long(try row.text(5)), count(try row.int64(6)),
                moment(try row.instant(7)),
            ])
        }
        return grid
    }

    // MARK: Cells

    static func count(_ number: Int64) -> Grid.Cell { .words(Shown.count(number)) }
    static func money(_ fen: Int64) -> Grid.Cell { .words(Shown.money(fen: fen)) }
    static func moment(_ instant: Instant?) -> Grid.Cell { .words(instant.map { Shown.moment($0) } ?? "–") }
    static func named(_ text: String) -> Grid.Cell { .words(text.isEmpty ? "(not known 未知)" : text) }
}
