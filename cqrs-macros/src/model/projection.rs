use proc_macro2::TokenStream;
use syn::{Ident, ImplItem, Path, Type};

use super::fingerprint;
use super::fold::{Apply, Folder};
use super::item::read_impl;
use super::key::check_field;
use crate::attr::{Marker, Marks, ProjectionImplArgs, Target};
use crate::diagnostics::Diagnostics;

/// `#[projection(…)] impl`.
pub(crate) struct Projection {
    pub(crate) krate: Path,
    pub(crate) ty: Type,
    pub(crate) target: Target<Ident>,
    pub(crate) applies: Vec<Apply>,
    /// A hash of the code of its methods.
    pub(crate) fold: u64,
}

impl Projection {
    pub(crate) fn read(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let args = ProjectionImplArgs::parse(args, diagnostics);
        let block = read_impl(item, "#[projection]", diagnostics)?;
        let mut applies = Vec::new();
        for item in &block.item.items {
            let ImplItem::Fn(method) = item else { continue };
            let Some(marks) = Marks::of(method, diagnostics) else { continue };
            match marks.marker {
                Marker::Apply => applies.extend(Apply::read(method, &marks, Folder::Projection, diagnostics)),
                Marker::Command => {
                    diagnostics
                        .at(&method.sig.ident, "projections only fold: commands belong to an aggregate");
                }
                Marker::React | Marker::Deadline => {
                    let marker = marks.marker.name();
                    diagnostics.at(
                        &method.sig.ident,
                        format!("projections only fold: `#[{marker}]` belongs to a `#[process]`"),
                    );
                }
            }
        }
        if applies.is_empty() && diagnostics.is_empty() {
            diagnostics.at(
                &block.item.self_ty,
                "a projection needs at least one `#[apply] fn …(&mut self, event: &…)`",
            );
        }
        Apply::check_unique(&mut applies, Folder::Projection, diagnostics);
        let target = args.target?;
        for apply in &applies {
            check_key(apply, &target, diagnostics);
        }
        let fold = fingerprint::of_members(block.item.items.iter());
        Some(Self { krate: args.krate, ty: *block.item.self_ty, target, applies, fold })
    }
}

fn check_key(apply: &Apply, target: &Target<Ident>, diagnostics: &mut Diagnostics) {
    if let (Some(items), Target::Aggregate(_)) = (&apply.key.items, target) {
        diagnostics.at(
            items,
            "this view lives at its aggregate's key; views with keys of their own are `#[projection(key(…))]`",
        );
    }
    for entry in &apply.key.fields {
        match target {
            Target::Aggregate(_) => diagnostics.at(
                &entry.field,
                "this view lives at its aggregate's key; one with a key of its own is `#[projection(key(…))]`",
            ),
            Target::Key(names) => check_field(&entry.field, names, diagnostics),
        }
    }
}
