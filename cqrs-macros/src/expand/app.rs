use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::{at, place};
use crate::model::App;

/// The expansion of `app!`: proofs, and the test that nothing is missing from its lists.
pub(crate) fn app(app: &App) -> TokenStream {
    let App { krate, aggregates, projections, processes, handlers, provides } = app;
    let private = quote!(#krate::__private);
    let provided =
        provides.iter().map(|ty| quote_spanned!(place(ty)=> impl #private::ProvidedBy<Listed> for #ty {}));
    // A function that is not a handler is one error, not one more at each use.
    let aliases: Vec<_> = handlers
        .iter()
        .enumerate()
        .map(|(index, ty)| format_ident!("Handler{index}", span = place(ty)))
        .collect();
    let rows = aggregates.iter().map(|ty| {
        let private = at(ty, &private);
        quote_spanned!(place(ty)=> #private::listed_aggregate::<#ty>())
    });
    let rows: Vec<_> = rows.collect();
    let applied = aggregates
        .iter()
        .zip(&rows)
        .map(|(ty, rows)| quote_spanned!(place(ty)=> &#private::applied::<_, { #rows.len() }>(#rows)));
    let projected = projections.iter().map(|ty| {
        let private = at(ty, &private);
        let arms = quote_spanned!(place(ty)=> #private::listed_projection::<#ty>());
        quote_spanned!(place(ty)=> &#private::projected::<_, { #arms.len() }>(#arms))
    });
    let processed = processes.iter().map(|ty| {
        let private = at(ty, &private);
        let arms = quote_spanned!(place(ty)=> #private::listed_process::<#ty>());
        quote_spanned!(place(ty)=> &#private::processed::<_, { #arms.len() }>(#arms))
    });
    let handled = handlers.iter().zip(&aliases).map(|(ty, alias)| {
        let private = at(ty, &private);
        let arms = quote_spanned!(place(ty)=> #private::listed_handler::<#alias, Listed, _, _>());
        quote_spanned!(place(ty)=> &#private::handled::<{ #arms.len() }>(#arms))
    });
    let reached =
        aggregates.iter().zip(&rows).map(|(ty, rows)| proof(ty, &private, &quote!(unreached(#rows, TAKEN))));
    let known = projections
        .iter()
        .chain(processes)
        .chain(handlers)
        .enumerate()
        .map(|(index, ty)| proof(ty, &private, &quote!(not_applied(TAKEN[#index], APPLIED))));
    let named = aggregates.iter().map(|ty| quote!(<#ty as #private::Entity>::NAME));
    let viewed = projections.iter().map(|ty| quote!(<#ty as #private::View>::NAME));
    let run = processes.iter().map(|ty| quote!(<#ty as #private::ProcessState>::NAME));
    let run = (!processes.is_empty()).then(|| quote!(.lists_processes(&[#(#run),*])));
    let called = handlers.iter().map(|ty| quote!(#private::handler_name::<#ty, _, _>()));
    quote! {
        const _: () = {
            struct Listed;
            impl #private::ProvidedBy<Listed> for #krate::App {}
            #(#provided)*
            #(type #aliases = #handlers;)*
            const APPLIED: &[&[#private::EventId]] = &[#(#applied),*];
            const TAKEN: &[&[#private::EventId]] = &[#(#projected,)* #(#processed,)* #(#handled),*];
            #(#reached)*
            #(#known)*
        };

        #[cfg(test)]
        #[test]
        fn app_lists_all_that_is_linked() {
            #krate::testing::WiringProof::new()
                #(.provides::<#provides>())*
                .lists(&[#(#named),*], &[#(#viewed),*], &[#(#called),*])
                #run
                .assert();
        }
    }
}

/// A check whose error is reported at the entry.
fn proof(entry: &Type, private: &TokenStream, check: &TokenStream) -> TokenStream {
    let (private, check) = (at(entry, private), at(entry, check));
    quote_spanned! {entry.span()=>
        const _: () = if let ::core::option::Option::Some(message) = #private::#check {
            ::core::panic!("{}", message.text())
        };
    }
}
