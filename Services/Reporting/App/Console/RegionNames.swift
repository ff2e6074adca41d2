import Chassis
import Vocabulary

/// Names of divisions, when the operator says where the table of them is; else the codes speak for themselves.
struct RegionNames: Sendable {
    static let fileKey = "XINQIAO_CONSOLE_DIVISIONS"
    private let table: DivisionTable?
    private let today: Day

    init(table: DivisionTable?, today: Day) {
        self.table = table
        self.today = today
    }

    /// `长沙市 430100`.
    func shown(_ code: String) -> String {
        guard let division = DivisionCode(code), let name = table?.division(division, on: today)?.name else { return code }
        return "\(name) \(code)"
    }
}
