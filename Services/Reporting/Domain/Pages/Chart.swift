import Contracts

/// Drawings made of bars: numbers in, SVG out.
public enum Chart {
    /// Two bars a month, such as asked and paid out. `shown` gives a value with its unit.
    public static func months(
        _ months: [(label: String, one: Int64, two: Int64)], one: Bilingual, two: Bilingual, shown: (Int64) -> String,
        in markup: inout Markup
    ) {
        guard let greatest = months.map({ max($0.one, $0.two) }).max(), greatest > 0 else {
            markup.element("div", [("class", "empty")], text: "Nothing yet. 暂无数据。")
            return
        }
        let (width, left, floor, top) = (760.0, 84.0, 215.0, 30.0)
        func y(_ value: Int64) -> Double { floor - Double(max(0, value)) / Double(greatest) * (floor - top) }
        markup.element("div", [("class", "scroll")]) { box in
            box.element("svg", [("class", "chart"), ("viewBox", "0 0 760 250"), ("role", "img")]) { svg in
                svg.element("title", text: "\(one.en) \(one.zh), \(two.en) \(two.zh)")
                for quarter in 0...2 {
                    let value = greatest / 2 * Int64(quarter)
                    line(from: left, to: width, y: y(value), in: &svg)
                    words(shown(value), x: left - 8, y: y(value) + 4, anchor: "end", in: &svg)
                }
                let step = (width - left) / Double(months.count)
                let bar = min(26, step * 0.36)
                for (place, month) in months.enumerated() {
                    let middle = left + step * (Double(place) + 0.5)
                    rectangle("one", x: middle - bar - 1, y: y(month.one), width: bar, height: floor - y(month.one), in: &svg) {
                        "\(month.label) \(one.en) \(shown(month.one))"
                    }
                    rectangle("two", x: middle + 1, y: y(month.two), width: bar, height: floor - y(month.two), in: &svg) {
                        "\(month.label) \(two.en) \(shown(month.two))"
                    }
                    words(month.label, x: middle, y: floor + 18, anchor: "middle", in: &svg)
                }
                rectangle("one", x: left, y: 4, width: 11, height: 11, in: &svg) { one.en }
                words("\(one.en) \(one.zh)", x: left + 17, y: 14, anchor: "start", in: &svg)
                rectangle("two", x: left + 190, y: 4, width: 11, height: 11, in: &svg) { two.en }
                words("\(two.en) \(two.zh)", x: left + 207, y: 14, anchor: "start", in: &svg)
            }
        }
    }

    /// One bar a stage, the first the longest.
    public static func funnel(_ stages: [(title: Bilingual, count: Int64, note: String)], in markup: inout Markup) {
        let greatest = max(1, stages.map(\.count).max() ?? 1)
        let rowHeight = 34.0
        markup.element("div", [("class", "scroll")]) { box in
            box.element(
                "svg", [("class", "chart"), ("viewBox", "0 0 760 \(Int(rowHeight) * stages.count)"), ("role", "img")]
            ) { svg in
                for (place, stage) in stages.enumerated() {
                    let y = rowHeight * Double(place) + 5
                    let width = Double(max(0, stage.count)) / Double(greatest) * 400
                    words("\(stage.title.en) \(stage.title.zh)", x: 0, y: y + 16, anchor: "start", in: &svg)
                    rectangle("two", x: 150, y: y, width: max(width, 1), height: 24, in: &svg) { "\(stage.title.en) \(stage.count)" }
                    words(
                        Shown.count(stage.count) + (stage.note.isEmpty ? "" : " · " + stage.note), x: 158 + width, y: y + 16,
                        anchor: "start", isValue: true, in: &svg)
                }
            }
        }
    }

    // MARK: Strokes

    private static func rectangle(
        _ style: String, x: Double, y: Double, width: Double, height: Double, in svg: inout Markup, title: () -> String
    ) {
        svg.element(
            "rect",
            [
                ("class", style), ("x", text(x)), ("y", text(y)), ("width", text(width)), ("height", text(max(0, height))), ("rx", "2"),
            ]
        ) { $0.element("title", text: title()) }
    }

    private static func words(
        _ words: String, x: Double, y: Double, anchor: String, isValue: Bool = false, in svg: inout Markup
    ) {
        svg.element(
            "text",
            [("x", text(x)), ("y", text(y)), ("text-anchor", anchor), ("class", isValue ? "value" : "label")], text: words)
    }

    private static func line(from x1: Double, to x2: Double, y: Double, in svg: inout Markup) {
        svg.element("line", [("class", "axis"), ("x1", text(x1)), ("x2", text(x2)), ("y1", text(y)), ("y2", text(y))])
    }

    /// One decimal is a tenth of a pixel.
    private static func text(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}
