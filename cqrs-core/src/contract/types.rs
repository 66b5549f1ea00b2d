use super::label::{Label, Tagging, may_be_missing};
use super::names::Names;
use super::scalar::{is_number, is_text, is_wide};
use super::typescript::quoted;
use crate::schema::{Field, Shape};

/// Up to this length, an array of a fixed length is written out.
const MOST_PLACES: usize = 8;

/// An object with any fields.
const ANYTHING: &str = "{ [key: string]: unknown }";

/// Writes shapes as types of TypeScript.
pub(super) struct Types {
    pub(super) names: Names,
    /// The types that contain themselves: their names here, their own names, fingerprints, and the enclosing types.
    named: Vec<(String, String, u64, Vec<String>)>,
    around: Vec<String>,
    /// Not declared yet.
    declared: Vec<(String, String)>,
}

/// The parts of an object's type: its own fields, and the types that it is intersected with.
#[derive(Default)]
struct Object {
    fields: Vec<String>,
    also: Vec<String>,
}

impl Types {
    pub(super) fn new(names: Names) -> Self {
        Self { names, named: Vec::new(), around: Vec::new(), declared: Vec::new() }
    }

    /// The types that contain themselves and were met since.
    pub(super) fn take(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.declared)
    }

    pub(super) fn of(&mut self, shape: &Shape) -> String {
        match shape {
            Shape::Scalar(name) => scalar(name),
            Shape::Optional(inner) => union(vec![self.of(inner), "null".to_owned()]),
            Shape::List(item) => list(&self.of(item)),
            Shape::Array(item, length) if *length <= MOST_PLACES => {
                format!("[{}]", vec![self.of(item); *length].join(", "))
            }
            Shape::Array(item, _) => list(&self.of(item)),
            Shape::Tuple(items) => {
                let items: Vec<String> = items.iter().map(|item| self.of(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Shape::Map(_, value) => format!("{{ [key: string]: {} }}", self.of(value)),
            Shape::Record(_) => self.object(shape),
            Shape::Choice(tagging, cases) => self.choice(&Tagging::of(tagging), cases, false),
            Shape::Itself if self.around.is_empty() => "unknown".to_owned(),
            Shape::Itself => union(self.around.clone()),
            Shape::Opaque(_) => "unknown".to_owned(),
            Shape::Example(inner, _) | Shape::Lossy(inner) => self.of(inner),
            Shape::Recursive(name, inner) => self.recursive(name, inner),
        }
    }

    fn recursive(&mut self, own: &str, shape: &Shape) -> String {
        let fingerprint = shape.fingerprint();
        let known = self
            .named
            .iter()
            .find(|(_, name, of, around)| name == own && *of == fingerprint && *around == self.around);
        if let Some((name, ..)) = known {
            return name.clone();
        }
        let name = self.names.give(own, "Type");
        self.named.push((name.clone(), own.to_owned(), fingerprint, self.around.clone()));
        self.around.push(name.clone());
        let described = self.of(shape);
        self.around.pop();
        self.declared.push((name.clone(), described));
        name
    }

    fn object(&mut self, shape: &Shape) -> String {
        let mut object = Object::default();
        self.gather(shape, &mut object);
        object.into_type()
    }

    /// The fields of a record, or of a flattened value.
    fn gather(&mut self, shape: &Shape, object: &mut Object) {
        match shape {
            Shape::Record(fields) => {
                for field in *fields {
                    self.field(field, object);
                }
            }
            Shape::Example(inner, _) | Shape::Lossy(inner) => self.gather(inner, object),
            Shape::Optional(inner) => {
                let inner = self.object(inner);
                // A value that does not fit it is read as `None`.
                object.also.push(union(vec![inner, ANYTHING.to_owned()]));
            }
            Shape::Choice(tagging, cases) => {
                let choice = self.choice(&Tagging::of(tagging), cases, true);
                object.also.push(choice);
            }
            Shape::Recursive(..) | Shape::Itself => {
                let named = self.of(shape);
                object.also.push(named);
            }
            Shape::Scalar("null") => {}
            _ => object.also.push(ANYTHING.to_owned()),
        }
    }

    fn field(&mut self, field: &Field, object: &mut Object) {
        let Some(shape) = &field.shape else { return };
        if field.label.starts_with("..") {
            self.gather(shape, object);
            return;
        }
        let label = Label::of(field);
        let optional = label.default || label.left_out || label.unread || may_be_missing(shape);
        let mark = if optional { "?" } else { "" };
        let described = self.of(shape);
        object.fields.push(format!("{}{mark}: {described}", property(label.name())));
    }

    fn choice(&mut self, tagging: &Tagging, cases: &[Field], flattened: bool) -> String {
        let mut types = Vec::new();
        for case in cases {
            let label = Label::of(case);
            let shape = case.shape.as_ref();
            let described = match tagging {
                Tagging::Untagged | Tagging::Sides => self.untagged(shape),
                _ if label.untagged => self.untagged(shape),
                Tagging::Internal(tag) => self.internal(tag, &label, shape),
                Tagging::Adjacent { tag, content } => {
                    let mut object = Object::default();
                    object.fields.push(format!("{}: {}", property(tag), name_of(&label)));
                    if let Some(shape) = shape {
                        let mark = if may_be_missing(shape) { "?" } else { "" };
                        object.fields.push(format!("{}{mark}: {}", property(content), self.of(shape)));
                    }
                    object.into_type()
                }
                Tagging::External => match shape {
                    Some(shape) => format!("{{ {}: {} }}", property(label.name()), self.of(shape)),
                    None if flattened => format!("{{ {}: null }}", property(label.name())),
                    None => name_of(&label),
                },
            };
            types.push(described);
        }
        union(types)
    }

    fn untagged(&mut self, shape: Option<&Shape>) -> String {
        shape.map_or_else(|| "null".to_owned(), |shape| self.of(shape))
    }

    fn internal(&mut self, tag: &str, label: &Label, shape: Option<&Shape>) -> String {
        let mut object = Object::default();
        object.fields.push(format!("{}: {}", property(tag), name_of(label)));
        if let Some(shape) = shape {
            self.gather(shape, &mut object);
        }
        object.into_type()
    }
}

impl Object {
    fn into_type(self) -> String {
        let own = match (self.fields.is_empty(), self.also.is_empty()) {
            (true, true) => Some("{}".to_owned()),
            (true, false) => None,
            _ => Some(format!("{{ {} }}", self.fields.join("; "))),
        };
        let parts: Vec<String> = own.into_iter().chain(self.also.iter().map(|part| apart(part))).collect();
        parts.join(" & ")
    }
}

/// The name of a case.
fn name_of(label: &Label) -> String {
    if label.other {
        return "string".to_owned();
    }
    label.names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(" | ")
}

fn scalar(name: &str) -> String {
    match name {
        "bool" => "boolean",
        "null" => "null",
        text if is_text(text) => "string",
        wide if is_wide(wide) => "Integer64",
        number if is_number(number) => "number",
        _ => "unknown",
    }
    .to_owned()
}

fn list(item: &str) -> String {
    format!("{}[]", apart(item))
}

/// In parentheses, if what follows or precedes would bind more tightly.
fn apart(described: &str) -> String {
    if described.contains([' ', '|', '&']) && !is_bracketed(described) {
        format!("({described})")
    } else {
        described.to_owned()
    }
}

/// Whether it is one object or one tuple, as a whole.
fn is_bracketed(described: &str) -> bool {
    let mut depth = 0_usize;
    let mut quote = false;
    let mut escaped = false;
    for (at, character) in described.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quote => escaped = true,
            '"' => quote = !quote,
            _ if quote => {}
            '{' | '[' => depth += 1,
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + character.len_utf8() == described.len() && !described.ends_with("[]");
                }
            }
            _ if depth == 0 => return false,
            _ => {}
        }
    }
    false
}

/// One of the types; if there are none, no value.
fn union(types: Vec<String>) -> String {
    let mut different: Vec<String> = Vec::new();
    for described in types {
        if !different.contains(&described) {
            different.push(described);
        }
    }
    if different.iter().any(|described| described == "unknown") {
        return "unknown".to_owned();
    }
    if different.is_empty() { "never".to_owned() } else { different.join(" | ") }
}

/// The name of a field, in quotes if it is not an identifier of the language.
fn property(name: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '$');
    let first = |character: char| !character.is_ascii_digit();
    if !name.is_empty() && name.chars().all(plain) && name.starts_with(first) {
        name.to_owned()
    } else {
        quoted(name)
    }
}
