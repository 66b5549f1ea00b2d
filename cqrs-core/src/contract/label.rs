use crate::schema::{Field, Shape, name_of, quote_end, unquoted};

/// What the label of a field or a case says: `total|sum default`.
pub(super) struct Label {
    /// The stored name first, then the other names that are read.
    pub(super) names: Vec<String>,
    /// It is read as its default if it is missing.
    pub(super) default: bool,
    /// It is left out of the stored form, sometimes or always.
    pub(super) left_out: bool,
    /// It is not read.
    pub(super) unread: bool,
    /// It is the case for every name that no other case has.
    pub(super) other: bool,
    /// It is a case without its name.
    pub(super) untagged: bool,
}

impl Label {
    pub(super) fn of(field: &Field) -> Self {
        let mut rest = field.label;
        let mut names = Vec::new();
        loop {
            let (name, after) = rest.split_at(name_of(rest.as_bytes()).len());
            names.push(unquoted(name));
            match after.strip_prefix('|') {
                Some(another) => rest = another,
                None => {
                    rest = after;
                    break;
                }
            }
        }
        let told = |note: &str| rest.split(' ').any(|word| word == note);
        Self {
            names,
            default: told("default"),
            left_out: told("omitted") || told("unwritten"),
            unread: told("unread"),
            other: told("other"),
            untagged: told("untagged"),
        }
    }

    /// The stored name.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
}

/// How the cases of a choice are told apart: <https://serde.rs/enum-representations.html>.
pub(super) enum Tagging {
    External,
    Internal(String),
    Adjacent {
        tag: String,
        content: String,
    },
    Untagged,
    /// One type is written, and another one is read.
    Sides,
}

impl Tagging {
    pub(super) fn of(tagging: &str) -> Self {
        match tagging {
            "enum" => Self::External,
            "enum untagged" => Self::Untagged,
            "sides" => Self::Sides,
            tagged => {
                let mut options = Self::options(tagged).into_iter();
                match (options.next(), options.next()) {
                    (Some(tag), Some(content)) => Self::Adjacent { tag, content },
                    (Some(tag), None) => Self::Internal(tag),
                    (None, _) => Self::External,
                }
            }
        }
    }

    /// The texts in quotes.
    fn options(mut tagging: &str) -> Vec<String> {
        let mut options = Vec::new();
        while let Some(start) = tagging.find('"') {
            let end = quote_end(tagging.as_bytes(), start);
            options.extend(tagging.get(start..end).map(unquoted));
            tagging = tagging.get(end..).unwrap_or_default();
        }
        options
    }
}

/// Whether serde reads a missing field of this kind without a default.
pub(super) fn may_be_missing(shape: &Shape) -> bool {
    match shape {
        Shape::Optional(_) => true,
        Shape::Example(inner, _) | Shape::Lossy(inner) | Shape::Recursive(_, inner) => may_be_missing(inner),
        Shape::Choice("sides", sides) => {
            sides.last().and_then(|side| side.shape.as_ref()).is_some_and(may_be_missing)
        }
        Shape::Opaque(name) => name.starts_with("Option<"),
        _ => false,
    }
}
