use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::key::{aggregate_key, key};
use super::{place, shown};
use crate::model::{Instance, Snapshots};

/// What `#[process(key(…))]` adds to the struct: its key and its names.
pub(crate) fn instance(instance: &Instance) -> TokenStream {
    let Instance { krate, ident, name, entity, key: own, templates, queue, snapshots, fields } = instance;
    let private = quote!(#krate::__private);
    let key_ident = &own.ident;
    let key_struct = key(krate, ident, own);
    let address = aggregate_key(krate, &quote!(#private::Instance<#ident>), own, templates);
    let step = format!("{entity}_STEP");
    let queue = queue.as_ref().map(|queue| {
        quote! {
            const QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::Some(#queue);
        }
    });
    let snapshots = snapshots.as_ref().map(|Snapshots { every, shape, .. }| {
        let row = quote_spanned!(place(ident)=> #private::Snapshots::of_instance(#every, #shape));
        quote! {
            const SNAPSHOTS: ::core::option::Option<#private::Snapshots<#private::Instance<Self>>> =
                ::core::option::Option::Some(#row);
        }
    });
    let initial = quote_spanned!(place(ident)=> <#ident as ::core::default::Default>::default());
    let shown = shown(&private, fields);
    quote! {
        #key_struct
        #address

        #[automatically_derived]
        impl #private::ProcessState for #ident {
            const NAME: &'static str = #name;
            const ENTITY: &'static str = #entity;
            const STEP: &'static str = #step;
            #queue
            #snapshots
            type Key = #key_ident;

            fn initial() -> Self {
                #initial
            }

            #shown
        }
    }
}
