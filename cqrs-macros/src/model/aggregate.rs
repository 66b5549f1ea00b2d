use proc_macro2::TokenStream;
use quote::format_ident;
use syn::{Ident, ImplItem, Path, Type};

use super::command::Command;
use super::fingerprint;
use super::fold::{Apply, Folder};
use super::item::read_impl;
use crate::attr::{AggregateImplArgs, Marker, Marks};
use crate::diagnostics::Diagnostics;

/// `#[aggregate] impl`.
pub(crate) struct Aggregate {
    pub(crate) krate: Path,
    pub(crate) ty: Type,
    /// The enum of its events: `OrderEvent`.
    pub(crate) event: Ident,
    pub(crate) applies: Vec<Apply>,
    pub(crate) commands: Vec<Command>,
    /// A hash of the code of the fold: of everything in the block except commands, because an `#[apply]` may call it.
    pub(crate) fold: u64,
}

impl Aggregate {
    pub(crate) fn read(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let args = AggregateImplArgs::parse(args, diagnostics);
        let block = read_impl(item, "#[aggregate]", diagnostics)?;
        let mut applies = Vec::new();
        let mut commands = Vec::new();
        for item in &block.item.items {
            let ImplItem::Fn(method) = item else { continue };
            let Some(marks) = Marks::of(method, diagnostics) else { continue };
            match marks.marker {
                Marker::Apply => applies.extend(Apply::read(method, &marks, Folder::Aggregate, diagnostics)),
                Marker::Command => commands.extend(Command::read(method, &marks, diagnostics)),
                Marker::React | Marker::Deadline => {
                    let marker = marks.marker.name();
                    diagnostics.at(
                        &method.sig.ident,
                        format!("an aggregate decides and folds: `#[{marker}]` belongs to a `#[process]`"),
                    );
                }
            }
        }
        if applies.is_empty() && diagnostics.is_empty() {
            diagnostics.at(
                &block.item.self_ty,
                "an aggregate needs at least one `#[apply] fn …(&mut self, event: &…)`: its state is the fold of its events",
            );
        }
        Apply::check_unique(&mut applies, Folder::Aggregate, diagnostics);
        for command in &mut commands {
            command.check_output(&applies, diagnostics);
        }
        Command::check_unique(&mut commands, diagnostics);
        let fold = fingerprint::of_members(block.item.items.iter().filter(|item| !is_command(item)));
        Some(Self {
            krate: args.krate,
            ty: *block.item.self_ty,
            event: format_ident!("{}Event", block.name),
            applies,
            commands,
            fold,
        })
    }
}

fn is_command(item: &ImplItem) -> bool {
    let ImplItem::Fn(method) = item else { return false };
    // A method with two markers is noted where its marker is read.
    Marks::of(method, &mut Diagnostics::default()).is_some_and(|marks| marks.marker == Marker::Command)
}
