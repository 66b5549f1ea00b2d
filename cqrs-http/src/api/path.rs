use std::fmt;

use crate::names::camel;

/// The path of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// A field of the key, by its place there.
    Field(usize, String),
}

impl Path {
    /// A path of literals around all fields: `/accounts/{id}/deposit`.
    pub(crate) fn around(before: &str, fields: &[&str], after: Option<&str>) -> Self {
        let literal = |text: &str| Segment::Literal(text.to_owned());
        let fields = fields.iter().enumerate().map(|(at, field)| Segment::Field(at, camel(field)));
        Self { segments: std::iter::once(literal(before)).chain(fields).chain(after.map(literal)).collect() }
    }

    /// Reads a path that a user wrote.
    pub(crate) fn parse(text: &str, fields: &[&str]) -> Result<Self, String> {
        let rest = text.strip_prefix('/').ok_or("it does not begin with `/`")?;
        let segments = rest.split('/').map(|segment| Self::segment(segment, fields));
        let path = Self { segments: segments.collect::<Result<_, _>>()? };
        for (at, field) in fields.iter().enumerate() {
            let count =
                path.segments.iter().filter(|segment| matches!(segment, Segment::Field(of, _) if *of == at));
            if count.count() != 1 {
                return Err(format!("it needs `{{{}}}` once, a field of the key", camel(field)));
            }
        }
        Ok(path)
    }

    fn segment(text: &str, fields: &[&str]) -> Result<Segment, String> {
        if let Some(name) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            let at = fields.iter().position(|field| *field == name || camel(field) == name);
            let at = at.ok_or_else(|| format!("the key has no field `{name}`"))?;
            return Ok(Segment::Field(at, camel(name)));
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if text.is_empty() || !text.bytes().all(is_plain) {
            return Err(format!(
                "`{text}` is not a segment of a path: a segment has letters, digits, `-`, `.`, `_`, `~`, or is one field in braces"
            ));
        }
        Ok(Segment::Literal(text.to_owned()))
    }

    /// The same with the parameters named by their places: two routes may name one place differently, and a router
    /// takes one name.
    pub(crate) fn for_router(&self) -> String {
        let mut path = String::new();
        for (at, segment) in self.segments.iter().enumerate() {
            path.push('/');
            match segment {
                Segment::Literal(text) => path.push_str(text),
                Segment::Field(..) => path.push_str(&format!("{{{}}}", parameter(at))),
            }
        }
        path
    }

    /// The router's name for the field at a place of the key.
    pub(crate) fn parameter_of(&self, field: usize) -> Option<String> {
        let is_it = |segment: &Segment| matches!(segment, Segment::Field(of, _) if *of == field);
        self.segments.iter().position(is_it).map(parameter)
    }

    /// The names of the fields in the order of the path.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Field(_, name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }
}

fn parameter(at: usize) -> String {
    format!("segment{at}")
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segments.iter().try_for_each(|segment| match segment {
            Segment::Literal(text) => write!(f, "/{text}"),
            Segment::Field(_, name) => write!(f, "/{{{name}}}"),
        })
    }
}
