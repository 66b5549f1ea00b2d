use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ItemStruct, Path, parse_quote};

use crate::model::Serde;

/// The struct, with what is missing of serde's derives.
pub(crate) fn derive(item: TokenStream, serde: Serde, krate: &Path) -> TokenStream {
    let rename_all = serde.rename_all.then(|| quote!(rename_all = "camelCase"));
    if !serde.serialize && !serde.deserialize {
        // An option of derives that the user wrote comes after them.
        let Some(option) = rename_all else { return item };
        return match syn::parse2::<ItemStruct>(item.clone()) {
            Ok(mut parsed) => {
                parsed.attrs.push(parse_quote!(#[serde(#option)]));
                parsed.into_token_stream()
            }
            Err(_) => item,
        };
    }
    let path = quote!(#krate::__private::serde);
    let serialize = serde.serialize.then(|| quote!(#path::Serialize));
    let deserialize = serde.deserialize.then(|| quote!(#path::Deserialize));
    let derives = serialize.into_iter().chain(deserialize);
    let text = path.to_string().replace(' ', "");
    let place = serde.krate.then(|| quote!(crate = #text));
    let options: Vec<TokenStream> = place.into_iter().chain(rename_all).collect();
    let options = (!options.is_empty()).then(|| quote!(#[serde(#(#options),*)]));
    quote! {
        #[derive(#(#derives),*)]
        #options
        #item
    }
}
