import Wire

/// The examples of a catalogue entry, run when it is published.
public enum ExampleRun {
    /// Asks of each example what is wrong with it, which goes to `defects` with its number; nil is nothing.
    public static func all(_ examples: [JSONValue], _ defects: inout [String], _ defect: (JSONValue) -> String?) {
        for (number, example) in examples.enumerated() {
            if let wrong = defect(example) { defects.append("example \(number + 1): \(wrong)") }
        }
    }
}
