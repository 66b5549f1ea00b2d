use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, Type};

use super::{local, place};
use crate::model::{Arm, Handler, Retry, Subject, handler_marker};

/// What `#[event_handler(…)]` adds: one registered row.
pub(crate) fn handler(handler: &Handler) -> TokenStream {
    let Handler { krate, name, queue, once, concurrency, timeout, retry, subject, arms } = handler;
    let private = quote!(#krate::__private);
    let rows = arms.iter().map(|arm| arm_row(arm, subject, &private));
    let checks = arms.iter().filter(|arm| arm.listed != arm.taken).map(|arm| {
        let Arm { cfgs, listed, taken, .. } = arm;
        quote!(#(#cfgs)* const _: () = #private::assert_same_event::<#taken, #listed>();)
    });
    let receiver = match subject {
        Subject::Function => None,
        Subject::Methods(ty) => Some(quote!(#private::Need::receiver::<#ty>())),
    };
    let dependencies = dependencies(handler)
        .into_iter()
        .map(|(cfgs, ty)| quote!(#(#cfgs)* #private::Need::dependency::<#ty>()));
    let needs = receiver.into_iter().chain(dependencies);
    let (marker, named) = named(handler, &private);
    let queue = queue.as_ref().map(|queue| quote!(.queue(#queue)));
    let once = once.then(|| quote!(.once()));
    let concurrency = concurrency.map(|streams| quote!(.concurrency(#streams)));
    let timeout = timeout.map(|millis| quote!(.timeout_millis(#millis)));
    let retry = retry.as_ref().map(|Retry { attempts, base, cap }| {
        let [base, cap] = [base, cap].map(|millis| option(*millis));
        let attempts = option(*attempts);
        quote!(.retry(#private::OwnRetry::new(#attempts, #base, #cap)))
    });
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
                    #timeout
                    #retry
            }
        };
    }
}

fn option(number: Option<impl ToTokens>) -> TokenStream {
    number.map_or_else(
        || quote!(::core::option::Option::None),
        |number| quote!(::core::option::Option::Some(#number)),
    )
}

/// The arguments after the event, with the `#[cfg]`s of the method. A type is listed again only if its `#[cfg]`s
/// differ.
fn dependencies(handler: &Handler) -> Vec<(&[Attribute], &Type)> {
    let mut found: Vec<(&[Attribute], &Type)> = Vec::new();
    for arm in &handler.arms {
        for ty in &arm.dependencies {
            let there = |(cfgs, known): &(&[Attribute], &Type)| {
                *known == ty && (cfgs.is_empty() || *cfgs == arm.cfgs.as_slice())
            };
            if !found.iter().any(there) {
                found.push((&arm.cfgs, ty));
            }
        }
    }
    found
}

/// The type that `app!` lists for the handler, which is the receiver's type or a marker type for the function; and the
/// impl that describes the handler on this type.
fn named(handler: &Handler, private: &TokenStream) -> (Option<TokenStream>, TokenStream) {
    let Handler { name, subject, arms, .. } = handler;
    let (ty, declared, receiver) = match subject {
        Subject::Methods(ty) => (quote!(#ty), None, Some(quote!(#ty))),
        Subject::Function => {
            let Some(arm) = arms.first() else { return (None, TokenStream::new()) };
            let marker = handler_marker(&arm.function);
            let declared = quote! {
                #[doc(hidden)]
                #[allow(non_camel_case_types, dead_code, unreachable_pub)]
                pub struct #marker;
            };
            (quote!(#marker), Some(declared), None)
        }
    };
    let needs = receiver.into_iter().map(|ty| (&[][..], ty));
    let dependencies = dependencies(handler).into_iter().map(|(cfgs, ty)| (cfgs, ty.to_token_stream()));
    let (needs, some_needs) = list("Needs", needs.chain(dependencies).collect());
    let taken = arms.iter().map(|arm| (arm.cfgs.as_slice(), arm.taken.to_token_stream()));
    let (taken, some_taken) = list("Taken", taken.collect());
    let named = quote! {
        #(#some_needs)*
        #(#some_taken)*
        #[automatically_derived]
        impl #private::EventHandler<#taken, #needs> for #ty {
            const NAME: &'static str = #name;
            const ARMS: &'static [#private::HandlerArm] = ARMS;
        }
    };
    (declared, named)
}

/// Types as a list of pairs, which has no limit in length; and aliases for the parts that a `#[cfg]` may remove,
/// because a type cannot contain attributes.
fn list(name: &str, types: Vec<(&[Attribute], TokenStream)>) -> (TokenStream, Vec<TokenStream>) {
    let mut aliases = Vec::new();
    let list = types.into_iter().enumerate().rev().fold(quote!(()), |rest, (index, (cfgs, ty))| {
        if cfgs.is_empty() {
            return quote!((#ty, #rest));
        }
        let alias = format_ident!("__{name}{index}");
        let conditions = cfgs.iter().filter_map(|cfg| cfg.parse_args::<TokenStream>().ok());
        aliases.push(quote! {
            #(#cfgs)*
            type #alias = (#ty, #rest);
            #[cfg(not(all(#(#conditions),*)))]
            type #alias = #rest;
        });
        quote!(#alias)
    });
    (list, aliases)
}

fn arm_row(arm: &Arm, subject: &Subject, private: &TokenStream) -> TokenStream {
    let Arm { cfgs, function, taken, .. } = arm;
    // A function may have any of these names.
    let (scope, raw, event, done) = (local("scope"), local("raw"), local("event"), local("done"));
    let (callee, receiver) = match subject {
        Subject::Function => (quote!(#function), None),
        Subject::Methods(ty) => (quote!(<#ty>::#function), Some(quote!(#scope.get::<#ty>()?))),
    };
    let argument = if arm.recorded { quote!(&#event) } else { quote!(#event.event()) };
    let dependencies = arm.dependencies.iter().map(|ty| quote!(#scope.get::<#ty>()?));
    let arguments = receiver.into_iter().chain([argument]).chain(dependencies);
    let call = quote_spanned!(place(function)=> #callee(#(#arguments),*).await);
    quote! {
        #(#cfgs)*
        #private::HandlerArm::new(#private::event_id::<#taken, _>(), |#scope, #raw| {
            ::std::boxed::Box::pin(async move {
                let #event = #scope.decode::<#taken>(#raw)?;
                let #done: ::core::result::Result<(), #private::HandlerError> = #call;
                #done
            })
        })
    }
}
