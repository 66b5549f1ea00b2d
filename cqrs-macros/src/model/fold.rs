use quote::ToTokens;
use syn::{Attribute, Ident, ImplItemFn, ReturnType, Type};

use super::argument::{self, Passed, Receiver};
use super::item::plain_name;
use crate::attr::{ApplyKeys, Marks, ReactArgs, cfgs};
use crate::diagnostics::Diagnostics;

/// One `#[apply]` method.
pub(crate) struct Apply {
    pub(crate) method: Ident,
    pub(crate) event: Type,
    /// The event's last name: a case of the aggregate's enum.
    pub(crate) name: Ident,
    /// Whether it takes `&Recorded<E>`.
    pub(crate) recorded: bool,
    /// The name of the event's argument.
    pub(crate) parameter: Option<Ident>,
    pub(crate) key: ApplyKeys,
    /// The key that a projection's method takes in addition to the event: the view's, or that of the event's aggregate.
    pub(crate) asked: Option<Type>,
    pub(crate) cfgs: Vec<Attribute>,
    /// Whether the method can be called. A method with a wrong signature still counts as the one for its event.
    pub(crate) valid: bool,
}

/// Who folds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Folder {
    Aggregate,
    Projection,
    Process,
}

impl Folder {
    /// The signature that an `#[apply]` method should have.
    fn right(self, method: &ImplItemFn, event: Option<&Type>) -> String {
        let event = event.map_or_else(|| "OrderCreated".to_owned(), text);
        let name = &method.sig.ident;
        format!("an `#[apply]` method is `fn {name}(&mut self, event: &{event})`")
    }

    fn only(self) -> &'static str {
        match self {
            Self::Aggregate => "aggregates only fold",
            Self::Projection => "projections only fold",
            Self::Process => "an `#[apply]` of a process only folds",
        }
    }
}

impl Apply {
    /// Reads a method; `None` if not even its event is known.
    pub(crate) fn read(
        method: &ImplItemFn,
        marks: &Marks,
        folder: Folder,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let signature = &method.sig;
        let mut arguments = argument::types(signature);
        let passed = arguments.next().map(Passed::of);
        let inner = passed.as_ref().map(Passed::ty);
        let recorded = inner.and_then(argument::recorded);
        let event = recorded.or(inner);
        let right = folder.right(method, event);
        let only = folder.only();
        let mut own = Diagnostics::default();

        if let Some(asyncness) = &signature.asyncness {
            own.at(asyncness, format!("{only}, and folds do not wait; {right}"));
        }
        argument::concrete(&signature.generics, "an `#[apply]` method", &mut own);
        if Receiver::of(signature) != Receiver::Exclusive {
            match signature.receiver() {
                Some(receiver) => own.at(receiver, format!("the state is changed in place; {right}")),
                None => own.at(&signature.ident, format!("`&mut self` is missing; {right}")),
            }
        }
        match &passed {
            None => own.at(&signature.ident, format!("the event is missing; {right}")),
            Some(Passed::Shared(_)) => {}
            Some(Passed::Exclusive(_) | Passed::Value(_)) => {
                let ty = argument::types(signature).next();
                own.at(ty, format!("events are borrowed; {right}"));
            }
        }
        if let (Some(_), Folder::Aggregate, Some(ty)) = (recorded, folder, inner) {
            own.at(ty, format!("an aggregate folds events without their metadata; {right}"));
        }
        let mut asked = None;
        for extra in arguments {
            if let (Folder::Projection, None, Passed::Shared(ty)) = (folder, &asked, Passed::of(extra))
                && is_key(ty)
            {
                asked = Some(ty.clone());
                continue;
            }
            let elsewhere = match folder {
                Folder::Aggregate | Folder::Projection => {
                    "without dependencies: side effects belong in an `#[event_handler]`"
                }
                Folder::Process => "and sees the event alone: a `#[react]` may ask for the key",
            };
            own.at(extra, format!("{only}, {elsewhere}; {right}"));
        }
        if let ReturnType::Type(_, ty) = &signature.output
            && !matches!(&**ty, Type::Tuple(tuple) if tuple.elems.is_empty())
            && !(folder == Folder::Projection && is_change(ty))
        {
            let way_out = match folder {
                Folder::Aggregate => "",
                Folder::Projection => " but a `ViewChange`, where the view may be removed",
                Folder::Process => ": what follows from the event is said by a `#[react]`",
            };
            own.at(
                ty,
                format!("what has happened cannot be refused, so nothing is returned{way_out}; {right}"),
            );
        }
        let key = match folder {
            Folder::Aggregate => {
                marks.refuse_arguments(&mut own);
                ApplyKeys::default()
            }
            Folder::Projection => marks.key(&mut own),
            Folder::Process => {
                let args = ReactArgs::of(marks, &mut own);
                if let Some(start) = args.start {
                    own.at(start, "an instance is started by a reaction: `#[react(start)]`");
                }
                ApplyKeys { fields: args.key, items: None }
            }
        };
        let name = event.and_then(plain_name);
        if let (Some(event), None) = (event, &name) {
            own.at(event, "an event is one plain struct: no generics, no tuples");
        }
        let valid = own.is_empty();
        diagnostics.absorb(own);
        Some(Self {
            method: signature.ident.clone(),
            event: event?.clone(),
            name: name?,
            recorded: recorded.is_some(),
            parameter: argument::first_name(signature),
            key,
            asked,
            cfgs: cfgs(&method.attrs),
            valid,
        })
    }

    /// Notes events that two methods take. In an aggregate it also notes events that differ only in their module,
    /// because there the name is a case of an enum.
    pub(crate) fn check_unique(applies: &mut Vec<Self>, folder: Folder, diagnostics: &mut Diagnostics) {
        let mut kept: Vec<Self> = Vec::new();
        for apply in applies.drain(..) {
            let same = |earlier: &&Self| {
                let same = match folder {
                    Folder::Aggregate => earlier.name == apply.name,
                    Folder::Projection | Folder::Process => earlier.event == apply.event,
                };
                same && earlier.cfgs == apply.cfgs
            };
            let Some(first) = kept.iter().find(same) else {
                kept.push(apply);
                continue;
            };
            let name = &apply.name;
            if text(&first.event) == text(&apply.event) {
                diagnostics
                    .at(&apply.event, format!("`{name}` has two `#[apply]` methods; one event has one"));
                diagnostics.at(&first.event, format!("the first `#[apply]` for `{name}` is here"));
            } else {
                diagnostics.at(
                    &apply.event,
                    format!("two events are called `{name}`; import one under another name: `use … as Other{name};`"),
                );
                diagnostics.at(&first.event, format!("the other `{name}` is here"));
            }
        }
        *applies = kept;
    }
}

/// Whether a type's name is that of a key, as the macros name keys.
pub(super) fn is_key(ty: &Type) -> bool {
    last_name(ty).is_some_and(|name| name.to_string().ends_with("Key"))
}

/// Whether a type is what a fold returns to remove its view.
fn is_change(ty: &Type) -> bool {
    last_name(ty).is_some_and(|name| name == "ViewChange")
}

pub(super) fn last_name(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = argument::bare(ty) else { return None };
    path.path.segments.last().map(|segment| &segment.ident)
}

/// A type as its author would write it.
pub(crate) fn text(ty: &Type) -> String {
    let tokens = ty.to_token_stream().to_string();
    tokens
        .replace(" :: ", "::")
        .replace(":: ", "::")
        .replace("& ", "&")
        .replace(" <", "<")
        .replace("< ", "<")
        .replace(" >", ">")
}
