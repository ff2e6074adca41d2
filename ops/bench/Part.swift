/// A part of the suite that is measured by itself.
enum Part: String, CaseIterable {
    case wire, schema, ledger, scorecard, step, writer, match, policy, rules, adapters, path, endure, intake, suite

    enum Answer {
        case figures([Figure])
        case skipped(String)
    }

    func measured(_ plan: Plan) throws -> Answer {
        switch self {
        case .wire: .figures(try WireBench.measured(runs: plan.runs))
        case .schema: try SchemaBench.measured(runs: plan.runs)
        case .ledger: .figures(try LedgerBench.measured(runs: plan.runs))
        case .scorecard: .figures(try ScorecardBench.measured(runs: plan.runs, model: plan.model))
        case .step: .figures(try StepBench.measured(runs: plan.runs))
        case .adapters: .figures(try AdaptersBench.measured(runs: plan.runs))
        case .writer: try WriterBench.measured(runs: plan.runs)
        case .match: try MatchBench.measured(runs: plan.runs)
        case .policy: try PolicyBench.measured(runs: plan.runs)
        case .path: try PathBench.measured(messages: plan.messages, rounds: plan.runs)
        case .endure: try EndureBench.measured(messages: plan.messages * 10)
        case .intake:
            try IntakeBench.measured(
                plan.subjects.map { IntakeBench.Load.thin(firms: $0) } ?? IntakeBench.Load.whole(firms: (plan.firms.first ?? 0) * 4))
        case .suite: try SuiteBench.measured(firms: plan.firms)
        case .rules: try RulesBench.measured(runs: plan.runs)
        }
    }
}
