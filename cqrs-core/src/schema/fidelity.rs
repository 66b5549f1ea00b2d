//! What the shape of a type says about the way to the store and back.

use super::notation::{is_among, same};
use super::shape::{Field, Shape};
use super::text::Text;

/// The scalars whose every value is read back as it was written. Floating-point numbers are not among them: NaN and the
/// infinities become null, and -0.0 becomes 0. Nor are decimals, whose zero may have a sign, and times of `chrono`, in
/// which every second may be a leap second.
const EXACT: [&str; 28] = [
    "bool",
    "char",
    "string",
    "i8",
    "i16",
    "i32",
    "i64",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "usize",
    "i8 nonzero",
    "i16 nonzero",
    "i32 nonzero",
    "i64 nonzero",
    "isize nonzero",
    "u8 nonzero",
    "u16 nonzero",
    "u32 nonzero",
    "u64 nonzero",
    "usize nonzero",
    "timestamp",
    "ip",
    "ipv4",
    "uuid",
    "date",
];

/// The scalars that are written as text if they are the key of a map, and are read from it again.
const KEYS: [&str; 12] =
    ["string", "char", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];

impl Shape {
    /// Whether every value comes back as it was written, so that the value in memory is what every other process reads.
    /// False if that is not certain.
    pub(crate) const fn comes_back(&self) -> bool {
        match self {
            Self::Scalar(name) => is_among(name.as_bytes(), &EXACT),
            // Null stands for one value only.
            Self::Optional(inner) => inner.comes_back() && !inner.may_be_null(),
            Self::List(inner)
            | Self::Array(inner, _)
            | Self::Example(inner, _)
            | Self::Recursive(_, inner) => inner.comes_back(),
            Self::Map(Self::Scalar(key), value) => is_among(key.as_bytes(), &KEYS) && value.comes_back(),
            Self::Tuple(items) => {
                let mut index = 0;
                while index < items.len() {
                    if !items[index].comes_back() {
                        return false;
                    }
                    index += 1;
                }
                true
            }
            Self::Record(fields) => all_come_back(fields),
            // Other representations look at the data first, and may take it for another case.
            Self::Choice(tagging, cases) => same(tagging.as_bytes(), b"enum") && all_come_back(cases),
            // The enclosing type decides.
            Self::Itself => true,
            Self::Map(..) | Self::Lossy(_) | Self::Opaque(_) => false,
        }
    }

    const fn may_be_null(&self) -> bool {
        match self {
            Self::Scalar(name) => same(name.as_bytes(), b"null"),
            Self::Example(inner, _) | Self::Lossy(inner) | Self::Recursive(_, inner) => inner.may_be_null(),
            // The type itself may be one that is stored as null.
            Self::Optional(_) | Self::Itself | Self::Opaque(_) => true,
            _ => false,
        }
    }

    /// Whether a part of the type, or of a type inside it, is not stored.
    pub(crate) const fn is_lossy(&self) -> bool {
        match self {
            Self::Lossy(_) => true,
            Self::Optional(inner)
            | Self::List(inner)
            | Self::Array(inner, _)
            | Self::Example(inner, _)
            | Self::Recursive(_, inner) => inner.is_lossy(),
            Self::Map(key, value) => key.is_lossy() || value.is_lossy(),
            Self::Tuple(items) => {
                let mut index = 0;
                while index < items.len() {
                    if items[index].is_lossy() {
                        return true;
                    }
                    index += 1;
                }
                false
            }
            Self::Record(fields) | Self::Choice(_, fields) => {
                let mut index = 0;
                while index < fields.len() {
                    if let Some(shape) = &fields[index].shape
                        && shape.is_lossy()
                    {
                        return true;
                    }
                    index += 1;
                }
                false
            }
            Self::Scalar(_) | Self::Itself | Self::Opaque(_) => false,
        }
    }

    /// A fault that no value of the type survives, if the shape shows one.
    pub(crate) const fn fault(&self) -> Option<Text<512>> {
        self.fault_within(false)
    }

    /// `buffered`: the value is read into memory before its type is known. In that form, only texts are keys of maps.
    const fn fault_within(&self, buffered: bool) -> Option<Text<512>> {
        match self {
            Self::Optional(inner) | Self::List(inner) | Self::Array(inner, _) | Self::Lossy(inner) => {
                inner.fault_within(buffered)
            }
            Self::Example(inner, _) | Self::Recursive(_, inner) => inner.fault_within(buffered),
            Self::Map(key, value) => {
                if let Self::Scalar(name) = key
                    && buffered
                    && is_among(name.as_bytes(), &KEYS)
                    && !same(name.as_bytes(), b"string")
                    && !same(name.as_bytes(), b"char")
                {
                    return Some(number_keys(name));
                }
                value.fault_within(buffered)
            }
            Self::Tuple(items) => {
                let mut index = 0;
                while index < items.len() {
                    if let Some(fault) = items[index].fault_within(buffered) {
                        return Some(fault);
                    }
                    index += 1;
                }
                None
            }
            Self::Record(fields) => fields_fault(fields, buffered),
            Self::Choice(tagging, cases) => {
                if let Some(tag) = internal_tag(tagging)
                    && let Some(fault) = tag_fault(tag, cases)
                {
                    return Some(fault);
                }
                let plain = same(tagging.as_bytes(), b"enum") || same(tagging.as_bytes(), b"sides");
                fields_fault(cases, buffered || !plain)
            }
            Self::Scalar(_) | Self::Itself | Self::Opaque(_) => None,
        }
    }
}

const fn fields_fault(fields: &[Field], buffered: bool) -> Option<Text<512>> {
    let mut index = 0;
    while index < fields.len() {
        // The fields beside a flattened field are read as they come. Only what is left for the flattened field is
        // buffered.
        if let Some(shape) = &fields[index].shape
            && let Some(fault) = shape.fault_within(buffered || is_flattened(&fields[index]))
        {
            return Some(fault);
        }
        index += 1;
    }
    None
}

/// A field whose own fields are stored beside it; not the mark of `deny_unknown_fields`.
pub(super) const fn is_flattened(field: &Field) -> bool {
    let label = field.label.as_bytes();
    let strict = matches!(&field.shape, Some(Shape::Scalar(name)) if same(name.as_bytes(), b"null"));
    label.len() >= 2 && label[0] == b'.' && label[1] == b'.' && !strict
}

/// Whether every field is written and read under one name, and its value comes back as it was written.
const fn all_come_back(fields: &[Field]) -> bool {
    let mut index = 0;
    while index < fields.len() {
        if is_flattened(&fields[index]) || !is_plain(fields[index].label) {
            return false;
        }
        if let Some(shape) = &fields[index].shape {
            let strict = fields[index].label.as_bytes()[0] == b'.';
            if !strict && !shape.comes_back() {
                return false;
            }
        }
        index += 1;
    }
    true
}

/// `name`, or `name default`.
const fn is_plain(label: &str) -> bool {
    let bytes = label.as_bytes();
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b' ' && bytes[at] != b'|' && bytes[at] != b'"' {
        at += 1;
    }
    at > 0 && (at == bytes.len() || same(bytes.split_at(at).1, b" default"))
}

/// The name between the quotes of `enum tag "kind"`, if nothing follows it.
const fn internal_tag(tagging: &str) -> Option<&[u8]> {
    let (bytes, before) = (tagging.as_bytes(), b"enum tag \"");
    if bytes.len() <= before.len() || !same(bytes.split_at(before.len()).0, before) {
        return None;
    }
    let name = bytes.split_at(before.len()).1;
    let Some((b'"', name)) = name.split_last() else { return None };
    let mut at = 0;
    while at < name.len() {
        if name[at] == b'"' {
            return None;
        }
        at += 1;
    }
    Some(name)
}

/// The fault of a field inside a case that has the name of the tag: one of the two would take the place of the other.
const fn tag_fault(tag: &[u8], cases: &[Field]) -> Option<Text<512>> {
    let mut index = 0;
    while index < cases.len() {
        if let Some(shape) = &cases[index].shape
            && has_field(shape, tag)
        {
            let mut message = Text::new();
            message.push("the tag `");
            message.bytes(tag);
            message.push("` is also a field inside of the case `");
            message.push(cases[index].label);
            message.push("`: one takes the place of the other, and nothing could be read back; give the tag another name, or add `content = \"…\"`");
            return Some(message);
        }
        index += 1;
    }
    None
}

const fn has_field(shape: &Shape, name: &[u8]) -> bool {
    match shape {
        Shape::Record(fields) => {
            let mut index = 0;
            while index < fields.len() {
                if same(super::notation::name_of(fields[index].label.as_bytes()), name) {
                    return true;
                }
                if is_flattened(&fields[index])
                    && let Some(inner) = &fields[index].shape
                    && has_field(inner, name)
                {
                    return true;
                }
                index += 1;
            }
            false
        }
        Shape::Choice(tagging, _) => match internal_tag(tagging) {
            Some(inner) => same(inner, name),
            None => false,
        },
        Shape::Lossy(inner) | Shape::Example(inner, _) | Shape::Recursive(_, inner) => has_field(inner, name),
        _ => false,
    }
}

const fn number_keys(name: &str) -> Text<512> {
    let mut message = Text::new();
    message.push("a map with `");
    message.push(name);
    message.push("` keys is inside a tagged, untagged or flattened type: serde reads such a key as text only, and nothing could be read back; make the keys `String`, or store a list of pairs");
    message
}
