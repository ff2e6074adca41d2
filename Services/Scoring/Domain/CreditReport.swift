import Contracts
import Vocabulary

/// A comprehensive credit report as bilingual Markdown, made from one portrait.
struct CreditReport {
    let portrait: Portrait
    let making: PortraitMaking
    let issuedAt: Instant

    /// The report's number names the portrait and the application: made again, it is the same report.
    func issued(for request: FinancingRequest) -> ReportIssued {
        ReportIssued(
            reportID: "\(portrait.subject)#\(portrait.revision)@\(request.applicationID)", subject: portrait.subject,
            applicationID: request.applicationID, scoreID: portrait.score?.scoreID ?? "", revision: portrait.revision, issuedAt: issuedAt,
            text: Bilingual(en: page(.english), zh: page(.chinese)))
    }

    /// One language, and the words of the page in it.
    private struct Language {
        let word: @Sendable (_ en: String, _ zh: String) -> String

        static let english = Language { en, _ in en }
        static let chinese = Language { _, zh in zh }

        func pick(_ text: Bilingual) -> String { word(text.en, text.zh) }
    }

    private func page(_ language: Language) -> String {
        let word = language.word
        var lines: [String] = []
        lines.append("# " + word("Comprehensive credit report", "综合信用报告"))
        lines.append("")
        lines.append("- \(word("Name", "名称")): \(plain(portrait.name.isEmpty ? "—" : portrait.name))")
        lines.append("- \(word("Unified social credit code", "统一社会信用代码")): \(plain(portrait.subject))")
        lines.append("- \(word("As of", "数据截至")): \(portrait.asOf.dayInChina.text)")
        lines.append("- \(word("Issued", "出具时间")): \(issuedAt.rfc3339)")
        lines.append("- \(word("Official public credit grade", "公共信用评价等级")): \(officialGrade(language))")
        lines += disputeLines(language)
        lines += scoreLines(language)
        lines += sidesAndTags(language)
        lines += indicatorLines(language)
        lines.append("")
        lines.append("## " + word("Notice", "声明"))
        lines.append("")
        lines.append(
            word(
                """
                The score is a market-oriented financing evaluation by the platform. The official public credit grade is imported \
                from the public credit authority as published; the platform neither issues nor changes it. What is not known is \
                shown as such and widens the interval.
                """,
                "本评分为平台面向市场的融资评价。公共信用评价等级由公共信用主管部门发布，平台仅予引用，不作出具或更改。未知信息如实列示，并相应扩大评分区间。"))
        return lines.joined(separator: "\n") + "\n"
    }

    /// The grade with its day, its source, and what keeps it from being taken as it is.
    private func officialGrade(_ language: Language) -> String {
        let word = language.word
        guard let official = portrait.officialGrade else { return word("not rated", "未评") }
        var notes = [
            word("evaluated on \(official.evaluatedOn.text)", "评价日期\(official.evaluatedOn.text)"),
            word("source \(plain(official.source))", "来源\(plain(official.source))"),
        ]
        if official.isStale { notes.append(word("out of date", "已过期")) }
        if official.isDisputed { notes.append(word("under dispute", "有异议")) }
        return "\(official.grade) (\(notes.joined(separator: word(", ", "，"))))"
    }

    /// Nothing where nothing is contested.
    private func disputeLines(_ language: Language) -> [String] {
        let word = language.word
        guard !portrait.disputes.isEmpty else { return [] }
        var lines = ["", "## " + word("Statements under dispute", "异议标注"), ""]
        for dispute in portrait.disputes {
            let titles = dispute.indicators.map { plain(language.pick(making.title(of: $0))) }
            let resting = titles.isEmpty ? word("none", "无") : titles.joined(separator: word(", ", "、"))
            lines.append(
                word(
                    "- \(plain(dispute.recordType)), record \(plain(dispute.recordID)): objection of \(dispute.openedOn.text), to be answered by "
                        + "\(dispute.dueOn.text); indicators that rest on it: \(resting)",
                    "- \(plain(dispute.recordType))，记录\(plain(dispute.recordID))：\(dispute.openedOn.text)提出异议，答复期限\(dispute.dueOn.text)；"
                        + "涉及指标：\(resting)"))
        }
        return lines
    }

    private func scoreLines(_ language: Language) -> [String] {
        let word = language.word
        var lines = ["", "## " + word("Score", "评分"), ""]
        guard let score = portrait.score else {
            return lines + [word("No model applies to this subject.", "暂无适用于该主体的评分模型。")]
        }
        lines.append("- \(word("Points", "分数")): \(score.points) (\(word("interval", "区间")) \(score.low)–\(score.high))")
        lines.append("- \(word("Grade", "等级")): \(plain(score.grade))")
        lines.append("- \(word("Default probability, twelve months", "十二个月违约概率")): \(percent(basisPoints: score.defaultProbability))")
        lines.append(
            "- \(word("Model", "模型")): \(plain(making.modelTitle.map { language.pick($0) } ?? score.model)) v\(score.modelVersion)")
        lines += ["", "### " + word("Reasons", "原因"), ""]
        for reason in score.reasons {
            lines.append("- \(plain(language.pick(reason.text))) (\(plain(reason.code)), −\(reason.pointsLost))")
        }
        return lines
    }

    private func sidesAndTags(_ language: Language) -> [String] {
        let word = language.word
        var lines: [String] = []
        if !making.dimensionTitles.isEmpty {
            lines += ["", "## " + word("Three dimensions", "三维画像"), ""]
            for (title, points) in making.dimensionTitles { lines.append("- \(plain(language.pick(title))): \(points) / 1000") }
        }
        let tags = making.tagTitles.map { plain(language.pick($0)) }
        lines += ["", "## " + word("Tags", "标签"), "", tags.isEmpty ? "—" : tags.joined(separator: word(", ", "、"))]
        return lines
    }

    private func indicatorLines(_ language: Language) -> [String] {
        let word = language.word
        var lines = ["", "## " + word("Key indicators", "主要指标"), ""]
        lines.append("| \(word("Indicator", "指标")) | \(word("Value", "数值")) | \(word("Unit", "单位")) |")
        lines.append("|---|---:|---|")
        for indicator in making.keyIndicators {
            let shown: String =
                switch indicator.value {
                case .number(let number)?: text(of: number)
                case .text(let text)?: plain(text)
                case nil: word("not known", "未知")
                }
            let mark = indicator.isDisputed ? word(" (under dispute)", "（有异议）") : ""
            lines.append("| \(plain(language.pick(indicator.title))) | \(shown)\(mark) | \(plain(indicator.unit)) |")
        }
        return lines
    }

    /// Text from outside, so that it can not be taken for Markdown or HTML.
    private func plain(_ text: String) -> String {
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "`", "*", "_", "[", "]", "<", ">", "|", "#", "!", "&":
                safe.append("\\")
                safe.append(scalar)
            default: safe.append(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? " " : scalar)
            }
        }
        return String(safe)
    }

    /// At most four decimals, rounded to the nearest; no zeros at the end.
    private func text(of number: Double) -> String {
        guard number.magnitude < 1e14 else { return number.description }
        let scaled = Int64((number * 10_000).rounded())
        let whole = scaled.magnitude / 10_000
        var fraction = String(scaled.magnitude % 10_000 + 10_000).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return (scaled < 0 ? "-" : "") + String(whole) + (fraction.isEmpty ? "" : "." + fraction)
    }

    private func percent(basisPoints: Int64) -> String { text(of: Double(basisPoints) / 100) + " %" }
}
