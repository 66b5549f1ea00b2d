use darling::FromMeta;
use proc_macro2::{Span, TokenStream};
use syn::{Path, Type};

use super::args::{self, Arg};
use super::options::Options;
use super::retry::RetryArg;
use super::value::{CratePath, Flag, Number, Text};
use crate::diagnostics::Diagnostics;

const OPTIONS: Options = Options {
    attribute: "#[event_handler]",
    names: &["name", "queue", "once", "concurrency", "timeout", "retry", "crate"],
};
const EXPECTED: &str = "expected an event type: `#[event_handler(OrderCreated)]`";

/// `#[event_handler(OrderCreated, OrderShipped, name = "…", queue = "…", once, concurrency = 4, timeout = "30s", retry(attempts = 5), crate = path)]`.
pub(crate) struct HandlerArgs {
    pub(crate) events: Vec<Type>,
    pub(crate) name: Option<Text>,
    pub(crate) queue: Option<Text>,
    pub(crate) once: bool,
    pub(crate) concurrency: Option<Number>,
    pub(crate) timeout: Option<Text>,
    pub(crate) retry: Option<RetryArg>,
    pub(crate) krate: Path,
}

#[derive(FromMeta, Default)]
struct Read {
    name: Option<Text>,
    queue: Option<Text>,
    once: Option<Flag>,
    concurrency: Option<Number>,
    timeout: Option<Text>,
    retry: Option<RetryArg>,
    #[darling(rename = "crate")]
    krate: Option<CratePath>,
}

impl HandlerArgs {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut events: Vec<Type> = Vec::new();
        let mut rest = Vec::new();
        for arg in args::parse(tokens, diagnostics) {
            match arg {
                Arg::Type(ty) if events.contains(&ty) => {
                    diagnostics.at(&ty, "this event is listed twice");
                }
                Arg::Type(ty) => events.push(ty),
                Arg::Literal(literal) => diagnostics.at(&literal, EXPECTED),
                Arg::Option(_) => rest.push(arg),
            }
        }
        let read: Read = OPTIONS.read(rest, diagnostics);
        if events.is_empty() && diagnostics.is_empty() {
            diagnostics.push(syn::Error::new(Span::call_site(), EXPECTED));
        }
        Self {
            events,
            name: read.name,
            queue: read.queue,
            once: read.once.unwrap_or_default().0,
            concurrency: read.concurrency,
            timeout: read.timeout,
            retry: read.retry,
            krate: CratePath::or_default(read.krate),
        }
    }
}
