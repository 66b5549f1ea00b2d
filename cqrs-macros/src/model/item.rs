use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Fields, Generics, Ident, Item, ItemFn, ItemImpl, ItemStruct, Member, Type, Visibility};

use crate::attr::cfgs;
use crate::diagnostics::Diagnostics;

/// A struct with named fields or none, and no generics.
pub(crate) struct Struct {
    pub(crate) item: ItemStruct,
}

/// Whether the tokens are an impl block; some macros take both.
pub(crate) fn is_impl(item: &TokenStream) -> bool {
    syn::parse2::<ItemImpl>(item.clone()).is_ok()
}

/// Whether the tokens are a method.
pub(crate) fn is_method(item: &TokenStream) -> bool {
    syn::parse2::<ItemFn>(item.clone()).is_ok_and(|function| function.sig.receiver().is_some())
}

/// Reads the struct under `attribute`, and notes its mistakes. A struct with wrong fields is still returned, so that
/// the code around it finds the traits that it expects.
pub(crate) fn read_struct(
    item: TokenStream,
    attribute: &str,
    also: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Struct> {
    let takes = format!("`{attribute}` takes a struct with named fields{also}");
    read_struct_or(item, attribute, &takes, &takes, diagnostics)
}

/// The same, with two texts for an attribute that may be on other items than structs: what it `takes`, and where it
/// `stands`.
pub(crate) fn read_struct_or(
    item: TokenStream,
    attribute: &str,
    takes: &str,
    stands: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Struct> {
    let item = match diagnostics.ok(syn::parse2::<Item>(item))? {
        Item::Struct(item) => item,
        other => {
            diagnostics.at(head(&other), format!("{stands}, not {}", kind(&other)));
            return None;
        }
    };
    if let Fields::Unnamed(fields) = &item.fields {
        diagnostics.at(fields, format!("{takes}: what is stored needs a name"));
    }
    if !generics(&item.generics, attribute, diagnostics) {
        return None;
    }
    Some(Struct { item })
}

/// The fields of a struct, each with its `#[cfg]`s.
pub(crate) fn state(item: &ItemStruct) -> Vec<(Vec<Attribute>, Member)> {
    let places = item.fields.members().zip(&item.fields);
    places.map(|(member, field)| (cfgs(&field.attrs), member)).collect()
}

/// Refuses type, const and lifetime parameters.
pub(crate) fn generics(generics: &Generics, attribute: &str, diagnostics: &mut Diagnostics) -> bool {
    if generics.params.is_empty() {
        return true;
    }
    diagnostics.at(
        generics,
        format!(
            "`{attribute}` takes no generic parameters: what is stored and registered is one concrete item"
        ),
    );
    false
}

/// An inherent impl block of a plain type.
pub(crate) struct Block {
    pub(crate) item: ItemImpl,
    pub(crate) name: Ident,
}

/// Reads the impl block under `attribute`.
pub(crate) fn read_impl(item: TokenStream, attribute: &str, diagnostics: &mut Diagnostics) -> Option<Block> {
    let item: ItemImpl = diagnostics.ok(syn::parse2(item))?;
    let mut right = generics(&item.generics, attribute, diagnostics);
    if item.trait_.is_some() {
        diagnostics
            .at(&item.self_ty, format!("`{attribute}` goes on the type's own `impl`, not on a trait's"));
        right = false;
    }
    let Some(name) = plain_name(&item.self_ty) else {
        if right {
            diagnostics.at(&item.self_ty, format!("`{attribute}` takes the impl of one plain struct"));
        }
        return None;
    };
    right.then_some(Block { item, name })
}

/// The last segment of a path without generic arguments.
pub(crate) fn plain_name(ty: &Type) -> Option<Ident> {
    let Type::Path(path) = ty else { return None };
    let plain = path.qself.is_none() && path.path.segments.iter().all(|segment| segment.arguments.is_none());
    plain.then(|| path.path.segments.last().map(|segment| segment.ident.clone())).flatten()
}

/// The name of a wrong item's kind.
pub(crate) fn kind(item: &Item) -> &'static str {
    match item {
        Item::Enum(_) => "an enum",
        Item::Union(_) => "a union",
        Item::Trait(_) => "a trait",
        Item::Fn(item) if item.sig.receiver().is_some() => "a method",
        Item::Fn(_) => "a function",
        Item::Impl(_) => "an impl block",
        Item::Struct(_) => "a struct",
        Item::Mod(_) => "a module",
        Item::Type(_) => "a type alias",
        _ => "this item",
    }
}

/// The tokens of an item that say what it is, so that the message does not underline all of it.
pub(crate) fn head(item: &Item) -> TokenStream {
    let named = |visibility: &Visibility, keyword: &dyn ToTokens, name: &Ident| {
        let mut tokens = visibility.to_token_stream();
        keyword.to_tokens(&mut tokens);
        name.to_tokens(&mut tokens);
        tokens
    };
    match item {
        Item::Enum(item) => named(&item.vis, &item.enum_token, &item.ident),
        Item::Union(item) => named(&item.vis, &item.union_token, &item.ident),
        Item::Trait(item) => named(&item.vis, &item.trait_token, &item.ident),
        Item::Struct(item) => named(&item.vis, &item.struct_token, &item.ident),
        Item::Fn(item) => item.sig.to_token_stream(),
        Item::Impl(item) => item.self_ty.to_token_stream(),
        other => other.to_token_stream(),
    }
}
