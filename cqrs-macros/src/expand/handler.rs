use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

use crate::model::{Arm, Handler, Subject, handler_marker};

/// What `#[event_handler(…)]` adds: one registered row.
pub(crate) fn handler(handler: &Handler) -> TokenStream {
    let Handler { krate, name, queue, once, concurrency, subject, arms } = handler;
    let private = quote!(#krate::__private);
    let rows = arms.iter().map(|arm| arm_row(arm, subject, &private));
    let checks = arms.iter().filter(|arm| arm.listed != arm.taken).map(|arm| {
        let Arm { listed, taken, .. } = arm;
        quote!(const _: () = #private::assert_same_event::<#taken, #listed>();)
    });
    let receiver = match subject {
        Subject::Function(_) => None,
        Subject::Methods(ty) => Some(quote!(#private::Need::receiver::<#ty>())),
    };
    let dependencies =
        dependencies(handler).into_iter().map(|ty| quote!(#private::Need::dependency::<#ty>()));
    let needs = receiver.into_iter().chain(dependencies);
    let (marker, named) = named(handler, &private);
    let queue = queue.as_ref().map(|queue| quote!(.queue(#queue)));
    let once = once.then(|| quote!(.once()));
    let concurrency = concurrency.map(|streams| quote!(.concurrency(#streams)));
    quote! {
        #(#checks)*
        #marker
        const _: () = {
            const ARMS: &[#private::HandlerArm] = &[#(#rows),*];
            const NEEDS: &[#private::Need] = &[#(#needs),*];
            #named
            #private::inventory::submit! {
                #private::HandlerRow::new(#name, ARMS, NEEDS, ::core::file!(), ::core::line!())
                    .module(::core::module_path!())
                    #queue
                    #once
                    #concurrency
            }
        };
    }
}

/// What follows the events in the arguments, each type once.
fn dependencies(handler: &Handler) -> Vec<&Type> {
    let mut found: Vec<&Type> = Vec::new();
    for ty in handler.arms.iter().flat_map(|arm| &arm.dependencies) {
        if !found.contains(&ty) {
            found.push(ty);
        }
    }
    found
}

/// What `app!` finds where it lists the handler: the receiver's type, or a type beside the function; and what that type
/// tells.
fn named(handler: &Handler, private: &TokenStream) -> (Option<TokenStream>, TokenStream) {
    let Handler { name, subject, arms, .. } = handler;
    let (ty, declared, receiver) = match subject {
        Subject::Methods(ty) => (quote!(#ty), None, Some(quote!(#ty))),
        Subject::Function(vis) => {
            let Some(arm) = arms.first() else { return (None, TokenStream::new()) };
            let marker = handler_marker(&arm.function);
            let declared = quote! {
                #[doc(hidden)]
                #[allow(non_camel_case_types, dead_code, unreachable_pub)]
                #vis struct #marker;
            };
            (quote!(#marker), Some(declared), None)
        }
    };
    let dependencies = dependencies(handler).into_iter().map(|ty| quote!(#ty));
    let needs = list(receiver.into_iter().chain(dependencies).collect());
    let taken = arms.iter().map(|arm| arm.taken.to_token_stream());
    let taken = list(taken.collect());
    let named = quote! {
        #[automatically_derived]
        impl #private::EventHandler<#taken, #needs> for #ty {
            const NAME: &'static str = #name;
            const ARMS: &'static [#private::HandlerArm] = ARMS;
        }
    };
    (declared, named)
}

/// Types as a list of pairs, which has no limit in length.
fn list(types: Vec<TokenStream>) -> TokenStream {
    types.into_iter().rev().fold(quote!(()), |rest, ty| quote!((#ty, #rest)))
}

fn arm_row(arm: &Arm, subject: &Subject, private: &TokenStream) -> TokenStream {
    let Arm { function, taken, .. } = arm;
    let (callee, receiver) = match subject {
        Subject::Function(_) => (quote!(#function), None),
        Subject::Methods(ty) => (quote!(<#ty>::#function), Some(quote!(scope.get::<#ty>()?))),
    };
    let event = if arm.recorded { quote!(&event) } else { quote!(event.event()) };
    let dependencies = arm.dependencies.iter().map(|ty| quote!(scope.get::<#ty>()?));
    let arguments = receiver.into_iter().chain([event]).chain(dependencies);
    let call = quote_spanned!(function.span()=> #callee(#(#arguments),*).await);
    quote! {
        #private::HandlerArm::new(#private::event_id::<#taken>(), |scope, raw| {
            ::std::boxed::Box::pin(async move {
                let event = scope.decode::<#taken>(raw)?;
                let done: ::core::result::Result<(), #private::HandlerError> = #call;
                done
            })
        })
    }
}
