use proc_macro2::TokenStream;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Attribute, Ident, ImplItem, ImplItemFn, Item, Path, Signature, Type};

use super::argument::{self, Passed, Receiver};
use super::duration::{SPAN, millis};
use super::fold::text;
use super::item::{head, kind, read_impl};
use super::queue::queue;
use super::retry::Retry;
use crate::attr::{HandlerArgs, Number, Text, cfgs};
use crate::diagnostics::Diagnostics;

/// `#[event_handler(…)]`.
pub(crate) struct Handler {
    pub(crate) krate: Path,
    pub(crate) name: String,
    /// The queue that it shares.
    pub(crate) queue: Option<String>,
    /// Whether it has an inbox.
    pub(crate) once: bool,
    /// How many streams it works on at a time.
    pub(crate) concurrency: Option<usize>,
    /// How long one event may take, in milliseconds.
    pub(crate) timeout: Option<u64>,
    /// How it is retried, as far as it has its own settings.
    pub(crate) retry: Option<Retry>,
    pub(crate) subject: Subject,
    pub(crate) arms: Vec<Arm>,
}

/// What is called.
pub(crate) enum Subject {
    /// A function.
    Function,
    /// The methods of this type.
    Methods(Box<Type>),
}

/// One function or method, and its event.
pub(crate) struct Arm {
    /// The `#[cfg]`s of a method.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) function: Ident,
    /// As listed in the attribute.
    pub(crate) listed: Type,
    /// As taken by the argument.
    pub(crate) taken: Type,
    /// Whether it takes `&Recorded<E>`.
    pub(crate) recorded: bool,
    pub(crate) dependencies: Vec<Type>,
}

/// The type that represents a handler function in `app!`.
pub(crate) fn marker(function: &Ident) -> Ident {
    format_ident!("__function_with_event_handler_attribute_{}", function.unraw(), span = function.span())
}

impl Handler {
    /// Reads the item; `None` if anything is wrong: half a handler is not registered.
    pub(crate) fn read(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let args = HandlerArgs::parse(args, diagnostics);
        let (own_name, subject, arms) = match diagnostics.ok(syn::parse2::<Item>(item.clone()))? {
            Item::Fn(function) => {
                let arm = read_function(&function.sig, &args.events, diagnostics);
                let name = function.sig.ident.unraw().to_string();
                (name, Subject::Function, arm.into_iter().collect())
            }
            Item::Impl(_) => {
                let block = read_impl(item, "#[event_handler]", diagnostics)?;
                let methods = block.item.items.iter().filter_map(|item| match item {
                    ImplItem::Fn(method) => Some(method),
                    _ => None,
                });
                let arms = read_methods(methods.collect(), &args.events, &block.item.self_ty, diagnostics);
                (block.name.unraw().to_string(), Subject::Methods(block.item.self_ty), arms)
            }
            other => {
                let kind = kind(&other);
                diagnostics.at(
                    head(&other),
                    format!("`#[event_handler]` takes a free `async fn` or an impl block, not {kind}"),
                );
                return None;
            }
        };
        let name = match &args.name {
            None => own_name,
            Some(name) => {
                if name.0.value().trim().is_empty() {
                    diagnostics.at(&name.0, "the name of the handler is empty");
                }
                name.0.value()
            }
        };
        let queue = queue(args.queue.as_ref(), diagnostics);
        let concurrency = args.concurrency.and_then(|number| concurrency(&number, diagnostics));
        let timeout = args.timeout.and_then(|text| timeout(&text, diagnostics));
        let retry = args.retry.map(|arg| Retry::read(&arg, diagnostics));
        diagnostics.is_empty().then_some(Self {
            krate: args.krate,
            name,
            queue,
            once: args.once,
            concurrency,
            timeout,
            retry,
            subject,
            arms,
        })
    }
}

fn concurrency(number: &Number, diagnostics: &mut Diagnostics) -> Option<usize> {
    let streams = number.0.base10_parse().ok().filter(|streams| *streams > 0);
    if streams.is_none() {
        diagnostics.at(
            &number.0,
            "`concurrency` is the number of streams that the handler works on at a time: 1 or more",
        );
    }
    streams
}

fn timeout(text: &Text, diagnostics: &mut Diagnostics) -> Option<u64> {
    let millis = millis(text);
    if millis.is_none() {
        let what = "how long the handler may take for one event";
        diagnostics.at(&text.0, format!("`timeout` is {what}: {SPAN}, such as `timeout = \"30s\"`"));
    }
    millis
}

fn read_function(signature: &Signature, events: &[Type], diagnostics: &mut Diagnostics) -> Option<Arm> {
    if let Some(receiver) = signature.receiver() {
        diagnostics.at(
            receiver,
            "`#[event_handler]` does not go on a method: put it on the impl block, or on a free function",
        );
        return None;
    }
    if let Some(second) = events.get(1) {
        diagnostics.at(
            second,
            "a function handles one event; for several of them, put `#[event_handler]` on an impl block with one method each",
        );
    }
    read_signature(signature, events.first()?, diagnostics)
}

/// Gives every listed event its methods: one, or alternatives under a `#[cfg]`. Methods that take no listed event are the
/// author's own.
fn read_methods(
    methods: Vec<&ImplItemFn>,
    events: &[Type],
    ty: &Type,
    diagnostics: &mut Diagnostics,
) -> Vec<Arm> {
    let mut arms = Vec::new();
    let mut rest = methods;
    let mut found: Vec<Vec<&ImplItemFn>> = vec![Vec::new(); events.len()];
    // A type that is written as in the list is certainly meant. By its last name alone it counts only if no other event
    // has it.
    for same in [same_type, same_name] {
        for (event, methods) in events.iter().zip(&mut found).filter(|(_, methods)| methods.is_empty()) {
            let takes = |method: &&ImplItemFn| event_of(&method.sig).is_some_and(|taken| same(taken, event));
            methods.extend(rest.iter().copied().filter(takes));
            rest.retain(|method| !takes(method));
        }
    }
    let mut missing = Vec::new();
    for (event, methods) in events.iter().zip(found) {
        if methods.is_empty() {
            missing.push(event);
        }
        for (index, method) in methods.iter().enumerate() {
            let own = cfgs(&method.attrs);
            match methods[..index].iter().find(|earlier| cfgs(&earlier.attrs) == own) {
                Some(first) => {
                    let event = text(event);
                    diagnostics
                        .at(&method.sig.ident, format!("two methods take `{event}`; one event has one"));
                    diagnostics.at(&first.sig.ident, format!("the first method for `{event}` is here"));
                }
                None => arms.extend(read_method(method, event, diagnostics)),
            }
        }
    }
    let mut candidates: Vec<&ImplItemFn> =
        rest.into_iter().filter(|method| is_candidate(&method.sig)).collect();
    // The argument may name the event through an alias; the compiler compares the two types.
    if missing.len() == candidates.len() {
        for (event, method) in missing.drain(..).zip(candidates.drain(..)) {
            arms.extend(read_method(method, event, diagnostics));
        }
    }
    for event in missing {
        let event = text(event);
        diagnostics.at(
            ty,
            format!("no method takes `{event}`; add `async fn …(&self, event: &Recorded<{event}>) -> Result<(), HandlerError>`"),
        );
    }
    for signature in candidates.iter().map(|method| &method.sig) {
        if let Some(first) =
            argument::types(signature).next().filter(|ty| argument::recorded(Passed::of(ty).ty()).is_some())
        {
            diagnostics.at(first, "this event is not listed in `#[event_handler(…)]`");
        }
    }
    arms
}

/// Whether a method looks as if it were meant for an event.
fn is_candidate(signature: &Signature) -> bool {
    let first = argument::types(signature).next().map(|ty| Passed::of(ty).ty());
    signature.asyncness.is_some() || first.and_then(argument::recorded).is_some()
}

/// The event that a method takes, if it is one that takes any.
fn event_of(signature: &Signature) -> Option<&Type> {
    let passed = Passed::of(argument::types(signature).next()?);
    let inner = passed.ty();
    Some(argument::bare(argument::recorded(inner).unwrap_or(inner)))
}

fn same_type(taken: &Type, listed: &Type) -> bool {
    taken == argument::bare(listed)
}

fn same_name(taken: &Type, listed: &Type) -> bool {
    let name = last_name(taken);
    name.is_some() && name == last_name(argument::bare(listed))
}

fn last_name(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|segment| &segment.ident)
}

fn read_method(method: &ImplItemFn, event: &Type, diagnostics: &mut Diagnostics) -> Option<Arm> {
    let signature = &method.sig;
    if Receiver::of(signature) != Receiver::Shared {
        match signature.receiver() {
            Some(receiver) => {
                diagnostics
                    .at(receiver, "handlers take `&self`: one instance works on several events at a time");
            }
            None => diagnostics.at(&signature.ident, "`&self` is missing: without it, write a free function"),
        }
    }
    let arm = read_signature(signature, event, diagnostics)?;
    Some(Arm { cfgs: cfgs(&method.attrs), ..arm })
}

fn read_signature(signature: &Signature, event: &Type, diagnostics: &mut Diagnostics) -> Option<Arm> {
    let listed = text(event);
    if signature.asyncness.is_none() {
        diagnostics.at(signature.fn_token, "event handlers are `async fn`");
    }
    argument::concrete(&signature.generics, "registering a handler", diagnostics);
    let right = "handlers return `Result<(), HandlerError>`";
    argument::result(signature, right, diagnostics);
    let mut arguments = argument::types(signature);
    let Some(first) = arguments.next() else {
        diagnostics.at(&signature.ident, format!("the event is missing; add `event: &Recorded<{listed}>`"));
        return None;
    };
    let passed = Passed::of(first);
    if !matches!(passed, Passed::Shared(_)) {
        let inner = text(argument::recorded(passed.ty()).unwrap_or(passed.ty()));
        diagnostics.at(first, format!("handlers borrow the event: `&{inner}` or `&Recorded<{inner}>`"));
    }
    let recorded = argument::recorded(passed.ty());
    let mut dependencies = Vec::new();
    for argument in arguments {
        match Passed::of(argument) {
            Passed::Shared(Type::TraitObject(_) | Type::ImplTrait(_)) => diagnostics.at(
                argument,
                "a dependency is found by its type, so it is a concrete one: provide an `Arc<dyn …>` and take `&Arc<dyn …>`",
            ),
            Passed::Shared(ty) => dependencies.push(ty.clone()),
            Passed::Exclusive(ty) | Passed::Value(ty) => {
                diagnostics.at(argument, format!("dependencies are shared, so they come by reference: `&{}`", text(ty)));
            }
        }
    }
    Some(Arm {
        cfgs: Vec::new(),
        function: signature.ident.clone(),
        listed: event.clone(),
        taken: recorded.unwrap_or(passed.ty()).clone(),
        recorded: recorded.is_some(),
        dependencies,
    })
}
