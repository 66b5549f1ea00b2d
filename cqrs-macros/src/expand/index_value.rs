use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::place;
use crate::model::{IndexValue, IndexValueKind};

/// What `#[derive(IndexValue)]` adds.
pub(crate) fn index_value(value: &IndexValue) -> TokenStream {
    let IndexValue { krate, ident, kind } = value;
    let private = quote!(#krate::__private);
    let (shape, write) = match kind {
        IndexValueKind::Cases(cases, shape) => {
            let arms = cases.iter().map(|case| {
                let name = case.unraw().to_string();
                quote!(Self::#case => (Self::#case as i128, #name))
            });
            let write = quote! {
                let (discriminant, name) = match self { #(#arms),* };
                #private::index_case(text, discriminant, name);
            };
            (quote!(#shape), write)
        }
        IndexValueKind::Inner(member, ty) => {
            let write =
                quote_spanned!(place(ty)=> <#ty as #private::IndexValue>::write(&self.#member, text););
            (quote_spanned!(place(ty)=> <#ty as #private::IndexValue>::SHAPE), write)
        }
    };
    quote! {
        #[automatically_derived]
        impl #private::IndexValue for #ident {
            const SHAPE: u64 = #shape;
            fn write(&self, text: &mut #private::IndexText) {
                #write
            }
        }
    }
}
