import Glibc

/// Weights that turn features into the logarithm of the odds of an event.
struct LogisticRegression {
    let intercept: Double
    let weights: [Double]
    /// The Cholesky factor of the curvature at the solution; what standard errors come from.
    private let factor: Cholesky

    /// Fits by Newton's method with a ridge on the weights (not on the intercept). Columns of equal length; nil when the curvature is
    /// not positive, which the ridge prevents for finite input with both outcomes.
    init?(columns: [[Double]], events: [Bool], ridge: Double) {
        let problem = Problem(columns: columns, events: events, ridge: ridge)
        var solution = [Double](repeating: 0, count: columns.count + 1)
        let rate = (Double(events.count { $0 }) + 0.5) / (Double(events.count) + 1)
        solution[0] = log(rate / (1 - rate))
        var loss = problem.loss(solution)
        var factor: Cholesky?
        for _ in 0..<LogisticRegression.iterationsMax {
            let (gradient, curvature) = problem.derivatives(solution)
            guard let decomposed = Cholesky(lower: curvature, size: solution.count) else { return nil }
            factor = decomposed
            let step = decomposed.solve(gradient)
            // A full step can jump over the minimum and then swing away for ever where events are rare, so it is halved until it helps.
            var share = 1.0
            var next = solution
            var nextLoss = loss
            repeat {
                next = zip(solution, step).map { $0 + share * $1 }
                nextLoss = problem.loss(next)
                share /= 2
            } while !(nextLoss <= loss) && share > 1e-10
            guard nextLoss <= loss else { break }
            let gain = loss - nextLoss
            (solution, loss) = (next, nextLoss)
            if gain <= 1e-12 * (1 + abs(loss)) { break }
        }
        guard let factor, solution.allSatisfy(\.isFinite) else { return nil }
        intercept = solution[0]
        weights = Array(solution.dropFirst())
        self.factor = factor
    }

    /// What is minimised: the negative log-likelihood and half the ridge times the squared weights.
    private struct Problem {
        let columns: [[Double]]
        let events: [Bool]
        let ridge: Double

        func loss(_ solution: [Double]) -> Double {
            var loss = 0.0
            for weight in solution.dropFirst() { loss += ridge * weight * weight / 2 }
            let exponents = exponents(solution)
            for index in events.indices {
                let exponent = events[index] ? -exponents[index] : exponents[index]
                // log(1 + eˣ) without overflow.
                loss += max(exponent, 0) + log1p(exp(-abs(exponent)))
            }
            return loss
        }

        /// The downhill gradient, and the lower triangle of the curvature row by row.
        func derivatives(_ solution: [Double]) -> (gradient: [Double], curvature: [Double]) {
            let size = solution.count
            let exponents = exponents(solution)
            var gradient = [Double](repeating: 0, count: size)
            var curvature = [Double](repeating: 0, count: size * size)
            var row = [Double](repeating: 1, count: size)
            for index in events.indices {
                for column in columns.indices { row[column + 1] = columns[column][index] }
                let probability = 1 / (1 + exp(-exponents[index]))
                let residual = (events[index] ? 1 : 0) - probability
                let weight = probability * (1 - probability)
                for place in 0..<size {
                    gradient[place] += residual * row[place]
                    let weighted = weight * row[place]
                    for other in 0...place { curvature[place * size + other] += weighted * row[other] }
                }
            }
            // So little that no answer changes, and enough for a positive pivot when every probability is nearly 0 or 1.
            curvature[0] += 1e-9
            for place in solution.indices.dropFirst() {
                gradient[place] -= ridge * solution[place]
                curvature[place * size + place] += ridge
            }
            return (gradient, curvature)
        }

        private func exponents(_ solution: [Double]) -> [Double] {
            var exponents = [Double](repeating: solution[0], count: events.count)
            for (column, weight) in zip(columns, solution.dropFirst()) {
                for index in exponents.indices { exponents[index] += weight * column[index] }
            }
            return exponents
        }
    }

    /// The standard error of the log-odds of one subject.
    func standardError(_ features: [Double]) -> Double {
        let solved = factor.forward([1] + features)
        return solved.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    private static let iterationsMax = 50
}

/// A positive definite matrix as L·Lᵀ.
struct Cholesky {
    private let lower: [Double]
    private let size: Int

    /// `lower` holds the lower triangle row by row. Nil when the matrix is not positive definite.
    init?(lower matrix: [Double], size: Int) {
        var lower = matrix
        for column in 0..<size {
            var pivot = lower[column * size + column]
            for k in 0..<column { pivot -= lower[column * size + k] * lower[column * size + k] }
            guard pivot > 0, pivot.isFinite else { return nil }
            let root = pivot.squareRoot()
            lower[column * size + column] = root
            for row in column + 1..<max(size, column + 1) {
                var sum = lower[row * size + column]
                for k in 0..<column { sum -= lower[row * size + k] * lower[column * size + k] }
                lower[row * size + column] = sum / root
            }
        }
        self.lower = lower
        self.size = size
    }

    /// Solves L·x = b.
    func forward(_ right: [Double]) -> [Double] {
        var solution = right
        for row in 0..<size {
            for k in 0..<row { solution[row] -= lower[row * size + k] * solution[k] }
            solution[row] /= lower[row * size + row]
        }
        return solution
    }

    /// Solves L·Lᵀ·x = b.
    func solve(_ right: [Double]) -> [Double] {
        var solution = forward(right)
        for row in stride(from: size - 1, through: 0, by: -1) {
            for k in row + 1..<max(size, row + 1) { solution[row] -= lower[k * size + row] * solution[k] }
            solution[row] /= lower[row * size + row]
        }
        return solution
    }
}
