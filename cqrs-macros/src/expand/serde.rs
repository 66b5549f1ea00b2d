use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ItemStruct, Path, Type, parse_quote};

use crate::model::{Parts, Serde};

/// The bounds of serde's impls for a struct whose types may lack them: the trait holds for a type that has them.
///
/// A bound without a lifetime variable would be an extra error at each impl.
pub(super) fn bounds(parts: &Parts, holds: &TokenStream) -> Option<TokenStream> {
    let bound = |ty: &Type| format!("for<'__part> {}: {}<'__part>", text(ty), text(holds));
    let bounds: Vec<String> = parts.types().iter().map(bound).collect();
    let bounds = bounds.join(", ");
    (!bounds.is_empty()).then(|| quote!(bound = #bounds))
}

/// The struct, with those of serde's derives that are missing.
pub(crate) fn derive(
    item: TokenStream,
    serde: Serde,
    krate: &Path,
    bounds: Option<TokenStream>,
) -> TokenStream {
    let rename_all = serde.rename_all.then(|| quote!(rename_all = "camelCase"));
    let options = rename_all.into_iter().chain(bounds);
    if serde.made_up {
        return made_up(&item, serde, krate);
    }
    if !serde.serialize && !serde.deserialize {
        // An option for derives that the user wrote comes after them.
        let options: Vec<TokenStream> = options.collect();
        if options.is_empty() {
            return item;
        }
        return match syn::parse2::<ItemStruct>(item.clone()) {
            Ok(mut parsed) => {
                parsed.attrs.push(parse_quote!(#[serde(#(#options),*)]));
                parsed.into_token_stream()
            }
            Err(_) => item,
        };
    }
    let path = quote!(#krate::__private::serde);
    let serialize = serde.serialize.then(|| quote!(#path::Serialize));
    let deserialize = serde.deserialize.then(|| quote!(#path::Deserialize));
    let derives = serialize.into_iter().chain(deserialize);
    let text = text(&path);
    let place = serde.krate.then(|| quote!(crate = #text));
    let options: Vec<TokenStream> = place.into_iter().chain(options).collect();
    let options = (!options.is_empty()).then(|| quote!(#[serde(#(#options),*)]));
    quote! {
        #[derive(#(#derives),*)]
        #options
        #item
    }
}

/// The struct, with impls that store nothing: the program does not compile.
fn made_up(item: &TokenStream, serde: Serde, krate: &Path) -> TokenStream {
    let Ok(ItemStruct { ident, .. }) = syn::parse2(item.clone()) else { return item.clone() };
    let private = quote!(#krate::__private);
    let serialize = serde.serialize.then(|| {
        quote! {
            impl #private::serde::Serialize for #ident {
                fn serialize<S: #private::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                    #private::serialize_unit(serializer)
                }
            }
        }
    });
    let deserialize = serde.deserialize.then(|| {
        quote! {
            impl<'de> #private::serde::Deserialize<'de> for #ident {
                fn deserialize<D: #private::serde::Deserializer<'de>>(_: D) -> ::core::result::Result<Self, D::Error> {
                    ::core::result::Result::Err(<D::Error as #private::serde::de::Error>::custom(""))
                }
            }
        }
    });
    quote!(#item #serialize #deserialize)
}

/// Tokens as an author writes them; a space separates two words, as in `<Eur as Currency>::Amount`.
fn text(tokens: &impl ToTokens) -> String {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut text = String::new();
    for piece in tokens.to_token_stream().to_string().split_whitespace() {
        if text.ends_with(is_word) && piece.starts_with(|first| is_word(first) || first == '\'') {
            text.push(' ');
        }
        text.push_str(piece);
    }
    text
}
