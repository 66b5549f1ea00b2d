//! Reads the text of a shape without parsing it into a tree, so that this works while a program is compiled, too.

/// A label, and the shape after it if there is one.
pub(crate) type Entry<'a> = (&'a [u8], Option<&'a [u8]>);

/// The entry of a list `a: u64, b` that begins at a place, and where the next one begins.
pub(crate) const fn entry_at(list: &[u8], at: usize) -> Option<(Entry<'_>, usize)> {
    if at >= list.len() {
        return None;
    }
    let end = find(list, at, b',');
    let entry = trim(cut(list, at, end));
    if entry.is_empty() {
        return None;
    }
    let colon = find(entry, 0, b':');
    let label = trim(cut(entry, 0, colon));
    let shape = if colon < entry.len() { Some(trim(cut(entry, colon + 1, entry.len()))) } else { None };
    Some(((label, shape), end + 1))
}

pub(crate) const fn entry_named<'a>(list: &'a [u8], name: &[u8]) -> Option<Entry<'a>> {
    let mut at = 0;
    while let Some((entry, next)) = entry_at(list, at) {
        if same(name_of(entry.0), name) {
            return Some(entry);
        }
        at = next;
    }
    None
}

pub(crate) const fn has_entry(list: &[u8], name: &[u8]) -> bool {
    entry_named(list, name).is_some()
}

/// The name in a label: `total` in `total|sum default`.
pub(crate) const fn name_of(label: &[u8]) -> &[u8] {
    cut(label, 0, name_end(label))
}

pub(crate) const fn name_end(label: &[u8]) -> usize {
    if !label.is_empty() && label[0] == b'"' {
        return quote_end(label, 0);
    }
    let mut at = 0;
    while at < label.len() && label[at] != b' ' && label[at] != b'|' {
        at += 1;
    }
    at
}

/// Whether a label has all names of another one.
pub(crate) const fn has_names(label: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while let Some((name, next)) = name_at(other, at) {
        if !has_name(label, name) {
            return false;
        }
        at = next;
    }
    true
}

pub(crate) const fn has_name(label: &[u8], name: &[u8]) -> bool {
    let mut at = 0;
    while let Some((one, next)) = name_at(label, at) {
        if same(one, name) {
            return true;
        }
        at = next;
    }
    false
}

/// The name in a label that begins at a place, and where the next one begins: `total` and `sum` in `total|sum default`.
pub(crate) const fn name_at(label: &[u8], at: usize) -> Option<(&[u8], usize)> {
    if at >= label.len() || (at > 0 && label[at - 1] != b'|') {
        return None;
    }
    let rest = label.split_at(at).1;
    let name = rest.split_at(name_end(rest)).0;
    Some((name, at + name.len() + 1))
}

/// Whether a note follows the names of a label.
pub(crate) const fn is_told(label: &[u8], note: &[u8]) -> bool {
    let mut at = 0;
    while let Some((_, next)) = name_at(label, at) {
        at = next;
    }
    while at < label.len() {
        let rest = label.split_at(at).1;
        let end = find(rest, 0, b' ');
        if same(rest.split_at(end).0, note) {
            return true;
        }
        at += end + 1;
    }
    false
}

/// Whether a name is one of several.
pub(crate) const fn is_among(name: &[u8], names: &[&str]) -> bool {
    let mut index = 0;
    while index < names.len() {
        if same(names[index].as_bytes(), name) {
            return true;
        }
        index += 1;
    }
    false
}

/// The first place of `wanted` outside brackets and quotes; the end if there is none.
pub(crate) const fn find(bytes: &[u8], from: usize, wanted: u8) -> usize {
    let (mut at, mut depth) = (from, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            byte if byte == wanted && depth == 0 => return at,
            b'"' => {
                at = quote_end(bytes, at);
                continue;
            }
            b'{' | b'[' | b'(' | b'<' => depth += 1,
            b'}' | b']' | b')' | b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    at
}

/// The place after the text in quotes that begins at a place.
pub(crate) const fn quote_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    if at < bytes.len() { at + 1 } else { bytes.len() }
}

/// The text between an opening of `opening` bytes and the closing bracket, which is the last byte.
pub(crate) const fn inside(bytes: &[u8], opening: usize) -> &[u8] {
    trim(cut(bytes, opening, bytes.len() - 1))
}

pub(crate) const fn cut(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    let to = if to < bytes.len() { to } else { bytes.len() };
    if from >= to {
        return &[];
    }
    bytes.split_at(to).0.split_at(from).1
}

pub(crate) const fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}

pub(crate) const fn starts(bytes: &[u8], with: &[u8]) -> bool {
    bytes.len() >= with.len() && same(bytes.split_at(with.len()).0, with)
}

pub(crate) const fn ends(bytes: &[u8], with: &[u8]) -> bool {
    bytes.len() >= with.len() && same(bytes.split_at(bytes.len() - with.len()).1, with)
}

pub(crate) const fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}
