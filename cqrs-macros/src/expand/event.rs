use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Member;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{bounds, local, named_at, place};
use crate::model::{Event, Locked, Role, Upcaster};

/// The bounds of serde's impls. A struct whose author has written the derives above the attribute has them already.
pub(crate) fn storable(event: &Event) -> Option<TokenStream> {
    let krate = &event.krate;
    bounds(&event.parts, &quote!(#krate::__private::Storable))
}

/// What `#[event]` and `#[command]` add to the struct.
pub(crate) fn event(event: &Event) -> TokenStream {
    let Event { krate, ident, name, aliases, schema, widened, .. } = event;
    let private = quote!(#krate::__private);
    let unit = event.unit.then(|| unit(event, &private));
    let aliases = (!aliases.is_empty()).then(|| {
        quote! {
            const ALIASES: &'static [&'static str] = &[#(#aliases),*];
        }
    });
    let widened = (*widened > 0).then(|| quote!(const WIDENED: u32 = #widened;));
    let (older, step) = older(event, &private);
    let lock = event.locked.as_ref().map(|locked| lock(event, locked, &private));
    let unhandled = event.unhandled.as_ref().map(|why| {
        quote! {
            const UNHANDLED: ::core::option::Option<&'static str> = ::core::option::Option::Some(#why);
        }
    });
    let command = event.role == Role::Command;
    let is_command = command.then(|| {
        quote!(
            const COMMAND: bool = true;
        )
    });
    let stored = command.then(|| stored_command(event, &private));
    // rustc could not point at a path whose parts come from two places in the source.
    let way_back = quote_spanned!(ident.span()=>
        const _: () = {
            use #private::check_way_back as __check_way_back;
            __check_way_back::<#ident>()
        };
    );
    let named = named_at(ident, &event.parts);
    let fields = (!command).then(|| fields(event));
    quote! {
        #[automatically_derived]
        impl #private::Event for #named {
            const TYPE: &'static str = #name;
            const SCHEMA: u32 = #schema;
            #widened
            #aliases
            #older
            #unhandled
            #fields
            #is_command
        }
        #stored
        #unit
        #step
        #lock
        #way_back
    }
}

/// The names of the fields, which the keys of views and processes use.
fn fields(event: &Event) -> TokenStream {
    let names = event.fields.iter().filter_map(|(cfgs, member)| match member {
        Member::Named(name) => {
            let name = name.unraw().to_string();
            Some(quote!(#(#cfgs)* #name))
        }
        Member::Unnamed(_) => None,
    });
    quote! {
        const FIELDS: ::core::option::Option<&'static [&'static str]> = ::core::option::Option::Some(&[#(#names),*]);
    }
}

/// What only a command has: its own row, because its aggregate does not list it as it lists its events.
fn stored_command(event: &Event, private: &TokenStream) -> TokenStream {
    let ident = &event.ident;
    quote! {
        #[automatically_derived]
        impl #private::StoredCommand for #ident {}
        #private::inventory::submit! {
            #private::CommandRow::of::<#ident>(::core::file!(), ::core::line!(), ::core::env!("CARGO_PKG_NAME"))
                .module(::core::module_path!())
        }
    }
}

/// How earlier schemas are read, and the check that the chain has no gap.
fn older(event: &Event, private: &TokenStream) -> (Option<TokenStream>, Option<TokenStream>) {
    let ident = &event.ident;
    let older = |value: TokenStream| quote!(const UPCASTER: #private::Upcaster<Self> = #value;);
    match &event.older {
        Upcaster::None => (None, None),
        Upcaster::Typed(from) => {
            let typed = quote_spanned!(place(from)=> #private::Upcaster::typed::<#from>());
            let check = quote_spanned!(from.span()=>
                const _: () = if let ::core::option::Option::Some(message) =
                    #private::broken_step::<#ident>()
                {
                    ::core::panic!("{}", message.text())
                };
            );
            (Some(older(typed)), Some(check))
        }
        Upcaster::Json(steps) => {
            let data = local("data");
            let steps = steps.iter().map(|(from, step)| {
                let call = quote_spanned!(place(step)=> __next_json(#step, #data));
                // rustc could not point at a path whose parts come from two places in the source.
                quote!(#private::JsonStep {
                    from: #from,
                    step: |#data| {
                        use #private::next_json as __next_json;
                        #call
                    },
                })
            });
            (Some(older(quote!(#private::Upcaster::json(&[#(#steps),*])))), None)
        }
    }
}

/// The comparison with `events.lock`. rustc reads the file as well, so that a change of it compiles the events again.
fn lock(event: &Event, locked: &Locked, private: &TokenStream) -> TokenStream {
    let ident = &event.ident;
    let file = crate::model::LOCK_FILE;
    let path = format!("/{file}");
    let tracked = locked.first.then(|| {
        quote! {
            const _: &[u8] = ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path));
        }
    });
    let check = locked.shape.as_ref().map(|shape| {
        let fingerprint = crate::model::text_fingerprint(shape);
        // rustc could not point at a path whose parts come from two places in the source.
        quote_spanned!(ident.span()=>
            #[allow(long_running_const_eval)]
            const _: () = {
                use #private::check_shape as __check_shape;
                __check_shape::<#ident>(#shape, #fingerprint)
            };
        )
    });
    let unlocked_widening = locked.before.as_ref().filter(|_| locked.shape.is_none());
    let widening = unlocked_widening.map(|(before, shape)| {
        quote_spanned!(ident.span()=>
            #[allow(long_running_const_eval)]
            const _: () = {
                use #private::check_widening as __check_widening;
                __check_widening::<#ident>(#shape, #before)
            };
        )
    });
    quote!(#tracked #check #widening)
}

/// A unit struct would be stored as null, and could never get a field. So it is stored as an empty map, which can.
fn unit(event: &Event, private: &TokenStream) -> TokenStream {
    let Event { ident, .. } = event;
    let serde = quote!(#private::serde);
    let serialize = event.serde.serialize.then(|| {
        quote! {
            #[automatically_derived]
            impl #serde::Serialize for #ident {
                fn serialize<S: #serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    #private::serialize_unit(serializer)
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
                    #private::deserialize_unit(deserializer, #ident)
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #private::EventData for #ident {
            const SHAPE: #private::Shape = #private::Shape::Record(&[]);
        }
        #serialize
        #deserialize
    }
}
