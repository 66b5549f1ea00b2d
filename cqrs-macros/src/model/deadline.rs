//! Finds where the code of a process names its deadlines: as a value, `Self::unpaid`, and not as a call.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Ident, ImplItem, ItemImpl};

use super::reaction::Reaction;
use crate::attr::did_you_mean;
use crate::diagnostics::Diagnostics;

/// The methods that take a deadline, as their first argument.
const CALLS: [&str; 3] = ["deadline", "deadline_at", "cancel"];

/// One place where a method is named.
struct Mention {
    name: Ident,
    /// The member of the block that contains it, if that is a method.
    within: Option<Ident>,
    /// The call whose first argument it is: `cancel`.
    call: Option<&'static str>,
}

/// Notes deadlines that no reaction sets, and methods that are set or cancelled but are not deadlines.
pub(super) fn check(block: &ItemImpl, owner: &Ident, deadlines: &[Reaction], diagnostics: &mut Diagnostics) {
    let mut mentions = Vec::new();
    for item in &block.items {
        let within = match item {
            ImplItem::Fn(method) => Some(&method.sig.ident),
            _ => None,
        };
        find(item.to_token_stream(), owner, within, None, &mut mentions);
    }
    for Reaction { method, .. } in deadlines {
        let names = |mention: &&Mention| mention.name.unraw() == method.unraw();
        // A call that cancels it does not set it.
        let mut set =
            mentions.iter().filter(names).filter(|mention| mention.call != Some("cancel")).peekable();
        let reason = match set.peek() {
            None => "nothing sets this deadline: let a reaction in this block set it",
            Some(_) => {
                "only this deadline itself sets it, so it never comes: let another reaction in this block set it"
            }
        };
        if set.all(|mention| mention.within.as_ref() == Some(method)) {
            diagnostics.at(
                method,
                format!("{reason}, `Reaction::new().deadline(Self::{method}, Duration::from_secs(60))`"),
            );
        }
    }
    for Mention { name, call, .. } in &mentions {
        let Some(call) = call else { continue };
        // A constant is the argument of another type's method with that name.
        let method = name.unraw().to_string().starts_with(|first: char| first.is_lowercase() || first == '_');
        if method && !deadlines.iter().any(|deadline| deadline.method.unraw() == name.unraw()) {
            let known: Vec<String> =
                deadlines.iter().map(|deadline| deadline.method.unraw().to_string()).collect();
            let hint = did_you_mean(&name.unraw().to_string(), known.iter().map(String::as_str));
            let way_out = match hint.strip_prefix(", ") {
                Some(hint) => hint.to_owned(),
                None => format!("add it, `#[deadline] fn {name}(&self) -> Reaction`"),
            };
            diagnostics.at(
                name,
                format!(
                    "`.{call}` takes a `#[deadline]` method of this block, and `{name}` has no such mark: {way_out}"
                ),
            );
        }
    }
}

/// Finds `Self::name` and `Owner::name` that are not called.
fn find(
    tokens: TokenStream,
    owner: &Ident,
    within: Option<&Ident>,
    call: Option<&'static str>,
    mentions: &mut Vec<Mention>,
) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let call =
                    (group.delimiter() == Delimiter::Parenthesis).then(|| called(&tokens[..at])).flatten();
                find(group.stream(), owner, within, call, mentions);
            }
            TokenTree::Ident(name) if at >= 3 && is_path(&tokens[at - 3..at], owner) => {
                let next = tokens.get(at + 1);
                let call = call.filter(|_| at == 3 && next.is_none_or(|next| is_punct(next, ',')));
                // A method that is called here is not a value.
                let value = !next.is_some_and(is_call);
                mentions.extend(value.then(|| Mention { name: name.clone(), within: within.cloned(), call }));
            }
            _ => {}
        }
    }
}

/// The name of the call whose parentheses follow: `.cancel(…)`.
fn called(before: &[TokenTree]) -> Option<&'static str> {
    let [.., dot, TokenTree::Ident(name)] = before else { return None };
    CALLS.into_iter().find(|call| is_punct(dot, '.') && name == call)
}

/// Whether the tokens are `Self::`, or the type's own name and `::`.
fn is_path(tokens: &[TokenTree], owner: &Ident) -> bool {
    let [TokenTree::Ident(first), TokenTree::Punct(colon), second] = tokens else { return false };
    (first == "Self" || first == owner)
        && colon.as_char() == ':'
        && colon.spacing() == Spacing::Joint
        && is_punct(second, ':')
}

fn is_call(next: &TokenTree) -> bool {
    matches!(next, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}
