//! Paths in tokens that have not been parsed: the input of a macro, and its expansion.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// A path, and where it begins.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    pub(crate) glob: bool,
}

/// All paths of two segments and more, those of `$crate` among them.
pub(crate) fn paths(tokens: &TokenStream) -> Vec<Found> {
    let mut found = Vec::new();
    scan(&tokens.clone().into_iter().collect::<Vec<_>>(), &[], &mut found);
    found
}

/// Paths in texts, as in `#[serde(with = "crate::store::decimal")]`.
pub(crate) fn quoted_paths(tokens: &TokenStream) -> Vec<Found> {
    let mut found = Vec::new();
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => found.extend(quoted_paths(&group.stream())),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                let Some(tokens) = text.and_then(|text| text.parse::<TokenStream>().ok()) else { continue };
                let line = literal.span().start().line;
                found.extend(paths(&tokens).into_iter().map(|path| Found { line, ..path }));
            }
            _ => {}
        }
    }
    found
}

/// `before` is the prefix of a group of imports.
fn scan(tokens: &[TokenTree], before: &[String], found: &mut Vec<Found>) {
    let mut at = 0;
    while at < tokens.len() {
        let TokenTree::Ident(first) = &tokens[at] else {
            if let TokenTree::Group(group) = &tokens[at] {
                let inner: Vec<_> = group.stream().into_iter().collect();
                // In a group of imports a group is what follows the same path.
                scan(&inner, before, found);
            }
            at += 1;
            continue;
        };
        let follows_something = at.checked_sub(1).is_some_and(|last| match &tokens[last] {
            // `$name` and `#name` represent something else.
            TokenTree::Punct(mark) if matches!(mark.as_char(), '$' | '#') => first != "crate",
            TokenTree::Punct(mark) if mark.as_char() == '.' => true,
            _ => colons(tokens, last.wrapping_sub(1)),
        });
        let line = first.span().start().line;
        let mut path = [before, &[first.to_string()]].concat();
        at += 1;
        let mut glob = false;
        while colons(tokens, at) {
            match tokens.get(at + 2) {
                Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    if !follows_something {
                        scan(&group.stream().into_iter().collect::<Vec<_>>(), &path, found);
                    }
                    at += 3;
                    break;
                }
                Some(TokenTree::Punct(star)) if star.as_char() == '*' => {
                    glob = true;
                    at += 3;
                    break;
                }
                _ => break,
            }
            at += 3;
        }
        if path.len() > 1 && !follows_something {
            found.push(Found { path, line, glob });
        }
    }
}

/// Whether there is a `::`.
fn colons(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize, spacing: bool| {
        matches!(tokens.get(at), Some(TokenTree::Punct(mark))
            if mark.as_char() == ':' && (mark.spacing() == Spacing::Joint || !spacing))
    };
    colon(at, true) && colon(at.wrapping_add(1), false)
}
