/// One schema as a row of numbers, so that reading it costs no reference count.
struct ByteNode {
    /// `SchemaTypes` that are allowed.
    var types = SchemaTypes.all.rawValue
    var format: UInt8 = 0
    var allowsTrue = true
    var allowsFalse = true
    var hasChoices = false
    /// A string that nothing more is asked of.
    var isFreeString = true
    /// A number that nothing more is asked of.
    var isFreeNumber = true
    /// Numbers are judged by their digits, whatever their size.
    var isExact = false
    var isMoney = false
    var isFen = false
    var refusesAdditional = false

    var lengthMin: Int32 = 0
    var lengthMax = Int32.max
    var choicesStart: Int32 = 0
    var choicesCount: Int32 = 0
    var shape: Int32 = -1
    var shapeLength: Int32 = 0
    var automaton: Int32 = -1

    var least = Int64.min
    var most = Int64.max
    var leastExclusive = Int64.min
    var mostExclusive = Int64.max
    var exact: Int32 = -1

    var items: Int32 = -1
    var itemsMin: Int32 = 0
    var itemsMax = Int32.max
    var prefixStart: Int32 = 0
    var prefixCount: Int32 = 0

    var membersStart: Int32 = 0
    var membersCount: Int32 = 0
    var additional: Int32 = -1
    var propertiesMin: Int32 = 0
    var propertiesMax = Int32.max
    var requiredLow: UInt64 = 0
    var requiredHigh: UInt64 = 0
    var slotsStart: Int32 = 0
    /// 0: no slots, names are compared one by one.
    var slotBits: Int32 = 0
    var multiplier: UInt64 = 0

    /// What no value satisfies.
    static let nothing: ByteNode = {
        var node = ByteNode()
        node.types = 0
        node.isFreeString = false
        node.isFreeNumber = false
        return node
    }()
}

/// A member of an object that the schema names; its place among them is its bit.
struct ByteMember {
    var node: Int32 = 0
    /// Where its name begins in `keys`, and its length with quotes and colon.
    var key: Int32 = 0
    var length: Int32 = 0
    /// Of the last word of the name: the bytes that count.
    var tailMask: UInt64 = 0
}

/// A text of an `enum`, with the closing quote.
struct ByteChoice {
    /// The first eight bytes, and which of them there are.
    var word: UInt64 = 0
    var mask: UInt64 = 0
    var start: Int32 = 0
    var length: Int32 = 0
}

/// What is asked of a number beyond whole bounds.
struct ByteExact: Sendable {
    let schema: SchemaNode
    /// Numbers of an `enum`; nil when there is none.
    let numbers: [SchemaNumber]?

    func allows(_ number: SchemaNumber) -> Bool {
        if let least = schema.minimum, number < least { return false }
        if let most = schema.maximum, most < number { return false }
        if let least = schema.exclusiveMinimum, number <= least { return false }
        if let most = schema.exclusiveMaximum, most <= number { return false }
        if let divisor = schema.multipleOf, !number.isMultiple(of: divisor) { return false }
        if let numbers, !numbers.contains(number) { return false }
        return schema.format?.defect(ofNumber: number) == nil
    }
}

/// The tables of a program in memory of their own, which nobody writes after they are made.
@safe final class ByteTables: @unchecked Sendable {
    let nodes: UnsafePointer<ByteNode>
    let members: UnsafePointer<ByteMember>
    let keys: UnsafePointer<UInt8>
    let slots: UnsafePointer<Int32>
    let choices: UnsafePointer<ByteChoice>
    let choiceBytes: UnsafePointer<UInt8>
    let shapes: UnsafePointer<UInt8>
    let automata: UnsafePointer<ByteAutomaton>
    let exact: [ByteExact]
    private let classes: UnsafePointer<UInt8>
    private let steps: UnsafePointer<UInt32>
    private let ends: UnsafePointer<Bool>

    init(_ builder: ByteProgram.Builder) {
        unsafe nodes = Self.copy(builder.nodes)
        unsafe members = Self.copy(builder.members)
        unsafe keys = Self.copy(builder.keys)
        unsafe slots = Self.copy(builder.slots)
        unsafe choices = Self.copy(builder.choices)
        unsafe choiceBytes = Self.copy(builder.choiceBytes)
        unsafe shapes = Self.copy(builder.shapes)
        exact = builder.exact
        unsafe classes = Self.copy(builder.automata.flatMap(\.classes))
        unsafe steps = Self.copy(builder.automata.flatMap(\.steps))
        // By the state's number times the classes, as states are written in the steps.
        unsafe ends = Self.copy(
            builder.automata.flatMap { automaton in
                automaton.steps.indices.map { automaton.endsWell[$0 / automaton.classCount] }
            })
        var rows: [ByteAutomaton] = []
        var classesAt = 0
        var stepsAt = 0
        for automaton in builder.automata {
            unsafe rows.append(
                ByteAutomaton(
                    classes: classes + classesAt, steps: steps + stepsAt, ends: ends + stepsAt, start: Int(automaton.start)))
            classesAt += automaton.classes.count
            stepsAt += automaton.steps.count
        }
        unsafe automata = Self.copy(rows)
    }

    private static func copy<Row>(_ rows: [Row]) -> UnsafePointer<Row> {
        let memory = UnsafeMutablePointer<Row>.allocate(capacity: max(1, rows.count))
        for (place, row) in rows.enumerated() { unsafe (memory + place).initialize(to: row) }
        return unsafe UnsafePointer(memory)
    }

    deinit {
        // The rows are plain numbers: there is nothing in them to release.
        unsafe nodes.deallocate()
        unsafe members.deallocate()
        unsafe keys.deallocate()
        unsafe slots.deallocate()
        unsafe choices.deallocate()
        unsafe choiceBytes.deallocate()
        unsafe shapes.deallocate()
        unsafe automata.deallocate()
        unsafe classes.deallocate()
        unsafe steps.deallocate()
        unsafe ends.deallocate()
    }
}

/// A pattern's automaton, as the pass over the bytes reads it.
@safe struct ByteAutomaton {
    let classes: UnsafePointer<UInt8>
    let steps: UnsafePointer<UInt32>
    let ends: UnsafePointer<Bool>
    let start: Int

    @inline(__always) func matches(_ text: UnsafePointer<UInt8>, _ from: Int, _ to: Int) -> Bool {
        var state = start
        var at = from
        while at < to {
            state = unsafe Int(steps[state + Int(classes[Int(text[at])])])
            at += 1
        }
        return unsafe ends[state]
    }
}
