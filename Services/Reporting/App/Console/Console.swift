import Chassis
import Contracts
import Postgres
import ReportingDomain
import Vocabulary
import Wire

/// The read-only pages over what reporting knows. Nothing here writes, and no text of a reader becomes part of a statement.
struct Console: Sendable {
    typealias Request = StatusServer.Request
    typealias Response = StatusServer.Response

    let database: ConsoleDatabase
    let probes: [ServiceProbe]

    static let textSizeMax = 64

    func register(with server: StatusServer) {
        server.route("/") { _ in html { connection throws(PostgresFault) in try cockpit(connection) } }
        server.route("/firms") { request in html { connection throws(PostgresFault) in try firms(request, connection) } }
        server.prefix("/firm/") { request in html { connection throws(PostgresFault) in try firm(request.parameter, connection) } }
        server.route("/institutions") { _ in html { connection throws(PostgresFault) in try institutions(connection) } }
        server.route("/policies") { _ in html { connection throws(PostgresFault) in try policies(connection) } }
        server.route("/alerts") { _ in html { connection throws(PostgresFault) in try alerts(connection) } }
        server.route("/report/quarterly") { _ in html { connection throws(PostgresFault) in try quarters(connection) } }
        server.prefix("/report/quarterly/") { request in
            guard let quarter = Quarter(request.parameter) else { return notFound }
            return html { connection throws(PostgresFault) in try quarterPage(quarter, connection) }
        }
        server.route("/services") { _ in services() }
        server.route("/api/summary.json") { _ in
            json { connection throws(PostgresFault) in try Summary(connection).json(at: WallClock.now) }
        }
        server.prefix("/api/firm/") { request in
            guard request.parameter.hasSuffix(".json") else { return .notFound }
            return json { connection throws(PostgresFault) in try firmJSON(String(request.parameter.dropLast(5)), connection) }
        }
    }

    // MARK: Answers

    /// A page, or 404 when there is nothing to show, or 503 when the database does not answer.
    private func html(_ page: @Sendable (Connection) throws(PostgresFault) -> Page?) -> Response {
        do throws(PostgresFault) {
            guard let page = try database.read(page) else { return notFound }
            return .html(page.html)
        } catch {
            let title = Bilingual(en: "Not available just now", zh: "暂时无法显示")
            // The fault names statements; a reader is told only whether waiting helps.
            let words =
                error.isTransient
                ? Bilingual(en: "The database does not answer. Try again in a moment.", zh: "数据库暂无应答，请稍后再试。")
                : Bilingual(en: "The figures cannot be read. The log of reporting says why.", zh: "数据读取失败，请查看日志。")
            return .html(Page.obstacle(title, words), status: 503)
        }
    }

    private func json(_ body: @Sendable (Connection) throws(PostgresFault) -> [UInt8]?) -> Response {
        do throws(PostgresFault) {
            guard let bytes = try database.read(body) else { return .json(Array(#"{"error":"not-found"}"#.utf8), status: 404) }
            return .json(bytes)
        } catch {
            return .json(Array(#"{"error":"not-available"}"#.utf8), status: 503)
        }
    }

    private var notFound: Response {
        .html(
            Page.obstacle(
                Bilingual(en: "Not found", zh: "未找到"), Bilingual(en: "There is nothing under this address.", zh: "此地址没有内容。")),
            status: 404)
    }

    // MARK: Pages

    private func cockpit(_ connection: Connection) throws(PostgresFault) -> Page {
        let total = try Summary(connection)
        var page = Page(Bilingual(en: "Cockpit", zh: "融资信用驾驶舱"), at: "/")
        page.lead("As of \(Shown.moment(WallClock.now)) · every figure is a sum over rows, one per application, alert, policy or release")
        page.cards([
            (Bilingual(en: "Firms", zh: "企业（户）"), Shown.count(total.subjects), "\(Shown.count(total.scored)) with a score"),
            (Bilingual(en: "Records in force", zh: "有效信用记录（条）"), Shown.count(total.facts), ""),
            (
                Bilingual(en: "Paid out", zh: "累计放款"), Shown.money(fen: total.disbursedFen),
                "\(Shown.count(total.disbursed)) loans · credited \(Shown.money(fen: total.creditedFen))"
            ),
            (
                Bilingual(en: "Firms that got a loan", zh: "获贷率"), Shown.share(total.financed, of: total.asking),
                "\(Shown.count(total.financed)) of \(Shown.count(total.asking)) that applied"
            ),
            (Bilingual(en: "Live alerts", zh: "有效预警（条）"), Shown.count(total.alerts), ""),
            (
                Bilingual(en: "Policies pushed", zh: "政策推送（次）"), Shown.count(total.pushes),
                "\(Shown.count(total.granted)) granted · \(Shown.money(fen: total.grantedFen))"
            ),
            (
                Bilingual(en: "Released", zh: "对外提供（次）"), Shown.count(total.released),
                "\(Shown.count(total.denied)) denied · \(Shown.count(total.recalled)) recalled"
            ),
            (
                Bilingual(en: "Held back", zh: "隔离记录（条）"), Shown.count(total.quarantined),
                "\(Shown.count(total.refused)) refused by governance"
            ),
        ])
        page.section(Bilingual(en: "From request to repayment", zh: "融资全流程（笔）")) { section in
            Chart.funnel(
                [
                    (Bilingual(en: "Requested", zh: "申请"), total.applications, Shown.money(fen: total.requestedFen)),
                    (Bilingual(en: "Dispatched", zh: "派单"), total.dispatched, ""),
                    (Bilingual(en: "Accepted", zh: "受理"), total.accepted, ""),
                    (Bilingual(en: "Credited", zh: "授信"), total.credited, Shown.money(fen: total.creditedFen)),
                    (Bilingual(en: "Paid out", zh: "放款"), total.disbursed, Shown.money(fen: total.disbursedFen)),
                    (Bilingual(en: "Settled", zh: "结清"), total.settled, ""),
                ], in: &section)
        }
        let months = try Tables.months(connection)
        page.section(Bilingual(en: "By month", zh: "按月")) { section in
            Chart.months(
                months.map { (String($0.label.dropFirst(2)), $0.requested, $0.disbursed) }, one: Bilingual(en: "Requested", zh: "申请金额"),
                two: Bilingual(en: "Paid out", zh: "放款金额"), shown: { Shown.money(fen: $0) }, in: &section)
        }
        page.table(Bilingual(en: "Month by month", zh: "月度明细"), try Tables.monthGrid(connection))
        page.table(Bilingual(en: "Institutions", zh: "金融机构"), note: Console.promise, try Tables.institutions(connection))
        page.pair(
            (Bilingual(en: "Prefectures", zh: "市州"), try Tables.regions(connection)),
            (Bilingual(en: "Products", zh: "融资产品"), try Tables.products(connection)))
        page.pair(
            (Bilingual(en: "State of applications", zh: "申请状态"), try Tables.states(connection)),
            (Bilingual(en: "Alerts by colour", zh: "预警等级"), try Tables.alertColours(connection)))
        page.table(
            Bilingual(en: "Coverage by record type", zh: "信用信息归集覆盖"),
            note: Bilingual(en: "Share of the firms known here that have at least one record of the type.", zh: "至少有一条该类记录的企业占比。"),
            try Tables.coverage(connection, subjects: total.subjects))
        page.pair(
            (Bilingual(en: "Let out, denied, recalled", zh: "信息提供与拒绝"), try Tables.releases(connection)),
            (Bilingual(en: "Records held back", zh: "隔离与拒收记录"), try Tables.heldBack(connection)))
        return page
    }

    private static let promise = Bilingual(
        en: "In time: within 3 working days to accept and 10 to answer, or what the institution's entry says, by the official calendar.",
        zh: "按期：3 个工作日内受理、10 个工作日内答复（或机构目录另定），按法定工作日历计算。")

    private func firms(_ request: Request, _ connection: Connection) throws(PostgresFault) -> Page {
        let asked = String((request.query["q"] ?? "").prefix(Console.textSizeMax).filter { $0 != "\0" })
        let number = min(1_000, max(1, Int(request.query["page"] ?? "1") ?? 1))
        let size = 50
        var pattern = ""
        for character in asked {
            if "%_\\".contains(character) { pattern.append("\\") }
            pattern.append(character)
        }
        let rows = try connection.execute(
            """
            SELECT subject, name, prefecture, section, grade, points, public_grade,
                   (SELECT count(*) FROM application_view WHERE application_view.subject = subject_view.subject),
                   (SELECT count(*) FROM alert_view WHERE alert_view.subject = subject_view.subject AND level <> 'none')
            FROM subject_view
            WHERE $1 = '' OR subject LIKE $2 OR name ILIKE $3
            ORDER BY points DESC NULLS LAST, subject OFFSET $4 LIMIT $5
            """,
            [
                .text(asked), .text(pattern.uppercased() + "%"), .text("%" + pattern + "%"), .int64(Int64((number - 1) * size)),
                .int64(Int64(size + 1)),
            ])
        var grid = Grid([
            .words("Firm", "企业"), .words("Code", "统一社会信用代码"), .words("Prefecture", "市州"), .words("Section", "行业门类"),
            .words("Grade", "融资信用等级"), .figure("Points", "分值（分）"), .words("Public grade", "公共信用等级"), .figure("Applications", "申请（笔）"),
            .figure("Live alerts", "预警（条）"),
        ])
        for row in rows.prefix(size) {
            let code = try row.text(0)
            let name = try row.text(1)
            let grade = try row.text(4)
            grid.add([
                .link(name.isEmpty ? code : name, to: "/firm/" + Markup.segment(code)), .words(code), .words(try row.text(2)),
                .words(try row.text(3)), grade.isEmpty ? .words("–") : .pill(grade),
                .words(try row.int64OrNil(5).map { Shown.count($0) } ?? "–"), .words(try row.text(6)), Tables.count(try row.int64(7)),
                Tables.count(try row.int64(8)),
            ])
        }
        var page = Page(Bilingual(en: "Firms", zh: "企业"), at: "/firms")
        page.search(asked, hint: "Name or code 名称或代码", at: "/firms")
        page.table(Bilingual(en: "Page \(number)", zh: "第 \(number) 页"), grid)
        let query = "/firms?q=" + Markup.segment(asked) + "&page="
        page.steps(
            earlier: number > 1 ? query + String(number - 1) : nil, later: rows.count > size ? query + String(number + 1) : nil)
        return page
    }

    private func institutions(_ connection: Connection) throws(PostgresFault) -> Page {
        var page = Page(Bilingual(en: "Institutions", zh: "金融机构"), at: "/institutions")
        page.table(
            Bilingual(en: "Acceptance, answers, loans", zh: "受理、答复与放款"), note: Console.promise, try Tables.institutions(connection))
        page.table(Bilingual(en: "Products", zh: "融资产品"), try Tables.products(connection))
        page.table(Bilingual(en: "Loans under watch", zh: "贷后监测"), try Tables.loanClasses(connection))
        return page
    }

    private func policies(_ connection: Connection) throws(PostgresFault) -> Page {
        var page = Page(Bilingual(en: "Policies", zh: "惠企政策"), at: "/policies")
        page.table(Bilingual(en: "What each policy reached", zh: "政策直达"), try Tables.policies(connection))
        page.table(Bilingual(en: "White lists", zh: "白名单"), try Tables.whitelists(connection))
        return page
    }

    private func alerts(_ connection: Connection) throws(PostgresFault) -> Page {
        var page = Page(Bilingual(en: "Alerts", zh: "风险预警"), at: "/alerts")
        page.table(Bilingual(en: "By colour", zh: "按等级"), try Tables.alertColours(connection))
        page.table(
            Bilingual(en: "Live alerts", zh: "有效预警"),
            note: Bilingual(en: "The worst first, at most 200. Only lenders of record were told.", zh: "按严重程度排列，最多 200 条；仅通知债权机构。"),
            try Tables.liveAlerts(connection))
        page.table(Bilingual(en: "Loans under watch", zh: "贷后监测"), try Tables.loanClasses(connection))
        return page
    }

    private func services() -> Response {
        var grid = Grid([.words("Service", "服务"), .words("State", "状态"), .words("Address", "地址"), .words("What it says", "说明")])
        for answer in ServiceProbe.ask(probes) {
            grid.add([
                .words(answer.name), .pill(answer.isReady ? "ready" : answer.lines == ["no answer"] ? "no answer" : "not ready"),
                .words(answer.address), .long(answer.lines.joined(separator: " · ")),
            ])
        }
        var page = Page(Bilingual(en: "Services", zh: "服务运行状态"), at: "/services")
        page.lead("Asked at \(Shown.moment(WallClock.now)); a service that does not answer within a second counts as away.")
        page.table(Bilingual(en: "Readiness", zh: "就绪状态"), grid)
        return .html(page.html)
    }
}
