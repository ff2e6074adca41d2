import Chassis
import Contracts
import Postgres
import ReportingDomain
import Vocabulary

/// The quarterly reports: those drawn up, and the quarter under way as it stands.
extension Console {
    func quarters(_ connection: Connection) throws(PostgresFault) -> Page {
        var page = Page(Bilingual(en: "Quarterly reports", zh: "季度运行分析"), at: "/report/quarterly")
        var grid = Grid([.words("Quarter", "季度"), .words("State", "状态"), .words("Drawn up", "出具时间")])
        let current = Quarter(of: WallClock.now)
        grid.add([.link(current.text, to: "/report/quarterly/" + current.text), .pill("under way"), .words("–")])
        let rows = try connection.execute("SELECT quarter, drawn_at FROM quarterly_report ORDER BY quarter DESC LIMIT 80")
        for row in rows {
            let quarter = try row.text(0)
            grid.add([.link(quarter, to: "/report/quarterly/" + quarter), .pill("drawn up"), Tables.moment(try row.instant(1))])
        }
        page.table(Bilingual(en: "Reports", zh: "报告"), grid)
        return page
    }

    func quarterPage(_ quarter: Quarter, _ connection: Connection) throws(PostgresFault) -> Page {
        var page = Page(Bilingual(en: "Quarter \(quarter.text)", zh: "季度运行分析"), at: "/report/quarterly")
        let drawn = try connection.execute("SELECT drawn_at, figures FROM quarterly_report WHERE quarter = $1", [.text(quarter.text)]).first
        let figures: QuarterFigures
        if let drawn, let json = Console.read(try drawn.bytes(1)), let kept = try? QuarterFigures(json) {
            figures = kept
            page.lead("Drawn up \(Shown.moment(try drawn.instant(0))) and unchanged since. 已出具，不再变动。")
        } else {
            figures = try QuarterFigures(of: quarter, connection)
            page.lead("Provisional, as of \(Shown.moment(WallClock.now)); drawn up on \(quarter.drawnAt.dayInChina.text). 数据为暂计数。")
        }
        let before = try QuarterFigures(of: quarter.previous, connection)
        var grid = Grid([
            .words("Figure", "指标"), .figure("This quarter", "本季度"), .figure("Quarter before", "上季度"),
        ])
        for (figure, former) in zip(figures.lines, before.lines) {
            grid.add([.long("\(figure.title.en) \(figure.title.zh)"), .words(figure.shown), .words(former.shown)])
        }
        page.table(
            Bilingual(en: "Operation", zh: "总体运行"),
            note: Bilingual(en: "The quarter before is counted today.", zh: "上季度数为当前统计值。"), grid)
        var table = Grid([
            .words("Institution", "机构"), .figure("Received", "收到笔数"), .figure("Accepted in time", "按期受理率"),
            .figure("Answered in time", "按期答复率"), .figure("Loans", "放款笔数"), .figure("Paid out", "放款金额"),
        ])
        for row in figures.institutions {
            table.add([
                .words(row.institution), Tables.count(row.received), .words(Shown.share(row.acceptedInTime, of: row.acceptJudged)),
                .words(Shown.share(row.answeredInTime, of: row.answerJudged)), Tables.count(row.loans), Tables.money(row.paidOutFen),
            ])
        }
        page.table(Bilingual(en: "Institutions", zh: "机构考核指标"), table)
        return page
    }
}
