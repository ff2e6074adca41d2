import Contracts

/// A page of the console under construction: the frame, and sections one under the other. No scripts, nothing loaded from elsewhere.
public struct Page: Sendable {
    private let title: Bilingual
    /// The entry of the menu that is lit.
    private let place: String
    private var body = Markup()

    private static let menu: [(path: String, title: Bilingual)] = [
        ("/", Bilingual(en: "Cockpit", zh: "驾驶舱")), ("/firms", Bilingual(en: "Firms", zh: "企业")),
        ("/institutions", Bilingual(en: "Institutions", zh: "机构")), ("/policies", Bilingual(en: "Policies", zh: "政策")),
        ("/alerts", Bilingual(en: "Alerts", zh: "预警")), ("/report/quarterly", Bilingual(en: "Reports", zh: "季报")),
        ("/services", Bilingual(en: "Services", zh: "服务")),
    ]

    public init(_ title: Bilingual, at place: String) {
        self.title = title
        self.place = place
    }

    /// Under the title, in small letters: when, of what.
    public mutating func lead(_ words: String) { body.element("p", [("class", "lead")], text: words) }

    /// Big numbers side by side.
    public mutating func cards(_ cards: [(title: Bilingual, value: String, note: String)]) {
        body.element("div", [("class", "cards")]) { grid in
            for card in cards {
                grid.element("div", [("class", "card")]) { box in
                    box.element("div", [("class", "label")]) { Page.words(card.title, in: &$0) }
                    box.element("div", [("class", "value")], text: card.value)
                    if !card.note.isEmpty { box.element("div", [("class", "note")], text: card.note) }
                }
            }
        }
    }

    /// A section with a heading; `note` says what the figures mean.
    public mutating func section(_ title: Bilingual, note: Bilingual? = nil, _ fill: (inout Markup) -> Void) {
        body.element("section") { section in
            section.element("h2") { Page.words(title, in: &$0) }
            if let note { section.element("p", [("class", "note")]) { Page.words(note, in: &$0) } }
            fill(&section)
        }
    }

    public mutating func table(_ title: Bilingual, note: Bilingual? = nil, _ grid: Grid) {
        section(title, note: note) { grid.draw(in: &$0) }
    }

    /// Two tables side by side, one under the other on a phone.
    public mutating func pair(_ left: (Bilingual, Grid), _ right: (Bilingual, Grid)) {
        body.element("div", [("class", "pair")]) { pair in
            for (title, grid) in [left, right] {
                pair.element("section") { section in
                    section.element("h2") { Page.words(title, in: &$0) }
                    grid.draw(in: &section)
                }
            }
        }
    }

    /// A field to look for something.
    public mutating func search(_ asked: String, hint: String, at path: String) {
        body.element("form", [("method", "get"), ("action", path), ("role", "search")]) { form in
            form.open(
                "input",
                [("name", "q"), ("value", asked), ("placeholder", hint), ("aria-label", hint), ("maxlength", "64"), ("type", "search")])
            form.element("button", [("type", "submit")], text: "Search 查询")
        }
    }

    /// Links to the pages before and after.
    public mutating func steps(earlier: String?, later: String?) {
        body.element("p", [("class", "lead")]) { line in
            if let earlier { line.element("a", [("href", earlier)], text: "← earlier 上一页") }
            if earlier != nil, later != nil { line.text(" · ") }
            if let later { line.element("a", [("href", later)], text: "later 下一页 →") }
        }
    }

    /// The whole document.
    public var html: String {
        var page = Markup()
        page.verbatim("<!DOCTYPE html>")
        page.element("html", [("lang", "en")]) { html in
            html.element("head") { head in
                head.open("meta", [("charset", "utf-8")])
                head.open("meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")])
                head.element("title", text: "\(title.en) · \(title.zh) · Xinqiao 信桥")
                head.element("style") { $0.verbatim(Page.css) }
            }
            html.element("body") { whole in
                whole.element("header") { header in
                    header.element("a", [("class", "brand"), ("href", "/")]) { brand in
                        brand.verbatim(Page.bridge)
                        brand.element("span", text: "信桥")
                        brand.element("span", [("class", "latin")], text: "Xinqiao")
                    }
                    header.element("nav") { nav in
                        for entry in Page.menu {
                            var attributes: [(StaticString, String)] = [("href", entry.path)]
                            if entry.path == place { attributes.append(("aria-current", "page")) }
                            nav.element("a", attributes) { Page.words(entry.title, in: &$0) }
                        }
                    }
                }
                whole.element("main") { main in
                    main.element("h1") { Page.words(title, in: &$0) }
                    main.append(body)
                }
                whole.element(
                    "footer",
                    text: "Read-only. Times are China Standard Time; 万元 = 10,000 yuan, 亿元 = 100 million yuan. "
                        + "只读页面；时间为北京时间。")
            }
        }
        return page.html
    }

    /// English, then Chinese in a quieter tone.
    static func words(_ words: Bilingual, in markup: inout Markup) {
        markup.text(words.en + " ")
        markup.element("span", [("class", "zh"), ("lang", "zh")], text: words.zh)
    }

    /// What is shown when something is in the way.
    public static func obstacle(_ title: Bilingual, _ words: Bilingual) -> String {
        var page = Page(title, at: "")
        page.section(words) { _ in }
        return page.html
    }

    private static let bridge: StaticString = """
        <svg class="mark" viewBox="0 0 32 20" aria-hidden="true"><path d="M1 18C6 4 26 4 31 18M1 14H31M8 14V9M16 14V7.4M24 14V9"/></svg>
        """

    private static let css: StaticString = """
        :root{--ink:#16262e;--soft:#5c6f77;--line:#dfe5e4;--ground:#f5f6f3;--card:#fff;--jade:#0c7a74;--sand:#d8a54a;--tint:#e3f1ef;\
        --blue:#2f6fd0;--yellow:#b98a00;--orange:#d2691e;--red:#c0392b;color-scheme:light dark}
        @media(prefers-color-scheme:dark){:root{--ink:#e6eeec;--soft:#9db0b3;--line:#2a3a40;--ground:#0f181c;--card:#162228;--jade:#46c2b4;\
        --sand:#e0b566;--tint:#1b3334;--blue:#7aa9f0;--yellow:#e0b93d;--orange:#f0975a;--red:#ee7a6d}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans SC","PingFang SC",\
        "Noto Sans CJK SC",sans-serif}
        header{display:flex;flex-wrap:wrap;gap:.4rem 1.6rem;align-items:center;padding:.7rem 1.25rem;background:var(--card);\
        border-bottom:1px solid var(--line);position:sticky;top:0;z-index:2}
        .brand{display:flex;align-items:center;gap:.5rem;font-weight:700;font-size:1.15rem;color:var(--jade);text-decoration:none}
        .brand .latin{font-weight:500;color:var(--ink)}
        .mark{width:30px;height:19px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round}
        nav{display:flex;gap:.15rem;overflow-x:auto;max-width:100%}
        nav a{padding:.3rem .7rem;border-radius:99px;text-decoration:none;color:var(--soft);white-space:nowrap}
        nav a[aria-current]{background:var(--tint);color:var(--jade);font-weight:600}
        main{max-width:1180px;margin:0 auto;padding:1.2rem 1.25rem 3rem}
        h1{font-size:1.7rem;margin:.4rem 0 .2rem;letter-spacing:-.01em}
        h2{font-size:1.05rem;margin:0 0 .3rem}
        .zh{color:var(--soft);font-weight:400;font-size:.88em}
        .lead,.note{color:var(--soft);margin:.1rem 0 .9rem}
        .note{font-size:.85rem}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(225px,1fr));gap:.8rem;margin:1rem 0}
        .card,section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1rem 1.1rem}
        .card .label{font-size:.84rem;color:var(--soft)}
        .card .value{font-size:1.55rem;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.02em;white-space:nowrap}
        .card .note{margin:0}
        section{margin:.9rem 0}
        .pair{display:grid;grid-template-columns:1fr 1fr;gap:.9rem}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
        th{font-size:.8rem;color:var(--soft);font-weight:500;text-align:left;vertical-align:bottom;border-bottom:1px solid var(--line)}
        th,td{padding:.42rem .7rem .42rem 0;white-space:nowrap}
        th+th,td+td{padding-left:.7rem}
        td{border-bottom:1px solid var(--line)}
        tr:last-child td{border-bottom:0}
        td.wide{white-space:normal;min-width:14rem}
        th.n,td.n{text-align:right}
        th .zh{display:block}
        a{color:var(--jade)}
        .pill{display:inline-block;padding:.05rem .6rem;border-radius:99px;background:var(--tint);color:var(--jade);font-size:.82rem;\
        font-weight:600}
        .pill.blue{color:var(--blue)}.pill.yellow{color:var(--yellow)}.pill.orange{color:var(--orange)}.pill.red{color:var(--red)}
        .pill.quiet{color:var(--soft);background:var(--ground)}
        svg.chart{width:100%;min-width:560px;height:auto;display:block}
        svg text{fill:var(--soft);font-size:11px}
        svg .value{fill:var(--ink);font-weight:600}
        svg .one{fill:var(--sand)}svg .two{fill:var(--jade)}svg .axis{stroke:var(--line)}
        form{display:flex;gap:.5rem;margin:.8rem 0}
        input{flex:1;max-width:26rem;padding:.55rem .8rem;border:1px solid var(--line);border-radius:10px;background:var(--card);\
        color:var(--ink);font:inherit}
        button{padding:.55rem 1.1rem;border:0;border-radius:10px;background:var(--jade);color:var(--card);font:inherit;font-weight:600}
        .empty{color:var(--soft);padding:.4rem 0}
        footer{max-width:1180px;margin:0 auto;padding:0 1.25rem 2rem;color:var(--soft);font-size:.82rem}
        @media(max-width:760px){.pair{grid-template-columns:1fr}main{padding:.8rem .8rem 2rem}h1{font-size:1.35rem}\
        .cards{grid-template-columns:1fr 1fr}.card{padding:.8rem}.card .value{font-size:1.2rem}}
        """
}
