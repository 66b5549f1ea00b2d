use syn::{Attribute, Ident, ImplItemFn, ReturnType, Signature, Type};

use super::argument::{self, Passed, Receiver};
use super::fold::{is_key, last_name, text};
use super::item::plain_name;
use crate::attr::{ApplyKey, Marker, Marks, ReactArgs, cfgs};
use crate::diagnostics::Diagnostics;

/// One `#[deadline]` method, or the part of a `#[react]` method that both have in common.
pub(crate) struct Reaction {
    pub(crate) method: Ident,
    /// The key that it takes.
    pub(crate) asked: Option<Type>,
    /// The returned type, if it may be a `Reaction`.
    pub(crate) output: Option<Type>,
    pub(crate) cfgs: Vec<Attribute>,
    /// Whether the method can be called. A method with a wrong signature still counts as the one for its event or its
    /// name.
    pub(crate) valid: bool,
}

/// One `#[react]` method.
pub(crate) struct React {
    pub(crate) reaction: Reaction,
    pub(crate) event: Type,
    /// Whether it takes `&Recorded<E>`.
    pub(crate) recorded: bool,
    /// The name of the event's argument.
    pub(crate) parameter: Option<Ident>,
    /// `#[react(start)]`.
    pub(crate) starts: bool,
    pub(crate) key: Vec<ApplyKey>,
}

impl React {
    /// Reads a method; `None` if not even its event is known.
    pub(crate) fn read(method: &ImplItemFn, marks: &Marks, diagnostics: &mut Diagnostics) -> Option<Self> {
        let signature = &method.sig;
        let first = argument::types(signature).next();
        let passed = first.map(Passed::of);
        let inner = passed.as_ref().map(Passed::ty);
        let recorded = inner.and_then(argument::recorded);
        let event = recorded.or(inner);
        let named = event.map_or_else(|| "OrderCreated".to_owned(), text);
        let right =
            format!("a `#[react]` method is `fn {}(&self, event: &{named}) -> Reaction`", signature.ident);
        let mut own = Diagnostics::default();
        match &passed {
            None => own.at(&signature.ident, format!("the event is missing; {right}")),
            Some(Passed::Shared(_)) => {}
            Some(Passed::Exclusive(_) | Passed::Value(_)) => {
                own.at(first, format!("events are borrowed; {right}"));
            }
        }
        if let Some(event) = event
            && plain_name(event).is_none()
        {
            own.at(event, "an event is one plain struct: no generics, no tuples");
        }
        let args = ReactArgs::of(marks, &mut own);
        let reaction = Reaction::read_after(1, method, Marker::React, &right, own, diagnostics);
        Some(Self {
            reaction,
            event: event.filter(|event| plain_name(event).is_some())?.clone(),
            recorded: recorded.is_some(),
            parameter: argument::first_name(signature),
            starts: args.start.is_some(),
            key: args.key,
        })
    }

    /// Notes events that two methods react to.
    pub(crate) fn check_unique(reacts: &mut Vec<Self>, diagnostics: &mut Diagnostics) {
        let mut kept: Vec<Self> = Vec::new();
        for react in reacts.drain(..) {
            let same = |earlier: &&Self| {
                earlier.event == react.event && earlier.reaction.cfgs == react.reaction.cfgs
            };
            match kept.iter().find(same) {
                None => kept.push(react),
                Some(first) => {
                    let event = text(&react.event);
                    diagnostics.at(
                        &react.event,
                        format!("`{event}` has two `#[react]` methods; one event has one, and `Reaction::and` joins what two helpers say"),
                    );
                    diagnostics.at(&first.event, format!("the first `#[react]` for `{event}` is here"));
                }
            }
        }
        *reacts = kept;
    }
}

impl Reaction {
    /// Reads a `#[deadline]` method.
    pub(crate) fn read(method: &ImplItemFn, marks: &Marks, diagnostics: &mut Diagnostics) -> Self {
        let mut own = Diagnostics::default();
        marks.refuse_arguments(&mut own);
        let right = format!("a `#[deadline]` method is `fn {}(&self) -> Reaction`", method.sig.ident);
        Self::read_after(0, method, Marker::Deadline, &right, own, diagnostics)
    }

    /// Reads what both kinds have in common. After the first `arguments`, at most the key may follow.
    fn read_after(
        arguments: usize,
        method: &ImplItemFn,
        marker: Marker,
        right: &str,
        mut own: Diagnostics,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let signature = &method.sig;
        if let Some(asyncness) = &signature.asyncness {
            own.at(
                asyncness,
                format!("reactions are pure and synchronous: what needs the outside world belongs in a handler that sends a command; {right}"),
            );
        }
        argument::concrete(&signature.generics, &format!("a `#[{}]` method", marker.name()), &mut own);
        if Receiver::of(signature) != Receiver::Shared {
            match signature.receiver() {
                Some(receiver) => {
                    own.at(receiver, format!("a reaction only says what is to happen, and `#[apply]` changes the state; {right}"));
                }
                None => own.at(&signature.ident, format!("`&self` is missing; {right}")),
            }
        }
        let mut asked = None;
        for extra in argument::types(signature).skip(arguments) {
            match Passed::of(extra) {
                Passed::Shared(ty) if asked.is_none() && is_key(ty) => asked = Some(ty.clone()),
                _ => own.at(
                    extra,
                    format!("a reaction sees what has happened, the state and, where it asks for it, the key: what needs more belongs in a handler that sends a command; {right}"),
                ),
            }
        }
        let output = output(signature, right, &mut own);
        let valid = own.is_empty();
        diagnostics.absorb(own);
        Self { method: signature.ident.clone(), asked, output, cfgs: cfgs(&method.attrs), valid }
    }
}

/// The returned type. A type that certainly is not a `Reaction` is noted. A path may be an alias, which only the
/// compiler knows.
fn output(signature: &Signature, right: &str, diagnostics: &mut Diagnostics) -> Option<Type> {
    let ReturnType::Type(_, ty) = &signature.output else {
        diagnostics.at(
            &signature.ident,
            format!(
                "no `Reaction` is returned; {right}, and one that does nothing returns `Reaction::new()`"
            ),
        );
        return None;
    };
    let ty = argument::bare(ty);
    let reason = match ty {
        Type::Macro(_) | Type::Verbatim(_) => return Some(ty.clone()),
        Type::Path(_) => match last_name(ty).map(ToString::to_string)?.as_str() {
            "Result" => "a reaction cannot be refused: what can fail is a command that it executes",
            "Option" => "this is not a `Reaction`: one that does nothing is `Reaction::new()`",
            "Vec" => {
                "this is not a `Reaction`: one of them has all effects, `Reaction::new().execute(…).execute(…)`"
            }
            "Box" | "String" | "Self" => "this is not a `Reaction`",
            name if name.starts_with(|first: char| first.is_ascii_lowercase()) => "this is not a `Reaction`",
            _ => return Some(ty.clone()),
        },
        _ => "this is not a `Reaction`",
    };
    diagnostics.at(ty, format!("{reason}; {right}"));
    None
}
