use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Event;

/// What `#[event]` adds beside the struct.
pub(crate) fn event(event: &Event) -> TokenStream {
    let Event { krate, ident, name, schema, .. } = event;
    let serde = event.unit.then(|| unit_serde(event));
    let unhandled = event.unhandled.as_ref().map(|why| {
        quote! {
            const UNHANDLED: ::core::option::Option<&'static str> = ::core::option::Option::Some(#why);
        }
    });
    quote! {
        #[automatically_derived]
        impl #krate::__private::Event for #ident {
            const TYPE: &'static str = #name;
            const SCHEMA: u32 = #schema;
            #unhandled
        }
        #serde
    }
}

/// A unit struct would be stored as null, and could never get a field; an empty map can.
fn unit_serde(event: &Event) -> TokenStream {
    let Event { krate, ident, .. } = event;
    let serde = quote!(#krate::__private::serde);
    let serialize = event.serde.serialize.then(|| {
        quote! {
            #[automatically_derived]
            impl #serde::Serialize for #ident {
                fn serialize<S: #serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    #krate::__private::serialize_unit(serializer)
                }
            }
        }
    });
    let deserialize = event.serde.deserialize.then(|| {
        quote! {
            #[automatically_derived]
            impl<'de> #serde::Deserialize<'de> for #ident {
                fn deserialize<D: #serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    #krate::__private::deserialize_unit(deserializer, #ident)
                }
            }
        }
    });
    quote!(#serialize #deserialize)
}
