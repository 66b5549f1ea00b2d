//! Compares the shape that a program has with the text in `events.lock`, while the program is compiled.
//!
//! Fields are found by name. Their order does not count, because it does not count in stored data either. An addition
//! to a shape is distinguished from a change of it: see [`widening`](super::widening).

use super::notation::{
    Entry, cut, ends, entry_at, entry_named, find, inside, name_end, name_of, same, starts, trim,
};
use super::shape::{Field, Shape};
use super::text::Text;
use super::widening::{self, Members, Surroundings};

/// What differs from a locked shape.
pub(crate) struct Changes {
    lines: Text<2048>,
    /// Whether data of the locked shape might not be read, or might be read as something else.
    breaks: bool,
    /// Whether only the lines that say what breaks are kept.
    only_breaking: bool,
    /// Whether the line that is being written is left out.
    muted: bool,
}

impl Changes {
    /// How a shape differs from the locked one.
    pub(crate) const fn between(shape: &Shape, locked: &str) -> Self {
        Self::begin(shape, locked, false)
    }

    /// The same, with only the lines that are not a widening.
    pub(crate) const fn breaking(shape: &Shape, locked: &str) -> Self {
        Self::begin(shape, locked, true)
    }

    const fn begin(shape: &Shape, locked: &str, only_breaking: bool) -> Self {
        let mut changes = Self { lines: Text::new(), breaks: false, only_breaking, muted: false };
        compare(shape, trim(locked.as_bytes()), Surroundings::NONE, &Path::Root, &mut changes);
        changes
    }

    /// Whether nothing differs.
    pub(crate) const fn is_empty(&self) -> bool {
        self.lines.size() == 0
    }

    /// Whether all data of the locked shape is read as before, and the shape takes more.
    pub(crate) const fn is_widening(&self) -> bool {
        !self.is_empty() && !self.breaks
    }

    /// One line each.
    pub(crate) const fn text(&self) -> &str {
        self.lines.text()
    }

    /// Whether [`text`](Self::text) had no room for some of the lines.
    pub(crate) const fn is_cut(&self) -> bool {
        self.lines.size() > self.lines.text().len()
    }

    /// Begins a line about a place.
    const fn line(&mut self, path: &Path<'_>, widens: bool) {
        self.breaks |= !widens;
        self.muted = widens && self.only_breaking;
        self.push("\n  - ");
        if !matches!(path, Path::Root) {
            self.push("`");
            path.write(self);
            self.push("` ");
        }
    }

    const fn push(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    const fn bytes(&mut self, bytes: &[u8]) {
        if !self.muted {
            self.lines.bytes(bytes);
        }
    }
}

/// Where in the event: `items[].price`.
enum Path<'a> {
    Root,
    Step(&'a Path<'a>, &'a str),
    Field(&'a Path<'a>, &'a str),
    Place(&'a Path<'a>, usize),
}

impl Path<'_> {
    const fn write(&self, out: &mut Changes) {
        match self {
            Path::Root => {}
            Path::Step(parent, step) => {
                parent.write(out);
                out.push(step);
            }
            Path::Field(parent, name) => {
                parent.write(out);
                // The fields of a flattened field are stored beside those around it.
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
                let mut number = Text::<20>::new();
                number.number(*index as u64);
                out.push(number.text());
            }
        }
    }
}

const fn compare(shape: &Shape, locked: &[u8], around: Surroundings<'_>, path: &Path<'_>, out: &mut Changes) {
    let within = around.within();
    match shape {
        Shape::Example(shape, _) | Shape::Lossy(shape) | Shape::Recursive(_, shape) => {
            compare(shape, locked, around, path, out);
        }
        Shape::Scalar(name) if same(name.as_bytes(), locked) => {}
        Shape::Itself if same(b"itself", locked) => {}
        Shape::Opaque(name) if same_opaque(name, locked) => {}
        Shape::Optional(inner) if ends(locked, b"?") => {
            compare(inner, cut(locked, 0, locked.len() - 1), around, path, out);
        }
        Shape::List(item) if is_list(locked) => {
            compare(item, inside(locked, 1), within, &Path::Step(path, "[]"), out);
        }
        Shape::Array(item, length) if is_array(locked, *length) => {
            let end = find(locked, 1, b';');
            compare(item, trim(cut(locked, 1, end)), within, &Path::Step(path, "[]"), out);
        }
        Shape::Map(key, value) if starts(locked, b"map<") && ends(locked, b">") => {
            let both = inside(locked, 4);
            let comma = find(both, 0, b',');
            let key_of = &Path::Step(path, " (key)");
            compare(key, trim(cut(both, 0, comma)), within.never_optional(), key_of, out);
            if comma < both.len() {
                let value_of = &Path::Step(path, "[…]");
                compare(value, trim(cut(both, comma + 1, both.len())), within, value_of, out);
            }
        }
        Shape::Tuple(items) if is_tuple(locked, items.len()) => {
            let all = inside(locked, 1);
            let (mut index, mut at) = (0, 0);
            while index < items.len() {
                let end = find(all, at, b',');
                compare(&items[index], trim(cut(all, at, end)), within, &Path::Place(path, index), out);
                (index, at) = (index + 1, end + 1);
            }
        }
        Shape::Record(fields) if starts(locked, b"{") && ends(locked, b"}") => {
            let members = Members::of_record(fields, inside(locked, 1), around);
            compare_members(&members, path, out);
        }
        Shape::Choice(tagging, cases) if is_choice(locked, tagging) => {
            let locked = inside(locked, find(locked, 0, b'{') + 1);
            compare_members(&Members::of_choice(tagging, cases, locked, around), path, out);
        }
        _ => {
            out.line(path, widens(shape, locked, around));
            out.push("was `");
            quote(locked, out);
            out.push("`, is `");
            quote_shape(shape, out);
            out.push("`");
        }
    }
}

/// Whether a shape of another kind takes all data of the locked one: a wider integer, or an option of it.
const fn widens(shape: &Shape, locked: &[u8], around: Surroundings<'_>) -> bool {
    match shape {
        Shape::Scalar(name) => around.may_grow() && widening::of_integer(locked, name.as_bytes()),
        Shape::Optional(inner) if around.may_be_optional() && widening::is_never_null(locked) => {
            let mut changes =
                Changes { lines: Text::new(), breaks: false, only_breaking: true, muted: false };
            compare(inner, locked, around, &Path::Root, &mut changes);
            !changes.breaks
        }
        _ => false,
    }
}

/// The number of bytes of a text that a message quotes.
const QUOTED: usize = 160;

const fn quote(text: &[u8], out: &mut Changes) {
    let mut short = Text::<QUOTED>::new();
    short.bytes(text);
    out.push(short.text());
    if short.size() > QUOTED {
        out.push(" …");
    }
}

const fn quote_shape(shape: &Shape, out: &mut Changes) {
    let mut short = Text::<QUOTED>::new();
    short.shape(shape);
    out.push(short.text());
    if short.size() > QUOTED {
        out.push(" …");
    }
}

const fn compare_members(members: &Members<'_>, path: &Path<'_>, out: &mut Changes) {
    let mut index = 0;
    while index < members.all.len() {
        let field = &members.all[index];
        let path = Path::Field(path, field_name(field.label));
        match entry_named(members.locked, field_name(field.label).as_bytes()) {
            None => {
                out.line(&path, members.may_gain(index));
                out.push("is new: `");
                out.push(field.label);
                if let Some(shape) = &field.shape {
                    out.push(": ");
                    quote_shape(shape, out);
                }
                out.push("`");
            }
            Some(entry) => compare_member(members, field, entry, &path, out),
        }
        index += 1;
    }
    let mut at = 0;
    while let Some((entry, next)) = entry_at(members.locked, at) {
        let name = name_of(entry.0);
        if !has_field(members.all, name) {
            out.line(path, false);
            if !matches!(path, Path::Root) {
                out.push("lacks ");
            }
            out.push("`");
            out.bytes(name);
            out.push(if matches!(path, Path::Root) { "` is gone" } else { "`" });
        }
        at = next;
    }
    if !members.is_in_order() {
        out.line(path, false);
        out.push("has its cases in another order, and an untagged one is read as the first that fits");
    }
}

const fn compare_member(
    members: &Members<'_>,
    field: &Field,
    entry: Entry<'_>,
    path: &Path<'_>,
    out: &mut Changes,
) {
    if !same(field.label.as_bytes(), entry.0) {
        out.line(path, members.may_relabel(field, entry));
        out.push("was `");
        out.bytes(entry.0);
        out.push("`, is `");
        out.push(field.label);
        out.push("`");
    }
    match (&field.shape, entry.1) {
        (Some(shape), Some(locked)) => compare(shape, locked, members.around(field, entry.0), path, out),
        (None, None) => {}
        (Some(shape), None) => {
            out.line(path, false);
            out.push("had nothing in it, has `");
            quote_shape(shape, out);
            out.push("`");
        }
        (None, Some(locked)) => {
            out.line(path, false);
            out.push("had `");
            quote(locked, out);
            out.push("`, has nothing in it");
        }
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
