import Rules
import Wire

/// A rule from its text.
func rule(_ text: String) throws -> Logic { try Logic(JSONDocument(parsing: Array(text.utf8)).root) }

/// A value from its JSON text.
func value(_ text: String) throws -> RuleValue { RuleValue(try JSONDocument(parsing: Array(text.utf8)).root) }
