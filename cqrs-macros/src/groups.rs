//! `macro_rules!` passes a fragment such as `$name:literal` between invisible delimiters. They keep `1 + 2` one value.
//! Around a name, a literal or a path they change nothing, but they make a different syntax tree.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// Opens the groups that change nothing in the arguments of a macro.
pub(crate) fn open_args(tokens: TokenStream) -> TokenStream {
    open(tokens, Braces::Enter)
}

/// Opens them in an item; the bodies of its functions stay as they are.
pub(crate) fn open_item(tokens: TokenStream) -> TokenStream {
    let whole: Vec<TokenTree> = tokens.into_iter().collect();
    if let [TokenTree::Group(group)] = whole.as_slice()
        && group.delimiter() == Delimiter::None
    {
        return open_item(group.stream());
    }
    let braces = whole.iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "fn" => Some(Braces::Keep),
        TokenTree::Ident(word) if word == "impl" || word == "trait" => Some(Braces::EnterOnce),
        TokenTree::Ident(word) if word == "struct" || word == "enum" || word == "union" => {
            Some(Braces::Enter)
        }
        _ => None,
    });
    open(whole.into_iter().collect(), braces.unwrap_or(Braces::Keep))
}

/// What to do with braces, which contain fields, methods, or the body of a function.
#[derive(Clone, Copy)]
enum Braces {
    Enter,
    EnterOnce,
    Keep,
}

impl Braces {
    fn inside(self) -> Option<Self> {
        match self {
            Self::Enter => Some(Self::Enter),
            Self::EnterOnce => Some(Self::Keep),
            Self::Keep => None,
        }
    }
}

fn open(tokens: TokenStream, braces: Braces) -> TokenStream {
    let mut opened = TokenStream::new();
    let mut attribute = false;
    for token in tokens {
        let TokenTree::Group(group) = token else {
            attribute = is_punct(&token, '#') || (attribute && is_punct(&token, '!'));
            opened.extend([token]);
            continue;
        };
        let inside = match group.delimiter() {
            Delimiter::None => Some(open(group.stream(), braces)),
            Delimiter::Parenthesis => Some(open(group.stream(), braces)),
            Delimiter::Bracket if attribute => Some(open(group.stream(), Braces::Enter)),
            Delimiter::Bracket => Some(open_array(group.stream(), braces)),
            Delimiter::Brace => braces.inside().map(|braces| open(group.stream(), braces)),
        };
        attribute = false;
        match inside {
            Some(inside) if group.delimiter() == Delimiter::None && changes_nothing(&inside) => {
                opened.extend(inside);
            }
            Some(inside) => {
                let mut same = Group::new(group.delimiter(), inside);
                same.set_span(group.span());
                opened.extend([TokenTree::Group(same)]);
            }
            None => opened.extend([TokenTree::Group(group)]),
        }
    }
    opened
}

/// Opens the groups in the type of an array, or in a list. The length is an expression, in which a group may matter.
fn open_array(tokens: TokenStream, braces: Braces) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let length = tokens.iter().position(|token| is_punct(token, ';')).unwrap_or(tokens.len());
    let (elements, length) = tokens.split_at(length);
    let mut opened = open(elements.iter().cloned().collect(), braces);
    opened.extend(length.iter().cloned());
    opened
}

/// Whether the tokens are one operand in any place: nothing, a token, `-1`, `&'a path::To<Type>`, `pub(crate)`;
/// or an argument of an attribute: `derive(Clone)`, `name = "…"`.
fn changes_nothing(tokens: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    match tokens.as_slice() {
        [] | [_] => true,
        [minus, TokenTree::Literal(_)] if is_punct(minus, '-') => true,
        [first, rest @ ..] if is_punct(first, '&') => is_path(without_lifetime(rest)),
        all => is_path(all),
    }
}

fn without_lifetime(tokens: &[TokenTree]) -> &[TokenTree] {
    let tokens = match tokens {
        [quote, TokenTree::Ident(_), rest @ ..] if is_punct(quote, '\'') => rest,
        all => all,
    };
    match tokens {
        [TokenTree::Ident(word), rest @ ..] if word == "mut" => rest,
        all => all,
    }
}

fn is_path(tokens: &[TokenTree]) -> bool {
    let mut depth = 0_usize;
    let mut after_word = false;
    let mut arrow = false;
    for (index, token) in tokens.iter().enumerate() {
        let was_arrow = std::mem::replace(&mut arrow, is_punct(token, '-'));
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' && !was_arrow => {
                let Some(less) = depth.checked_sub(1) else { return false };
                depth = less;
            }
            _ if depth > 0 => {}
            TokenTree::Ident(_) if !after_word => {}
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            TokenTree::Punct(punct) if punct.as_char() == '=' => {
                return after_word && punct.spacing() == Spacing::Alone;
            }
            TokenTree::Group(group) => {
                return after_word && index + 1 == tokens.len() && group.delimiter() != Delimiter::Brace;
            }
            _ => return false,
        }
        after_word = matches!(token, TokenTree::Ident(_));
    }
    depth == 0
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn grouped(tokens: TokenStream) -> TokenTree {
        TokenTree::Group(Group::new(Delimiter::None, tokens))
    }

    #[test]
    fn what_is_one_operand_loses_its_group() {
        for operand in [
            quote!(),
            quote!("text"),
            quote!(-1),
            quote!(u64),
            quote!(::std::vec::Vec<Option<u8>>),
            quote!(<Order as Entity>::Key),
            quote!(Map<fn() -> u8, u8>),
            quote!(&'static mut str),
            quote!(pub(crate)),
            quote!(derive(Clone)),
            quote!(name = "text"),
            quote!([u8; 3]),
        ] {
            assert!(changes_nothing(&operand), "{operand}");
        }
    }

    #[test]
    fn what_binds_by_precedence_keeps_its_group() {
        for operand in [
            quote!(1 + 2),
            quote!(dyn A + B),
            quote!(a as u8),
            quote!(a == b),
            quote!(a < b),
            quote!(&a + b),
            quote!(fn() -> u8),
            quote!(|a| a),
            quote!(a.b()),
        ] {
            assert!(!changes_nothing(&operand), "{operand}");
        }
    }

    #[test]
    fn bodies_and_lengths_stay_as_they_are() {
        let ty = grouped(quote!(u8));
        let item = open_item(quote!(fn f(a: #ty) -> [#ty; #ty] { a as #ty < 3 }));
        // Compared as trees: the groups are invisible in text, too.
        let trees = format!("{item:?}");
        assert_eq!(trees.matches("None").count(), 2, "{trees}");
        let item = open_item(quote!(#[m(#ty)] enum E { A { b: #ty }, C(#ty) }));
        assert_eq!(format!("{item:?}").matches("None").count(), 0);
        let block = open_item(quote!(impl #ty { fn f(a: #ty) { a as #ty < 3 } }));
        assert_eq!(format!("{block:?}").matches("None").count(), 1);
    }
}
