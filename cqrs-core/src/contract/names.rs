use std::collections::BTreeSet;

/// Names of types in other languages, each given once.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeSet<String>);

/// Words that TypeScript takes for something else, and names that the generated code relies on.
const RESERVED: [&str; 54] = [
    "any",
    "arguments",
    "as",
    "async",
    "await",
    "bigint",
    "boolean",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "never",
    "new",
    "null",
    "number",
    "object",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "string",
    "super",
    "switch",
    "symbol",
    "this",
    "undefined",
    "unknown",
    "void",
    "while",
    "with",
];

impl Names {
    /// These names are taken.
    pub(super) fn of(given: &[&str]) -> Self {
        Self(given.iter().map(|name| (*name).to_owned()).collect())
    }

    /// A name that nothing else has. It is the text itself, with only letters, digits and `_`. If that is taken, the
    /// kind of the named thing is appended. If that is taken too, a number is appended.
    pub(super) fn give(&mut self, text: &str, kind: &str) -> String {
        let base = identifier(text);
        let second = format!("{base}{kind}");
        let numbered = (2_u64..).map(|number| format!("{second}{number}"));
        let all = [base, second.clone()].into_iter().chain(numbered);
        let mut free = all.filter(|name| !RESERVED.contains(&name.as_str()) && !self.0.contains(name));
        let name = free.next().unwrap_or(second);
        self.0.insert(name.clone());
        name
    }
}

/// In the characters that every language accepts in a name.
fn identifier(text: &str) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    let name: String = text.chars().map(plain).collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) || name.is_empty() {
        format!("_{name}")
    } else {
        name
    }
}
