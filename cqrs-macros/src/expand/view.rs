use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;

use super::key::{key, reads};
use super::{data, place, query};
use crate::model::{Address, Key, View};

/// What `#[projection(…)]` adds beside the struct: the view's names and its key.
pub(crate) fn view(view: &View) -> TokenStream {
    let View { krate, ident, name, view: view_name, queue, address, .. } = view;
    let private = quote!(#krate::__private);
    let (key_struct, key_type) = match address {
        Address::Aggregate(aggregate) => (None, quote!(<#aggregate as #private::Entity>::Key)),
        Address::Own(own) => {
            let (key_struct, address, key_ident) =
                (key(krate, ident, own), own_address(krate, own), &own.ident);
            (Some(quote!(#key_struct #address)), quote!(#key_ident))
        }
    };
    let queue = queue.as_ref().map(|queue| {
        quote! {
            const QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::Some(#queue);
        }
    });
    let (shape, described) = (shape(view), described(view));
    let (indexes, query) = (query::indexes(view), query::query(view));
    quote! {
        #key_struct

        #[automatically_derived]
        impl #private::View for #ident {
            const NAME: &'static str = #name;
            const VIEW: &'static str = #view_name;
            #queue
            #shape
            #described
            #indexes
            type Key = #key_type;
        }

        #query
    }
}

/// What the view is stored as: its own tokens, and what is known of the types of its fields.
fn shape(view: &View) -> TokenStream {
    let View { krate, shape, types, .. } = view;
    let private = quote!(#krate::__private);
    let types = types.iter().map(|ty| quote!(#private::ShapeOf::<#ty>::VALUE));
    quote! {
        const SHAPE: u64 = {
            #[allow(unused_imports)]
            use #private::Unshaped as _;
            #private::view_shape(#shape, &[#(#types),*])
        };
    }
}

/// What others are told of it.
fn described(view: &View) -> Option<TokenStream> {
    let krate = &view.krate;
    let private = quote!(#krate::__private);
    let shape = data::known(view.data.as_ref()?, &private);
    Some(quote! {
        const DATA: #private::Shape = {
            #[allow(unused_imports)]
            use #private::Unshaped as _;
            #shape
        };
    })
}

fn own_address(krate: &Path, key: &Key) -> TokenStream {
    let private = quote!(#krate::__private);
    let ident = &key.ident;
    let names: Vec<_> = key.parts.iter().map(|part| &part.name).collect();
    let fields = key.parts.iter().map(|part| {
        let (ident, ty, name) = (&part.ident, &part.ty, &part.name);
        quote_spanned!(place(ty)=> (#name, &self.#ident))
    });
    let reads = reads(key);
    quote! {
        #[automatically_derived]
        impl #ident {
            /// The names of the key's fields, for the impl block of the projection.
            #[doc(hidden)]
            #[allow(unreachable_pub)]
            pub const FIELDS: &'static [&'static str] = &[#(#names),*];
        }

        #[automatically_derived]
        impl<E> #private::FoldKey<Self, E> for #ident {
            fn fold_key(
                view: &Self,
                _: &#private::RawEvent<'_>,
            ) -> ::core::result::Result<Self, #private::DecodeError> {
                ::core::result::Result::Ok(::core::clone::Clone::clone(view))
            }
        }

        #[automatically_derived]
        impl #private::ViewAddress for #ident {
            const PARTS: &'static [&'static str] = Self::FIELDS;

            fn view_tenant(&self) -> &#private::Tenant {
                &self.tenant
            }

            fn view_id(&self) -> ::core::result::Result<#private::String, #private::KeyError> {
                #private::render_view_id(&[#(#fields),*])
            }

            fn from_view_id(
                tenant: #private::Tenant,
                id: &str,
            ) -> ::core::result::Result<Self, #private::KeyError> {
                let parts = #private::parse_view_id(id);
                ::core::result::Result::Ok(Self { tenant, #(#reads),* })
            }
        }
    }
}
