//! What may be added to a locked shape without changing how data stored in it is read.
//!
//! | added | is a widening if |
//! | --- | --- |
//! | a field | it is an `Option`, or has a default |
//! | a case of an enum | stored cases are told apart by names; in an untagged enum, if it comes after all existing ones |
//! | an alias | no other field or case has the name |
//! | a default | the field was always stored before |
//! | room for a value | an integer becomes a wider one; a type that is never null becomes an `Option` of itself, unless it is a field that had a default |
//!
//! An untagged enum tries its cases in turn, so a new case may take a value away from another case. Therefore nothing
//! inside it may grow. The same holds beside a flattened map or enum, which takes what the fields around it leave. A
//! tuple is read by its length.

mod room;
#[cfg(test)]
mod tests;

use super::fidelity::is_flattened;
use super::notation::{
    Entry, entry_at, has_entry, has_name, has_names, is_told, name_at, name_of, same, starts,
};
use super::shape::{Field, Shape};
pub(super) use room::{is_never_null, of_integer};

/// The surroundings of a shape, which decide what may be added to it.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// Nothing may be added.
    fixed: bool,
    /// An option is not allowed here: in the key of a map, in a flattened record, in the content of a case, or in a
    /// field that had a default.
    never_optional: bool,
    /// The record that a flattened one is stored in.
    stored_in: Option<&'a [Field]>,
}

impl<'a> Surroundings<'a> {
    pub(super) const NONE: Self = Self { fixed: false, never_optional: false, stored_in: None };

    /// The surroundings of a part.
    pub(super) const fn within(self) -> Self {
        Self { fixed: self.fixed, ..Self::NONE }
    }

    pub(super) const fn never_optional(self) -> Self {
        Self { never_optional: true, ..self }
    }

    /// Whether a value may be given more room.
    pub(super) const fn may_grow(self) -> bool {
        !self.fixed
    }

    /// Whether a value may become an option.
    pub(super) const fn may_be_optional(self) -> bool {
        !self.fixed && !self.never_optional
    }

    const fn or_fixed(self, fixed: bool) -> Self {
        Self { fixed: self.fixed || fixed, ..self }
    }

    const fn stored_in(self, fields: &'a [Field]) -> Self {
        Self { stored_in: Some(fields), ..self }
    }
}

/// The fields of a record, or the cases of a choice, together with the locked ones.
pub(super) struct Members<'a> {
    pub(super) all: &'a [Field],
    pub(super) locked: &'a [u8],
    around: Surroundings<'a>,
    kind: Kind<'a>,
}

enum Kind<'a> {
    /// All fields that are stored in one object, with those of flattened records.
    Fields(&'a [Field]),
    /// Cases. Names tell them apart unless they are untagged.
    Cases { untagged: bool },
    /// What a type is written as, and what it is read as.
    Sides,
}

impl<'a> Members<'a> {
    pub(super) const fn of_record(all: &'a [Field], locked: &'a [u8], around: Surroundings<'a>) -> Self {
        let stored = match around.stored_in {
            Some(fields) => fields,
            None => all,
        };
        Self { all, locked, around, kind: Kind::Fields(stored) }
    }

    pub(super) const fn of_choice(
        tagging: &str,
        all: &'a [Field],
        locked: &'a [u8],
        around: Surroundings<'a>,
    ) -> Self {
        let kind = if same(tagging.as_bytes(), b"sides") {
            Kind::Sides
        } else {
            Kind::Cases { untagged: same(tagging.as_bytes(), b"enum untagged") }
        };
        Self { all, locked, around, kind }
    }

    /// The surroundings of the value of a member that is locked under this label.
    pub(super) const fn around(&self, member: &'a Field, was: &[u8]) -> Surroundings<'a> {
        let within = self.around.within();
        match self.kind {
            // If it was not stored, it was read as the default of its type. An option would be read as `None` instead.
            Kind::Fields(_) if is_told(was, b"default") => within.never_optional(),
            Kind::Fields(_) if !is_flattened(member) => within,
            Kind::Fields(stored) => match &member.shape {
                Some(shape) if record_of(shape).is_some() => within.stored_in(stored).never_optional(),
                _ => within.or_fixed(true),
            },
            Kind::Cases { untagged } => {
                within.or_fixed(untagged || is_told(member.label.as_bytes(), b"untagged")).never_optional()
            }
            Kind::Sides => within.or_fixed(true),
        }
    }

    /// Whether all stored data is read as before if this member is new.
    pub(super) const fn may_gain(&self, index: usize) -> bool {
        let member = &self.all[index];
        let label = member.label.as_bytes();
        if self.around.fixed || !self.has_names_of_its_own(label) {
            return false;
        }
        match self.kind {
            Kind::Fields(_) => {
                !starts(label, b"..")
                    && (member.may_miss || is_told(label, b"default") || is_told(label, b"unread"))
            }
            Kind::Cases { untagged: true } => self.is_behind_locked(index),
            Kind::Cases { .. } if is_told(label, b"untagged") => self.is_behind_locked(index),
            Kind::Cases { .. } => !self.has_untagged(),
            Kind::Sides => false,
        }
    }

    /// Whether all stored data is read as before if the label of a member changes but its stored name does not.
    pub(super) const fn may_relabel(&self, member: &Field, (was, locked): Entry<'_>) -> bool {
        let is = member.label.as_bytes();
        if self.around.fixed || !has_names(is, was) || matches!(self.kind, Kind::Sides) {
            return false;
        }
        let gains_names = !has_names(was, is);
        if gains_names && (!self.has_names_of_its_own(is) || self.has_untagged()) {
            return false;
        }
        // A field that may be missing in the store was read as `None`.
        let was_always_stored = match locked {
            Some(shape) => !is_told(was, b"omitted") && shape[shape.len() - 1] != b'?',
            None => true,
        };
        let default = match (is_told(was, b"default"), is_told(is, b"default")) {
            (false, true) => was_always_stored,
            (true, false) => false,
            (true, true) | (false, false) => true,
        };
        let omitted = is_told(is, b"omitted")
            || !is_told(was, b"omitted")
            || member.may_miss
            || is_told(is, b"default");
        default
            && omitted
            && is_told(is, b"unwritten") == is_told(was, b"unwritten")
            && is_told(is, b"unread") == is_told(was, b"unread")
            && is_told(is, b"other") == is_told(was, b"other")
            && is_told(is, b"untagged") == is_told(was, b"untagged")
    }

    /// Whether the untagged cases are tried in the same order as before.
    pub(super) const fn is_in_order(&self) -> bool {
        let Kind::Cases { untagged } = self.kind else { return true };
        let (mut at, mut last) = (0, 0);
        while let Some((entry, next)) = entry_at(self.locked, at) {
            if (untagged || is_told(entry.0, b"untagged"))
                && let Some(index) = self.position(name_of(entry.0))
            {
                if index < last {
                    return false;
                }
                last = index;
            }
            at = next;
        }
        true
    }

    const fn position(&self, name: &[u8]) -> Option<usize> {
        let mut index = 0;
        while index < self.all.len() {
            if same(name_of(self.all[index].label.as_bytes()), name) {
                return Some(index);
            }
            index += 1;
        }
        None
    }

    /// Whether no locked case follows this one.
    const fn is_behind_locked(&self, index: usize) -> bool {
        let mut behind = index + 1;
        while behind < self.all.len() {
            if has_entry(self.locked, name_of(self.all[behind].label.as_bytes())) {
                return false;
            }
            behind += 1;
        }
        true
    }

    /// Whether there is an untagged case. It takes data with a name that no other case has, so a new name would take
    /// data away from it.
    const fn has_untagged(&self) -> bool {
        let mut at = 0;
        while let Some((entry, next)) = entry_at(self.locked, at) {
            if is_told(entry.0, b"untagged") {
                return true;
            }
            at = next;
        }
        false
    }

    /// Whether no other member has one of the names of a label.
    const fn has_names_of_its_own(&self, label: &[u8]) -> bool {
        let stored = match self.kind {
            Kind::Fields(stored) => stored,
            Kind::Cases { .. } | Kind::Sides => self.all,
        };
        let mut at = 0;
        while let Some((name, next)) = name_at(label, at) {
            match takers(stored, name) {
                Some(1) => {}
                _ => return false,
            }
            at = next;
        }
        true
    }
}

/// How many members take what is stored under a name; `None` if one of them takes names that it does not list.
const fn takers(members: &[Field], name: &[u8]) -> Option<usize> {
    let (mut index, mut count) = (0, 0);
    while index < members.len() {
        let member = &members[index];
        if is_flattened(member) {
            let inner = match &member.shape {
                Some(shape) => record_of(shape),
                None => None,
            };
            let Some(inner) = inner else { return None };
            let Some(inside) = takers(inner, name) else { return None };
            count += inside;
        } else if has_name(member.label.as_bytes(), name) {
            count += 1;
        }
        index += 1;
    }
    Some(count)
}

const fn record_of(shape: &Shape) -> Option<&[Field]> {
    match shape {
        Shape::Record(fields) => Some(fields),
        Shape::Example(inner, _) | Shape::Lossy(inner) | Shape::Recursive(_, inner) => record_of(inner),
        _ => None,
    }
}
