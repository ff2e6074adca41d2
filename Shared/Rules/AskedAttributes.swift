extension AttributeSchema {
    /// The attributes that these rules compare with constants, each of the constants' kind. A name that is compared with values of several
    /// kinds is left out, and so are the least asked for beyond `attributesMax`: what rules ask of them stays residual.
    public init(askedBy rules: [Logic]) {
        var asked = AskedAttributes()
        for rule in rules { asked.collect(rule, isCondition: true) }
        do {
            try self.init(asked.attributes)
        } catch {
            preconditionFailure("each name is there once, with values that were counted: \(error)")
        }
    }
}

/// What rules compare with constants, as far as it was collected.
private struct AskedAttributes {
    private struct Asked {
        var uses = 0
        var hasNumbers = false
        var hasFlags = false
        var words: Set<String> = []

        var kind: AttributeSchema.Kind? {
            switch (hasNumbers, hasFlags, words.isEmpty) {
            case (true, false, true): .number(cuts: [])
            // Only its truth is asked for, so it will be a flag.
            case (false, true, true), (false, false, true): .flag
            case (false, false, false) where words.count <= AttributeSchema.valuesMax: .words(words.sorted())
            default: nil
            }
        }
    }

    private var asked: [String: Asked] = [:]

    var attributes: [AttributeSchema.Attribute] {
        let usable = asked.compactMap { name, asked in asked.kind.map { (name: name, uses: asked.uses, kind: $0) } }
        return usable.sorted { ($1.uses, $0.name) < ($0.uses, $1.name) }.prefix(AttributeSchema.attributesMax)
            .map { AttributeSchema.Attribute($0.name, $0.kind) }
    }

    /// - Parameter isCondition: the value's truth is asked for, and not the value.
    mutating func collect(_ logic: Logic, isCondition: Bool) {
        switch logic {
        case .constant: return
        case .variable: if isCondition { note([logic], []) }
        case .list(let elements): for element in elements { collect(element, isCondition: false) }
        case .computedVariable(let path, _): collect(path, isCondition: false)
        case .member(let element, let choices): note([element], Array(choices))
        case .apply(let operation, let arguments):
            guard !operation.opensScope else { return }
            let constants = arguments.compactMap { argument in if case .constant(let value) = argument { value } else { nil } }
            if !constants.isEmpty { note(arguments, constants) }
            let asksTruth = [.and, .or, .not, .truth].contains(operation)
            for argument in arguments { collect(argument, isCondition: asksTruth) }
        }
    }

    /// Takes the values for those that the one variable among the operands is compared with.
    private mutating func note(_ operands: [Logic], _ values: [RuleValue]) {
        var subject: (name: String, fallback: RuleValue?)?
        for operand in operands {
            guard case .variable(let name, let fallback) = operand else { continue }
            guard subject == nil else { return }
            if case .constant(let value)? = fallback { subject = (name.text, value) } else { subject = (name.text, nil) }
        }
        guard let subject else { return }
        asked[subject.name, default: Asked()].uses += 1
        for value in values + [subject.fallback].compactMap({ $0 }) {
            switch value {
            case .number: asked[subject.name]?.hasNumbers = true
            case .bool: asked[subject.name]?.hasFlags = true
            case .string(let word): asked[subject.name]?.words.insert(word)
            case .null, .array, .object: continue
            }
        }
    }
}
