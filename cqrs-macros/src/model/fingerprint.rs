//! A hash of code that stays the same as long as the code means the same. It does not depend on the layout, the
//! comments, the lints or the compiler's release.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Field, ImplItem, ItemStruct, Visibility};

/// Attributes that change neither what is stored nor what is computed.
const SILENT: [&str; 19] = [
    "allow",
    "apply",
    "automatically_derived",
    "clippy",
    "cold",
    "command",
    "deny",
    "deprecated",
    "derive",
    "diagnostic",
    "doc",
    "expect",
    "forbid",
    "inline",
    "must_use",
    "non_exhaustive",
    "rustfmt",
    "track_caller",
    "warn",
];

/// Two characters that mean something else when they are separate: `a && b` and `a & &b`.
const JOINED: [(char, char); 2] = [('&', '&'), ('|', '|')];

/// FNV-1a, 64 bits, as in `cqrs-core`. The hash is stored, so no release of a library may change it.
struct Hash(u64);

/// The hash of a struct's fields and their attributes. Their visibility does not count.
pub(crate) fn of_struct(item: &ItemStruct) -> u64 {
    let mut item = item.clone();
    item.vis = Visibility::Inherited;
    item.fields.iter_mut().for_each(|Field { vis, .. }| *vis = Visibility::Inherited);
    of(item.into_token_stream())
}

/// The hash of members of an impl block, whatever their order.
pub(crate) fn of_members<'a>(members: impl Iterator<Item = &'a ImplItem>) -> u64 {
    let mut hashes: Vec<u64> = members.map(of_member).collect();
    hashes.sort_unstable();
    let mut hash = Hash::new();
    hashes.iter().for_each(|member| hash.bytes(&member.to_le_bytes()));
    hash.0
}

fn of_member(member: &ImplItem) -> u64 {
    let mut member = member.clone();
    match &mut member {
        ImplItem::Fn(method) => method.vis = Visibility::Inherited,
        ImplItem::Const(constant) => constant.vis = Visibility::Inherited,
        _ => {}
    }
    of(member.into_token_stream())
}

/// The hash of the text of a shape, as `cqrs-core` makes it.
pub(crate) fn of_text(text: &str) -> u64 {
    let mut hash = Hash::new();
    hash.bytes(text.as_bytes());
    hash.0
}

fn of(tokens: TokenStream) -> u64 {
    let mut hash = Hash::new();
    hash.stream(tokens, Delimiter::None);
    hash.0
}

impl Hash {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Adds one token, separated from the next.
    fn word(&mut self, word: &str) {
        self.bytes(word.as_bytes());
        self.bytes(&[0]);
    }

    fn stream(&mut self, tokens: TokenStream, around: Delimiter) {
        let mut tokens = tokens.into_iter().peekable();
        let mut after_block = false;
        let mut commas = 0;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    if tokens.next_if(is_silent).is_none() {
                        self.word("#");
                    }
                    continue;
                }
                TokenTree::Punct(punct) if punct.as_char() == ',' => {
                    commas += 1;
                    let last = tokens.peek().is_none();
                    // rustfmt adds and removes these commas; but `(x,)` is not the same as `(x)`.
                    let layout = (last && (around != Delimiter::Parenthesis || commas > 1))
                        || (after_block && around == Delimiter::Brace);
                    if !layout {
                        self.word(",");
                    }
                    after_block = false;
                    continue;
                }
                TokenTree::Punct(punct) => {
                    let joined = punct.spacing() == Spacing::Joint
                        && matches!(tokens.peek(), Some(TokenTree::Punct(next)) if JOINED.contains(&(punct.as_char(), next.as_char())));
                    self.bytes(punct.as_char().to_string().as_bytes());
                    self.bytes(if joined { &[1] } else { &[0] });
                }
                TokenTree::Group(group) => {
                    self.group(&group);
                    after_block = group.delimiter() == Delimiter::Brace;
                    continue;
                }
                TokenTree::Ident(word) => self.word(&word.to_string()),
                TokenTree::Literal(literal) => self.word(&literal.to_string()),
            }
            after_block = false;
        }
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            // The invisible delimiters around a fragment that a `macro_rules!` macro has inserted.
            Delimiter::None => return self.stream(group.stream(), Delimiter::None),
        };
        self.word(open);
        self.stream(group.stream(), group.delimiter());
        self.word(close);
    }
}

fn is_silent(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let mut inside = group.stream().into_iter();
    match (inside.next(), inside.next()) {
        // `#[apply(key(…))]` says which views take the event.
        (Some(TokenTree::Ident(name)), Some(_)) if name == "apply" => false,
        (Some(TokenTree::Ident(name)), _) => {
            group.delimiter() == Delimiter::Bracket && SILENT.iter().any(|silent| name == silent)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;
    use syn::{ItemImpl, parse_quote, parse_str};

    fn state(text: &str) -> u64 {
        of_struct(&parse_str(text).unwrap())
    }

    fn fold(text: &str) -> u64 {
        let block: ItemImpl = parse_str(&format!("impl Order {{ {text} }}")).unwrap();
        of_members(block.items.iter())
    }

    #[test]
    fn layout_comments_and_lints_do_not_count() {
        let plain = state("struct Order { open: bool, total: u64 }");
        for same in [
            "struct Order {\n    open: bool,\n    // in cents\n    total: u64,\n}",
            "/// An order.\n#[derive(Debug, Clone)]\npub struct Order { /// Placed.\n pub open: bool, #[allow(dead_code)] pub(crate) total: u64 }",
        ] {
            assert_eq!(state(same), plain, "{same}");
        }
        let plain = fold("#[apply] fn a(&mut self, e: &A) { match e.kind { 1 => self.f(e.x, 2), _ => {} } }");
        for same in [
            "/// Adds.\n#[inline] #[apply] pub fn a(&mut self, e: &A) { match e.kind { 1 => self.f(e.x, 2,), _ => {}, } }",
            "#[apply]\nfn a(\n&mut self,\ne: &A,\n) {\nmatch e.kind {\n1=>self.f(\ne.x,\n2,\n),\n_=>{}\n}\n}",
        ] {
            assert_eq!(fold(same), plain, "{same}");
        }
        assert_eq!(fold("const A: i64=-1;"), fold("const A: i64 = - 1;"));
        assert_eq!(fold("fn a() { f!(x=-1) }"), fold("fn a() { f!(x = -1) }"));
    }

    #[test]
    fn the_order_of_members_does_not_count() {
        assert_eq!(fold("fn a() { 1 } fn b() { 2 }"), fold("fn b() { 2 } fn a() { 1 }"));
        assert_ne!(fold("fn a() { 1 } fn b() { 2 }"), fold("fn a() { 2 } fn b() { 1 }"));
    }

    #[test]
    fn what_is_stored_or_computed_counts() {
        let plain = state("struct Order { open: bool, total: u64 }");
        for other in [
            "struct Order { open: bool, total: u32 }",
            "struct Order { open: bool, sum: u64 }",
            "struct Order { open: bool }",
            "struct Order { open: bool, #[serde(rename = \"t\")] total: u64 }",
            "struct Order { open: bool, #[serde(default)] total: u64 }",
            "#[serde(rename_all = \"lowercase\")] struct Order { open: bool, total: u64 }",
            "struct Order { #[cfg(feature = \"x\")] open: bool, total: u64 }",
        ] {
            assert_ne!(state(other), plain, "{other}");
        }
        let plain = fold("fn a(&mut self, e: &A) { self.x = self.y && e.z; self.n += 1; }");
        for other in [
            "fn a(&mut self, e: &A) { self.x = self.y & &e.z; self.n += 1; }",
            "fn a(&mut self, e: &A) { self.x = self.y && e.z; self.n += 2; }",
            "fn a(&mut self, e: &A) { self.x = self.y && e.z; self.n -= 1; }",
            "fn a(&mut self, e: &B) { self.x = self.y && e.z; self.n += 1; }",
        ] {
            assert_ne!(fold(other), plain, "{other}");
        }
        assert_ne!(fold("fn a() { (x,) }"), fold("fn a() { (x) }"));
        assert_ne!(fold("fn a() { f(ab, c) }"), fold("fn a() { f(a, bc) }"));
    }

    /// `Shape::fingerprint` of `cqrs-core` has the same test. With another value, the compiler compares every shape in
    /// full.
    #[test]
    fn the_text_of_a_shape_is_hashed_as_the_compiler_hashes_it() {
        assert_eq!(of_text("{ id: string, quantities: [u32] }"), 13_286_107_032_837_057_374);
    }

    /// It is stored: with another value, this would be another program for every existing snapshot.
    #[test]
    fn the_value_does_not_change_with_the_tool() {
        let item: ItemStruct = parse_quote!(
            struct Order {
                open: bool,
            }
        );
        assert_eq!(of_struct(&item), 1_443_032_432_624_101_940);
        assert_eq!(of(quote!(a + b)), 7_994_160_324_843_575_565);
    }
}
