use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;

use super::key::{key, reads};
use super::{bounds, data, named_at, place, query};
use crate::model::{Address, Key, View};

/// The bounds of serde's impls.
pub(crate) fn viewable(view: &View) -> Option<TokenStream> {
    let krate = &view.krate;
    bounds(&view.parts, &quote!(#krate::__private::Viewable))
}

/// What `#[projection(…)]` adds to the struct: the view's names and its key.
pub(crate) fn view(view: &View) -> TokenStream {
    let View { krate, ident, name, view: view_name, queue, address, .. } = view;
    let private = quote!(#krate::__private);
    let (key_struct, key_type, place) = match address {
        Address::Aggregate(aggregate) => (
            None,
            quote!(<#aggregate as #private::Entity>::Key),
            quote!(impl #private::ViewOf<#aggregate> for #ident {}),
        ),
        Address::Own(own) => {
            let (key_struct, address, key_ident) =
                (key(krate, ident, own), own_address(krate, own), &own.ident);
            let place = quote!(impl #private::KeyedView for #ident {});
            (Some(quote!(#key_struct #address)), quote!(#key_ident), place)
        }
    };
    let queue = queue.as_ref().map(|queue| {
        quote! {
            const QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::Some(#queue);
        }
    });
    let named = named_at(ident, &view.parts);
    let (shape, described) = (shape(view), described(view));
    let (indexes, query) = (query::indexes(view), query::query(view));
    quote! {
        #key_struct

        #[automatically_derived]
        impl #private::View for #named {
            const NAME: &'static str = #name;
            const VIEW: &'static str = #view_name;
            #queue
            #shape
            #described
            #indexes
            type Key = #key_type;
        }

        #[automatically_derived]
        #place

        #query
    }
}

/// The stored shape of the view: its own tokens, and what is known about the types of its fields.
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

/// The description of the view for other programs.
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
            const PARTS: &'static [&'static str] = &[#(#names),*];

            fn view_tenant(&self) -> &#private::Tenant {
                &self.tenant
            }

            fn view_id(&self) -> ::core::result::Result<#private::String, #private::KeyError> {
                #private::render_view_id(&[#(#fields),*])
            }

            fn from_view_parts(
                tenant: #private::Tenant,
                parts: &#private::Parts<'_>,
            ) -> ::core::result::Result<Self, #private::KeyError> {
                ::core::result::Result::Ok(Self { tenant, #(#reads),* })
            }
        }
    }
}
