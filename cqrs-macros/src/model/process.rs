use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Ident, ImplItem, ImplItemFn, Path, Type};

use super::deadline;
use super::fingerprint;
use super::fold::{Apply, Folder, text};
use super::item::read_impl;
use super::key::{check_field, key_path};
use super::reaction::{React, Reaction};
use crate::attr::{ApplyKey, Marker, Marks, ProcessImplArgs, Text};
use crate::diagnostics::Diagnostics;

/// `#[process(…)] impl`.
pub(crate) struct Process {
    pub(crate) krate: Path,
    pub(crate) ty: Type,
    /// The generated key, next to the struct.
    pub(crate) key: Path,
    /// The names of its fields.
    pub(crate) fields: Vec<Ident>,
    pub(crate) arms: Vec<Arm>,
    pub(crate) deadlines: Vec<Reaction>,
    pub(crate) unknown: Option<Unknown>,
    /// A hash of the code of the fold: of everything in the block except reactions, because an `#[apply]` may call it.
    pub(crate) fold: u64,
}

/// What the process does with one event. Several methods of a kind are alternatives under a `#[cfg]`.
pub(crate) struct Arm {
    pub(crate) event: Type,
    pub(crate) applies: Vec<Apply>,
    pub(crate) reacts: Vec<React>,
    pub(crate) key: ArmKey,
}

/// Where the key comes from, if a method says so.
#[derive(Default)]
pub(crate) struct ArmKey {
    pub(crate) fields: Vec<ApplyKey>,
    /// The name of the event in the expressions.
    pub(crate) parameter: Option<Ident>,
    pub(crate) recorded: bool,
}

/// What happens to an event for an instance that was not started.
#[derive(Clone, Copy)]
pub(crate) enum Unknown {
    Skip,
    Fail,
}

impl Process {
    pub(crate) fn read(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let args = ProcessImplArgs::parse(args, diagnostics);
        let block = read_impl(item, "#[process]", diagnostics)?;
        let (mut applies, mut reacts, mut deadlines) = (Vec::new(), Vec::new(), Vec::new());
        for method in methods(&block.item.items) {
            let Some(marks) = Marks::of(method, diagnostics) else { continue };
            match marks.marker {
                Marker::Apply => applies.extend(Apply::read(method, &marks, Folder::Process, diagnostics)),
                Marker::React => reacts.extend(React::read(method, &marks, diagnostics)),
                Marker::Deadline => deadlines.push(Reaction::read(method, &marks, diagnostics)),
                Marker::Command => diagnostics.at(
                    &method.sig.ident,
                    "a process decides on no commands: it executes those of aggregates, in a `Reaction`",
                ),
            }
        }
        Apply::check_unique(&mut applies, Folder::Process, diagnostics);
        React::check_unique(&mut reacts, diagnostics);
        check_names(&mut deadlines, diagnostics);
        deadline::check(&block.item, &block.name, &deadlines, diagnostics);
        let arms = Arm::of(applies, reacts, diagnostics);
        let unknown = args.unknown.as_ref().and_then(|unknown| Unknown::read(unknown, diagnostics));
        check_starts(&block.item.self_ty, &arms, args.unknown.is_some(), diagnostics);
        let fields = args.key?;
        for entry in arms.iter().flat_map(|arm| &arm.key.fields) {
            check_field(&entry.field, &fields, diagnostics);
        }
        let fold = fingerprint::of_members(block.item.items.iter().filter(|item| !is_reaction(item)));
        let key = key_path(&block.item.self_ty)?;
        Some(Self { krate: args.krate, ty: *block.item.self_ty, key, fields, arms, deadlines, unknown, fold })
    }
}

impl Arm {
    /// One arm per event, with its `#[apply]` and its `#[react]` methods.
    fn of(applies: Vec<Apply>, reacts: Vec<React>, diagnostics: &mut Diagnostics) -> Vec<Self> {
        let mut arms: Vec<Self> = Vec::new();
        for apply in applies {
            let arm = Self::at(&mut arms, &apply.event);
            let said = ArmKey {
                fields: apply.key.fields.clone(),
                parameter: apply.parameter.clone(),
                recorded: apply.recorded,
            };
            arm.take(said, diagnostics);
            arm.applies.push(apply);
        }
        for react in reacts {
            let arm = Self::at(&mut arms, &react.event);
            let said = ArmKey {
                fields: react.key.clone(),
                parameter: react.parameter.clone(),
                recorded: react.recorded,
            };
            arm.take(said, diagnostics);
            arm.reacts.push(react);
        }
        arms
    }

    fn at<'a>(arms: &'a mut Vec<Self>, event: &Type) -> &'a mut Self {
        let place = arms.iter().position(|arm| arm.event == *event).unwrap_or(arms.len());
        if place == arms.len() {
            let event = event.clone();
            arms.push(Self { event, applies: Vec::new(), reacts: Vec::new(), key: ArmKey::default() });
        }
        &mut arms[place]
    }

    /// Takes what one method says about the key. Another method may say the same.
    fn take(&mut self, said: ArmKey, diagnostics: &mut Diagnostics) {
        let Some(second) = said.fields.first() else { return };
        let Some(first) = self.key.fields.first() else {
            self.key = said;
            return;
        };
        if self.key.text() != said.text() {
            let event = text(&self.event);
            diagnostics.at(
                &second.field,
                format!("`{event}` has two keys, and an event belongs to one instance: say it on one of its methods"),
            );
            diagnostics.at(&first.field, format!("the first key of `{event}` is here"));
        }
    }

    pub(crate) fn starts(&self) -> bool {
        self.reacts.iter().any(|react| react.starts)
    }
}

impl ArmKey {
    fn text(&self) -> Vec<String> {
        let entries = self.fields.iter().map(|entry| {
            let (field, value) = (&entry.field, entry.value.to_token_stream());
            format!("{field} = {value}")
        });
        entries.collect()
    }
}

impl Unknown {
    fn read(text: &Text, diagnostics: &mut Diagnostics) -> Option<Self> {
        match text.0.value().as_str() {
            "skip" => Some(Self::Skip),
            "fail" => Some(Self::Fail),
            _ => {
                diagnostics.at(&text.0, format!("`unknown` is one of two: {UNKNOWN}"));
                None
            }
        }
    }
}

const UNKNOWN: &str =
    "`unknown = \"skip\"` skips such an event, and `unknown = \"fail\"` makes its commit a dead letter";

/// Checks that something starts an instance, and that there is a rule for events that may come before.
fn check_starts(ty: &Type, arms: &[Arm], told: bool, diagnostics: &mut Diagnostics) {
    let reacts = arms.iter().flat_map(|arm| &arm.reacts).next();
    let Some(first) = reacts else {
        if diagnostics.is_empty() {
            diagnostics.at(
                ty,
                "a process needs at least one `#[react(start)] fn …(&self, event: &…) -> Reaction`: what only folds is a `#[projection]`",
            );
        }
        return;
    };
    if !arms.iter().any(Arm::starts) {
        diagnostics.at(
            &first.reaction.method,
            "nothing starts an instance of this process: mark the reaction to its first event with `#[react(start)]`",
        );
        return;
    }
    if let Some(arm) = arms.iter().find(|arm| !arm.starts())
        && !told
    {
        let event = text(&arm.event);
        diagnostics.at(
            &arm.event,
            format!("`{event}` may come for an instance that nothing has started: say on the impl block what happens to it: {UNKNOWN}"),
        );
    }
}

/// Notes deadlines with the same name.
fn check_names(deadlines: &mut Vec<Reaction>, diagnostics: &mut Diagnostics) {
    let mut kept: Vec<Reaction> = Vec::new();
    for deadline in deadlines.drain(..) {
        let same = |earlier: &&Reaction| earlier.method == deadline.method && earlier.cfgs == deadline.cfgs;
        match kept.iter().find(same) {
            None => kept.push(deadline),
            Some(first) => {
                let name = &deadline.method;
                diagnostics.at(
                    name,
                    format!("two deadlines are called `{name}`: it is stored under that name, so give one of them another"),
                );
                diagnostics.at(&first.method, format!("the first deadline `{name}` is here"));
            }
        }
    }
    *deadlines = kept;
}

fn methods(items: &[ImplItem]) -> impl Iterator<Item = &ImplItemFn> {
    items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    })
}

fn is_reaction(item: &ImplItem) -> bool {
    let ImplItem::Fn(method) = item else { return false };
    // A method with two markers is noted where its marker is read.
    Marks::of(method, &mut Diagnostics::default())
        .is_some_and(|marks| matches!(marks.marker, Marker::React | Marker::Deadline))
}
