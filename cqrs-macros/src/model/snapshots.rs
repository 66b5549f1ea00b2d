use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Field, ItemStruct, Meta, Token, Type};

use super::fingerprint;
use super::fold::text;
use super::serde::Serde;
use crate::attr::Number;
use crate::diagnostics::Diagnostics;

/// `snapshot_every = 100`, and what it needs.
pub(crate) struct Snapshots {
    pub(crate) every: u32,
    /// A hash of what a snapshot of the state looks like.
    pub(crate) shape: u64,
    pub(crate) serde: Serde,
    /// Whether `EventData` is to be derived.
    pub(crate) data: bool,
}

impl Snapshots {
    /// `None` if something is wrong, so that serde does not report it as well.
    pub(crate) fn read(
        every: &Number,
        item: &ItemStruct,
        attribute: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut own = Diagnostics::default();
        let number = match every.0.base10_parse::<u32>() {
            Ok(0) => {
                own.at(
                    &every.0,
                    "`snapshot_every` counts commits from one snapshot to the next, and is at least 1; leave it out \
                     if you want no snapshots",
                );
                0
            }
            Ok(number) => number,
            Err(_) => {
                own.at(&every.0, format!("`snapshot_every` is a whole number from 1 to {}", u32::MAX));
                0
            }
        };
        item.fields.iter().for_each(|field| check(field, &mut own));
        let right = own.is_empty();
        diagnostics.absorb(own);
        let mut serde = Serde::missing(&item.attrs, attribute, diagnostics);
        // If the author derives a trait, the stored form is the one that the author's other code needs.
        serde.rename_all &= serde.serialize && serde.deserialize;
        let shape = fingerprint::of_struct(item) ^ u64::from(serde.rename_all);
        let data = !Serde::is_derived(&item.attrs, "EventData");
        right.then_some(Self { every: number, shape, serde, data })
    }
}

fn check(field: &Field, diagnostics: &mut Diagnostics) {
    if borrows(&field.ty) {
        diagnostics.at(
            &field.ty,
            format!(
                "a state that is read back from a snapshot owns what it holds: a `String` or another owned type \
                 instead of `{}`",
                text(&field.ty)
            ),
        );
    }
    for (attribute, option) in field.attrs.iter().flat_map(skips) {
        let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        diagnostics.at(
            attribute,
            format!(
                "`{option}` leaves `{name}` out of the snapshot, and the state that is read back would not be the fold \
                 of its events; store the field, in a form of its own with `#[serde(with = \"…\")]`"
            ),
        );
    }
}

/// Whether a type is a reference such as `&'static str`, or contains one.
fn borrows(ty: &Type) -> bool {
    let text = ty.to_token_stream().to_string();
    text.replace(' ', "").contains("&'") && !text.contains("PhantomData")
}

/// The options by which serde leaves a field out.
fn skips(attribute: &Attribute) -> Vec<(&Attribute, &'static str)> {
    if !attribute.path().is_ident("serde") {
        return Vec::new();
    }
    // serde reports what does not parse.
    let options =
        attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default();
    let known = ["skip", "skip_serializing", "skip_deserializing"];
    let found =
        options.iter().filter_map(|option| known.into_iter().find(|name| option.path().is_ident(name)));
    found.map(|name| (attribute, name)).collect()
}
