//! Compares the shape that a program has with the text that stands in `events.lock`, while the program is compiled.
//!
//! Fields are found by name: their order does not count, as it does not in what is stored.

use super::notation::{
    Entry, cut, ends, entry_at, entry_named, find, inside, name_end, name_of, same, starts, trim,
};
use super::shape::{Field, Shape};
use super::text::Text;

/// What has changed, one line each.
pub(crate) type Difference = Text<2048>;

/// How the shape of `E` differs from the locked one; none where it does not.
pub(crate) const fn difference(shape: &Shape, locked: &str, out: &mut Difference) {
    compare(shape, trim(locked.as_bytes()), &Path::Root, out);
}

/// Where in the event: `items[].price`.
enum Path<'a> {
    Root,
    Step(&'a Path<'a>, &'a str),
    Field(&'a Path<'a>, &'a str),
    Place(&'a Path<'a>, usize),
}

impl Path<'_> {
    const fn write(&self, out: &mut Difference) {
        match self {
            Path::Root => {}
            Path::Step(parent, step) => {
                parent.write(out);
                out.push(step);
            }
            Path::Field(parent, name) => {
                parent.write(out);
                // Fields of a flattened one are stored beside those around it.
                if !starts(name.as_bytes(), b"..") {
                    if !matches!(parent, Path::Root) {
                        out.push(".");
                    }
                    out.push(name);
                }
            }
            Path::Place(parent, index) => {
                parent.write(out);
                out.push(".");
                out.number(*index as u64);
            }
        }
    }
}

const fn compare(shape: &Shape, locked: &[u8], path: &Path<'_>, out: &mut Difference) {
    match shape {
        Shape::Example(shape, _) | Shape::Lossy(shape) | Shape::Recursive(_, shape) => {
            compare(shape, locked, path, out);
        }
        Shape::Scalar(name) if same(name.as_bytes(), locked) => {}
        Shape::Itself if same(b"itself", locked) => {}
        Shape::Opaque(name) if same_opaque(name, locked) => {}
        Shape::Optional(inner) if ends(locked, b"?") => {
            compare(inner, cut(locked, 0, locked.len() - 1), path, out);
        }
        Shape::List(item) if is_list(locked) => {
            compare(item, inside(locked, 1), &Path::Step(path, "[]"), out);
        }
        Shape::Array(item, length) if is_array(locked, *length) => {
            let end = find(locked, 1, b';');
            compare(item, trim(cut(locked, 1, end)), &Path::Step(path, "[]"), out);
        }
        Shape::Map(key, value) if starts(locked, b"map<") && ends(locked, b">") => {
            let both = inside(locked, 4);
            let comma = find(both, 0, b',');
            compare(key, trim(cut(both, 0, comma)), &Path::Step(path, " (key)"), out);
            if comma < both.len() {
                compare(value, trim(cut(both, comma + 1, both.len())), &Path::Step(path, "[…]"), out);
            }
        }
        Shape::Tuple(items) if is_tuple(locked, items.len()) => {
            let all = inside(locked, 1);
            let (mut index, mut at) = (0, 0);
            while index < items.len() {
                let end = find(all, at, b',');
                compare(&items[index], trim(cut(all, at, end)), &Path::Place(path, index), out);
                (index, at) = (index + 1, end + 1);
            }
        }
        Shape::Record(fields) if starts(locked, b"{") && ends(locked, b"}") => {
            compare_fields(fields, inside(locked, 1), path, out);
        }
        Shape::Choice(tagging, cases) if is_choice(locked, tagging) => {
            compare_fields(cases, inside(locked, find(locked, 0, b'{') + 1), path, out);
        }
        _ => {
            begin(path, out);
            out.push("was `");
            quote(locked, out);
            out.push("`, is `");
            quote_shape(shape, out);
            out.push("`");
        }
    }
}

/// As much of a text as a message bears.
const QUOTED: usize = 160;

const fn quote(text: &[u8], out: &mut Difference) {
    let mut short = Text::<QUOTED>::new();
    short.bytes(text);
    out.push(short.text());
    if short.size() > QUOTED {
        out.push(" …");
    }
}

const fn quote_shape(shape: &Shape, out: &mut Difference) {
    let mut short = Text::<QUOTED>::new();
    short.shape(shape);
    out.push(short.text());
    if short.size() > QUOTED {
        out.push(" …");
    }
}

const fn compare_fields(fields: &[Field], locked: &[u8], path: &Path<'_>, out: &mut Difference) {
    let mut index = 0;
    while index < fields.len() {
        let field = &fields[index];
        let path = Path::Field(path, field_name(field.label));
        match entry_named(locked, field_name(field.label).as_bytes()) {
            None => {
                begin(&path, out);
                out.push("is new: `");
                out.push(field.label);
                if let Some(shape) = &field.shape {
                    out.push(": ");
                    quote_shape(shape, out);
                }
                out.push("`");
            }
            Some(entry) => compare_field(field, entry, &path, out),
        }
        index += 1;
    }
    let mut at = 0;
    while let Some((entry, next)) = entry_at(locked, at) {
        let name = name_of(entry.0);
        if !has_field(fields, name) {
            begin(path, out);
            if !matches!(path, Path::Root) {
                out.push("lacks ");
            }
            out.push("`");
            out.bytes(name);
            out.push(if matches!(path, Path::Root) { "` is gone" } else { "`" });
        }
        at = next;
    }
}

const fn compare_field(field: &Field, entry: Entry<'_>, path: &Path<'_>, out: &mut Difference) {
    if !same(field.label.as_bytes(), entry.0) {
        begin(path, out);
        out.push("was `");
        out.bytes(entry.0);
        out.push("`, is `");
        out.push(field.label);
        out.push("`");
    }
    match (&field.shape, entry.1) {
        (Some(shape), Some(locked)) => compare(shape, locked, path, out),
        (None, None) => {}
        (Some(shape), None) => {
            begin(path, out);
            out.push("had nothing in it, has `");
            quote_shape(shape, out);
            out.push("`");
        }
        (None, Some(locked)) => {
            begin(path, out);
            out.push("had `");
            quote(locked, out);
            out.push("`, has nothing in it");
        }
    }
}

const fn begin(path: &Path<'_>, out: &mut Difference) {
    out.push("\n  - ");
    if !matches!(path, Path::Root) {
        out.push("`");
        path.write(out);
        out.push("` ");
    }
}

const fn has_field(fields: &[Field], name: &[u8]) -> bool {
    let mut index = 0;
    while index < fields.len() {
        if same(field_name(fields[index].label).as_bytes(), name) {
            return true;
        }
        index += 1;
    }
    false
}

const fn field_name(label: &str) -> &str {
    label.split_at(name_end(label.as_bytes())).0
}

const fn is_list(locked: &[u8]) -> bool {
    starts(locked, b"[") && ends(locked, b"]") && find(locked, 1, b';') >= locked.len() - 1
}

const fn is_array(locked: &[u8], length: usize) -> bool {
    if !starts(locked, b"[") || !ends(locked, b"]") {
        return false;
    }
    let semicolon = find(locked, 1, b';');
    if semicolon >= locked.len() {
        return false;
    }
    let mut number = Text::<20>::new();
    number.number(length as u64);
    same(trim(cut(locked, semicolon + 1, locked.len() - 1)), number.text().as_bytes())
}

const fn is_tuple(locked: &[u8], items: usize) -> bool {
    if !starts(locked, b"(") || !ends(locked, b")") {
        return false;
    }
    let all = inside(locked, 1);
    let (mut at, mut count) = (0, 0);
    while at < all.len() {
        at = find(all, at, b',') + 1;
        count += 1;
    }
    count == items
}

const fn is_choice(locked: &[u8], tagging: &str) -> bool {
    ends(locked, b"}") && same(trim(cut(locked, 0, find(locked, 0, b'{'))), tagging.as_bytes())
}

const fn same_opaque(name: &str, locked: &[u8]) -> bool {
    let quoted = b"opaque \"";
    starts(locked, quoted)
        && ends(locked, b"\"")
        && same(name.as_bytes(), cut(locked, quoted.len(), locked.len() - 1))
}
