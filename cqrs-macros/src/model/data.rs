use std::cell::Cell;

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{DeriveInput, Fields, Generics, Ident, LitStr, Path, Token, Type, Variant};

use super::Parts;
use super::case::Case;
use crate::attr::{DataArgs, SerdeArgs, SerdeNames};
use crate::diagnostics::Diagnostics;

/// How `events.lock` writes a type that is written as one type and read as another.
const SIDES: &str = "sides";

/// `#[derive(EventData)]`.
pub(crate) struct Data {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) shape: Shape,
    /// Whether another macro makes sure that the types in it have a shape.
    pub(crate) checked: bool,
}

/// What a type is stored as, as far as its tokens show.
pub(crate) enum Shape {
    /// As another type.
    Of(TokenStream),
    Null,
    Opaque(String),
    Tuple(Vec<Shape>),
    Record(Vec<Field>),
    /// One of several cases, distinguished as the text says.
    Choice(String, Vec<Field>),
    /// With a value as JSON.
    Example(Box<Shape>, LitStr),
    /// With a part that is not stored.
    Lossy(Box<Shape>),
    /// Of a type that contains itself.
    Recursive(String, Box<Shape>),
}

/// A field of a record, or a case of a choice, under its label in `events.lock`.
pub(crate) struct Field {
    pub(crate) label: String,
    /// `None` for a case with nothing in it.
    pub(crate) shape: Option<Shape>,
}

impl Data {
    pub(crate) fn read(item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let input: DeriveInput = diagnostics.ok(syn::parse2(item))?;
        let args = DataArgs::on_type(&input.attrs, diagnostics);
        let serde = SerdeArgs::read(&input.attrs);
        let reader = Reader { own: &input.ident, krate: &args.krate, recursive: Cell::new(false) };
        let own = match &input.data {
            syn::Data::Struct(data) => {
                let shape = reader.fields(&data.fields, Cases::of(&serde.rename_all), &serde, diagnostics);
                tagged(shape, &serde, &input.ident)
            }
            syn::Data::Enum(data) => reader.variants(&data.variants, &serde, diagnostics),
            syn::Data::Union(data) => {
                diagnostics.at(data.union_token, "`EventData` takes a struct or an enum, not a union");
                return None;
            }
        };
        let shape = if args.opaque {
            Shape::Opaque(input.ident.unraw().to_string())
        } else {
            let shape = sides(own, serde.into.as_ref(), serde.from.as_ref());
            if reader.recursive.get() {
                Shape::Recursive(input.ident.unraw().to_string(), Box::new(shape))
            } else {
                shape
            }
        };
        let shape = with_example(shape, args.example);
        Some(Self {
            krate: args.krate,
            ident: input.ident,
            generics: input.generics,
            shape,
            checked: args.checked,
        })
    }
}

/// How names are written and read.
#[derive(Clone, Copy, Default)]
struct Cases {
    written: Option<Case>,
    read: Option<Case>,
}

impl Cases {
    fn of(names: &SerdeNames) -> Self {
        let case = |name: &Option<String>| name.as_deref().and_then(Case::named);
        Self { written: case(&names.written), read: case(&names.read) }
    }

    fn or(self, other: Self) -> Self {
        Self { written: self.written.or(other.written), read: self.read.or(other.read) }
    }
}

struct Reader<'a> {
    own: &'a Ident,
    krate: &'a Path,
    /// Whether a field's type names the type itself.
    recursive: Cell<bool>,
}

impl Reader<'_> {
    fn fields(
        &self,
        fields: &Fields,
        cases: Cases,
        container: &SerdeArgs,
        diagnostics: &mut Diagnostics,
    ) -> Shape {
        let mut read: Vec<Field> = Vec::new();
        let mut flattened = 0;
        let mut lossy = false;
        for field in fields {
            let serde = SerdeArgs::read(&field.attrs);
            let args = DataArgs::on_field(&field.attrs, diagnostics);
            if serde.is_skipped() {
                lossy = true;
                continue;
            }
            check_way_back(field, &serde, container, diagnostics);
            lossy |= serde.skip_serializing;
            let label = if serde.flatten {
                // Its name is not stored anywhere.
                flattened += 1;
                if flattened == 1 { "..".to_owned() } else { format!("..{flattened}") }
            } else {
                let name = field.ident.as_ref().map(|ident| ident.unraw().to_string()).unwrap_or_default();
                label(&serde, container.default, &name, cases, Case::field)
            };
            let wide = wide_integer(&field.ty);
            let shape = if args.opaque {
                Shape::Opaque(text(&field.ty))
            } else if let (Some(wide), true) = (wide, serde.with.is_empty()) {
                diagnostics.at(
                    wide,
                    format!(
                        "`{wide}` does not come back as it was stored: numbers in JSON have 64 bits at most. Use `u64` or `i64`, or store it as a text: a `String`, or functions named by `#[serde(with = \"…\")]`"
                    ),
                );
                Shape::Opaque(text(&field.ty))
            } else if serde.with.is_empty() {
                Shape::Of(self.without_itself(field.ty.to_token_stream()))
            } else {
                with(serde.with)
            };
            // A transparent type is stored as its field that holds something.
            if container.transparent && text(&field.ty).contains("PhantomData") {
                continue;
            }
            read.push(Field { label, shape: Some(with_example(shape, args.example)) });
        }
        if container.strict && matches!(fields, Fields::Named(_)) {
            read.push(Field { label: "..".to_owned(), shape: Some(Shape::Null) });
        }
        let named = matches!(fields, Fields::Named(_));
        let alone = container.transparent || (!named && fields.len() == 1);
        let shapes = |fields: Vec<Field>| fields.into_iter().filter_map(|field| field.shape);
        let shape = match fields {
            Fields::Unit => Shape::Null,
            _ if alone => shapes(read).next().unwrap_or(Shape::Null),
            Fields::Named(_) => Shape::Record(read),
            Fields::Unnamed(_) => Shape::Tuple(shapes(read).collect()),
        };
        if lossy { Shape::Lossy(Box::new(shape)) } else { shape }
    }

    fn variants(
        &self,
        variants: &Punctuated<Variant, Token![,]>,
        container: &SerdeArgs,
        diagnostics: &mut Diagnostics,
    ) -> Shape {
        let tagging = match (&container.tag, &container.content) {
            _ if container.untagged => "enum untagged".to_owned(),
            (Some(tag), Some(content)) => format!("enum tag {tag:?} content {content:?}"),
            (Some(tag), None) => format!("enum tag {tag:?}"),
            (None, _) => "enum".to_owned(),
        };
        let cases = Cases::of(&container.rename_all);
        let inner = Cases::of(&container.rename_all_fields);
        let mut read = Vec::new();
        for variant in variants {
            let serde = SerdeArgs::read(&variant.attrs);
            let args = DataArgs::on_field(&variant.attrs, diagnostics);
            if serde.is_skipped() {
                continue;
            }
            let name = variant.ident.unraw().to_string();
            let label = label(&serde, false, &name, cases, Case::variant);
            let fields = Cases::of(&serde.rename_all).or(inner);
            let shape = match &variant.fields {
                _ if args.opaque => Some(Shape::Opaque(name)),
                _ if !serde.with.is_empty() => Some(with(serde.with)),
                Fields::Unit => None,
                some => {
                    let container = SerdeArgs { strict: container.strict, ..SerdeArgs::default() };
                    Some(self.fields(some, fields, &container, diagnostics))
                }
            };
            read.push(Field { label, shape: shape.map(|shape| with_example(shape, args.example)) });
        }
        Shape::Choice(tagging, read)
    }

    /// A type that contains itself would have an endless shape: inside itself it is named, and not looked into.
    fn without_itself(&self, tokens: TokenStream) -> TokenStream {
        let krate = self.krate;
        let mut out = TokenStream::new();
        let mut tokens = tokens.into_iter().peekable();
        // `names::Item` is not `Item`.
        let mut in_path = false;
        while let Some(token) = tokens.next() {
            let follows = std::mem::replace(&mut in_path, is_punct(&token, ':'));
            match token {
                // `Self::LENGTH` is not a field.
                TokenTree::Ident(ident)
                    if !follows
                        && (ident == *self.own || ident == "Self")
                        && !tokens.peek().is_some_and(|next| is_punct(next, ':')) =>
                {
                    self.recursive.set(true);
                    out.extend(quote!(#krate::__private::Itself));
                    if tokens.peek().is_some_and(|next| is_punct(next, '<')) {
                        skip_arguments(&mut tokens);
                    }
                }
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.without_itself(group.stream()));
                    inner.set_span(group.span());
                    out.extend([TokenTree::Group(inner)]);
                }
                other => out.extend([other]),
            }
        }
        out
    }
}

/// Skips `<…>`.
fn skip_arguments(tokens: &mut impl Iterator<Item = TokenTree>) {
    let mut depth = 0_usize;
    for token in tokens {
        if is_punct(&token, '<') {
            depth += 1;
        } else if is_punct(&token, '>') {
            depth -= 1;
            if depth == 0 {
                return;
            }
        }
    }
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

/// `total|sum default`: the stored name, the other names that are read, and other options of serde.
fn label(
    serde: &SerdeArgs,
    all_default: bool,
    name: &str,
    cases: Cases,
    rename: fn(Case, &str) -> String,
) -> String {
    let named = |given: &Option<String>, case: Option<Case>| match (given, case) {
        (Some(given), _) => given.clone(),
        (None, Some(case)) => rename(case, name),
        (None, None) => name.to_owned(),
    };
    let written = named(&serde.rename.written, cases.written);
    let read = named(&serde.rename.read, cases.read);
    let mut label = quoted(&written);
    let others = std::iter::once(&read).chain(&serde.aliases).filter(|other| **other != written);
    for other in others {
        label.push('|');
        label.push_str(&quoted(other));
    }
    for (told, note) in [
        (serde.default || all_default, " default"),
        (serde.skip_serializing_if, " omitted"),
        (serde.skip_serializing, " unwritten"),
        (serde.skip_deserializing, " unread"),
        (serde.other, " other"),
        (serde.untagged, " untagged"),
    ] {
        label.push_str(if told { note } else { "" });
    }
    label
}

/// The name, in quotes if it could be taken for something else.
fn quoted(name: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '$' | '.');
    if !name.is_empty() && name.chars().all(plain) && !name.starts_with("..") {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

/// A struct that is stored with its name in a field.
fn tagged(shape: Shape, serde: &SerdeArgs, ident: &Ident) -> Shape {
    match (shape, &serde.tag) {
        (Shape::Record(mut fields), Some(tag)) => {
            let label = label(serde, false, &ident.unraw().to_string(), Cases::default(), Case::variant);
            let name = vec![Field { label, shape: None }];
            fields
                .insert(0, Field { label: quoted(tag), shape: Some(Shape::Choice("enum".to_owned(), name)) });
            Shape::Record(fields)
        }
        (Shape::Lossy(shape), Some(_)) => Shape::Lossy(Box::new(tagged(*shape, serde, ident))),
        (shape, _) => shape,
    }
}

/// A field that is left out of what is stored, at times or always, needs something to be read as.
fn check_way_back(
    field: &syn::Field,
    serde: &SerdeArgs,
    container: &SerdeArgs,
    diagnostics: &mut Diagnostics,
) {
    let left_out = match (serde.skip_serializing, serde.skip_serializing_if) {
        (true, _) => "skip_serializing",
        (_, true) => "skip_serializing_if",
        _ => return,
    };
    let has_default = serde.default || container.default || serde.skip_deserializing;
    // Without custom functions, a missing `Option` is read as `None`.
    if has_default || (is_option(&field.ty) && serde.with.is_empty()) {
        return;
    }
    let name = match &field.ident {
        Some(name) => format!("`{}`", name.unraw()),
        None => "the field".to_owned(),
    };
    diagnostics.at(
        &field.ty,
        format!(
            "`{left_out}` leaves {name} out of what is stored, and it could not be read back: add `default` beside it"
        ),
    );
}

/// An integer for which JSON has no numbers: the type itself, or the type in a container of the standard library. Any
/// other type with such a parameter declares itself what it is stored as.
fn wide_integer(ty: &Type) -> Option<&Ident> {
    let inner = Parts::inner(ty);
    if !inner.is_empty() {
        return inner.into_iter().find_map(wide_integer);
    }
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|_| path.qself.is_none())?;
    (last.ident == "u128" || last.ident == "i128").then_some(&last.ident)
}

fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

/// The shape of a type that is written or read as another type.
fn sides(own: Shape, into: Option<&Type>, from: Option<&Type>) -> Shape {
    let (written, read) = match (into, from) {
        (None, None) => return own,
        (Some(into), Some(from)) if text(into) == text(from) => return Shape::Of(into.to_token_stream()),
        (Some(into), Some(from)) => (Shape::Of(into.to_token_stream()), Shape::Of(from.to_token_stream())),
        (Some(into), None) => (Shape::Of(into.to_token_stream()), own),
        (None, Some(from)) => (own, Shape::Of(from.to_token_stream())),
    };
    let side = |label: &str, shape| Field { label: label.to_owned(), shape: Some(shape) };
    Shape::Choice(SIDES.to_owned(), vec![side("written", written), side("read", read)])
}

/// The shape of a type that functions store: their names, in an order that does not depend on how they are given.
fn with(mut functions: Vec<String>) -> Shape {
    functions.sort();
    Shape::Opaque(functions.join(", "))
}

fn with_example(shape: Shape, example: Option<LitStr>) -> Shape {
    match example {
        Some(example) => Shape::Example(Box::new(shape), example),
        None => shape,
    }
}

/// A type as an author writes it.
fn text(ty: &impl ToTokens) -> String {
    ty.to_token_stream().to_string().replace(' ', "")
}
