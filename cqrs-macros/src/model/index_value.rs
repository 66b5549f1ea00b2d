use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Ident, Member, Meta, Path, Token, Type};

use super::fingerprint;
use crate::attr::IndexValueArgs;
use crate::diagnostics::Diagnostics;
use proc_macro2::TokenStream;

/// `#[derive(IndexValue)]`.
pub(crate) struct IndexValue {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) kind: IndexValueKind,
}

pub(crate) enum IndexValueKind {
    /// The cases of an enum, and a number that differs for other cases.
    Cases(Vec<Ident>, u64),
    /// The one field of a struct.
    Inner(Member, Box<Type>),
}

const TAKES: &str =
    "`IndexValue` is derived by an enum whose cases hold nothing, and by a struct around one value";

impl IndexValue {
    pub(crate) fn read(item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let input: DeriveInput = diagnostics.ok(syn::parse2(item))?;
        let krate = IndexValueArgs::read(&input.attrs, diagnostics).krate;
        check_generics(&input.generics, diagnostics);
        let kind = match &input.data {
            Data::Enum(data) => {
                check_width(&input.attrs, diagnostics);
                if let Some(variant) = data.variants.iter().find(|variant| variant.fields != Fields::Unit) {
                    diagnostics
                        .at(variant, format!("{TAKES}; for another order, keep that in a field of the view"));
                }
                let cases: Vec<Ident> = data.variants.iter().map(|variant| variant.ident.clone()).collect();
                if cases.is_empty() {
                    diagnostics
                        .at(&input.ident, "an enum without cases has no value that an index could have");
                }
                let text: Vec<String> = data
                    .variants
                    .iter()
                    .map(|variant| {
                        let number = variant
                            .discriminant
                            .as_ref()
                            .map(|(_, number)| quote::quote!(#number).to_string());
                        format!("{}={}", variant.ident, number.unwrap_or_default())
                    })
                    .collect();
                IndexValueKind::Cases(cases, fingerprint::of_text(&text.join(",")))
            }
            Data::Struct(data) if data.fields.len() == 1 => {
                let (member, field) = (data.fields.members().next()?, data.fields.iter().next()?);
                IndexValueKind::Inner(member, Box::new(field.ty.clone()))
            }
            Data::Struct(_) | Data::Union(_) => {
                diagnostics.at(
                    &input.ident,
                    format!(
                        "{TAKES}; to index one part of a larger type, keep that part in a field of the view"
                    ),
                );
                return None;
            }
        };
        diagnostics.is_empty().then_some(Self { krate, ident: input.ident, kind })
    }
}

/// An index keeps the discriminant of a case in 64 bits, with a sign or without.
fn check_width(attributes: &[Attribute], diagnostics: &mut Diagnostics) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        // The compiler reports anything else that is wrong with it.
        let Ok(hints) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
            continue;
        };
        let is_wide = |hint: &&Meta| ["i128", "u128"].iter().any(|name| hint.path().is_ident(name));
        if let Some(hint) = hints.iter().find(is_wide) {
            diagnostics.at(
                hint,
                "an index lists the cases of an enum by discriminants of 64 bits; number them so that `u64` or `i64` holds \
                 them, and write that, or leave `#[repr]` out",
            );
        }
    }
}

fn check_generics(generics: &Generics, diagnostics: &mut Diagnostics) {
    if !generics.params.is_empty() {
        diagnostics.at(
            generics,
            "`IndexValue` takes no generic parameters: what an index holds is one concrete type",
        );
    }
}
