use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::App;

/// What `app!` becomes: proofs, and the test that nothing is missing in its lists.
pub(crate) fn app(app: &App) -> TokenStream {
    let App { krate, aggregates, projections, handlers, provides } = app;
    let private = quote!(#krate::__private);
    let provided =
        provides.iter().map(|ty| quote_spanned!(ty.span()=> impl #private::Provides<#ty> for Provided {}));
    let applied = aggregates.iter().map(
        |ty| quote_spanned!(ty.span()=> &#private::applied::<#ty, { #private::applied_count::<#ty>() }>()),
    );
    let projected = projections.iter().map(|ty| {
        quote_spanned!(ty.span()=> &#private::projected::<#ty, { #private::projected_count::<#ty>() }>())
    });
    let handled = handlers.iter().map(|ty| quote_spanned!(ty.span()=> #private::handled::<#ty, _, _>()));
    let needs = handlers.iter().map(
        |ty| quote_spanned!(ty.span()=> const _: () = #private::assert_provided::<#ty, Provided, _, _>();),
    );
    let takers = projections
        .iter()
        .map(|ty| quote_spanned!(ty.span()=> <#ty as #private::View>::NAME))
        .chain(handlers.iter().map(|ty| quote_spanned!(ty.span()=> #private::handler_name::<#ty, _, _>())));
    let takers: Vec<_> = takers.collect();
    let names = aggregates.iter().map(|ty| quote_spanned!(ty.span()=> <#ty as #private::Entity>::NAME));
    let names: Vec<_> = names.collect();
    let reached = aggregates.iter().map(|ty| {
        let checked = quote!(#private::unreached::<#ty>(TAKEN));
        assert(ty, &checked)
    });
    let known = projections.iter().chain(handlers).zip(&takers).enumerate().map(|(index, (ty, name))| {
        let checked = quote!(#private::not_applied(#name, TAKEN[#index], APPLIED));
        assert(ty, &checked)
    });
    quote! {
        const _: () = {
            struct Provided;
            impl #private::Provides<#krate::App> for Provided {}
            #(#provided)*
            #(#needs)*
            const APPLIED: &[&[#private::EventId]] = &[#(#applied),*];
            const TAKEN: &[&[#private::EventId]] = &[#(#projected,)* #(#handled),*];
            #(#reached)*
            #(#known)*
        };

        #[cfg(test)]
        #[test]
        fn app_lists_all_that_is_linked() {
            #krate::testing::WiringProof::new()
                #(.provides::<#provides>())*
                .lists(&[#(#names,)* #(#takers),*])
                .assert();
        }
    }
}

/// An error at the entry, where the check finds one.
fn assert(entry: &syn::Type, checked: &TokenStream) -> TokenStream {
    quote_spanned! {entry.span()=>
        const _: () = if let ::core::option::Option::Some(message) = #checked {
            ::core::panic!("{}", message.text())
        };
    }
}
