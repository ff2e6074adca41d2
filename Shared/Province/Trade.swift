/// What a line of business is like, in the rough: enough for records that fit together.
struct Trade: Sendable {
    /// GB/T 4754-2017 class.
    let industry: String
    /// Follows the name's own word.
    let nameWord: String
    /// Taxable sales a head and year, thousand yuan.
    let salesPerHead: ClosedRange<Int>
    /// Tax due of sales, in thousandths.
    let taxPermille: ClosedRange<Int>
    /// Electricity used for 1,000 yuan of sales, kWh.
    let power: Double
    /// By how much the strongest month is above the mean.
    let season: Double
    let isTechnology: Bool
    let exports: Bool
    let hasOrders: Bool

    static let ofEnterprises: [Trade] = [
        Trade("3921", "通信设备", 280...700, 22...38, power: 24, season: 0.10, isTechnology: true, exports: true, hasOrders: true),
        Trade("3311", "金属结构", 240...600, 20...34, power: 60, season: 0.15, exports: true, hasOrders: true),
        Trade("3670", "汽车配件", 260...620, 20...36, power: 48, season: 0.12, isTechnology: true, exports: true, hasOrders: true),
        Trade("3525", "模具", 220...520, 22...40, power: 42, season: 0.10, isTechnology: true, hasOrders: true),
        Trade("2614", "化工", 400...950, 18...34, power: 95, season: 0.12, exports: true, hasOrders: true),
        Trade("1371", "果蔬食品", 180...460, 12...24, power: 28, season: 0.35, exports: true, hasOrders: true),
        Trade("6513", "软件", 220...640, 28...46, power: 4, season: 0.25, isTechnology: true),
        Trade("7519", "技术服务", 180...480, 24...42, power: 3, season: 0.20, isTechnology: true),
        Trade("5139", "商贸", 500...1_400, 8...18, power: 3, season: 0.30, hasOrders: true),
        Trade("4790", "建筑工程", 300...800, 18...30, power: 6, season: 0.40),
        Trade("5432", "冷链物流", 200...520, 14...26, power: 22, season: 0.18, hasOrders: true),
    ]

    static let ofSoleTraders: [Trade] = [
        Trade("5211", "百货店", 90...260, 4...12, power: 14, season: 0.25),
        Trade("5229", "食品店", 80...220, 4...10, power: 20, season: 0.25),
        Trade("6210", "餐馆", 70...200, 5...14, power: 36, season: 0.20),
        Trade("8111", "汽修部", 80...210, 6...14, power: 18, season: 0.12),
    ]

    static let ofCooperatives: [Trade] = [
        Trade("0141", "蔬菜专业合作社", 60...180, 1...5, power: 16, season: 0.45)
    ]

    init(
        _ industry: String, _ nameWord: String, _ salesPerHead: ClosedRange<Int>, _ taxPermille: ClosedRange<Int>, power: Double,
        season: Double, isTechnology: Bool = false, exports: Bool = false, hasOrders: Bool = false
    ) {
        self.industry = industry
        self.nameWord = nameWord
        self.salesPerHead = salesPerHead
        self.taxPermille = taxPermille
        self.power = power
        self.season = season
        self.isTechnology = isTechnology
        self.exports = exports
        self.hasOrders = hasOrders
    }

    /// cos(2π·n/12), so that no machine's cosine can differ.
    static let yearWave: [Double] = [
        1, 0.8660254037844387, 0.5, 0, -0.5, -0.8660254037844387, -1, -0.8660254037844387, -0.5, 0, 0.5, 0.8660254037844387,
    ]
}

/// A division of Hunan with the word that firms there put first.
struct Place: Sendable {
    /// GB/T 2260 code.
    let division: String
    let word: String

    static let all: [Place] = [
        Place(division: "430102", word: "长沙芙蓉"), Place(division: "430103", word: "长沙天心"),
        Place(division: "430104", word: "长沙岳麓"), Place(division: "430105", word: "长沙开福"),
        Place(division: "430111", word: "长沙雨花"), Place(division: "430112", word: "长沙望城"),
        Place(division: "430121", word: "长沙县"), Place(division: "430181", word: "浏阳"),
        Place(division: "430182", word: "宁乡"), Place(division: "430202", word: "株洲荷塘"),
        Place(division: "430302", word: "湘潭雨湖"), Place(division: "430405", word: "衡阳珠晖"),
        Place(division: "430502", word: "邵阳双清"), Place(division: "430602", word: "岳阳楼"),
        Place(division: "430702", word: "常德武陵"), Place(division: "430802", word: "张家界永定"),
        Place(division: "430902", word: "益阳资阳"), Place(division: "431002", word: "郴州北湖"),
        Place(division: "431102", word: "永州零陵"), Place(division: "431202", word: "怀化鹤城"),
        Place(division: "431302", word: "娄底娄星"), Place(division: "433101", word: "吉首"),
    ]
}
