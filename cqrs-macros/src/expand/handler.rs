use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::model::{Arm, Handler, Subject};

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
        Subject::Function => None,
        Subject::Methods(ty) => Some(quote!(#private::Need::receiver::<#ty>())),
    };
    let mut dependencies: Vec<_> = arms.iter().flat_map(|arm| &arm.dependencies).collect();
    let mut seen = Vec::new();
    dependencies.retain(|ty| {
        let new = !seen.contains(ty);
        seen.push(ty);
        new
    });
    let dependencies = dependencies.iter().map(|ty| quote!(#private::Need::dependency::<#ty>()));
    let needs = receiver.into_iter().chain(dependencies);
    let queue = queue.as_ref().map(|queue| quote!(.queue(#queue)));
    let once = once.then(|| quote!(.once()));
    let concurrency = concurrency.map(|streams| quote!(.concurrency(#streams)));
    quote! {
        #(#checks)*
        const _: () = {
            const ARMS: &[#private::HandlerArm] = &[#(#rows),*];
            const NEEDS: &[#private::Need] = &[#(#needs),*];
            #private::inventory::submit! {
                #private::HandlerRow::new(#name, ARMS, NEEDS, ::core::file!(), ::core::line!())
                    #queue
                    #once
                    #concurrency
            }
        };
    }
}

fn arm_row(arm: &Arm, subject: &Subject, private: &TokenStream) -> TokenStream {
    let Arm { function, taken, .. } = arm;
    let (callee, receiver) = match subject {
        Subject::Function => (quote!(#function), None),
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
